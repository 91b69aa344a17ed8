"""Many episodes beside the expected course: week by week, the middle half of what is left of their baselines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from recovery.rules.course import ReferenceCurve, Stratum
from recovery.rules.weeks import LAST_BASELINE_WEEK

WEEKS_TOLD = (2, 4, 6, 8, 12, 26, 52)  # P
LEAST_VALUES = 5  # nothing is told of a week with fewer; P

Weeks = Sequence[tuple[int, float | None]]  # (program week, weekly value or none) of one episode


@dataclass(frozen=True, slots=True)
class WeekOfMany:
    """Shares of the baseline, 1 at the start: half of the episodes lie from `low` to `high`, half below `middle`.

    All of it is None where fewer than 5 have a value in that week; a week without a value is left out, and no value is
    carried forward to it.
    """

    week: int
    counted: int | None
    low: float | None
    middle: float | None
    high: float | None
    expected_low: float
    expected: float
    expected_high: float


def weeks_of_many(stratum: Stratum, curve: ReferenceCurve, episodes: Iterable[Weeks]) -> list[WeekOfMany]:
    """Of the weeks that are told and in which anybody has a value. The episodes have a baseline, and none is low."""
    shape = curve.shapes[stratum]
    shares: dict[int, list[float]] = {week: [] for week in WEEKS_TOLD}
    for weeks in episodes:
        start = next((value for week, value in weeks[:LAST_BASELINE_WEEK] if value is not None), None)
        if not start:
            continue
        for week, value in weeks:
            if value is not None and week in shares:
                shares[week].append(value / start)
    return [
        WeekOfMany(
            week,
            *_middle_half(found),
            expected_low=max(0.0, shape.left(week) - shape.spread(week)),
            expected=shape.left(week),
            expected_high=shape.left(week) + shape.spread(week),
        )
        for week, found in shares.items()
        if found
    ]


def _middle_half(shares: Sequence[float]) -> tuple[int | None, float | None, float | None, float | None]:
    if len(shares) < LEAST_VALUES:
        return None, None, None, None
    low, middle, high = quantiles(shares, n=4, method="inclusive")
    return len(shares), low, middle, high
