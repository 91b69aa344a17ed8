"""From a skeleton to what is drawn of it: rounds that are joined, smooth outlines, lines. PURE.

A shape's points are (right, down, radius) in the picture; its `paint` is the class that colours it. Limbs are rounds
joined by their outer tangents, which from any side is what a limb of that thickness looks like.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exercises.figures import body, head
from exercises.figures.rig import Skeleton
from exercises.figures.space import Camera, Frame, Point, Vector, dot, minus, plus, times

Round = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """`chains` joins rounds by their places in `points`; without any, they are a smooth line, `closed` or open."""

    paint: str
    points: tuple[Round, ...]
    chains: tuple[tuple[int, ...], ...] = ()
    closed: bool = True


class Level(NamedTuple):
    """A cross section of the trunk: on which part, how far up and to the front, half its breadth and half its depth."""

    part: str
    up: float
    front: float
    breadth: float
    depth: float


TEE = (
    Level("pelvis", 5.0, 0.1, 14.8, 9.4),
    Level("waist", 0.0, 0.7, 13.4, 9.2),
    Level("chest", 4.0, 1.0, 14.8, 10.0),
    Level("shoulders", 0.0, 0.8, 16.2, 10.6),
    Level("shoulders", 6.0, 0.0, 17.4, 9.8),
    Level("shoulders", 11.0, -1.0, 16.0, 7.2),
    Level("shoulders", 14.2, -1.4, 7.6, 5.0),
)
PELVIS = (
    Level("pelvis", -7.0, 0.2, 12.0, 6.0),
    Level("pelvis", -2.0, -1.0, 16.4, 10.2),
    Level("pelvis", 3.0, -0.5, 15.6, 9.8),
    Level("pelvis", 8.0, 0.3, 14.6, 9.2),
)


class Picture:
    """What a camera sees of a skeleton."""

    def __init__(self, skeleton: Skeleton, camera: Camera) -> None:
        self.skeleton, self.camera = skeleton, camera
        self.rounds: list[tuple[Vector, float]] = []  # of what was drawn, in the room
        rows = [camera.seen(one) for one in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
        self._right: Vector = (rows[0][0], rows[1][0], rows[2][0])
        self._up: Vector = (rows[0][1], rows[1][1], rows[2][1])

    def flat(self, place: Vector) -> Point:
        x, y, _ = self.camera.seen(place)
        return (x, -y)

    def round(self, place: Vector, radius: float) -> Round:
        self.rounds.append((place, radius))
        return (*self.flat(place), radius)

    def across(self, direction: Vector) -> Vector:
        """The direction in the room that the picture shows at right angles to the one given, on its left."""
        x, y = dot(direction, self._right), dot(direction, self._up)
        far = math.hypot(x, y)
        if far < 1e-3:
            x, y, far = 0.0, 1.0, 1.0
        return plus(times(self._right, -y / far), times(self._up, x / far))

    def half(self, frame: Frame, sizes: Vector, across: Vector) -> float:
        """Half the width of something of half sizes (front, up, right), as it is seen across."""
        return math.hypot(*(size * dot(axis, across) for size, axis in zip(sizes, frame, strict=True)))

    # --- the parts ---

    def parts(self) -> dict[str, Shape]:
        """Every part of the body by name. What is drawn first is a matter of the figure."""
        found = {
            "neck": self._neck(),
            "tee": self._trunk("tee", TEE),
            "pelvis": self._trunk("shorts", PELVIS),
        }
        for side in body.SIDES:
            found |= self._leg(side) | self._arm(side)
        return found

    def _trunk(self, paint: str, levels: Sequence[Level]) -> Shape:
        sk = self.skeleton
        if belly := sk.bends.get("belly", 0.0) / 2:  # the back stays where it is
            levels = [
                one._replace(front=one.front + belly, depth=one.depth + belly) if one.part == "waist" else one
                for one in levels
            ]
        middles = [sk.point(one.part, one.front, one.up) for one in levels]
        spine = [sk.point(one.part, 0.0, one.up) for one in levels]
        left, right = [], []
        for index, level in enumerate(levels):
            run = minus(spine[min(index + 1, len(spine) - 1)], spine[max(index - 1, 0)])
            across = self.across(run)
            half = self.half(sk.frames[level.part], (level.depth, 3.0, level.breadth), across)
            left.append(self.round(plus(middles[index], times(across, half)), 0.0))
            right.append(self.round(minus(middles[index], times(across, half)), 0.0))
        return Shape(paint, (*left, *reversed(right)))

    def _neck(self) -> Shape:
        sk = self.skeleton
        low, high = sk.point("shoulders", -1.0, 11.0), sk.point("head", 0.6, 1.0)
        return Shape("skin", (self.round(low, 5.6), self.round(high, 5.0)), ((0, 1),))

    def _leg(self, side: str) -> dict[str, Shape]:
        sk = self.skeleton
        thigh, shank, foot = f"{side}.thigh", f"{side}.shank", f"{side}.foot"
        frame = sk.frames[foot]
        wide = self.across(frame.front)

        def sole(front: float, up: float, high: float, broad: float) -> Round:
            return self.round(sk.point(foot, front, up), self.half(frame, (high, high, broad), wide))

        bend = math.radians(sk.bends[f"{side}.toes"])
        toes = (body.BALL[0] + body.TOES * math.cos(bend), body.BALL[1] - 0.5 + body.TOES * math.sin(bend))
        points = (
            self.round(sk.point(thigh, 0, -12), 8.4),
            self.round(sk.point(thigh, 0.6, -26), 7.3),
            self.round(sk.point(shank, 0.3, 0), 5.6),
            self.round(sk.point(shank, -1.4, -12), 5.3),
            self.round(sk.point(foot, 0, 3.0), 3.4),
            sole(0.2, -0.6, 3.6, 3.4),
            sole(*body.HEEL, 3.2, 3.2),
            sole(*body.BALL, 2.0, 4.0),
            sole(*toes, 1.5, 3.4),
        )
        leg = Shape("skin", points, ((0, 1, 2, 3, 4, 5, 6, 7, 8), (5, 7)))
        shoe = tuple((x, y, r + 0.6) for x, y, r in points[4:])
        short = (
            self.round(sk.point(thigh, -0.4, 0), 9.6),
            self.round(sk.point(thigh, 0, -12), 9.1),
            self.round(sk.point(thigh, 0.3, -22), 8.4),
        )
        return {
            f"{side}.leg": leg,
            f"{side}.shoe": Shape("shoes", shoe, ((1, 2, 3, 4), (1, 3), (0, 1))),
            f"{side}.short": Shape("shorts", short, ((0, 1, 2),)),
        }

    def _arm(self, side: str) -> dict[str, Shape]:
        sk = self.skeleton
        arm, fore = f"{side}.arm", f"{side}.forearm"
        points = (
            self.round(sk.point(arm, 0, -6), 4.9),
            self.round(sk.point(arm, 0.3, -14), 4.6),
            self.round(sk.joints[fore], 3.8),
            self.round(sk.point(fore, 0.2, -6), 4.0),
            self.round(sk.joints[f"{side}.hand"], 2.5),
        )
        sleeve = (
            self.round(sk.joints[arm], 5.7),
            self.round(sk.point(arm, 0.2, -8), 5.7),
            self.round(sk.point(arm, 0.2, -15), 5.4),
        )
        return {
            f"{side}.arm": Shape("skin", points, ((0, 1, 2, 3, 4),)),
            f"{side}.sleeve": Shape("tee", sleeve, ((0, 1, 2),)),
            f"{side}.hand": self._hand(side),
        }

    def _hand(self, side: str) -> Shape:
        sk, hand = self.skeleton, f"{side}.hand"
        frame = sk.frames[hand]
        wide = self.across(frame.up)
        back = 1.0 if side == "right" else -1.0  # the palm looks to the other side
        curl = math.radians(sk.bends[f"{side}.curl"])

        def soft(place: Vector, thick: float, broad: float) -> Round:
            return self.round(place, self.half(frame, (broad, 1.0, thick), wide))

        def finger(front: float, length: float, bend: float) -> tuple[Vector, Vector]:
            knuckle = sk.point(hand, front, -body.PALM, 0.0)
            half, low = length / 2, curl * bend
            middle = sk.point(hand, front, -body.PALM - half * math.cos(low), -back * half * math.sin(low))
            tip = plus(
                middle, frame.out((0.0, -half * math.cos(2.2 * low), -back * half * math.sin(2.2 * low)))
            )
            return (middle, tip) if knuckle else (middle, tip)

        first, last = finger(2.3, 7.0, 0.9), finger(-1.7, 7.2, 1.05)
        thumb_root, thumb_tip = sk.point(hand, 2.0, -2.6, -back * 1.0), sk.point(hand, 5.6, -7.6, -back * 2.4)
        points = (
            self.round(sk.joints[hand], 2.5),
            soft(sk.point(hand, 0.2, -4.5), 1.7, 3.5),
            soft(sk.point(hand, 0.2, -body.PALM), 1.4, 3.6),
            self.round(sk.point(hand, 2.3, -body.PALM), 1.35),
            self.round(first[0], 1.2),
            self.round(first[1], 0.95),
            self.round(sk.point(hand, -1.2, -body.PALM), 1.9),
            soft(last[0], 1.2, 2.0),
            soft(last[1], 0.9, 1.6),
            self.round(thumb_root, 1.6),
            self.round(thumb_tip, 1.05),
        )
        return Shape("skin", points, ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 9, 10)))

    # --- the head ---

    def head(self) -> tuple[float, float, float, float]:
        """Where the head is, how far it is turned in the picture (degrees), and from which side it is seen, -1 to 1."""
        sk, frame = self.skeleton, self.skeleton.frames["head"]
        axis = self.camera.axis
        turn = math.atan2(dot(axis, frame.right), max(dot(axis, frame.front), 0.0))
        x, y = dot(frame.up, self._right), dot(frame.up, self._up)
        return (*self.flat(sk.joints["head"]), math.degrees(math.atan2(x, y)), math.sin(turn))


def head_shapes(place: tuple[float, float, float, float]) -> list[Shape]:
    x, y, degrees, turn = place
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        Shape(
            one.paint,
            tuple((x + c * px + s * py, y + s * px - c * py, 0.0) for px, py in head.seen(one, turn)),
            closed=one.closed,
        )
        for one in head.FEATURES
    ]
