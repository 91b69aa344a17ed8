"""The chart is told what was noted, and draws nothing else: the whole scale, and no line over a missing day."""

import json
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.chart import (
    NARROW,
    WIDE,
    Beside,
    Edges,
    Frame,
    Label,
    Lane,
    Point,
    Span,
    apart,
    broken_at_gaps,
    spark,
    spark_weeks,
    trend,
)
from clinic.plot import columns

FRAME = Frame(width=120, height=120, left=10, top=10, right=10, bottom=10, first=0, last=10)
START = date(2026, 1, 5)
weekly = st.lists(st.none() | st.floats(0, 10), max_size=30)


def numbered(values: list[float | None]) -> list[tuple[int, float | None]]:
    return list(enumerate(values, start=1))


def course(**changes: Any) -> dict[str, Any]:
    """What recovery.trend.trend tells of a new episode, changed."""
    return {
        "start": START,
        "through": START + timedelta(days=20),
        "days": {"leg": [], "back": []},
        "lines": {"leg": [], "back": []},
        "expected": {"weeks": []},
        "baseline": None,
        "plans": [{"number": 1, "starts_on": START}],
    } | changes


def on(day: int, value: float) -> dict[str, Any]:
    return {"on": START + timedelta(days=day), "value": value}


def test_no_pain_lies_at_the_foot_of_the_plot_and_the_worst_at_its_top():
    assert (FRAME.y(0), FRAME.y(5), FRAME.y(10)) == (110, 60, 10)


@pytest.mark.parametrize("pain", [-0.1, 10.1, float("nan")])
def test_what_is_no_pain_score_is_refused(pain: float):
    with pytest.raises(ValueError, match="Pain is 0 to 10"):
        FRAME.y(pain)


def test_each_piece_begins_anew():
    path = FRAME.line([[Point(0, 4), Point(1, 5)], [Point(3, 5), Point(4, 6)]])
    assert path == "M10.0 70.0L20.0 60.0M40.0 60.0L50.0 50.0"


def test_a_single_value_between_two_gaps_is_a_dot():
    assert FRAME.line([[Point(5, 5)]]) == "M60.0 60.0h0"


def test_a_week_without_a_value_breaks_the_line():
    pieces = broken_at_gaps([(1, 6), (2, None), (3, None), (4, 5), (5, 0)])
    assert pieces == [[Point(1, 6)], [Point(4, 5), Point(5, 0)]]


@given(weekly)
def test_every_value_is_drawn_once_and_neighbours_only_are_joined(values: list[float | None]):
    pieces = broken_at_gaps(numbered(values))
    assert [point for piece in pieces for point in piece] == [
        (n, v) for n, v in numbered(values) if v is not None
    ]
    assert all(b.at - a.at == 1 for piece in pieces for a, b in pairwise(piece))


@given(weekly)
def test_a_sparkline_stays_inside_its_drawing(values: list[float | None]):
    drawn = spark(numbered(values), [Edges(week, 2, 8) for week in range(1, 31)])
    numbers = [float(number) for number in re.findall(r"[\d.]+(?=[ LMZh]|$)", drawn.line + drawn.band)]
    assert all(0 <= number <= drawn.frame.width for number in numbers)


def test_a_sparkline_shows_the_last_eight_weeks():
    assert list(spark_weeks(3)) == list(range(1, 9))
    assert list(spark_weeks(20)) == list(range(13, 21))


def test_a_sparkline_of_nothing_is_empty():
    drawn = spark([], [])
    assert (drawn.line, drawn.band, drawn.end) == ("", "", None)


def test_a_trend_without_entries_still_has_its_whole_scale():
    drawn = trend(course(), WIDE)
    assert [label.text for label in drawn.scale] == ["0", "2", "4", "6", "8", "10"]
    assert [label.text for label in drawn.weeks] == ["start", "week 2", "week 4", "week 6", "week 8"]
    assert (drawn.band, drawn.baseline, drawn.ends) == ("", None, [])


