"""Where a Kaplan-Meier curve lies: steps and counts in, SVG paths out. PURE.

The share of those to whom it has not happened falls from 1. Its band is drawn for each step that has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.rules.cohort import RISK_TABLE_DAYS, Curve


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing of width x height; below the plot is room for the weeks and the numbers at risk."""

    width: int
    height: int
    most_ticks: int
    left: int = 52
    top: int = 14
    right: int = 24
    bottom: int = 74


WIDE = Frame(560, 300, most_ticks=9)
NARROW = Frame(330, 270, most_ticks=4)


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
    frame: Frame
    right: int
    bottom: int
    line: str
    band: str
    shares: Sequence[Tick]
    days: Sequence[Tick]
    median: float | None
    half: float
    published: Sequence[Published]


def survival(curve: Curve, frame: Frame, published: Sequence[tuple[int, float]] = ()) -> Survival:
    """`published` are (day, share left) of others, drawn as far as the curve goes."""
    right, bottom = frame.width - frame.right, frame.height - frame.bottom
    last = max(curve.drawn_through, RISK_TABLE_DAYS)

    def x(day: float) -> float:
        return round(frame.left + day / last * (right - frame.left), 1)

    def y(share: float) -> float:
        return round(frame.top + (1 - share) * (bottom - frame.top), 1)

    ends = [*(step.day for step in curve.steps[1:]), curve.drawn_through]
    every = -(-len(curve.at_risk) // frame.most_ticks)
    return Survival(
        frame=frame,
        right=right,
        bottom=bottom,
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
