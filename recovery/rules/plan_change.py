"""Before and after a changed plan: whether pain differs by more than noise, and never what caused it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from recovery.rules.diary import one_decimal
from recovery.rules.weeks import Week

MOST_WEEKS = 3  # program weeks looked at on each side of a change; P
LEAST_WEEKS = 2  # of these with a value, on each side; P
SETTLING_DAYS = 7  # after a change, before its weeks count; P
NOISE = Fraction(17, 10)  # smallest difference that is not noise: MDC90 of two 7-day means, SD 1.05; S

NOT_A_CAUSE = (
    "This does not show what caused it: "
    "plans are often changed after a bad spell, and pain tends to fall after one by itself."
)


class Verdict(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Window:
    """Program weeks from first to last and the mean of those that have a value, 0 to 10."""

    first_week: int
    last_week: int
    level: Fraction


@dataclass(frozen=True, slots=True)
class Effect:
    """What the weeks before and after one change say, for staff.

    `difference` is after less before, `expected` the same of the published course, None where it has none. Windows
    and difference are None where there are too few weeks.
    """

    verdict: Verdict
    sentence: str
    before: Window | None = None
    after: Window | None = None
    difference: Fraction | None = None
    expected: Fraction | None = None


def effects(
    weeks: Sequence[Week], starts_on: Sequence[date], expected: Mapping[int, Fraction]
) -> tuple[Effect | None, ...]:
    """One for each plan version, None for the first, which changed nothing.

    `weeks` are the ended ones from week 1 on, `starts_on` the first dates of the versions in order, `expected` the
    middle of the published course by completed weeks. A window holds only weeks of one version as a whole.
    """
    ends = [*starts_on[1:], date.max]
    return (
        *(None for _ in starts_on[:1]),
        *(
            _effect(weeks, before, began, end, expected)
            for (before, began), end in zip(pairwise(starts_on), ends[1:], strict=True)
        ),
    )


def _effect(
    weeks: Sequence[Week], before_from: date, began: date, until: date, expected: Mapping[int, Fraction]
) -> Effect:
    settled = began + timedelta(days=SETTLING_DAYS)
    weeks_before = [week for week in weeks if before_from <= week.first and week.last < began][-MOST_WEEKS:]
    weeks_after = [week for week in weeks if settled <= week.first and week.last < until][:MOST_WEEKS]
    before, after = _window(weeks_before), _window(weeks_after)
    if before is None or after is None:
        return Effect(
            Verdict.CANNOT_TELL,
            f"Cannot tell: of the {MOST_WEEKS} program weeks before this change, and of the {MOST_WEEKS} that begin "
            f"{SETTLING_DAYS} days or more after it, {LEAST_WEEKS} each need a weekly average under one plan.",
        )
    difference = after.level - before.level
    course = _course(weeks_before, weeks_after, expected)
    return Effect(
        _verdict(difference), _sentence(before, after, difference, course), before, after, difference, course
    )


def _window(weeks: Sequence[Week]) -> Window | None:
    valued = [week for week in weeks if week.value is not None]
    if len(valued) < LEAST_WEEKS:
        return None
    return Window(
        valued[0].number, valued[-1].number, _mean([week.value for week in valued if week.value is not None])
    )


def _course(
    before: Sequence[Week], after: Sequence[Week], expected: Mapping[int, Fraction]
) -> Fraction | None:
    """How the published course changed between the weeks that have a value."""
    sides = [
        [expected.get(week.number) for week in side if week.value is not None] for side in (before, after)
    ]
    first, second = ([level for level in side if level is not None] for side in sides)
    if len(first) + len(second) < sum(map(len, sides)):
        return None
    return _mean(second) - _mean(first)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)


def _verdict(difference: Fraction) -> Verdict:
    if abs(difference) < NOISE:
        return Verdict.CANNOT_TELL
    return Verdict.LOWER if difference < 0 else Verdict.HIGHER


def _sentence(before: Window, after: Window, difference: Fraction, course: Fraction | None) -> str:
    noise = one_decimal(NOISE)
    said = {
        Verdict.CANNOT_TELL: f"Cannot tell: {{levels}}; less than {noise} apart is day-to-day noise.",
        Verdict.LOWER: f"Lower than before by more than day-to-day noise ({noise}): {{levels}}.",
        Verdict.HIGHER: f"Higher than before by more than day-to-day noise ({noise}): {{levels}}.",
    }[_verdict(difference)]
    levels = (
        f"{one_decimal(before.level)} in weeks {before.first_week} to {before.last_week}, "
        f"{one_decimal(after.level)} in weeks {after.first_week} to {after.last_week}"
    )
    studies = (
        "" if course is None else f" The published course changes by {_signed(course)} over these weeks."
    )
    return f"{said.format(levels=levels)}{studies} {NOT_A_CAUSE}"


def _signed(value: Fraction) -> str:
    return f"{'−' if value < 0 else '+'}{one_decimal(abs(value))}"
