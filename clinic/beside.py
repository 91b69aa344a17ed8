"""Where many episodes lie beside the expected course: shares of the baseline in, SVG paths out. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.rules.course_of_many import WeekOfMany

WIDTH, HEIGHT = 330, 200
LEFT, TOP, RIGHT, BOTTOM = 52, 12, 20, 30
LEAST_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """The median of one week, and the bar of its middle half."""

    x: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Course:
    width: int
    height: int
    left: int
    right: int
    bottom: int
    band: str
    marks: Sequence[Mark]
    shares: Sequence[tuple[float, str]]
    weeks: Sequence[tuple[float, str]]


def course(found: Sequence[WeekOfMany]) -> Course | None:
    """From the start, where every share is 1, to the last week; None when there is no week to draw."""
    if not any(week.middle is not None for week in found):
        return None
    last = max(LEAST_WEEKS, found[-1].week)
    top = max(1.0, *(share for week in found for share in (week.expected_high, week.high or 0)))

    def x(week: int) -> float:
        return round(LEFT + week / last * (WIDTH - LEFT - RIGHT), 1)

    def y(share: float) -> float:
        return round(TOP + (1 - share / top) * (HEIGHT - TOP - BOTTOM), 1)

    upper = [(x(0), y(1)), *((x(week.week), y(week.expected_high)) for week in found)]
    lower = [(x(week.week), y(week.expected_low)) for week in reversed(found)]
    return Course(
        WIDTH,
        HEIGHT,
        LEFT,
        WIDTH - RIGHT,
        HEIGHT - BOTTOM,
        band="M" + "L".join(f"{at} {share}" for at, share in (*upper, *lower)) + "Z",
        marks=[
            Mark(x(week.week), y(week.low), y(week.middle), y(week.high))
            for week in found
            if week.low is not None and week.middle is not None and week.high is not None
        ],
        shares=[(y(percent / 100), f"{percent} %") for percent in (0, 50, 100)],
        weeks=[(x(0), "0"), *((x(week.week), str(week.week)) for week in found)],
    )
