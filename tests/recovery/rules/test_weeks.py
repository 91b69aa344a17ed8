from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.weeks import baseline, week_dates, week_number, weeks
from tests.recovery.rules.examples import START, ended, last_day


def days(*values: int) -> dict[date, Fraction]:
    return {START + timedelta(days=day): Fraction(value) for day, value in enumerate(values)}


def test_day_1_is_the_start_and_week_w_is_days_7w_minus_6_to_7w():
    assert week_dates(START, 1) == (START, START + timedelta(days=6))
    assert week_dates(START, 3) == (START + timedelta(days=14), START + timedelta(days=20))
    assert [week_number(START, START + timedelta(days=d)) for d in (-1, 0, 6, 7, 20, 21)] == [
        0,
        1,
        1,
        2,
        3,
        4,
    ]


def test_only_weeks_that_have_ended_are_given():
    assert weeks(START, {}, through=START - timedelta(days=1)) == ()
    assert weeks(START, {}, through=last_day(1) - timedelta(days=1)) == ()
    assert [week.number for week in weeks(START, {}, through=last_day(1))] == [1]
    assert [week.number for week in weeks(START, {}, through=last_day(3) - timedelta(days=1))] == [1, 2]


def test_a_week_needs_four_days_with_a_value():
    (three,) = weeks(START, days(6, 6, 6), through=last_day(1))
    (four,) = weeks(START, days(6, 6, 6, 7), through=last_day(1))
    assert (three.logged_days, three.value) == (3, None)
    assert (four.logged_days, four.value) == (4, Fraction(25, 4))


def test_a_missing_day_is_never_counted_as_zero():
    (week,) = weeks(START, days(4, 4, 4, 4), through=last_day(1))
    assert week.value == 4


def test_the_baseline_is_the_first_week_that_has_a_value_up_to_week_3():
    assert (start := baseline(ended(6, 5))) is not None
    assert (start.value, start.week, start.is_late) == (Fraction(6), 1, False)
    assert (start := baseline(ended(None, None, 5))) is not None
    assert (start.value, start.week, start.is_late) == (Fraction(5), 3, True)
    assert baseline(ended(None, None, None, 5)) is None
    assert baseline(()) is None


def test_a_baseline_below_3_is_low():
    assert (low := baseline(ended("2.9"))) is not None
    assert low.is_low
    assert (enough := baseline(ended(3))) is not None
    assert not enough.is_low


@given(st.dictionaries(st.integers(-7, 70), st.fractions(0, 10, max_denominator=6)), st.integers(-7, 70))
def test_weeks_follow_each_other_and_their_values_lie_within_their_days(values, through):
    by_date = {START + timedelta(days=day): value for day, value in values.items()}
    found = weeks(START, by_date, through=START + timedelta(days=through))
    assert [week.number for week in found] == list(range(1, (through + 1) // 7 + 1 if through > 0 else 1))
    for week in found:
        logged = [value for on, value in by_date.items() if week.first <= on <= week.last]
        assert week.logged_days == len(logged)
        assert (week.value is None) == (len(logged) < 4)
        if week.value is not None:
            assert week.value * len(logged) == sum(logged)
