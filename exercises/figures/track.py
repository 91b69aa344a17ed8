"""A figure as few numbers, for the phone: what each moving part is at some moments of each move. PURE.

phone/static/phone/figures/figure.js reads it. Lengths are fifths of a centimetre, the turn of the head is in
tenths of a degree; docs/figures.md names the fields.
"""

import json
from collections.abc import Sequence
from typing import Any

from exercises.figures import head
from exercises.figures.drawing import Picture, Shape
from exercises.figures.figure import Figure, Place
from exercises.figures.rig import solve
from exercises.figures.scene import Scene
from exercises.figures.space import Camera

UNIT = 5  # of a centimetre
NEAR_ENOUGH = 4.0  # units that a point may be beside its true way, half-way between two moments
FEWEST, MOST = 2, 12  # moments between two poses


def track(figure: Figure) -> dict[str, Any]:
    """Of one figure, as JSON takes it."""
    scene = Scene(figure)
    first = Place(figure.steps[0].poses[:1], 0.0)
    names = list(scene.parts(first))
    base = numbers(scene, first, names)
    ways: list[tuple[str, ...]] = []
    steps: list[list[float]] = []
    for step in figure.steps:
        way = step.poses
        if len(way) == 1:  # a hold: the end of the move before it, or of nothing
            steps.append([step.seconds, steps[-1][1], steps[-1][2], 2] if steps else [step.seconds, -1, 0, 2])
            continue
        back = way not in ways and way[::-1] in ways
        if way not in ways and not back:
            ways.append(way)
        steps.append([step.seconds, ways.index(way[::-1] if back else way), int(back), int(step.even)])
    orders: list[tuple[str, ...]] = []
    moves = [_move(scene, way, names, base, orders) for way in ways]
    hold = next((i for i, step in enumerate(figure.steps) if step.dose), None)
    before = sum(step.seconds for step in figure.steps[: hold or 0])
    return {
        "view": scene.view,
        "far": figure.far,
        "room": scene.room(),
        "extra": {
            name: _form(shape) for name, shape in scene.parts(first).items() if BODY.get(name) != _form(shape)
        },
        "parts": names,
        "orders": orders or [scene.order(first)],
        "base": base,
        "moves": moves,
        "steps": steps,
        "hold": None if hold is None else [round(before, 3), round(before + figure.steps[hold].seconds, 3)],
        "stills": [round(figure.time_of(name), 3) for name in figure.stills],
        "easier": figure.easier,
        "arrows": [[scene.arrow(arrow), *scene.arrow_times(arrow)] for arrow in figure.arrows],
        "text": figure.text,
    }


def numbers(scene: Scene, place: Place, names: Sequence[str]) -> list[int]:
    """Part by part, then the head's four, then how strong the highlight is."""
    parts = scene.parts(place)
    found = [
        value
        for name in names
        for point in parts[name].points
        for value in point[: 3 if parts[name].chains else 2]
    ]
    x, y, degrees, turn = scene.head(place)
    return [
        *(round(UNIT * value) for value in (*found, x, y)),
        round(10 * degrees),
        round(1000 * turn),
        round(100 * scene.glow(place)),
    ]


def _move(
    scene: Scene,
    way: tuple[str, ...],
    names: Sequence[str],
    base: Sequence[int],
    orders: list[tuple[str, ...]],
) -> dict[str, Any]:
    rows = _moments(scene, way, names)
    index = [i for i in range(len(base)) if any(row[i] != base[i] for row in rows)]
    _unwind(rows, len(base) - 3)
    switches: list[list[float]] = []
    for i in range(2 * len(way) - 1):
        share = i / (2 * len(way) - 2)
        order = scene.order(Place(way, min(share + 1e-6, 1.0)))
        if order not in orders:
            orders.append(order)
        if not switches or switches[-1][1] != orders.index(order):
            switches.append([round(share, 3), orders.index(order)])
    return {
        "order": switches,
        "around": int(way[0] == way[-1]),
        "moments": len(rows),
        "at": [b - a for a, b in zip([0, *index], index, strict=False)],
        "by": _changes([[row[i] - base[i] for i in index] for row in rows]),
    }


def _changes(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Of each moment how much its change differs from the change before it: small numbers, which press well."""
    nothing = [0] * len(rows[0])
    before: Sequence[int] = nothing
    change: Sequence[int] = nothing
    found: list[list[int]] = []
    for row in rows:
        now = [b - a for a, b in zip(before, row, strict=True)]
        found.append([b - a for a, b in zip(change, now, strict=True)])
        before, change = row, now if found[1:] else nothing
    return found


def _moments(scene: Scene, way: tuple[str, ...], names: Sequence[str]) -> list[list[int]]:
    """As many as it takes, evenly through the move, for the curve through them to be near enough."""
    known: dict[float, list[int]] = {}

    def at(share: float) -> list[int]:
        if share not in known:
            known[share] = numbers(scene, Place(way, share), names)
        return known[share]

    for per_pose in range(FEWEST if len(way) == 2 else 1, MOST + 1):
        count = per_pose * (len(way) - 1)
        rows = [at(i / count) for i in range(count + 1)]
        around = way[0] == way[-1]
        if all(_is_near(rows, i, at((i + 0.5) / count), around=around) for i in range(count)):
            break
    return rows


def _is_near(rows: Sequence[Sequence[int]], index: int, middle: Sequence[int], *, around: bool) -> bool:
    """Whether the phone finds the moment half-way after `index`, from the two moments on either side."""
    b, c = rows[index], rows[index + 1]
    a = rows[index - 1] if index else rows[-2] if around else None
    d = rows[index + 2] if index + 2 < len(rows) else rows[1] if around else None
    for i, true in enumerate(middle[:-3]):
        low = a[i] if a else 3 * b[i] - 3 * c[i] + (d or c)[i]
        high = d[i] if d else 3 * c[i] - 3 * b[i] + (a or b)[i]
        if abs((9 * (b[i] + c[i]) - low - high) / 16 - true) > NEAR_ENOUGH:
            return False
    return True


def _unwind(rows: list[list[int]], index: int) -> None:
    """The head turns the short way, past a whole turn if need be."""
    for before, row in zip(rows, rows[1:], strict=False):
        row[index] += 3600 * round((before[index] - row[index]) / 3600)


def _form(shape: Shape) -> list[Any]:
    """Its class, what its chains join, whether a line is closed, and of how many points it is."""
    return [shape.paint, shape.chains, int(shape.closed), len(shape.points)]


BODY = {name: _form(shape) for name, shape in Picture(solve({}), Camera()).parts().items()}


def shared() -> dict[str, Any]:
    """What all figures have in common: how each part of the body is joined, and the head."""
    return {
        "parts": BODY,
        "head": [[one.paint, int(one.closed), one.profile, one.front] for one in head.FEATURES],
    }


def as_module(value: object) -> str:
    """The smallest JavaScript module of it, the same for ever."""
    return f"export default {json.dumps(value, separators=(',', ':'), ensure_ascii=False)};\n"
