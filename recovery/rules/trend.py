"""Lines to draw through the days, in pieces broken where days are missing. They decide nothing."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

SMOOTHING = 0.2  # weight of a new day, half-life about 3 days; P
SMOOTHING_GAP_DAYS = 7  # the smoothed line breaks when two values lie further apart than this; P
TRAILING_DAYS = 7  # the day and the six before it; P
TRAILING_LEAST = 3  # values in that window that make a point; P
TRAILING_BRIDGE_DAYS = 2  # the trailing line breaks when two values lie further apart than this; P


class Point(NamedTuple):
    on: date
    value: float


Line = tuple[tuple[Point, ...], ...]  # pieces in order of date; nothing is drawn between two pieces


def smoothed(day_values: Mapping[date, Fraction]) -> Line:
    """The exponentially weighted mean, one point for each day with a value.

    Over a gap of n days the old mean keeps (1 - SMOOTHING) ** n of its weight; after a gap of more than seven
    days the line starts anew.
    """
    pieces: list[list[Point]] = []
    for on in sorted(day_values):
        value = float(day_values[on])
        if pieces and (gap := (on - pieces[-1][-1].on).days) <= SMOOTHING_GAP_DAYS:
            kept = (1 - SMOOTHING) ** gap
            pieces[-1].append(Point(on, kept * pieces[-1][-1].value + (1 - kept) * value))
        else:
            pieces.append([Point(on, value)])
    return tuple(tuple(piece) for piece in pieces)


def trailing_mean(day_values: Mapping[date, Fraction]) -> Line:
    """The mean of the seven days that end with each day that has a value, where at least three have one.

    One missing day is bridged; two or more break the line, and so does a day with too few values before it.
    """
    pieces: list[list[Point]] = []
    for on in sorted(day_values):
        window = (on - timedelta(days=back) for back in range(TRAILING_DAYS))
        values = [day_values[day] for day in window if day in day_values]
        if len(values) < TRAILING_LEAST:
            continue
        point = Point(on, float(sum(values, Fraction()) / len(values)))
        if pieces and (on - pieces[-1][-1].on).days <= TRAILING_BRIDGE_DAYS:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return tuple(tuple(piece) for piece in pieces)
