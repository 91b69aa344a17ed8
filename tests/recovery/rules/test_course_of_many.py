from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.course import REFERENCE_CURVE_V1, Stratum
from recovery.rules.course_of_many import WEEKS_TOLD, WeekOfMany, weeks_of_many


def told(*episodes: Sequence[float | None]) -> list[WeekOfMany]:
    numbered = [list(enumerate(values, start=1)) for values in episodes]
    return weeks_of_many(Stratum.A, REFERENCE_CURVE_V1, numbered)


def test_the_middle_half_of_five_is_that_of_their_shares() -> None:
    (week,) = told(*([10.0, share * 10] for share in (0.2, 0.4, 0.6, 0.8, 1.0)))
    assert (week.week, week.counted) == (2, 5)
    assert (week.low, week.middle, week.high) == pytest.approx((0.4, 0.6, 0.8))


def test_of_four_nothing_is_told_but_that_they_are_few() -> None:
    (week,) = told(*[[6.0, 3.0]] * 4)
    assert (week.counted, week.low, week.middle, week.high) == (None, None, None, None)


def test_a_missing_week_is_left_out_and_nothing_is_carried_forward() -> None:
    second, fourth = told(*[[6.0, 3.0, 3.0, 3.0]] * 5, [6.0, 6.0, 6.0, None], [None, 8.0, None, None])
    assert (second.counted, fourth.counted) == (7, 5)


def test_the_expected_shares_are_those_of_the_reference() -> None:
    (week,) = told(*[[6.0, 3.0]] * 5)
    shape = REFERENCE_CURVE_V1.shapes[Stratum.A]
    assert week.expected == shape.left(2)
    assert (week.expected_low, week.expected_high) == (
        shape.left(2) - shape.spread(2),
        shape.left(2) + shape.spread(2),
    )


@given(st.lists(st.lists(st.none() | st.floats(3, 10), max_size=60), max_size=12))
def test_the_median_lies_in_its_middle_half_and_every_week_is_one_that_is_told(
    episodes: list[list[float | None]],
) -> None:
    for week in told(*episodes):
        assert week.week in WEEKS_TOLD
        assert week.expected_low <= week.expected <= week.expected_high
        if week.low is not None and week.middle is not None and week.high is not None:
            assert week.low <= week.middle <= week.high
