"""What stands in the room: mat, floor, chair, wall, worktop, step; and what is held. PURE.

Solid props are boxes; no part of the body may sink into one. The top of the mat is the floor, y = 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exercises.figures import body
from exercises.figures.drawing import Picture, Shape
from exercises.figures.rig import Skeleton, vector
from exercises.figures.space import Point, Vector, minus, plus, times, unit

THICK = 2.4
DEEP = 34.0  # half of how deep a mat or a floor goes


@dataclass(frozen=True, slots=True)
class Box:
    paint: str
    low: Vector
    high: Vector

    def depth_of(self, place: Vector, radius: float) -> float:
        """How deep a round part of the body is in it, in centimetres; below 0 is outside."""
        gaps = [max(low - one, one - high) for one, low, high in zip(place, self.low, self.high, strict=True)]
        outside = [max(gap, 0.0) for gap in gaps]
        far = sum(gap * gap for gap in outside) ** 0.5
        return radius - far if far > 0 else radius - max(gaps)

    def outline(self, picture: Picture) -> tuple[Point, ...]:
        corners = [
            picture.flat((x, y, z))
            for x in (self.low[0], self.high[0])
            for y in (self.low[1], self.high[1])
            for z in (self.low[2], self.high[2])
        ]
        return hull(corners)


def hull(points: list[Point]) -> tuple[Point, ...]:
    """The outline round points, in one direction."""
    points = sorted({(round(x, 2), round(y, 2)) for x, y in points})
    halves = []
    for run in (points, points[::-1]):
        half: list[Point] = []
        for p in run:
            while len(half) > 1 and _bend(half[-2], half[-1], p) <= 0:
                half.pop()
            half.append(p)
        halves += half[:-1]
    return tuple(halves)


def _bend(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def ground(kind: str, low: float, high: float, near: float, far: float) -> Box:
    """A mat or the bare floor under everything between two places."""
    return Box(kind, (low, -THICK if kind == "mat" else -1.2, far), (high, 0.0, near))


def solids(prop: Mapping[str, Any]) -> list[Box]:
    """The boxes of a prop as a figure's file names it; none for what is held."""
    kind, x = prop["kind"], float(prop.get("x", 0.0))
    if kind == "wall":
        side = float(prop.get("toward", 1.0))  # which side of it is the room
        return [
            Box(
                "wall",
                (min(x, x - side * 5.0), 0.0, -DEEP),
                (max(x, x - side * 5.0), float(prop.get("height", 185.0)), DEEP),
            )
        ]
    if kind == "chair":
        return _chair(
            x, float(prop.get("toward", 1.0)), float(prop.get("seat", 45.0)), bool(prop.get("back", True))
        )
    if kind == "worktop":
        top, side = float(prop.get("height", 95.0)), float(prop.get("toward", -1.0))
        low, high = sorted((x, x - side * 34.0))
        return [
            Box("wood", (low, top - 4.0, -DEEP), (high, top, DEEP)),
            Box("cupboard", (low + 4, 0.0, -DEEP), (high, top - 4.0, DEEP)),
        ]
    if kind == "step":
        return [
            Box(
                "wood",
                (x, 0.0, -DEEP),
                (x + float(prop.get("width", 30.0)), float(prop.get("height", 12.0)), DEEP),
            )
        ]
    if kind == "bike":
        x, top = map(float, prop["saddle"])
        return [
            Box("wood", (x - 9.0, top - 4.0, -3.5), (x, top, 3.5)),
            Box("wood", (x - 22.0, 0.0, -2.0), (float(prop["bar"][0]) + 16.0, 4.0, 2.0)),
        ]
    return []


def _chair(x: float, toward: float, seat: float, back: bool) -> list[Box]:
    """A plain chair; `x` is the front edge of its seat, which looks to the right (`toward` 1) or to the left (-1)."""

    def box(paint: str, a: float, b: float, low: float, high: float, z: float = 20.0) -> Box:
        a, b = sorted((x - toward * a, x - toward * b))
        return Box(paint, (a, low, -z), (b, high, z))

    parts = [
        box("wood", 0, 42, seat - 4, seat),
        box("leg", 2, 5, 0, seat - 4, 18),
        box("leg", 37, 40, 0, seat - 4, 18),
    ]
    if back:
        parts += [box("wood", 40, 43, seat, seat + 44)]
    return parts


def held(prop: Mapping[str, Any], skeleton: Skeleton, picture: Picture) -> dict[str, Shape]:
    """What moves with the body, or is between its parts: a stick along the back; a bike's frame, cranks and pedals."""
    kind = prop["kind"]
    if kind == "stick":
        places = [skeleton.point(*one) for one in prop["along"]]
        line = unit(minus(places[1], places[0]))
        ends = (
            plus(places[0], times(line, -float(prop.get("over", 10.0)))),
            plus(places[1], times(line, float(prop.get("under", 10.0)))),
        )
        return {"stick": Shape("wood", tuple(picture.round(one, 1.2) for one in ends), ((0, 1),))}
    if kind == "bike":
        return _bike(prop, skeleton, picture)
    return {}


def _bike(prop: Mapping[str, Any], skeleton: Skeleton, picture: Picture) -> dict[str, Shape]:
    """An exercise bike: `saddle` is the top of its post, `pedals` what they go round, each under the ball of a foot."""
    saddle, pedals, bar = (vector(prop[name]) for name in ("saddle", "pedals", "bar"))
    wheel = (bar[0] - 2.0, pedals[1], 0.0)
    frame = (
        picture.round(saddle, 1.8),
        picture.round(plus(saddle, (14.0, -1.6, 0.0)), 1.4),
        picture.round(pedals, 3.6),
        picture.round((pedals[0], 3.0, 0.0), 1.8),
        picture.round(wheel, 19.0),
        picture.round(plus(wheel, (0.1, 0.0, 0.0)), 18.9),
        picture.round((wheel[0] + 11.0, 3.0, 0.0), 2.0),
        picture.round(plus(bar, (-8.0, -8.0, 0.0)), 1.8),
        picture.round(plus(bar, (1.0, 0.0, 0.0)), 1.6),
    )
    shapes = {"bike": Shape("wood", frame, ((1, 0, 2, 3), (4, 5), (6, 7, 8)))}
    for side in body.SIDES:
        foot = f"{side}.foot"
        under = [skeleton.point(foot, body.BALL[0] + front, -body.ANKLE - 1.2) for front in (-4.0, 0.0, 5.0)]
        crank = (*pedals[:2], under[1][2])
        points = (picture.round(crank, 2.0), *(picture.round(one, 1.3) for one in under))
        shapes[f"{side}.pedal"] = Shape("wood", points, ((0, 2), (1, 3)))
    return shapes
