"""Shapes as SVG path data. PURE. phone/static/phone/figures/figure.js draws the same; a test holds the two together."""

import math
from collections.abc import Sequence

from exercises.figures.drawing import Round, Shape
from exercises.figures.space import Point


def number(value: float) -> str:
    """One decimal, and none where it is 0."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def pair(x: float, y: float) -> str:
    return f"{number(x)} {number(y)}"


def path(shape: Shape) -> str:
    if not shape.chains:
        return smooth([point[:2] for point in shape.points], closed=shape.closed)
    return "".join(
        tube(shape.points[a], shape.points[b])
        for chain in shape.chains
        for a, b in zip(chain, chain[1:], strict=False)
    )


def tube(a: Round, b: Round) -> str:
    """Two rounds and what their outer tangents hold between them, clockwise."""
    (ax, ay, ar), (bx, by, br) = a, b
    far = math.hypot(bx - ax, by - ay)
    if far <= abs(ar - br) + 0.05:
        x, y, r = max(a, b, key=lambda one: one[2])
        return f"M{pair(x - r, y)}A{pair(r, r)} 0 0 1 {pair(x + r, y)}A{pair(r, r)} 0 0 1 {pair(x - r, y)}Z"
    ux, uy = (bx - ax) / far, (by - ay) / far
    s = (ar - br) / far
    c = math.sqrt(1 - s * s)
    lx, ly, rx, ry = s * ux + c * uy, s * uy - c * ux, s * ux - c * uy, s * uy + c * ux
    return (
        f"M{pair(ax + ar * lx, ay + ar * ly)}L{pair(bx + br * lx, by + br * ly)}"
        f"A{pair(br, br)} 0 {int(s < 0)} 1 {pair(bx + br * rx, by + br * ry)}"
        f"L{pair(ax + ar * rx, ay + ar * ry)}A{pair(ar, ar)} 0 {int(s > 0)} 1 {pair(ax + ar * lx, ay + ar * ly)}Z"
    )


def smooth(points: Sequence[Point], *, closed: bool) -> str:
    """A line without corners through all points."""
    n = len(points)

    def at(i: int) -> Point:
        return points[i % n] if closed else points[max(0, min(n - 1, i))]

    parts = [f"M{pair(*points[0])}"]
    for i in range(n if closed else n - 1):
        a, b, c, d = at(i - 1), at(i), at(i + 1), at(i + 2)
        first = (b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6)
        second = (c[0] - (d[0] - b[0]) / 6, c[1] - (d[1] - b[1]) / 6)
        parts.append(f"C{pair(*first)} {pair(*second)} {pair(*c)}")
    return "".join(parts) + ("Z" if closed else "")


def straight(points: Sequence[Point]) -> str:
    return "M" + "L".join(pair(x, y) for x, y in points) + "Z"
