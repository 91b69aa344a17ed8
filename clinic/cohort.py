"""The clinic's own courses together: time to relief, relapse, and how far patients go. Every number is the API's."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from clinic import beside, words
from clinic.caring import CaringPage
from clinic.survival import NARROW, WIDE, Survival, survival
from exercises.models import Program
from recovery.cohort import Cohort, Group, cohort
from recovery.engagement import LEAST_SHOWN, Engagement, engagement
from recovery.models import Plan
from recovery.models.episode import Ending
from recovery.rules.cohort import LEAST_EPISODES, LEAST_EVENTS, Curve, LeftOut, LogRank, PublishedShare, Step
from recovery.rules.course import Stratum
from recovery.rules.course_of_many import WeekOfMany
from wire.spreadsheet import cell

SYMPTOMS = {
    Stratum.A: "Less than 6 weeks",
    Stratum.B: "6 to 12 weeks",
    Stratum.C: "More than 12 weeks",
}
LEFT_OUT = {
    LeftOut.NO_BASELINE: "without a baseline yet",
    LeftOut.LOW_BASELINE: "whose pain was low at the start, below 3",
}
ENDED = {
    Ending.DISCHARGE: "Discharged",
    Ending.TRANSFER: "Moved to other care",
    Ending.SURGERY: "Surgery",
}
SIZES = (("wide", WIDE), ("narrow", NARROW))
Drawings = Sequence[tuple[str, Survival]]


class CohortForm(forms.Form):
    stratum = forms.ChoiceField(
        label="Symptoms before the start",
        required=False,
        choices=[("", "All"), *((one.value, said) for one, said in SYMPTOMS.items())],
    )
    program = forms.TypedChoiceField(label="First program", required=False)
    started_from = forms.DateField(
        label="Started from", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    started_to = forms.DateField(
        label="Started to", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, programs: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["program"] = forms.TypedChoiceField(
            label="First program", required=False, coerce=int, choices=[("", "All"), *programs]
        )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("started_from"), said.get("started_to")
        if first and last and first > last:
            self.add_error("started_to", "Use a date that is not before the first one.")
        return said

    def filters(self) -> dict[str, Any]:
        """What was chosen, as `recovery.cohort.cohort` takes it."""
        said = {name: value for name, value in self.cleaned_data.items() if value}
        if "stratum" in said:
            said["stratum"] = Stratum(said["stratum"])
        return said


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table beside a curve: how many were left, and the share to whom it had happened by then."""

    week: str
    at_risk: int
    happened: str


@dataclass(frozen=True, slots=True)
class Compared:
    week: int
    here: str
    published: str


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a stratum: the median of what is left of the baselines, its middle half, and the expected one."""

    week: int
    counted: str
    here: str
    expected: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A group with its curve, or the sentence that there are too few."""

    name: str
    group: Group
    drawn: Drawings
    rows: Sequence[Row]
    median: str
    published: PublishedShare | None = None
    compared: Sequence[Compared] = ()
    weeks: Sequence[Week] = ()
    course: beside.Course | None = None


