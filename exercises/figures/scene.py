"""What a figure shows, in the order it is drawn: body, props, what is stretched or works, where it moves. PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from exercises.figures import body, drawing
from exercises.figures.drawing import Picture, Shape
from exercises.figures.figure import Arrow, Figure, Place
from exercises.figures.paths import pair, path, smooth, straight
from exercises.figures.props import Box, ground, held
from exercises.figures.space import Point, Vector

# From the far side to the near one. A word stands for several: LIMBS says for which.
FROM_THE_SIDE = ("far arm", "far leg", "neck", "head", "tee", "near leg", "near arm")
LIMBS = {
    "arm": ("{0}.arm+{0}.hand", "{0}.sleeve"),
    "arm without hand": ("{0}.arm", "{0}.sleeve"),
    "hand": ("{0}.hand",),
    "leg": ("{0}.leg", "{0}.shoe", "{0}.short+pelvis"),
}
MARGIN = 7.0

# Where a region lies on the body: points (part, front, up) and, if need be, how far out; "!" is the trunk, else the
# limb of the near side, or of the one that is named before the region.
REGIONS: dict[str, tuple[tuple[str, float, float] | tuple[str, float, float, float], ...]] = {
    "back-of-thigh": (("thigh", -5.0, -12), ("thigh", -5.2, -23), ("thigh", -3.8, -35)),
    "front-of-thigh": (("thigh", 5.4, -9), ("thigh", 5.2, -21), ("thigh", 4.2, -34)),
    "front-of-hip": (("!pelvis", 7.4, 5), ("thigh", 6.6, -4), ("thigh", 5.6, -15)),
    "buttock": (("!pelvis", -6.6, 5), ("!pelvis", -8.2, -1), ("thigh", -6.6, -7)),
    "outer-hip": (("!pelvis", -2.0, 5, 14), ("!pelvis", -5.0, -2, 15), ("thigh", -5.0, -9, 5)),
    "low-back": (("!pelvis", -6.6, 6), ("!waist", -5.6, 0), ("!chest", -5.4, 5)),
    "back": (("!pelvis", -6.6, 6), ("!waist", -5.6, 0), ("!chest", -5.6, 5), ("!shoulders", -6.4, 4)),
    "abdomen": (("!pelvis", 6.6, 5), ("!waist", 6.8, 2), ("!chest", 7.2, 6)),
    "flank": (("!pelvis", 5.0, 6, 11.0), ("!waist", 5.4, 1, 10.6), ("!chest", 5.4, 5, 11.6)),
    "calf": (("shank", -3.4, -6), ("shank", -3.9, -14), ("shank", -2.4, -26)),
    "shin": (("shank", 2.6, -8), ("shank", 2.2, -18), ("shank", 1.8, -29)),
    "nerve": (
        ("!pelvis", -6.0, 2),
        ("thigh", -4.0, -8),
        ("thigh", -3.4, -26),
        ("shank", -2.6, -4),
        ("shank", -1.8, -22),
        ("foot", -1.5, 2),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One path: its class, whether it is on the far side, its data, how much of it is seen."""

    paint: str
    far: bool
    data: str
    seen: float = 1.0


