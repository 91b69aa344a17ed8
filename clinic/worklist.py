"""The start page: who needs somebody, first of all."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.http import Http404, HttpRequest, HttpResponse

from clinic import words
from clinic.acting import Page
from clinic.chart import Edges, Spark, spark, spark_weeks
from clinic.panel import panel, whose
from clinic.places import HowMany, HowManyOfEach, clinic_of
from recovery.actions.nudges import NOT_AGAIN_WITHIN, NUDGES_A_DAY, nudge
from recovery.models import (
    CareSettings,
    CareTeamMember,
    Episode,
    Patient,
    Progress,
    RedFlag,
    StaffMessage,
)
from recovery.models.episode import ProgressQuerySet
from recovery.models.people import OfPatientsOf
from recovery.rules.course import ReferenceCurve, reference_curve
from recovery.rules.need import Need
from recovery.rules.status import SILENT
from recovery.rules.weeks import Baseline

PAGE_SIZE = 50
# Need, waiting since (microseconds) and episode of the last row of the page before.
AFTER = re.compile(r"([0-9])\.([0-9]{1,17})\.([0-9]{1,15})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WHY = {need.name.lower(): need for need in Need}


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the worklist, with one reason and how many more there are."""

    progress: Progress
    reason: str
    more: int
    tone: str
    need: str
    spark: Spark
    spark_in_words: str
    now: str
    change: str
    last_entry: str
    flag: RedFlag | None  # the gravest one that nobody has acknowledged
    nudged: str
    may_nudge: bool
    whose: str  # for a clinician: the program week, and whose patient it is


@dataclass(frozen=True, slots=True)
class Chip:
    why: str
    words: str
    count: int


