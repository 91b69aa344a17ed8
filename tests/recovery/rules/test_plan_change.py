from datetime import date, timedelta
from fractions import Fraction

import pytest

from recovery.rules.plan_change import NOISE, NOT_A_CAUSE, Effect, Verdict, Window, effects
from tests.recovery.rules.examples import START, Level, ended


def on(day: int) -> date:
    """Day 1 is the start."""
    return START + timedelta(days=day - 1)


def effect(
    *levels: Level, day: int, expected: dict[int, Fraction] | None = None, then: tuple[int, ...] = ()
) -> Effect:
    """Of a second version that begins on `day`, and further ones."""
    found = effects(ended(*levels), [on(1), on(day), *map(on, then)], expected or {})
    assert len(found) == 2 + len(then)
    assert found[0] is None
    assert found[1] is not None
    return found[1]


def test_the_first_version_changed_nothing():
    assert effects(ended(6, 5), [on(1)], {}) == (None,)
    assert effects(ended(6, 5), [], {}) == ()


def test_three_weeks_before_are_held_against_three_that_begin_a_week_after():
    found = effect(9, 6, 6, 6, 0, 3, 3, 3, 9, day=29)
    assert (found.before, found.after) == (Window(2, 4, Fraction(6)), Window(6, 8, Fraction(3)))
    assert (found.difference, found.verdict) == (Fraction(-3), Verdict.LOWER)


def test_a_week_in_which_the_plan_changed_counts_for_neither():
    found = effect(6, 6, 0, 0, 3, 3, day=18)  # in week 3; week 4 begins within seven days of it
    assert (found.before, found.after) == (Window(1, 2, Fraction(6)), Window(5, 6, Fraction(3)))


def test_the_first_seven_days_of_a_change_count_for_neither():
    """Changed on the second day of week 3, it is settled on the second day of week 4; from week 5 on weeks count."""
    found = effect(6, 6, 0, 0, 3, 3, day=16)
    assert found.after == Window(5, 6, Fraction(3))


def test_what_day_to_day_noise_makes_cannot_be_told():
    assert effect(6, 6, 9, "4.3", "4.3", day=15).verdict is Verdict.LOWER  # exactly 1.7
    assert effect(6, 6, 9, "4.4", "4.4", day=15).verdict is Verdict.CANNOT_TELL
    assert effect(4, 4, 9, "5.7", "5.7", day=15).verdict is Verdict.HIGHER
    assert effect(4, 4, 9, "5.6", "5.6", day=15).verdict is Verdict.CANNOT_TELL
    assert Fraction(17, 10) == NOISE


@pytest.mark.parametrize("levels", [(6, 6, 6, 4), (6, None, 6, 4, 4), (6, 6, 6, 4, None, None), (6,)])
def test_with_one_week_on_a_side_nobody_can_tell(levels):
    found = effect(*levels, day=15)
    assert (found.verdict, found.difference, found.before) == (Verdict.CANNOT_TELL, None, None)
    assert found.sentence.startswith("Cannot tell: ")


def test_a_missing_week_inside_a_window_is_left_out_of_its_mean():
    found = effect(6, None, 4, 9, 3, None, 1, day=22)
    assert (found.before, found.after) == (Window(1, 3, Fraction(5)), Window(5, 7, Fraction(2)))


def test_weeks_of_another_version_count_for_neither_side():
    """Versions from days 1, 22 and 43: the second is judged by weeks 1 to 3 and 5 to 6 only."""
    found = effect(6, 6, 6, 9, 3, 3, 0, 0, 0, day=22, then=(43,))
    assert (found.before, found.after) == (Window(1, 3, Fraction(6)), Window(5, 6, Fraction(3)))
    third = effects(ended(6, 6, 6, 9, 3, 0, 2, 2), [on(1), on(22), on(36)], {})[2]
    assert third is not None
    assert (third.before, third.after) == (Window(4, 5, Fraction(6)), Window(7, 8, Fraction(2)))


def test_a_version_that_was_replaced_on_its_first_day_has_no_weeks():
    assert effect(6, 6, 6, 3, 3, 3, day=15, then=(15,)).difference is None


def test_the_published_course_stands_beside_the_difference():
    middle = {week: Fraction(10 - week) for week in range(1, 10)}
    found = effect(6, 6, 9, 3, 3, day=15, expected=middle)
    assert found.expected == -3  # weeks 1 and 2 against 4 and 5
    assert "The published course changes by −3.0 over these weeks." in found.sentence
    assert effect(6, 6, 9, 3, 3, day=15).expected is None


@pytest.mark.parametrize("after", [2, 6, 9])
def test_no_sentence_names_a_cause(after):
    sentence = effect(6, 6, 9, after, after, day=15).sentence
    assert sentence.endswith(NOT_A_CAUSE)
    assert f"6.0 in weeks 1 to 2, {after}.0 in weeks 4 to 5" in sentence