class CohortPage(CaringPage):
    """`?format=csv` is the same as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_is_caring()
        form = CohortForm(request.GET or None, programs=self._programs())
        filters = form.filters() if form.is_bound and form.is_valid() else {}
        found = cohort(self.actor, **filters)
        together = engagement(self.actor)
        if request.GET.get("format") == "csv" and not form.errors:
            return _file(found, together)
        context = {
            "form": form,
            "filtered": bool(filters),
            "whose": "All patients of the clinic" if found.whose == "clinic" else "Your own patients",
            "everyone": _shown("Everyone", found.everyone),
            "left_out": [
                (count, LEFT_OUT[why]) for why, count in (found.everyone.left_out or {}).items() if count
            ],
            "strata": [
                _shown(SYMPTOMS[one.stratum], one, _published(found, one.stratum))
                for one in found.strata
                if one.stratum
            ],
            "strata_differ": _differ(found.strata_differ),
            "programs": [_shown(one.name, one) for one in found.programs],
            "programs_differ": _differ(found.programs_differ),
            "relapse": _drawn(found.everyone.relapse),
            "relapse_rows": _rows(found.everyone.relapse),
            "relapse_of": found.everyone.relapse,
            "published": [one for one in found.published if not one.by_week],
            "notes": found.notes,
            "engaged": _engaged(together),
            "ended": [(ENDED[why], _count(count)) for why, count in together.ended.items()],
            "least_episodes": LEAST_EPISODES,
            "least_events": LEAST_EVENTS,
            "least_shown": LEAST_SHOWN,
            "as_file": self._as_file(),
            "at": "cohort",
        }
        return self.page("cohort.html", context, status=422 if form.errors else 200)

    def _programs(self) -> list[tuple[str, str]]:
        first = Plan.objects.visible_to(self.actor).filter(number=1, program__isnull=False)
        rows = Program.objects.filter(pk__in=first.values("program")).order_by("pk")
        return [(str(row.pk), row.text_in("en")["name"]) for row in rows]

    def _as_file(self) -> str:
        asked = self.request.GET.copy()
        asked["format"] = "csv"
        return asked.urlencode()


def _shown(name: str, group: Group, published: PublishedShare | None = None) -> Shown:
    relief = group.relief
    others = published.beside(relief) if published and relief else []
    return Shown(
        name,
        group,
        _drawn(relief, [(7 * (week - 1), 1 - share) for week, share, _ in others]),
        _rows(relief),
        _median(relief),
        published,
        [Compared(week, _happened(step), words.share(share)) for week, share, step in others],
        [_week(week) for week in group.course or ()],
        beside.course(group.course or ()),
    )


def _week(week: WeekOfMany) -> Week:
    here = words.NONE
    if week.middle is not None:
        here = f"{words.share(week.middle)} ({_range(week.low, week.high)})"
    expected = f"{words.share(week.expected)} ({_range(week.expected_low, week.expected_high)})"
    return Week(week.week, _count(week.counted), here, expected)


def _range(low: float | None, high: float | None) -> str:
    return f"{round(100 * (low or 0))} to {round(100 * (high or 0))} %"


def _published(found: Cohort, stratum: Stratum) -> PublishedShare | None:
    return next((one for one in found.published if one.stratum is stratum and one.by_week), None)


def _drawn(curve: Curve | None, published: Sequence[tuple[int, float]] = ()) -> Drawings:
    return [(size, survival(curve, frame, published)) for size, frame in SIZES] if curve else []


def _rows(curve: Curve | None) -> list[Row]:
    if curve is None:
        return []
    return [
        Row(f"{day // 7}" if day else "start", at_risk, _happened(curve.at(day)))
        for day, at_risk in curve.at_risk
    ]


def _happened(step: Step | None) -> str:
    """The share to whom it has happened, with its band; no step is nobody yet."""
    if step is None:
        return "0 %"
    share = words.share(1 - step.left)
    if step.low is None or step.high is None:
        return share
    return f"{share} ({round(100 * (1 - step.high))} to {round(100 * (1 - step.low))} %)"


def _median(curve: Curve | None) -> str:
    if curve is None:
        return words.NONE
    return f"day {curve.median}" if curve.median is not None else "not reached"


def _differ(found: LogRank | None) -> str:
    if found is None:
        return ""
    p = "less than 0.001" if found.p < 0.001 else f"{found.p:.3f}"
    return f"Log-rank χ² {found.chi_squared:.2f}, {found.degrees} degrees of freedom, p {p}."


def _count(count: int | None) -> str:
    return f"fewer than {LEAST_SHOWN}" if count is None else str(count)


def _engaged(found: Engagement) -> list[tuple[str, str]]:
    return [
        ("Enrolled", _count(found.enrolled)),
        ("Started a program", _count(found.started)),
        ("Whose day 30 has ended", _count(found.month)),
        ("Of these, wrote on day 30 or later", _count(found.kept_on)),
        ("Of these, ended before", _count(found.ended_before)),
        ("Of these, fell silent before", _count(found.fell_silent)),
    ]


def _file(found: Cohort, together: Engagement) -> HttpResponse:
    """Every step of every curve that is shown, and the counts: one row each, safe to open as a spreadsheet."""
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="cohort.csv"'},
    )
    out = csv.writer(answer)
    out.writerow(["curve", "group", "day", "at risk", "happened", "share left", "low", "high"])
    for row in _steps(found):
        out.writerow([cell(value) for value in row])
    for name, count in [*_engaged(together), *((ENDED[w], _count(n)) for w, n in together.ended.items())]:
        out.writerow(["engagement", name, "", count])
    return answer


def _steps(found: Cohort) -> Iterator[list[Any]]:
    groups: list[tuple[str, Group]] = [("everyone", found.everyone)]
    groups += [(f"symptoms: {SYMPTOMS[one.stratum]}", one) for one in found.strata if one.stratum]
    groups += [(f"program: {one.name}", one) for one in found.programs]
    for name, group in groups:
        curves: Mapping[str, Curve | None] = {"relief": group.relief, "relapse": group.relapse}
        for which, curve in curves.items():
            for step in curve.steps if curve else ():
                yield [which, name, step.day, step.at_risk, step.happened, step.left, step.low, step.high]