class Worklist(Page):
    """One row an open episode, by need. `?why=` shows those of one reason, `?q=` the names that have this part.

    A clinician, who looks over all therapists' patients, is told whose each is, and takes them all as a file.
    """

    plan_once = True

    def get(self, request: HttpRequest) -> HttpResponse:
        why, named = request.GET.get("why", ""), request.GET.get("q", "").replace("\x00", "").strip()
        if why and why not in WHY:
            raise Http404
        everybody = Progress.objects.worklist(self.actor)
        if self.actor.is_clinician and request.GET.get("format") == "csv":
            return panel(self._rows(everybody, why, named), today=self.actor.today)
        clinic = self._counted(everybody)
        shown, more = list(self._rows(everybody, why, named)[: PAGE_SIZE + 1]), ""
        if len(shown) > PAGE_SIZE:
            shown.pop()
            more = _after(shown[-1])
        flags = self._open_flags(shown)
        curve = reference_curve(CareSettings.of(clinic).reference_curve)
        context = {
            "rows": [self._row(progress, flags[progress.patient_id], curve) for progress in shown],
            "without_episode": [(flag, self._flag(flag)) for flag in flags[None]],
            "chips": [
                Chip(slug, words.NEED[need], clinic.by_need[need])
                for slug, need in WHY.items()
                if clinic.by_need[need] or slug == why
            ],
            "why": why,
            "named": named,
            "more": more,
            "at": "patients",
            "caring": self.actor.is_caring,
            "nudges_left": max(0, NUDGES_A_DAY - clinic.nudged),
            "clinic": clinic,
        }
        return self.page("worklist.html", context)

    def _counted(self, everybody: ProgressQuerySet) -> Any:
        """The clinic, with how many patients stand where they do for each reason, and how many nudges this person
        sent in a day.
        """
        nudged = StaffMessage.objects.nudges_of(self.actor.user_id, now=self.now)
        by_need = HowManyOfEach(everybody, "need", last=max(Need))
        return clinic_of(self.actor, nudged=HowMany(nudged), by_need=by_need)

    def _rows(self, rows: ProgressQuerySet, why: str, named: str) -> ProgressQuerySet:
        if why:
            rows = rows.filter(need=WHY[why])
        if named:
            rows = rows.filter(patient__name__icontains=named)
        if last := AFTER.fullmatch(self.request.GET.get("after", "")):
            need, since, episode = map(int, last.groups())
            place = (need, EPOCH + timedelta(microseconds=since), episode)
            rows = rows.filter(TupleGreaterThan(Tuple("need", "waits_since", "episode_id"), place))
        asked = StaffMessage.objects.filter(patient=OuterRef("patient"), nudge=True).order_by("-written_at")
        rows = rows.select_related("patient", "episode").annotate(
            nudged_at=Subquery(asked.values("written_at")[:1]), is_mine=OfPatientsOf(self.actor)
        )
        if self.actor.is_clinician:
            team = CareTeamMember.objects.able(on=self.actor.today).filter(patient=OuterRef("patient"))
            rows = rows.annotate(team=ArraySubquery(team.order_by("id").values("user__name")))
        return rows

    def _open_flags(self, shown: Sequence[Progress]) -> dict[int | None, list[RedFlag]]:
        """By patient, gravest and oldest first; under None those of patients whom no row can name."""
        patients = {progress.patient_id for progress in shown}
        no_episode = ~Exists(Episode.objects.open().filter(patient=OuterRef("patient")))
        flags = RedFlag.objects.visible_to(self.actor).open().filter(no_episode | Q(patient__in=patients))
        found: dict[int | None, list[RedFlag]] = defaultdict(list)
        for flag in flags.select_related("patient").order_by("tier", "raised_at"):
            found[flag.patient_id if flag.patient_id in patients else None].append(flag)
        return found

    def _flag(self, flag: RedFlag) -> str:
        return f"{words.red_flag(flag)}, {words.moment(flag.raised_at, flag.patient.zone, self.now)}"

    def _row(self, progress: Progress, flags: Sequence[RedFlag], curve: ReferenceCurve) -> Row:
        reasons = [*map(self._flag, flags), *words.reasons(progress)]
        reasons = reasons or [words.reason(progress.rule, progress.numbers)]
        weeks: list[tuple[int, float | None]] = [(number, value) for number, value in progress.weeks]
        baseline, now = progress.baseline, progress.level
        shown = [
            words.pain(value) if value is not None else "none"
            for n, value in weeks
            if n in spark_weeks(len(weeks))
        ]
        nudged_at: datetime | None = getattr(progress, "nudged_at", None)
        asked = nudged_at is not None and nudged_at > self.now - NOT_AGAIN_WITHIN
        return Row(
            progress=progress,
            reason=reasons[0],
            more=len(reasons) - 1,
            tone=words.NEED_TONE[Need(progress.need)],
            need=words.NEED[Need(progress.need)],
            spark=spark(weeks, _expected(progress, baseline, len(weeks), curve)),
            spark_in_words=", ".join(shown) or "no full week yet",
            now=words.pain(now),
            change=words.change(now, float(baseline.value) if baseline else None),
            last_entry=words.moment(progress.last_entry_at, progress.patient.zone, self.now),
            flag=next((flag for flag in flags if flag.acknowledged_at is None), None),
            nudged=words.moment(nudged_at, progress.patient.zone, self.now) if asked else "",
            may_nudge=progress.rule == SILENT and not asked and bool(getattr(progress, "is_mine", False)),
            whose=whose(progress, today=self.actor.today) if self.actor.is_clinician else "",
        )


def _after(last: Progress) -> str:
    return f"{last.need}.{(last.waits_since - EPOCH) // timedelta(microseconds=1)}.{last.pk}"


def _expected(
    progress: Progress, baseline: Baseline | None, weeks: int, curve: ReferenceCurve
) -> list[Edges]:
    """The band of the weeks that a sparkline shows; none without a baseline, and none around a low one."""
    stratum = progress.episode.stratum
    if baseline is None or baseline.is_low or stratum is None:
        return []
    bands = ((w, curve.expected(stratum, week=w, baseline=baseline.value)) for w in spark_weeks(weeks))
    return [Edges(week, float(band.low), float(band.high)) for week, band in bands]


class Nudge(Page):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask a silent patient how they are, in fixed words."""
        patient = self.in_care(Patient.objects.all(), pk)
        self.do(
            lambda: nudge(patient=patient, by=self.actor.user_id, now=self.now),
            f"A friendly message is in {patient.name}'s app.",
        )
        return self.back("clinic:worklist")
