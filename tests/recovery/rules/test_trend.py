from datetime import date, timedelta
from fractions import Fraction

import pytest

from recovery.rules.trend import smoothed, trailing_mean

DAY = date(2026, 3, 2)


def on(*days: int, value: int = 5) -> dict[date, Fraction]:
    return {DAY + timedelta(days=day): Fraction(value) for day in days}


def pieces(line):
    return [[(point.on - DAY).days for point in piece] for piece in line]


def test_the_smoothed_line_gives_a_new_day_a_fifth_of_the_weight():
    ((_, second),) = smoothed(on(0, value=5) | on(1, value=0))
    assert second.value == pytest.approx(4.0)


def test_over_a_gap_the_old_mean_loses_weight_day_by_day():
    ((_, second),) = smoothed(on(0, value=5) | on(3, value=0))
    assert second.value == pytest.approx(5 * 0.8**3)


def test_the_smoothed_line_breaks_after_seven_days():
    assert pieces(smoothed(on(0, 7))) == [[0, 7]]
    assert pieces(smoothed(on(0, 8))) == [[0], [8]]


def test_the_trailing_mean_needs_three_values_within_seven_days():
    assert trailing_mean(on(0, 1)) == ()
    assert pieces(trailing_mean(on(0, 1, 6))) == [[6]]
    assert pieces(trailing_mean(on(0, 1, 7))) == []
    ((point,),) = trailing_mean(on(0, value=9) | on(1, 2, value=3))
    assert point.value == 5


def test_the_trailing_mean_bridges_one_missing_day_and_breaks_at_two():
    assert pieces(trailing_mean(on(0, 1, 2, 4))) == [[2, 4]]
    assert pieces(trailing_mean(on(0, 1, 2, 5))) == [[2], [5]]


def test_nothing_logged_draws_nothing():
    assert smoothed({}) == ()
    assert trailing_mean({}) == ()
