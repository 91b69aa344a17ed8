"""Where the lines of a pain chart lie: values and dates in, coordinates and SVG paths out. PURE.

Pain is always drawn on the whole scale, 0 to 10, never cut. A missing day or week is a gap. Templates draw
what this module places and choose its colours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from recovery.rules.diary import one_decimal
from recovery.rules.terms import IMPROVEMENT_DROP, RELIEF_DROP
from recovery.rules.timeline import letter

WEEK_DAYS = 7
SPARK_WEEKS = 8
TREND_WEEKS = 8  # a young episode is drawn with its next weeks empty
LABEL_GAP = 17  # between two labels at the end of lines
LABEL_WIDTH = 90
LANE = 19  # from one lane of the program to the next
MOST_LANES = 12
DROPS = (IMPROVEMENT_DROP, RELIEF_DROP)  # marked below the baseline


class Point(NamedTuple):
    """`at` is counted in the frame's unit (days or weeks), `pain` 0 to 10."""

    at: float
    pain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A drawing of width x height whose plot leaves margins; its x axis runs from `first` to `last`."""

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int
    first: float = 0
    last: float = 1

    @property
    def plot_right(self) -> int:
        return self.width - self.right

    @property
    def plot_bottom(self) -> int:
        return self.height - self.bottom

    def x(self, at: float) -> float:
        share = (at - self.first) / (self.last - self.first)
        return round(self.left + share * (self.plot_right - self.left), 1)

    def y(self, pain: float) -> float:
        """Raises ValueError for what is no pain score: it would be drawn outside of the scale."""
        if not 0 <= pain <= 10:
            raise ValueError(f"Pain is 0 to 10, not {pain}.")
        return round(self.plot_bottom - pain / 10 * (self.plot_bottom - self.top), 1)

    def line(self, pieces: Iterable[Sequence[Point]]) -> str:
        """A path with one stroke for each piece, and nothing between two. A piece of one point is a dot."""
        return "".join(
            "M"
            + "L".join(f"{self.x(p.at)} {self.y(p.pain)}" for p in piece)
            + ("h0" if len(piece) == 1 else "")
            for piece in pieces
            if piece
        )

    def dots(self, points: Iterable[Point]) -> str:
        """A path of strokes without length: the line cap makes them round or square."""
        return self.line([point] for point in points)

    def area(self, upper: Sequence[Point], lower: Sequence[Point]) -> str:
        """The closed path between two edges; empty when there is nothing between them."""
        if len(upper) < 2:
            return ""
        return self.line([[*upper, *reversed(lower)]]) + "Z"


def broken_at_gaps(weeks: Iterable[tuple[int, float | None]]) -> list[list[Point]]:
    """Weekly values in pieces: a week without a value ends one."""
    pieces: list[list[Point]] = [[]]
    for number, value in weeks:
        if value is not None:
            pieces[-1].append(Point(number, value))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


class Edges(NamedTuple):
    """The expected band at one completed week."""

    week: int
    low: float
    high: float


# --- the worklist's small line -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spark:
    frame: Frame
    line: str
    band: str
    end: tuple[float, float] | None


def spark_weeks(weeks: int) -> range:
    """The program weeks that a sparkline shows after so many ended weeks: the last eight, or the first."""
    first = max(1, weeks - SPARK_WEEKS + 1)
    return range(first, first + SPARK_WEEKS)


def spark(weeks: Sequence[tuple[int, float | None]], band: Sequence[Edges]) -> Spark:
    """The line through the last eight weekly values, the expected band behind it."""
    shown = spark_weeks(len(weeks))
    frame = Frame(
        width=160, height=44, left=4, top=4, right=6, bottom=4, first=shown.start, last=shown.stop - 1
    )
    pieces = broken_at_gaps(week for week in weeks if week[0] in shown)
    inside = [edges for edges in band if edges.week in shown]
    end = pieces[-1][-1] if pieces else None
    return Spark(
        frame,
        frame.line(pieces),
        frame.area([Point(e.week, e.high) for e in inside], [Point(e.week, e.low) for e in inside]),
        (frame.x(end.at), frame.y(end.pain)) if end else None,
    )


# --- the patient's chart -----------------------------------------------------------------------------

WIDE = Frame(width=680, height=320, left=44, top=34, right=84, bottom=34)
NARROW = Frame(width=350, height=300, left=40, top=32, right=66, bottom=34)


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Region:
    """What one region of the body adds: its days as dots, its smoothed mean as a line."""

    kind: str
    line: str
    dots: str


class Span(NamedTuple):
    """Days since the start, from `first` to before `last`."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Lane:
    """What was asked over time: one exercise of the program, or its pauses."""

    name: str
    kind: str
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Beside:
    """What explains a change: events as (day since the start, their number in the list), and the program's lanes."""

    events: Sequence[tuple[int, str]] = ()
    lanes: Sequence[Lane] = ()


NOTHING_BESIDE = Beside()


@dataclass(frozen=True, slots=True)
class LaneDrawn:
    """Its bars as one path, and its name, which ends at x where it would leave the drawing."""

    kind: str
    bars: str
    name: Label
    ends: bool


@dataclass(frozen=True, slots=True)
class Trend:
    frame: Frame
    scale: list[Label]
    weeks: list[Label]
    band: str
    band_edges: list[str]
    baseline: float | None
    regions: list[Region]
    changes: list[Label]
    ends: list[Label]
    marks: list[Label]
    events: list[Label]
    lanes: list[LaneDrawn]