def test_a_trend_keeps_the_pieces_it_is_told():
    lines = {"leg": [[on(2, 6), on(3, 5.5)], [on(9, 5), on(10, 5)]], "back": []}
    leg = next(region for region in trend(course(lines=lines), WIDE).regions if region.kind == "leg")
    assert leg.line.count("M") == 2


def test_a_day_is_a_dot_and_an_empty_day_is_none():
    days = {"leg": [on(0, 6), on(5, 0)], "back": []}
    leg = next(region for region in trend(course(days=days), WIDE).regions if region.kind == "leg")
    assert leg.dots.count("h0") == 2


def test_plan_versions_are_lettered_as_on_the_timeline():
    plans = [{"number": n, "starts_on": START + timedelta(days=day)} for n, day in ((1, 0), (2, 9), (28, 18))]
    changes = trend(course(plans=plans), NARROW).changes
    assert [label.text for label in changes] == ["A", "B", "AB"]
    assert changes[0].x < changes[1].x


def test_the_band_and_the_baseline_are_labelled():
    weeks = [{"week": week, "low": 2, "high": 5} for week in range(9)]
    drawn = trend(course(expected={"weeks": weeks}, baseline={"value": 6.0}), WIDE)
    assert drawn.band.startswith("M")
    assert drawn.band.endswith("Z")
    assert {label.text for label in drawn.ends} == {"Expected", "Baseline", "−30 %", "−50 %"}


def test_the_levels_that_mean_something_lie_below_the_baseline_and_a_low_one_has_none():
    drawn = trend(course(baseline={"value": 6.0}), WIDE)
    assert [(mark.text, mark.y) for mark in drawn.marks] == [
        ("−30 %", drawn.frame.y(4.2)),
        ("−50 %", drawn.frame.y(3)),
    ]
    assert trend(course(baseline={"value": 2.0, "low": True}), WIDE).marks == []


def test_what_was_asked_lies_below_the_weeks_and_the_scale_keeps_its_size():
    lanes = [
        Lane("Bridge", "exercise", [Span(0, 7), Span(14, 21)]),
        Lane("Walk", "exercise", [Span(40, 56)]),
    ]
    bare, drawn = trend(course(), WIDE), trend(course(), WIDE, Beside(lanes=lanes))
    assert drawn.frame.plot_bottom == bare.frame.plot_bottom
    assert [(lane.name.text, lane.ends) for lane in drawn.lanes] == [("Bridge", False), ("Walk", True)]
    assert drawn.lanes[0].bars.count("M") == 2
    assert bare.frame.plot_bottom < drawn.lanes[0].name.y < drawn.lanes[1].name.y < drawn.frame.height


def test_an_event_is_marked_by_its_number_and_not_outside_of_the_plot():
    drawn = trend(course(), NARROW, Beside(events=[(-3, "1"), (0, "2"), (55, "3"), (56, "4")]))
    assert [label.text for label in drawn.events] == ["2", "3"]


def test_the_script_is_given_what_is_drawn():
    given_it = columns(
        course(
            days={"leg": [on(0, 6), on(5, 0)], "back": []},
            lines={"leg": [[on(0, 6), on(2, 5)], [on(5, 5)]], "back": []},
            plans=[{"starts_on": START, "number": 1}, {"starts_on": START + timedelta(days=9), "number": 2}],
        ),
        Beside(events=[(4, "1")]),
    )
    assert (given_it["leg"][:6], given_it["days"], given_it["known"]) == (
        [6, None, None, None, None, 0],
        56,
        21,
    )
    assert given_it["lines"]["leg"] == [[[0, 6], [2, 5]], [[5, 5]]]
    assert given_it["changes"] == [
        {"at": 0, "text": "A", "version": 1},
        {"at": 9, "text": "B", "version": 2},
    ]
    assert json.loads(json.dumps(given_it)) == given_it


@given(st.lists(st.floats(20, 200), max_size=4))
def test_labels_do_not_cover_each_other(heights: list[float]):
    labels = apart([Label(0, y, "", "") for y in heights], least=20, most=200)
    assert all(b.y - a.y >= 16.8 for a, b in pairwise(labels))
    assert all(label.y <= 200 for label in labels)