class Scene:
    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.near = {"left": "right", "right": "left"}.get(figure.far, "right")
        self._pictures: dict[Place, Picture] = {}

    # --- what is drawn after what ---

    def order(self, place: Place) -> tuple[str, ...]:
        """Names of parts, each row one path: the names in it are joined by "+"."""
        pose = self.figure.poses[self._nearest(place)]
        rows = list(pose.get("order", self.figure.order or FROM_THE_SIDE))
        named = [name for row in rows for name in self._expanded(row, rows)]
        for prop in self.figure.props:
            if prop["kind"] == "stick":
                named.insert(named.index("tee"), "stick")
        for region in self.figure.highlight:
            leg = f"{region.rpartition(' ')[0] or self.near}.short+pelvis"
            after = ("tee", leg) if region in ("low-back", "back", "abdomen", "flank") else (leg,)
            last = max(i for i, name in enumerate(named) if name in after)
            named.insert(last + 1, f"glow.{region}")
        return tuple(named)

    def _nearest(self, place: Place) -> str:
        return place.poses[round(place.share * (len(place.poses) - 1))]

    def _expanded(self, row: str, rows: Sequence[str]) -> Iterator[str]:
        side, _, limb = row.partition(" ")
        if not limb:
            yield row
            return
        side = {"near": self.near, "far": body.SIDES[self.near == "right"]}.get(side, side)
        if limb == "arm" and any(one.endswith(" hand") and self._same(one, side) for one in rows):
            limb = "arm without hand"
        yield from (name.format(side) for name in LIMBS[limb] if self._is_shod or not name.endswith(".shoe"))

    def _same(self, row: str, side: str) -> bool:
        word = row.partition(" ")[0]
        return side == {"near": self.near, "far": body.SIDES[self.near == "right"]}.get(word, word)

    @cached_property
    def _is_shod(self) -> bool:
        return any(prop["kind"] == "shoes" for prop in self.figure.props)

    def is_far(self, name: str) -> bool:
        return bool(self.figure.far) and name.startswith(f"{self.figure.far}.")

    # --- shapes ---

    def picture(self, place: Place) -> Picture:
        if place not in self._pictures:
            self._pictures[place] = Picture(self.figure.skeleton(place), self.figure.camera)
        return self._pictures[place]

    def parts(self, place: Place) -> dict[str, Shape]:
        """Every shape that moves, by name; the head is apart."""
        picture = self.picture(place)
        skeleton, parts = picture.skeleton, picture.parts()
        for side in body.SIDES:
            if self._is_shod:
                leg = parts[f"{side}.leg"]
                parts[f"{side}.leg"] = Shape(leg.paint, leg.points[:5], ((0, 1, 2, 3, 4),))
            else:
                del parts[f"{side}.shoe"]
        for prop in self.figure.props:
            parts |= held(prop, skeleton, picture)
        for region in self.figure.highlight:
            side, _, where = region.rpartition(" ")
            side = side or self.near
            points = tuple(
                picture.round(
                    skeleton.point(
                        part[1:] if part[0] == "!" else f"{side}.{part}",
                        front,
                        up,
                        (out[0] if out else 0.0) * (1 if side == "right" else -1),
                    ),
                    0.0,
                )
                for part, front, up, *out in REGIONS[where]
            )
            parts[f"glow.{region}"] = Shape("nerve" if region == "nerve" else "glow", points, closed=False)
        return parts

    def glow(self, place: Place) -> float:
        return float(self.figure.pose(place).get("glow", 0.0))

    def head(self, place: Place) -> tuple[float, float, float, float]:
        return self.picture(place).head()

    # --- the room ---

    @cached_property
    def samples(self) -> list[Place]:
        """Enough places of the course to know what it covers."""
        return [
            Place(step.poses, i / 4)
            for step in self.figure.steps
            for i in range(5 if len(step.poses) > 1 else 1)
        ]

    @cached_property
    def covered(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything that is ever drawn, but the ground."""
        xs: list[float] = []
        ys: list[float] = []
        for place in self.samples:
            for shape in self.parts(place).values():
                for x, y, r in shape.points:
                    xs += [x - r, x + r]
                    ys += [y - r, y + r]
            for shape in drawing.head_shapes(self.head(place)):
                xs += [x for x, _, _ in shape.points]
                ys += [y for _, y, _ in shape.points]
        for box in self.figure.boxes:
            for x, y in box.outline(self._still):
                xs.append(x)
                ys.append(y)
        for arrow in self.figure.arrows:
            for x, y in self._arrow(arrow):
                xs += [x - 4, x + 4]
                ys += [y - 4, y + 4]
        return (min(xs), min(ys), max(xs), max(ys))

    @cached_property
    def _still(self) -> Picture:
        return self.picture(self.samples[0])

    @cached_property
    def ground(self) -> Box:
        """As long and as deep as what is on it."""
        reach: list[Vector] = [
            joint for place in self.samples for joint in self.picture(place).skeleton.joints.values()
        ]
        xs, zs = [x for x, _, _ in reach], [z for _, _, z in reach]
        for box in self.figure.boxes:
            xs += [box.low[0], box.high[0]]
        kind = "mat" if any(prop["kind"] == "mat" for prop in self.figure.props) else "floor"
        return ground(kind, min(xs) - 22, max(xs) + 22, max(zs) + 14, min(zs) - 14)

    @cached_property
    def view(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the picture."""
        left, top, right, bottom = self.covered
        for x, y in self.ground.outline(self._still):
            left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
        return (
            round(left - MARGIN),
            round(top - MARGIN),
            round(right - left + 2 * MARGIN),
            round(bottom - top + 2 * MARGIN),
        )

    def room(self) -> list[tuple[str, str]]:
        """What stands still, each as its class and path data."""
        boxes = [self.ground, *self.figure.boxes]
        return [(box.paint, straight(box.outline(self._still))) for box in boxes]

    # --- arrows ---

    def _arrow(self, arrow: Arrow) -> list[Point]:
        dx, dy = arrow.beside
        start, end = arrow.part
        found = []
        for i in range(5):
            place = Place(arrow.move, start + (end - start) * i / 4)
            picture = self.picture(place)
            x, y = picture.flat(picture.skeleton.point(arrow.joint, *arrow.at))
            found.append((x + dx, y - dy))
        x, y = found[0]
        return [(x + arrow.larger * (a - x), y + arrow.larger * (b - y)) for a, b in found]

    def arrow(self, arrow: Arrow) -> str:
        line = self._arrow(arrow)
        (ax, ay), (x, y) = line[-2], line[-1]
        far = ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5 or 1.0
        ux, uy = (x - ax) / far, (y - ay) / far
        barbs = [(x - 5.2 * ux + side * 4.4 * uy, y - 5.2 * uy - side * 4.4 * ux) for side in (1, -1)]
        return f"{smooth(line, closed=False)}M{pair(*barbs[0])}L{pair(x, y)}L{pair(*barbs[1])}"

    def arrow_times(self, arrow: Arrow) -> tuple[float, float]:
        t = 0.0
        for step in self.figure.steps:
            if step.poses == arrow.move:
                return (t, t + step.seconds)
            t += step.seconds
        raise ValueError(
            f"{self.figure.slug}: no step moves through {', '.join(arrow.move)}, where an arrow is."
        )

    # --- all of it ---

    def lines(self, t: float, *, arrows: bool = True) -> list[Line]:
        place = self.figure.at(t)
        parts, glow = self.parts(place), self.glow(place)
        found = [Line(paint, False, data) for paint, data in self.room()]
        for row in self.order(place):
            if row == "head":
                found += [Line(one.paint, False, path(one)) for one in drawing.head_shapes(self.head(place))]
                continue
            names = row.split("+")
            shape = parts[names[0]]
            seen = glow if row.startswith("glow.") else 1.0
            found.append(
                Line(shape.paint, self.is_far(row), "".join(path(parts[name]) for name in names), seen)
            )
        for arrow in self.figure.arrows if arrows else ():
            start, end = self.arrow_times(arrow)
            if start <= t < end:
                found.append(Line("arrow", False, self.arrow(arrow)))
        return found