def weeks_drawn(course: Mapping[str, Any]) -> int:
    """As far as the band goes: the ended weeks, and at least eight."""
    weeks: list[int] = [week["week"] for week in course["expected"]["weeks"]]
    return max([TREND_WEEKS, *weeks])


def days_drawn(course: Mapping[str, Any]) -> int:
    ended: int = (course["through"] - course["start"]).days + 1
    return max(WEEK_DAYS * weeks_drawn(course), ended)


def marks(course: Mapping[str, Any]) -> list[tuple[float, str]]:
    """The levels at which a drop begins to mean something; of a low baseline there are none."""
    start = course["baseline"]
    if start is None or start.get("low"):
        return []
    return [(round(start["value"] * float(1 - drop), 2), f"−{round(100 * drop)} %") for drop in DROPS]


def trend(course: Mapping[str, Any], frame: Frame, beside: Beside = NOTHING_BESIDE) -> Trend:
    """Place what `recovery.trend.trend` tells, with its plan versions, inside the margins of `frame`.

    The unit of x is days since the start; a day's value lies in its middle, a completed week's at its end.
    """
    start: date = course["start"]
    edges = [Edges(w["week"], w["low"], w["high"]) for w in course["expected"]["weeks"]]
    days = days_drawn(course)
    lanes = beside.lanes[:MOST_LANES]
    frame = replace(
        frame,
        first=0,
        last=days,
        height=frame.height + LANE * len(lanes),
        bottom=frame.bottom + LANE * len(lanes),
    )
    high = [Point(WEEK_DAYS * e.week, e.high) for e in edges]
    low = [Point(WEEK_DAYS * e.week, e.low) for e in edges]
    lines = {kind: [_points(piece, start) for piece in course["lines"][kind]] for kind in ("leg", "back")}
    baseline = course["baseline"] and frame.y(course["baseline"]["value"])
    ends = [_end(frame, pieces[-1][-1], kind) for kind, pieces in lines.items() if pieces]
    if high:
        middle = (frame.y(high[-1].pain) + frame.y(low[-1].pain)) / 2
        ends.append(Label(frame.plot_right, middle, "Expected", "band"))
    if baseline is not None:
        ends.append(Label(frame.plot_right, baseline, "Baseline", "baseline"))
    dropped = [Label(frame.plot_right, frame.y(level), text, "mark") for level, text in marks(course)]
    return Trend(
        frame=frame,
        scale=[Label(frame.left - 10, frame.y(pain), str(pain), "scale") for pain in range(0, 11, 2)],
        weeks=_week_labels(frame, days // WEEK_DAYS),
        band=frame.area(high, low),
        band_edges=[frame.line([high]), frame.line([low])] if high else [],
        baseline=baseline,
        regions=[
            Region(kind, frame.line(lines[kind]), frame.dots(_points(course["days"][kind], start)))
            for kind in ("back", "leg")
        ],
        changes=[
            Label(frame.x((plan["starts_on"] - start).days), frame.top - 14, letter(plan["number"]), "change")
            for plan in course["plans"]
            if 0 <= (plan["starts_on"] - start).days <= days
        ],
        ends=apart([*ends, *dropped], least=frame.top, most=frame.plot_bottom),
        marks=dropped,
        events=[
            Label(frame.x(day + 0.5), frame.plot_bottom - 9, text, "event")
            for day, text in beside.events
            if 0 <= day < days
        ],
        lanes=[_lane(frame, n, lane) for n, lane in enumerate(lanes)],
    )


def _lane(frame: Frame, n: int, lane: Lane) -> LaneDrawn:
    y = frame.plot_bottom + 34 + LANE * n
    spans = [(frame.x(span.first), frame.x(span.last)) for span in lane.spans]
    ends = spans[0][0] > (frame.left + frame.plot_right) / 2
    x = spans[-1][1] - 4 if ends else spans[0][0] + 4
    bars = "".join(f"M{first} {y}H{last}" for first, last in spans)
    return LaneDrawn(lane.kind, bars, Label(x, y, lane.name, "lane"), ends)


def apart(labels: Iterable[Label], *, least: float, most: float) -> list[Label]:
    """The same labels, moved down and then up as far as they would cover each other."""
    placed: list[Label] = []
    for label in sorted(labels, key=lambda one: one.y):
        above = [other.y for other in placed if abs(other.x - label.x) < LABEL_WIDTH]
        placed.append(replace(label, y=max([label.y, least, *(y + LABEL_GAP for y in above)])))
    over = max((label.y for label in placed), default=most) - most
    return [replace(label, y=round(label.y - over, 1)) for label in placed] if over > 0 else placed


def _end(frame: Frame, point: Point, kind: str) -> Label:
    text = f"{kind.title()} {one_decimal(Fraction(str(point.pain)))}"
    return Label(frame.x(point.at), frame.y(point.pain), text, kind)


def _points(values: Iterable[Mapping[str, Any]], start: date) -> list[Point]:
    return [Point((value["on"] - start).days + 0.5, value["value"]) for value in values]


def _week_labels(frame: Frame, weeks: int) -> list[Label]:
    """A few, at equal distances, the first at the start."""
    most = 5 if frame.width > 500 else 3
    step = ceil(weeks / most)
    step += step % 2 if step > 1 else 0
    return [
        Label(frame.x(WEEK_DAYS * week), frame.plot_bottom, f"week {week}" if week else "start", "week")
        for week in range(0, weeks + 1, step)
    ]
