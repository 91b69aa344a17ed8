"""What the lights of an exercise say about its next dose: progress, repeat, regress, or suspend.

A step is one change of one variable, or of the exercise for its harder or easier variant. No step leaves the range
that the therapist allowed. These rules propose; people decide, but for two reds, which suspend by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from exercises.dosage import Dosage, DosageRange
from exercises.terms import Group
from recovery.rules.adherence import amount
from recovery.rules.status import Status
from recovery.rules.traffic_light import Light

GREENS_TO_RAISE = 3  # green sessions in a row, on as many different days; P
SETS_TO_RAISE = Fraction(80, 100)  # of the prescribed dose, done in each of them; P
RAISE_MOST = Fraction(20, 100)  # of one variable in one step; P: 10 to 20 % a week
RAISE_AGAIN = timedelta(days=7)  # between two raises, so that a step is a week's; P
REPEAT_LEAST = Fraction(50, 100)  # of the repetitions, in the session after an amber; P
REPEAT_MOST = Fraction(70, 100)  # P
AMBERS_TO_REGRESS = 2  # of the last sessions, amber or worse; P
AMBERS_WITHIN = 3  # sessions; P
REDS_TO_SUSPEND = 2  # red sessions of one exercise; P
REDS_WITHIN = timedelta(days=14)  # P
IRRITABLE = 7  # weekly leg value at or above it: no strengthening above level 1, no nerve gliding; P
IRRITABLE_AGAIN = timedelta(days=7)  # a decided gate is asked again with the next week's value; P
FIRST_LEVEL = 1  # the level of strengthening that an irritable leg may still do; P
GOES_BADLY = (Status.ALERT, Status.WORSE)  # under these nothing is raised by itself; P
LOOKS_BACK = timedelta(days=28)  # what is older says nothing about the next dose; P

# The order in which a step looks for something to raise or to lower; minutes stand alone in their doses.
ORDER = ("repetitions", "hold_seconds", "sets", "minutes")
# What a repeat takes less of; the first that the dose counts more than once.
SPARES = ("repetitions", "minutes", "hold_seconds", "sets")


class Kind(StrEnum):
    PROGRESS = "progress"
    REPEAT = "repeat"
    REGRESS = "regress"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class Trial:
    """One exercise in one session: when, its light, the dose it answered, and the share of that which was done.

    `share` is None where that was not counted. `asked` is False for a session that nobody asked for: it may warn,
    and never counts for a raise. `came_at` is when it came to read so, where that is later than `at`.
    """

    at: datetime
    on: date
    light: Light
    dose: Dosage | None
    share: Fraction | None
    asked: bool = True
    came_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One exercise as a place on the ladder. `gated`: see is_gated."""

    exercise: int
    default: Dosage
    allowed: DosageRange
    gated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the plan that stands. `rung.allowed` is the range that the therapist allowed.

    `changed_on` is when this dose began, `changed_at` when it was published, which may be days earlier, and `before`
    the dose it replaced; None for the dose of the first version.
    `harder` and `easier` are None where there is no such exercise to take.
    """

    rung: Rung
    dose: Dosage
    changed_on: date | None = None
    changed_at: datetime | None = None
    before: Dosage | None = None
    harder: Rung | None = None
    easier: Rung | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one exercise next, and why. `dose` is None for a suspension.

    `exercise` is another than the line's for a harder or easier variant. `by_itself`: small enough to be taken
    without a person where the plan allows that.
    """

    kind: Kind
    rule: str
    exercise: int
    dose: Dosage | None
    for_staff: str
    numbers: dict[str, int | float | str] = field(default_factory=dict)
    by_itself: bool = False


class TwoReds(NamedTuple):
    """The first and the last of the red sessions that suspend an exercise."""

    first: Trial
    last: Trial


def two_reds(trials: Sequence[Trial], *, today: date) -> TwoReds | None:
    """The latest two reds within 14 days of each other, if the later one is no older than that."""
    reds = [trial for trial in _in_order(trials, today) if trial.light is Light.RED]
    for first, last in reversed(list(zip(reds, reds[REDS_TO_SUSPEND - 1 :], strict=False))):
        if last.on - first.on <= REDS_WITHIN and today - last.on <= REDS_WITHIN:
            return TwoReds(first, last)
    return None


def suspension(reds: TwoReds, exercise: int) -> Step:
    """Two reds, as the step that they are."""
    first, last = reds.first.on.isoformat(), reds.last.on.isoformat()
    return _step(Kind.SUSPEND, "two_reds", exercise, None, first=first, second=last)


