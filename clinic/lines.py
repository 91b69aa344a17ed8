"""The exercise lines of a plan in the making: read from a form, shown with steppers, and told in words."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from clinic import words
from exercises.dosage import MOST, VARIABLES, Bounds, Dosage, DosageRange
from exercises.duration import minutes_a_day
from exercises.models import Exercise
from exercises.terms import Caution, Sides
from recovery.actions.plan import Line
from recovery.api.serializers import LineSerializer
from recovery.models import Prescription
from recovery.rules.cautions import Known, met

LABEL = {
    "sets": "Sets",
    "repetitions": "Times",
    "hold_seconds": "Hold, s",
    "minutes": "Minutes",
    "times_per_day": "A day",
}
MOST_LINES = 40


@dataclass(slots=True)
class Posted:
    """Lines as somebody sent them, in their order; `wrong` says by line and field what cannot be kept, and why."""

    lines: list[Line] = field(default_factory=list)
    wrong: dict[tuple[int, str], str] = field(default_factory=dict)
    # Where each line stood when the page was drawn: the buttons name lines by it.
    keys: list[str] = field(default_factory=list)

    def at(self, key: str) -> int:
        """Where the line of a button stands now. Raises ValueError for one that is not there."""
        return self.keys.index(key)


def read(form: QueryDict) -> Posted:
    """The lines of a form. Each `line` names one; the fields of a line begin with its name and a dash."""
    posted = Posted(keys=form.getlist("line")[:MOST_LINES])
    for n, key in enumerate(posted.keys):
        sent = _sent(form, f"{key}-")
        checked = LineSerializer(data=sent)
        if checked.is_valid():
            posted.lines.append(dict(checked.validated_data))
            continue
        posted.lines.append(sent)
        for name, reasons in checked.errors.items():
            inside = reasons if isinstance(reasons, dict) else {name: reasons}
            for one, why in inside.items():
                posted.wrong[n, one] = str(why[0])
    return posted


def _sent(form: QueryDict, prefix: str) -> dict[str, Any]:
    typed = {name: form.get(prefix + name, "").strip() for name in VARIABLES}
    sent: dict[str, Any] = {
        "exercise": _number(form.get(f"{prefix}exercise", "")),
        "dosage": {name: _number(value) for name, value in typed.items() if value},
        "weekdays": [_number(day) for day in form.getlist(f"{prefix}weekdays")],
        "side": form.get(f"{prefix}side", ""),
        "note": form.get(f"{prefix}note", "").replace("\r\n", "\n"),
    }
    if named := form.get(f"{prefix}range"):
        try:
            sent["range"] = json.loads(named)
        except ValueError:
            sent["range"] = named
    if len(set(sent["weekdays"])) == 7:
        sent["weekdays"] = []  # none named means every day
    return sent


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


@dataclass(frozen=True, slots=True)
class Stepper:
    """One number of a dose, with its bounds; `wrong` says why it cannot be asked of a patient."""

    name: str
    label: str
    value: int | str
    bounds: Bounds
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line as the page shows it. `met` are the cautions that meet this patient, `others` those to ask about."""

    n: int
    exercise: Exercise
    name: str
    steppers: Sequence[Stepper]
    sides: Sequence[tuple[str, str]]
    side: str
    weekdays: frozenset[int]
    days_wrong: str
    note: str
    note_wrong: str
    range: str
    in_words: str
    often: str
    met: Sequence[tuple[str, str]]
    others: Sequence[str]
    easier: Exercise | None
    harder: Exercise | None

    @property
    def line_id(self) -> str:
        return f"line-{self.n}"

    @property
    def wrong(self) -> list[str]:
        found = [f"{one.label}: {one.wrong}" for one in self.steppers if one.wrong]
        return [*found, *filter(None, (self.days_wrong, self.note_wrong))]


def rows(
    lines: Sequence[Line],
    exercises: Mapping[int, Exercise],
    known: Known | None,
    *,
    wrong: Mapping[tuple[int, str], str] | None = None,
) -> list[Row]:
    """What the editor shows of these lines; `known` is None where there is no patient."""
    return [
        _row(n, line, exercises[line["exercise"]], exercises, known, wrong or {})
        for n, line in enumerate(lines)
        if line["exercise"] in exercises
    ]


