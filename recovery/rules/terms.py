"""The terms of the course: drop, worse, relief, relapse, plateau, improvement, recovered.

Every function takes the ended weeks from week 1 on, in order, and judges the last of them. A week without a
value breaks every "consecutive".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from recovery.rules.weeks import Baseline, Week, baseline

WORSE_RISE = 2  # points above the best of the weeks before, or above baseline; P, after Ostelo 2008 (V: 2)
WORSE_LOOKS_BACK = 3  # weeks before it that a week is held against; P, S: 1.7-3 % false calls in 12 weeks
WORSE_LEAST = 3  # no week below this is called worse; P
RELIEF_LEVEL = 2  # a weekly value at or below it is relief; P, after Haugen 2011 (V: leg VAS 17.5 of 100)
RELIEF_DROP = Fraction(50, 100)  # or a drop of this share of the baseline; P, after IMMPACT (V2: substantial)
RELAPSE_LEAST = 4  # a relapse reaches at least this weekly value; P
RELAPSE_RISE = 2  # and lies at least this far above the relief level; P, after Ostelo 2008 (V: 2)
PLATEAU_FROM_WEEK = 6  # no plateau is called before this week; P
PLATEAU_WEEKS = 3  # consecutive weekly values that are compared; P
PLATEAU_RANGE = 1  # their highest less their lowest stays below this; P
PLATEAU_DROP = Fraction(50, 100)  # from this drop on, staying level is no plateau; P
IMPROVEMENT_DROP = Fraction(30, 100)  # share of the baseline; V: Ostelo 2008, Farrar 2001 (30 %)
IMPROVEMENT_POINTS = Fraction(3, 2)  # and at least these points; P
RECOVERED_LEVEL = 1  # a weekly value at or below it; P, after Kamper 2010 (V: 0 matches "recovered" best)
RECOVERED_WEEKS = 4  # consecutive weeks of it; P, after de Vet 2002 (V: one month free of pain)


@dataclass(frozen=True, slots=True)
class Relief:
    """Two consecutive weeks of relief, dated by the last day of the first.

    `level` is the mean of the two and stays what a relapse is measured from, until a new relief is reached.
    `ended_on` is the last day of the week that was worse, `relapsed_on` the last day of the first of the two
    weeks of the relapse; None while it has not happened.
    """

    on: date
    confirmed_on: date
    level: Fraction
    ended_on: date | None = None
    relapsed_on: date | None = None

    @property
    def stands(self) -> bool:
        return self.ended_on is None

    def ended(self, on: date, *, relapsed_on: date | None = None) -> "Relief":
        """This relief with its end and its relapse, where it has not met them before."""
        return replace(self, ended_on=self.ended_on or on, relapsed_on=self.relapsed_on or relapsed_on)


def drop(start: Baseline, value: Fraction) -> Fraction | None:
    """The share of the baseline that is gone, negative after a rise; None for a low baseline."""
    return None if start.is_low else (start.value - value) / start.value


def is_worse_than_recent(weeks: Sequence[Week]) -> bool:
    """This week and the one before each lie 2 or more above the best of the three weeks before them."""
    return _reaches(weeks, WORSE_LEAST) and all(has_risen(weeks[: len(weeks) - back]) for back in range(2))


def best_of_recent(weeks: Sequence[Week]) -> Fraction | None:
    """The lowest value of the three weeks before the last; None when none of them has one."""
    before = weeks[:-1][-WORSE_LOOKS_BACK:]
    return min((week.value for week in before if week.value is not None), default=None)


def has_risen(weeks: Sequence[Week]) -> bool:
    """This week lies 2 or more above the best of the three before it. One such week alone decides nothing."""
    best = best_of_recent(weeks)
    return best is not None and _reaches(weeks, best + WORSE_RISE)


def is_worse_than_baseline(weeks: Sequence[Week], start: Baseline) -> bool:
    """This week and the one before lie 2 or more above the baseline."""
    values = _last_values(weeks, 2)
    return _reaches(weeks, WORSE_LEAST) and bool(values) and min(values) >= start.value + WORSE_RISE


def relief_reached(weeks: Sequence[Week], start: Baseline) -> Relief | None:
    """The relief that this week and the one before make; the baseline week is never one of them."""
    values = _last_values(weeks, 2)
    if not values or weeks[-2].number <= start.week or not all(is_relief(start, value) for value in values):
        return None
    return Relief(on=weeks[-2].last, confirmed_on=weeks[-1].last, level=sum(values, Fraction()) / 2)


def is_relief(start: Baseline, value: Fraction) -> bool:
    """A weekly value of 2 or less, or half of the baseline gone. One such week alone decides nothing."""
    gone = drop(start, value)
    return value <= RELIEF_LEVEL or (gone is not None and gone >= RELIEF_DROP)


def is_relapse(weeks: Sequence[Week], relief: Relief) -> bool:
    """This week and the one before, both after the relief, are 4 or more and 2 or more above its level."""
    values = _last_values(weeks, 2)
    if not values or weeks[-2].first <= relief.confirmed_on:
        return False
    return min(values) >= RELAPSE_LEAST and min(values) >= relief.level + RELAPSE_RISE


def is_plateau(weeks: Sequence[Week], start: Baseline) -> bool:
    """From week 6: three weekly values within less than 1 point, less than half of the baseline gone."""
    values = _last_values(weeks, PLATEAU_WEEKS)
    if not values or weeks[-1].number < PLATEAU_FROM_WEEK:
        return False
    gone = drop(start, values[-1])
    return max(values) - min(values) < PLATEAU_RANGE and gone is not None and gone < PLATEAU_DROP


def improved_on(weeks: Sequence[Week]) -> date | None:
    """When a meaningful improvement was first reached: the last day of the first of its two weeks.

    None without one, and for a low baseline, which has no percentages.
    """
    start = baseline(weeks)
    if start is None:
        return None
    for first, second in zip(weeks, weeks[1:], strict=False):
        if _is_improvement(start, first.value) and _is_improvement(start, second.value):
            return first.last
    return None


def _is_improvement(start: Baseline, value: Fraction | None) -> bool:
    gone = None if value is None else drop(start, value)
    return gone is not None and gone >= IMPROVEMENT_DROP and gone * start.value >= IMPROVEMENT_POINTS


def is_recovered(weeks: Sequence[Week], *, says_completely_recovered: bool) -> bool:
    """The last four weeks at 1 or below, and the latest global effect is "completely recovered"."""
    values = _last_values(weeks, RECOVERED_WEEKS)
    return says_completely_recovered and bool(values) and max(values) <= RECOVERED_LEVEL


def _reaches(weeks: Sequence[Week], least: Fraction | int) -> bool:
    value = weeks[-1].value if weeks else None
    return value is not None and value >= least


def _last_values(weeks: Sequence[Week], count: int) -> list[Fraction]:
    """The values of the last `count` weeks; empty when there are fewer, or one has none."""
    values = [week.value for week in weeks[-count:] if week.value is not None]
    return values if len(values) == count else []