def propose(
    line: Line,
    trials: Sequence[Trial],
    *,
    today: date,
    leg: Fraction | None,
    gate_decided_on: date | None = None,
    stopped: bool = False,
) -> Step | None:
    """The next step of one exercise line; None when it stays as it is.

    `trials` are those since a person last decided about this exercise. A warning counts at whatever dose, since this
    one was published: what was known by then is answered by it. A green counts at this dose. `leg` is the latest
    weekly value of the leg, None when there is none: what is not known closes no gate. `gate_decided_on` is when a
    person last decided about the gate itself; then nothing is raised behind it. `stopped`: nothing is raised, such as
    under an open red flag.
    """
    exercise = line.rung.exercise
    irritable = leg is not None and leg >= IRRITABLE
    if leg is not None and irritable and line.rung.gated:
        if gate_decided_on is None or today - gate_decided_on >= IRRITABLE_AGAIN:
            return _step(Kind.SUSPEND, "irritable", exercise, None, leg=round(float(leg), 1))
        stopped = True
    since = [trial for trial in _in_order(trials, today) if _is_news(trial, line)]
    if not since:
        return None
    last = since[-1]
    if last.light is Light.RED:
        return _step(Kind.SUSPEND, "one_red", exercise, None, on=last.on.isoformat())
    if sum(trial.light.is_warning for trial in since[-AMBERS_WITHIN:]) >= AMBERS_TO_REGRESS:
        return _regress(line, since)
    if last.light is Light.AMBER:
        return _step(Kind.REPEAT, "amber", exercise, spared(line.dose), on=last.on.isoformat())
    if stopped or not _is_earned(line, since) or _was_changed_this_week(line, today):
        return None
    return _progress(line, irritable)


def is_gated(group: str, level: int) -> bool:
    """What an irritable leg does not do: strengthening above the first level, and nerve gliding, by the main group."""
    return group == Group.NERVE_GLIDING or (group.startswith("strength-") and level > FIRST_LEVEL)


def share_done(
    dose: Dosage,
    *,
    completely: bool,
    sets: int | None = None,
    repetitions: int | None = None,
    hold_seconds: int | None = None,
    minutes: int | None = None,
) -> Fraction | None:
    """The share of a dose that was done, at most 1; what was not counted was done as prescribed.

    None for something done in part of which nothing was counted.
    """
    counted = {
        name: count
        for name, count in (
            ("sets", sets),
            ("repetitions", repetitions),
            ("hold_seconds", hold_seconds),
            ("minutes", minutes),
        )
        if count is not None and getattr(dose, name) is not None
    }
    if not counted:
        return Fraction(1) if completely else None
    done = amount(*(counted.get(name, getattr(dose, name)) for name in ORDER))
    return min(Fraction(done, dose.amount), Fraction(1))


def raised(dose: Dosage, allowed: DosageRange) -> Dosage | None:
    """One variable more, inside the range: the first that a step of at most a fifth can raise.

    Where whole numbers allow no such step, one more of the first that has room. None at the top of the range.
    """
    if dose.outside(allowed):
        return None
    for most in (_a_fifth_more, _one_more):
        for variable in ORDER:
            value = getattr(dose, variable)
            if value is not None and value < (more := min(most(value), allowed.bounds[variable].most)):
                return replace(dose, **{variable: more})
    return None


def lowered(line: Line) -> Dosage | None:
    """Back one step: the dose before the last raise, else one variable a fifth less (at least one), in the range."""
    before = line.before
    if before is not None and _is_one_below(before, line.dose) and not before.outside(line.rung.allowed):
        return before
    for variable in ORDER:
        value, bounds = getattr(line.dose, variable), line.rung.allowed.bounds.get(variable)
        if value is None or bounds is None:
            continue
        less = max(min(value - max(floor(value * RAISE_MOST), 1), bounds.most), bounds.least)
        lower = replace(line.dose, **{variable: less})
        if less < value and not lower.outside(line.rung.allowed):
            return lower
    return None


def spared(dose: Dosage) -> Dosage:
    """The same dose with 50 to 70 % of its repetitions; of its minutes, seconds or sets where it counts no more.

    Less than the range's least is right here: a patient may always do less.
    """
    for variable in SPARES:
        value = getattr(dose, variable)
        if value is not None and ceil(value * REPEAT_LEAST) <= floor(value * REPEAT_MOST):
            middle = value * (REPEAT_LEAST + REPEAT_MOST) / 2
            return replace(dose, **{variable: min(ceil(middle), floor(value * REPEAT_MOST))})
    return dose


def within(dose: Dosage, allowed: DosageRange, *, times_per_day: int, days_per_week: int) -> Dosage:
    """A variant's own dose as often as the line asks for, as far as the variant allows."""
    often, days = allowed.times_per_day, allowed.days_per_week
    return replace(
        dose,
        times_per_day=max(often.least, min(times_per_day, often.most)),
        days_per_week=max(days.least, min(days_per_week, days.most)),
    )


def _in_order(trials: Sequence[Trial], today: date) -> list[Trial]:
    return sorted((t for t in trials if today - t.on < LOOKS_BACK), key=lambda trial: trial.at)


def _is_news(trial: Trial, line: Line) -> bool:
    """Whether the dose does not answer it yet. A red from a phone that was long without a network still counts."""
    if line.changed_at is None or trial.at > line.changed_at:
        return True
    return trial.light is Light.RED and trial.came_at is not None and trial.came_at > line.changed_at