def _row(
    n: int,
    line: Line,
    exercise: Exercise,
    exercises: Mapping[int, Exercise],
    known: Known | None,
    wrong: Mapping[tuple[int, str], str],
) -> Row:
    allowed = _allowed(line, exercise)
    outside = _outside(line["dosage"], allowed)
    steppers = [
        Stepper(
            name,
            LABEL[name],
            line["dosage"].get(name, ""),
            bounds,
            wrong.get((n, name), "") or outside.get(name, ""),
        )
        for name, bounds in allowed.bounds.items()
        if name in LABEL
    ]
    # What one line counts beyond its exercise's range must be seen to be taken away.
    steppers += [
        Stepper(name, LABEL[name], value, Bounds(1, MOST[name]), outside[name])
        for name, value in line["dosage"].items()
        if name in LABEL and name not in allowed.bounds
    ]
    warned = met(exercise.cautions, known) if known else {}
    said = _said(line, exercise)
    return Row(
        n=n,
        exercise=exercise,
        name=exercise.text_in("en")["name"],
        steppers=steppers,
        sides=_sides(exercise) if known else (),  # a program has no sides: they are a person's
        side=line.get("side", ""),
        weekdays=frozenset(line.get("weekdays") or range(1, 8)),
        days_wrong=wrong.get((n, "weekdays"), "") or outside.get("days_per_week", ""),
        note=line.get("note", ""),
        note_wrong=wrong.get((n, "note"), ""),
        range=json.dumps(line["range"]) if line.get("range") else "",
        in_words=said,
        often=_often(line),
        met=[(Caution[code].meaning, reason) for code, reason in warned.items()],
        others=[Caution[code].meaning for code in exercise.cautions if code not in warned],
        easier=_variant(exercise.easier_id, exercises),
        harder=_variant(exercise.harder_id, exercises),
    )


def _variant(pk: int | None, exercises: Mapping[int, Exercise]) -> Exercise | None:
    one = exercises.get(pk) if pk else None
    return one if one is not None and one.retired_on is None else None


def _allowed(line: Line, exercise: Exercise) -> DosageRange:
    try:
        return DosageRange.from_json(exercise.dosage_range | (line.get("range") or {}))
    except (TypeError, ValueError):  # what a form sent and the serializer has refused
        return exercise.allowed


def _outside(dosage: Mapping[str, Any], allowed: DosageRange) -> dict[str, str]:
    try:
        found = Dosage.from_json(dosage).outside(allowed)
    except (TypeError, ValueError):
        return {}
    return {
        one.variable: f"Use {one.bounds.least} to {one.bounds.most}."
        if one.bounds
        else "This is not counted here: leave it empty."
        for one in found
    }


def _sides(exercise: Exercise) -> list[tuple[str, str]]:
    if exercise.sides == Sides.MIDDLE:
        return []
    each = "Each leg" if exercise.sides == Sides.EACH_LEG else "Each side"
    return [("", each), ("left", "Left only"), ("right", "Right only")]


def _often(line: Line) -> str:
    days = line.get("weekdays") or []
    names = [words.WEEKDAYS[day - 1] for day in days if day in range(1, 8)]
    return ", ".join(names) if names else "every day"


def _said(line: Line, exercise: Exercise) -> str:
    try:
        return prescription(line, exercise).in_words
    except (TypeError, ValueError):
        return ""


def prescription(line: Line, exercise: Exercise) -> Prescription:
    """The line as the prescription it would become; it is not saved."""
    return Prescription(
        exercise=exercise,
        dosage_values=line["dosage"],
        weekdays=line.get("weekdays") or [],
        side=line.get("side", ""),
        note=line.get("note", ""),
        range_values=line.get("range"),
    )


def is_a_dose(line: Line) -> bool:
    """Whether the numbers of a line are a dose at all, inside its range or not."""
    try:
        Dosage.from_json(line["dosage"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def minutes(lines: Sequence[Line], exercises: Mapping[int, Exercise]) -> int:
    """About how long the fullest day of these lines takes."""
    sane = []
    for line in lines:
        exercise = exercises.get(line["exercise"])
        if exercise is not None and is_a_dose(line):
            sane.append(prescription(line, exercise).timed)
    return minutes_a_day(sane)


# --- what the patient sees change ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One sentence of what changes: the exercise, what stood before and what comes. One of the two may be empty."""

    name: str
    was: str
    now: str


def differences(before: Sequence[Prescription], after: Sequence[Prescription]) -> list[Difference]:
    """What reads otherwise in `after`, then what stops. Of an exercise that stands twice the n-th answers the n-th."""
    old = _by_place(before)
    new = _by_place(after)
    found = []
    for place, row in new.items():
        was = old.get(place)
        if was is None:
            found.append(Difference(words.exercise(row), "", words.line(row)))
        elif words.line(was) != words.line(row):
            found.append(Difference(words.exercise(row), words.line(was), words.line(row)))
        elif was.note != row.note:
            found.append(
                Difference(words.exercise(row), "", f"note: {row.note}" if row.note else "note taken away")
            )
    found += [
        Difference(words.exercise(row), words.line(row), "") for place, row in old.items() if place not in new
    ]
    kept_before = [place for place in old if place in new]
    kept_after = [place for place in new if place in old]
    if kept_before != kept_after:
        found.append(Difference("The order", "", "changed"))
    return found


def _by_place(rows: Sequence[Prescription]) -> dict[tuple[int, int], Prescription]:
    counts: dict[int, int] = defaultdict(int)
    found = {}
    for row in rows:
        found[row.exercise_id, counts[row.exercise_id]] = row
        counts[row.exercise_id] += 1
    return found
