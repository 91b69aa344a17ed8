"""Where a Kaplan-Meier curve lies: steps and counts in, SVG paths out. PURE.

The share of those to whom it has not happened falls from 1. Its band is drawn for each step that has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.rules.cohort import RISK_TABLE_DAYS, Curve

WIDTH, HEIGHT = 560, 300
LEFT, TOP, RIGHT, BOTTOM = 52, 14, 20, 74
MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str
    at_risk: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A published share by a week, as a point beside the curve."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Survival:
    width: int
    height: int
    left: int
    right: int
    bottom: int
    line: str
    band: str
    shares: Sequence[Tick]
    days: Sequence[Tick]
    median: float | None
    half: float
    published: Sequence[Published]


def survival(curve: Curve, published: Sequence[tuple[int, float]] = ()) -> Survival:
    """`published` are (day, share left) of others, drawn as far as the curve goes."""
    last = max(curve.drawn_through, RISK_TABLE_DAYS)

    def x(day: float) -> float:
        return round(LEFT + day / last * (WIDTH - LEFT - RIGHT), 1)

    def y(share: float) -> float:
        return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)

    ends = [*(step.day for step in curve.steps[1:]), curve.drawn_through]
    every = -(-len(curve.at_risk) // MOST_TICKS)
    return Survival(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        bottom=HEIGHT - BOTTOM,
        line=f"M{x(0)} {y(1)}"
        + "".join(f"H{x(step.day)}V{y(step.left)}" for step in curve.steps)
        + f"H{x(curve.drawn_through)}",
        band="".join(
            f"M{x(step.day)} {y(step.high)}H{x(end)}V{y(step.low)}H{x(step.day)}Z"
            for step, end in zip(curve.steps, ends, strict=False)
            if step.low is not None and step.high is not None
        ),
        shares=[Tick(y(percent / 100), f"{percent} %") for percent in (0, 25, 50, 75, 100)],
        days=[
            Tick(x(day), f"week {day // 7}" if day else "start", at_risk)
            for day, at_risk in curve.at_risk[::every]
        ],
        median=x(curve.median) if curve.median is not None else None,
        half=y(0.5),
        published=[Published(x(day), y(left)) for day, left in published if day <= curve.drawn_through],
    )