def _is_earned(line: Line, trials: Sequence[Trial]) -> bool:
    """Three green sessions in a row on three different days, at least 80 % of this dose in each."""
    days: set[date] = set()
    for trial in reversed(trials):
        if not trial.asked and not trial.light.is_warning:
            continue
        if line.changed_on is not None and trial.on < line.changed_on:
            break
        if trial.light is not Light.GREEN or trial.dose != line.dose:
            break
        if trial.share is None or trial.share < SETS_TO_RAISE:
            break
        days.add(trial.on)
    return len(days) >= GREENS_TO_RAISE


def _was_changed_this_week(line: Line, today: date) -> bool:
    return line.changed_on is not None and today - line.changed_on < RAISE_AGAIN


def _progress(line: Line, irritable: bool) -> Step | None:
    more = raised(line.dose, line.rung.allowed)
    if more is not None:
        variable = next(name for name in ORDER if getattr(more, name) != getattr(line.dose, name))
        was, now = getattr(line.dose, variable), getattr(more, variable)
        small = now <= was * (1 + RAISE_MOST)
        return _step(
            Kind.PROGRESS,
            "three_green" if small else "three_green_by_one",
            line.rung.exercise,
            more,
            by_itself=small,
            variable=variable,
            was=was,
            now=now,
        )
    harder = line.harder
    if harder is None or (harder.gated and irritable) or line.dose.outside(line.rung.allowed):
        return None
    return _step(Kind.PROGRESS, "harder_variant", harder.exercise, _taken_up(harder, line))


def _regress(line: Line, answered: Sequence[Trial]) -> Step:
    warnings = sum(trial.light.is_warning for trial in answered[-AMBERS_WITHIN:])
    less, easier = lowered(line), line.easier
    if less is not None:
        return _step(Kind.REGRESS, "ambers", line.rung.exercise, less, by_itself=True, warnings=warnings)
    if easier is not None:
        dose = _taken_up(easier, line)
        return _step(Kind.REGRESS, "easier_variant", easier.exercise, dose, warnings=warnings)
    return _step(Kind.SUSPEND, "no_easier", line.rung.exercise, None, warnings=warnings)


def _taken_up(rung: Rung, line: Line) -> Dosage:
    often = {"times_per_day": line.dose.times_per_day, "days_per_week": line.dose.days_per_week}
    return within(rung.default, rung.allowed, **often)


def _a_fifth_more(value: int) -> int:
    return value + floor(value * RAISE_MOST)


def _one_more(value: int) -> int:
    return value + 1


def _is_one_below(before: Dosage, dose: Dosage) -> bool:
    """Whether a dose is the other with one variable less, and otherwise the same."""
    return any(
        getattr(before, variable) is not None
        and getattr(dose, variable) is not None
        and getattr(before, variable) < getattr(dose, variable)
        and replace(before, **{variable: getattr(dose, variable)}) == dose
        for variable in ORDER
    )


def _step(
    kind: Kind,
    rule: str,
    exercise: int,
    dose: Dosage | None,
    *,
    by_itself: bool = False,
    **numbers: int | float | str,
) -> Step:
    shown = numbers | {"variable": NAMES.get(numbers.get("variable"), "")}
    said = WORDS[kind, rule].format_map(shown)
    return Step(kind, rule, exercise, dose, said, numbers, by_itself)


NAMES: dict[object, str] = {
    "repetitions": "repetitions",
    "hold_seconds": "seconds",
    "sets": "sets",
    "minutes": "minutes",
}

_THREE = f"{GREENS_TO_RAISE} green sessions in a row on different days, at least 80 % of the dose in each."

WORDS = {
    (
        Kind.PROGRESS,
        "three_green",
    ): f"{_THREE} From {{was}} to {{now}} {{variable}}, at most a fifth more and inside the allowed range.",
    (
        Kind.PROGRESS,
        "three_green_by_one",
    ): f"{_THREE} From {{was}} to {{now}} {{variable}}: more than a fifth, and the least that whole numbers allow.",
    (
        Kind.PROGRESS,
        "harder_variant",
    ): f"{_THREE} The dose is at the top of its range; the next step is the harder variant.",
    (
        Kind.REPEAT,
        "amber",
    ): "The session on {on} was amber: the same again, with 50 to 70 % of the dose next time.",
    (
        Kind.REGRESS,
        "ambers",
    ): f"{{warnings}} of the last {AMBERS_WITHIN} sessions were amber or red: back one step.",
    (Kind.REGRESS, "easier_variant"): (
        f"{{warnings}} of the last {AMBERS_WITHIN} sessions were amber or red, and the dose is the least of its "
        "range: the easier variant."
    ),
    (
        Kind.SUSPEND,
        "no_easier",
    ): f"{{warnings}} of the last {AMBERS_WITHIN} sessions were amber or red, and there is nothing easier to take.",
    (Kind.SUSPEND, "one_red"): "The session on {on} was red. Look at this exercise before it is done again.",
    (
        Kind.SUSPEND,
        "two_reds",
    ): "Two red sessions within 14 days, on {first} and {second}: the exercise is suspended until a person lifts it.",
    (
        Kind.SUSPEND,
        "irritable",
    ): f"The weekly leg value is {{leg}}, {IRRITABLE} or more: no strengthening above level 1 and no nerve gliding.",
}
