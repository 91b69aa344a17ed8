from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.trend import SLOPE_WEEKS, Slope, slope, smoothed, theil_sen
from recovery.rules.weeks import weeks
from tests.recovery.rules.examples import START, diary, last_day

DAY = date(2026, 3, 2)


def on(*days: int, value: int = 5) -> dict[date, Fraction]:
    return {DAY + timedelta(days=day): Fraction(value) for day in days}


def pieces(line):
    return [[(point.on - DAY).days for point in piece] for piece in line]


def last_value(line):
    return line[-1][-1].value


def test_the_smoothed_line_gives_a_new_day_a_fifth_of_the_weight():
    assert last_value(smoothed(on(0, value=5) | on(1, value=0))) == pytest.approx(4.0)


def test_over_a_gap_the_old_mean_loses_weight_day_by_day():
    assert last_value(smoothed(on(0, value=5) | on(3, value=0))) == pytest.approx(5 * 0.8**3)


def test_one_missing_day_is_bridged_and_two_break_the_line():
    assert pieces(smoothed(on(0, 1, 3))) == [[0, 1, 3]]
    assert pieces(smoothed(on(0, 1, 4))) == [[0, 1], [4]]


def test_after_more_than_seven_days_the_line_starts_anew():
    assert last_value(smoothed(on(0, value=5) | on(7, value=0))) > 0
    assert last_value(smoothed(on(0, value=5) | on(8, value=0))) == 0


def test_nothing_logged_draws_nothing():
    assert smoothed({}) == ()


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 10)))
def test_every_day_with_a_value_is_one_point_between_the_least_and_the_most(scores):
    line = smoothed({DAY + timedelta(days=day): Fraction(score) for day, score in scores.items()})
    points = [point for piece in line for point in piece]
    assert [(point.on - DAY).days for point in points] == sorted(scores)
    assert all(min(scores.values()) - 1e-9 <= p.value <= max(scores.values()) + 1e-9 for p in points)
    assert all((b.on - a.on).days <= 2 for piece in line for a, b in pairwise(piece))


# --- the slope ------------------------------------------------------------------------------------------


def test_the_example_of_sen_1968():
    """Seven points, 21 slopes; the published estimate is 4, and its 93 % interval 26/7 to 35/8."""
    example = {1: 9, 2: 15, 3: 19, 4: 20, 10: 45, 12: 55, 18: 78}
    assert theil_sen(example, 0.93) == pytest.approx((4, 26 / 7, 35 / 8))


@given(st.dictionaries(st.integers(0, 27), st.integers(0, 10), min_size=2), st.sampled_from([0.9, 0.95]))
def test_slope_and_interval_are_those_of_scipy(scores, confidence):
    from scipy.stats import theilslopes

    theirs = theilslopes(list(scores.values()), list(scores.keys()), confidence)
    assert theil_sen(scores, confidence) == pytest.approx((theirs.slope, theirs.low_slope, theirs.high_slope))


def test_a_slope_needs_two_points():
    with pytest.raises(ValueError, match="two points"):
        theil_sen({3: 5})


def of(*levels):
    values = diary(*levels)
    return slope(weeks(START, values, last_day(len(levels))), values)


def test_there_is_no_slope_before_28_days():
    assert of(6, 5, 4) == "A slope needs 4 ended weeks; there are 3."
    assert isinstance(of(6, 5, 4, 3), Slope)


def test_there_is_no_slope_over_a_week_without_a_value():
    assert of(6, 5, None, 4) == "A slope needs 4 logged days in each of the last 4 weeks; week 3 has fewer."
    assert isinstance(of(None, 6, 5, 4, 3), Slope)


def test_the_slope_is_in_points_a_week_over_the_last_four_weeks():
    values = {START + timedelta(days=day): Fraction(9) - Fraction(day, 14) for day in range(35)}
    found = slope(weeks(START, values, last_day(5)), values)
    assert isinstance(found, Slope)
    assert (found.per_week, found.low, found.high) == pytest.approx((-0.5, -0.5, -0.5))
    assert (found.days, found.first, found.last) == (28, START + timedelta(days=7), last_day(5))


@given(st.lists(st.integers(0, 10), min_size=SLOPE_WEEKS, max_size=10))
def test_the_slope_lies_in_its_interval(levels):
    found = of(*levels)
    assert isinstance(found, Slope)
    assert found.low <= found.per_week <= found.high
