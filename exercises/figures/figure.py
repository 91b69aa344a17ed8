"""A figure: poses, the course through them, and what stands around. PURE.

The course is a row of steps: a move through poses, or a hold. Time runs from 0 to the course's length and then again
from 0; `at(t)` says between which poses that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from exercises.figures import rig
from exercises.figures.props import Box, solids
from exercises.figures.rig import Pose, Skeleton
from exercises.figures.space import Camera


class Step(NamedTuple):
    """A move through the named poses, the first of which it begins in; or, with one, a hold. `even`: at one pace."""

    poses: tuple[str, ...]
    seconds: float
    even: bool = False
    dose: bool = False  # the hold that the dose counts


class Place(NamedTuple):
    """`share` of a move, 0 to 1; a hold is the whole of no way."""

    poses: tuple[str, ...]
    share: float


class Arrow(NamedTuple):
    """Follows a joint, or a spot (front, up) on its part, through a move, beside it by (right, up) in the picture."""

    joint: str
    move: tuple[str, ...]
    beside: tuple[float, float]
    part: tuple[float, float]  # from and to which share of the move
    at: tuple[float, float]  # to the front and up from the joint, in its part: the toes of a foot
    larger: float  # how many times its way it is drawn, where that is small


@dataclass(frozen=True)
class Figure:
    slug: str
    posture: str
    anchor: str
    camera: Camera
    fit: Mapping[str, Any] | None
    poses: Mapping[str, Pose]
    steps: tuple[Step, ...]
    stills: tuple[str, ...]
    props: tuple[Mapping[str, Any], ...]
    order: tuple[str, ...]
    highlight: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    far: str
    easier: float
    text: dict[str, dict[str, str]]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @cached_property
    def boxes(self) -> list[Box]:
        return [box for prop in self.props for box in solids(prop)]

    def at(self, t: float, reach: float = 1.0) -> Place:
        """Between which poses it is at a time. `reach` is how much of each move is done: less on the easier way."""
        t %= self.seconds
        way = self.steps[0].poses[:1]
        for step in self.steps:
            if len(step.poses) > 1:
                way = step.poses
            if t < step.seconds:
                share = (
                    1.0
                    if len(step.poses) == 1
                    else t / step.seconds
                    if step.even
                    else eased(t / step.seconds)
                )
                break
            t -= step.seconds
        else:
            share = 1.0
        if self.goes_back(way):
            return Place(way[::-1], reach * (1 - share))
        return Place(way, reach * share)

    def goes_back(self, way: tuple[str, ...]) -> bool:
        """Whether a move is the way back of one that came before it."""
        moves = [step.poses for step in self.steps]
        return len(way) > 1 and way[::-1] in moves[: moves.index(way)]

    def time_of(self, pose: str) -> float:
        """When a pose is first reached."""
        t = 0.0
        for step in self.steps:
            if pose in step.poses and (step.even or pose == step.poses[0]):
                return t + step.seconds * step.poses.index(pose) / max(1, len(step.poses) - 1)
            t += step.seconds
            if step.poses[-1] == pose:
                return t
        raise ValueError(f"{self.slug}: no step comes to the pose '{pose}'.")

    def skeleton(self, place: Place) -> Skeleton:
        return rig.solve(self.pose(place), posture=self.posture, anchor=self.anchor, fit=self.fit)

    def pose(self, place: Place) -> Pose:
        names = place.poses
        if len(names) == 1:
            return self.poses[names[0]]
        round_trip = names[0] == names[-1]
        where = place.share * (len(names) - 1)
        index = min(int(where), len(names) - 2)
        known = [self.poses[name] for name in names]
        before = known[index - 1] if index else (known[-2] if round_trip else None)
        after = known[index + 2] if index + 2 < len(known) else (known[1] if round_trip else None)
        return _mixed(before, known[index], known[index + 1], after, where - index)


def eased(share: float) -> float:
    """Slow at both ends."""
    return share * share * (3 - 2 * share)


def _mixed(before: Pose | None, a: Pose, b: Pose, after: Pose | None, share: float) -> Pose:
    return {
        name: _value(
            before and before.get(name, value),
            a.get(name, b.get(name)),
            value,
            after and after.get(name, value),
            share,
        )
        for name, value in ((one, b.get(one, a.get(one))) for one in {**a, **b})
    }


def _value(before: Any, a: Any, b: Any, after: Any, share: float) -> Any:
    if isinstance(a, dict) != isinstance(b, dict) or (isinstance(a, dict) and a["on"] != b["on"]):
        return {"from": a, "to": b, "share": share}  # of two pins that only the skeleton can place
    if isinstance(a, dict):
        return {**a, "at": _value(None, a["at"], b["at"], None, share)}
    if isinstance(a, list):
        rows = zip(before or [None] * len(a), a, b, after or [None] * len(a), strict=True)
        return [_value(*row, share) for row in rows]
    if not isinstance(a, int | float):
        return a if share < 0.5 else b
    start = (b - before) / 2 if before is not None else b - a
    end = (after - a) / 2 if after is not None else b - a
    u, v = (
        share,
        1 - share,
    )  # Hermite: goes through poses without stopping, and straight where there are only two
    return a * v * v * (1 + 2 * u) + b * u * u * (1 + 2 * v) + start * u * v * v - end * u * u * v
