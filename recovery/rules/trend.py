"""The line to draw through the days, and how fast the weeks fall. Neither decides anything.

Decisions are made on weekly values: see status.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import sqrt
from statistics import NormalDist, median
from typing import NamedTuple

from recovery.rules.weeks import DAYS_IN_WEEK, LEAST_DAYS, Week

SMOOTHING = 0.2  # weight of a new day, half-life about 3 days; P
FORGET_AFTER_DAYS = 7  # two values further apart than this have nothing to do with each other; P
BRIDGE_DAYS = 2  # the line breaks where two values lie further apart: it bridges one missing day; P
SLOPE_WEEKS = 4  # ended weeks that a slope needs, 28 days; P, S: SD .28 points a week, .9 over 14 days
SLOPE_CONFIDENCE = 0.90  # of its interval; S: the power at 28 days was found with it


class Point(NamedTuple):
    on: date
    value: float


Line = tuple[tuple[Point, ...], ...]  # pieces in order of date; nothing is drawn between two pieces


@dataclass(frozen=True, slots=True)
class Slope:
    """Points of pain a week, negative when it falls, with its 90 % interval, from `days` days with a value."""

    per_week: float
    low: float
    high: float
    days: int
    first: date
    last: date


def smoothed(day_values: Mapping[date, Fraction]) -> Line:
    """The exponentially weighted mean, one point for each day with a value.

    Over a gap of n days the old mean keeps (1 - SMOOTHING) ** n of its weight. Two or more missing days break the
    line; after more than seven days it starts anew.
    """
    pieces: list[list[Point]] = []
    for on in sorted(day_values):
        mean = float(day_values[on])
        gap = (on - pieces[-1][-1].on).days if pieces else None
        if gap is not None and gap <= FORGET_AFTER_DAYS:
            kept = (1 - SMOOTHING) ** gap
            mean = kept * pieces[-1][-1].value + (1 - kept) * mean
        if gap is None or gap > BRIDGE_DAYS:
            pieces.append([])
        pieces[-1].append(Point(on, mean))
    return tuple(tuple(piece) for piece in pieces)


def slope(weeks: Sequence[Week], day_values: Mapping[date, Fraction]) -> Slope | str:
    """How fast pain changed over the last four of these ended weeks; else, in a sentence, why nobody can say.

    Each of the four needs a value: with fewer days a slope is mostly noise.
    """
    if len(weeks) < SLOPE_WEEKS:
        return f"A slope needs {SLOPE_WEEKS} ended weeks; there {_are(len(weeks))}."
    window = weeks[-SLOPE_WEEKS:]
    empty = [week.number for week in window if week.value is None]
    if empty:
        return (
            f"A slope needs {LEAST_DAYS} logged days in each of the last {SLOPE_WEEKS} weeks; "
            f"week {empty[-1]} has fewer."
        )
    first, last = window[0].first, window[-1].last
    days = {(on - first).days: float(value) for on, value in day_values.items() if first <= on <= last}
    per_day, low, high = theil_sen(days)
    return Slope(per_day * DAYS_IN_WEEK, low * DAYS_IN_WEEK, high * DAYS_IN_WEEK, len(days), first, last)


def theil_sen(
    values: Mapping[int, float], confidence: float = SLOPE_CONFIDENCE
) -> tuple[float, float, float]:
    """The median of the slopes between every two points, and the interval of Sen (1968), corrected for ties.

    Uneven distances need no filling. Raises ValueError for fewer than two points. (SciPy does the same; every phone
    reads this, and importing it takes two seconds and 100 MB of each web process.)
    """
    if len(values) < 2:
        raise ValueError("A slope needs at least two points.")
    slopes = sorted((values[b] - values[a]) / (b - a) for a, b in combinations(sorted(values), 2))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    half = z * sqrt(_variance(values.values()))
    n = len(slopes)
    low, high = max(round((n - half) / 2) - 1, 0), min(round((n + half) / 2), n - 1)
    return median(slopes), slopes[low], slopes[high]


def _variance(values: Iterable[float]) -> float:
    """Of Kendall's score S, with equal values counted off (Sen 1968, formula 2.6)."""
    counts = Counter(values)
    return (_term(counts.total()) - sum(_term(count) for count in counts.values())) / 18


def _term(n: int) -> int:
    return n * (n - 1) * (2 * n + 5)


def _are(weeks: int) -> str:
    return "is 1" if weeks == 1 else f"are {weeks}"
