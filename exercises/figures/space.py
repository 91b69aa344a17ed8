"""Points, directions and frames in space. PURE.

Centimetres and degrees. x goes to the right of the picture, y up, z toward the viewer; the floor is y = 0.
"""

import math
from typing import NamedTuple, TypeAlias

Vector: TypeAlias = tuple[float, float, float]
Point: TypeAlias = tuple[float, float]


class Frame(NamedTuple):
    """Which way a part of the body looks: its front, its upper end, its right. All unit vectors, at right angles."""

    front: Vector
    up: Vector
    right: Vector

    def out(self, point: Vector) -> Vector:
        """A point given as (front, up, right), in the coordinates of the room."""
        a, b, c = point
        return plus(plus(times(self.front, a), times(self.up, b)), times(self.right, c))


STANDING = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def plus(a: Vector, b: Vector) -> Vector:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def minus(a: Vector, b: Vector) -> Vector:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def times(a: Vector, k: float) -> Vector:
    return (a[0] * k, a[1] * k, a[2] * k)


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def unit(a: Vector) -> Vector:
    return times(a, 1 / (math.hypot(*a) or 1.0))


def between(a: Vector, b: Vector, share: float) -> Vector:
    return plus(times(a, 1 - share), times(b, share))


def angle(a: Vector, b: Vector) -> float:
    """Between two directions, 0 to 180."""
    return math.degrees(math.atan2(math.hypot(*cross(a, b)), dot(a, b)))


def _turned(a: Vector, b: Vector, degrees: float) -> tuple[Vector, Vector]:
    """Two directions at right angles, turned in their plane from the first to the second."""
    if not degrees:
        return a, b
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return plus(times(a, c), times(b, s)), minus(times(b, c), times(a, s))


def flexed(frame: Frame, degrees: float) -> Frame:
    """Its lower end swung to the front: a hip or an elbow bends so, and a spine with the sign changed."""
    front, up = _turned(frame.front, frame.up, degrees)
    return Frame(front, up, frame.right)


def spread(frame: Frame, degrees: float) -> Frame:
    """Its lower end swung to the right."""
    right, up = _turned(frame.right, frame.up, degrees)
    return Frame(frame.front, up, right)


def turned(frame: Frame, degrees: float) -> Frame:
    """Its front turned to the right, about its own length."""
    front, right = _turned(frame.front, frame.right, degrees)
    return Frame(front, frame.up, right)


def along(down: Vector, front: Vector) -> Frame:
    """The frame of a limb that goes to `down`, with its front as near to `front` as that leaves."""
    up = times(unit(down), -1.0)
    forward = minus(front, times(up, dot(front, up)))
    if math.hypot(*forward) < 1e-6:
        forward = cross(up, (0.0, 0.0, 1.0) if abs(up[2]) < 0.9 else (1.0, 0.0, 0.0))
    forward = unit(forward)
    return Frame(forward, up, cross(forward, up))


def two_bones(start: Vector, end: Vector, first: float, second: float, toward: Vector) -> Vector:
    """Where the joint between two bones is. It bends toward a direction; too far an end is reached for, straight."""
    line = minus(end, start)
    far = min(max(math.hypot(*line), abs(first - second) + 1e-6), first + second - 1e-6)
    axis = unit(line)
    side = minus(toward, times(axis, dot(toward, axis)))
    if math.hypot(*side) < 1e-6:
        side = cross(axis, (0.0, 0.0, 1.0))
    foot = (first * first - second * second + far * far) / (2 * far)
    height = math.sqrt(max(first * first - foot * foot, 0.0))
    return plus(start, plus(times(axis, foot), times(unit(side), height)))


class Camera(NamedTuple):
    """Where the figure is seen from. 0, 0 is from the side: a standing person looks to the right.

    `around` goes about the person toward their front, `above` up: 90 looks straight down. `roll` turns the picture.
    """

    around: float = 0.0
    above: float = 0.0
    roll: float = 0.0

    def seen(self, v: Vector) -> Vector:
        """In the picture: to the right, up, and toward the viewer."""
        x, z = v[0], v[2]
        c, s = math.cos(math.radians(self.around)), math.sin(math.radians(self.around))
        x, z = x * c - z * s, x * s + z * c
        c, s = math.cos(math.radians(self.above)), math.sin(math.radians(self.above))
        y, z = v[1] * c - z * s, v[1] * s + z * c
        c, s = math.cos(math.radians(self.roll)), math.sin(math.radians(self.roll))
        return (x * c - y * s, x * s + y * c, z)

    @property
    def axis(self) -> Vector:
        """From the figure to the viewer."""
        c, s = math.cos(math.radians(self.above)), math.sin(math.radians(self.above))
        a, b = math.cos(math.radians(self.around)), math.sin(math.radians(self.around))
        return (b * c, s, a * c)
