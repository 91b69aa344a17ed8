from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.diary import Asked, Rating, day_value, one_decimal

DAY = date(2026, 3, 2)


def now(score: int, *, hour: int = 9, about: date = DAY) -> Rating:
    at = datetime(about.year, about.month, about.day, hour, tzinfo=UTC)
    return Rating(score, Asked.NOW, about, at, about)


def evening(score: int, *, days_later: int = 0, hour: int = 20) -> Rating:
    at = datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=UTC) + timedelta(days=days_later)
    return Rating(score, Asked.LAST_24_HOURS, DAY, at, at.date())


def test_the_evening_answer_is_the_value_of_the_day():
    day = day_value(DAY, [now(9), evening(4), now(8)])
    assert (day.value, day.asked, day.count) == (Fraction(4), Asked.LAST_24_HOURS, 1)


def test_of_several_evening_answers_the_last_given_stands():
    assert day_value(DAY, [evening(3, days_later=1, hour=7), evening(6)]).value == 3


def test_without_an_evening_answer_the_value_is_the_exact_mean_of_the_now_ratings():
    day = day_value(DAY, [now(3), now(4), now(4)])
    assert (day.value, day.asked, day.total, day.count) == (Fraction(11, 3), Asked.NOW, 11, 3)


def test_a_day_without_ratings_has_no_value_which_is_not_zero():
    day = day_value(DAY, [])
    assert (day.value, day.asked, day.worst, day.count, day.late) == (None, None, None, 0, 0)
    assert day_value(DAY, [evening(0)]).value == 0


def test_the_worst_rating_of_the_day_is_kept_beside_its_value():
    assert day_value(DAY, [now(9), evening(4)]).worst == 9


def test_an_answer_counts_until_the_following_local_day_ends():
    assert day_value(DAY, [evening(5, days_later=1, hour=23)]).value == 5


def test_a_late_answer_does_not_count_and_is_counted_as_late():
    day = day_value(DAY, [now(2), evening(9, days_later=2, hour=0)])
    assert (day.value, day.worst, day.late) == (Fraction(2), 2, 1)
    assert day_value(DAY, [evening(9, days_later=2)]).value is None


def test_a_rating_about_another_date_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="cannot count for"):
        day_value(DAY, [now(3, about=DAY + timedelta(days=1))])


@pytest.mark.parametrize("score", [-1, 11])
def test_no_score_lies_outside_0_to_10(score):
    with pytest.raises(ValueError, match="from 0 to 10"):
        now(score)


def test_a_rating_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        Rating(3, Asked.NOW, DAY, datetime(2026, 3, 2, 9), DAY)  # noqa: DTZ001


ratings = st.lists(
    st.builds(
        lambda score, hours, asked: Rating(
            score,
            asked,
            DAY,
            (at := datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours)),
            at.date(),
        ),
        st.integers(0, 10),
        st.integers(0, 80),
        st.sampled_from(Asked),
    ),
    max_size=8,
)


@given(ratings, st.randoms())
def test_the_order_of_arrival_never_matters(given_ratings, random):
    shuffled = list(given_ratings)
    random.shuffle(shuffled)
    assert day_value(DAY, shuffled) == day_value(DAY, given_ratings)


@given(ratings)
def test_every_rating_is_counted_or_late_or_superseded_and_the_value_stays_within_them(given_ratings):
    day = day_value(DAY, given_ratings)
    assert day.late == sum(rating.answered_on > DAY + timedelta(days=1) for rating in given_ratings)
    if day.value is None:
        assert day.late == len(given_ratings)
    else:
        scores = [rating.score for rating in given_ratings]
        assert min(scores) <= day.value <= max(scores)


@pytest.mark.parametrize(
    ("value", "shown"), [("2.25", "2.3"), ("2.24", "2.2"), ("9.95", "10.0"), ("0", "0.0")]
)
def test_pages_show_one_decimal_with_halves_rounded_up(value, shown):
    assert one_decimal(Fraction(value)) == shown
