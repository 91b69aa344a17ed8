from fractions import Fraction

import pytest

from recovery.rules import terms
from recovery.rules.weeks import Baseline, baseline
from tests.recovery.rules.examples import Level, ended, last_day


def start_of(*levels: Level) -> Baseline:
    found = baseline(ended(*levels))
    assert found is not None
    return found


def relief(*levels: Level) -> terms.Relief | None:
    return terms.relief_reached(ended(*levels), start_of(*levels))


def test_a_drop_is_a_share_of_the_baseline_and_negative_after_a_rise():
    assert terms.drop(start_of(6), Fraction(3)) == Fraction(1, 2)
    assert terms.drop(start_of(5), Fraction(6)) == Fraction(-1, 5)
    assert terms.drop(start_of("2.9"), Fraction(1)) is None


@pytest.mark.parametrize(
    ("levels", "worse"),
    [
        ((6, 4, 6, 6), True),  # exactly 2 above the best of the weeks before, in both
        ((6, 4, "5.99", 6), False),
        ((6, 4, 6, "5.99"), False),
        ((6, 4, 4, 6), False),  # one week only
        ((6, 4, 6, None, 6), False),  # a week without a value breaks the row
        ((6, 4, None, 6, 6), True),  # the weeks that exist are enough
        ((6, 6), False),  # week 1 has no past
        ((3, "0.5", "0.5", "2.9", "2.9"), False),  # never below 3
        ((3, "0.5", "0.5", 3, 3), True),
        ((4, 4, 6, 6, 6, 6), False),  # the best of four weeks before is not looked at
    ],
)
def test_worse_than_recent(levels, worse):
    assert terms.is_worse_than_recent(ended(*levels)) is worse


@pytest.mark.parametrize(
    ("levels", "worse"),
    [((4, 5, 6, 6), True), ((4, 5, 6, "5.9"), False), ((4, 5, "5.9", 6), False), ((0, 2, 2), False)],
)
def test_worse_than_baseline(levels, worse):
    assert terms.is_worse_than_baseline(ended(*levels), start_of(*levels)) is worse


@pytest.mark.parametrize(
    ("levels", "reached"),
    [
        ((6, 2, 2), True),  # exactly 2.0
        ((6, 3, 3), True),  # exactly 50 %
        ((6, 3, 2), True),  # one of each
        ((6, 3, "3.1"), False),
        ((6, "3.1", 3), False),
        ((6, 3, None, 3), False),
        ((2, 2), False),  # the baseline week is never one of the two
        ((2, 2, 2), True),
        (("2.9", "2.1", "2.1"), False),  # a low baseline knows no percentages
    ],
)
def test_relief(levels, reached):
    assert (relief(*levels) is not None) is reached


def test_relief_is_dated_by_the_first_of_its_weeks_and_its_level_is_their_mean():
    found = relief(6, 3, 2)
    assert found is not None
    assert (found.on, found.confirmed_on, found.level) == (last_day(2), last_day(3), Fraction(5, 2))


@pytest.mark.parametrize(
    ("after", "relapsed"),
    [
        ((4, 4), True),  # exactly 4, exactly 2 above a level of 2
        ((4, "3.9"), False),
        (("3.9", 4), False),
        ((4, None, 4), False),
        ((4, 4, 3), False),
    ],
)
def test_relapse(after, relapsed):
    found = relief(6, 2, 2)
    assert found is not None
    assert terms.is_relapse(ended(6, 2, 2, *after), found) is relapsed


def test_a_relapse_lies_2_above_the_relief_level_and_after_the_relief():
    found = relief(9, 4, 4)
    assert found is not None
    assert terms.is_relapse(ended(9, 4, 4, 6, 6), found)
    assert not terms.is_relapse(ended(9, 4, 4, 6, "5.9"), found)
    steep = relief(10, 0, 5)
    assert steep is not None
    assert not terms.is_relapse(ended(10, 0, 5, 5), steep)  # week 3 is itself a week of the relief


def test_plateau_is_three_weeks_within_less_than_a_point_from_week_6():
    level = "4.2"
    assert terms.is_plateau(ended(6, 5, 5, level, level, level), start_of(6))
    assert not terms.is_plateau(ended(6, 5, level, level, level), start_of(6))
    assert terms.is_plateau(ended(6, 5, 5, "5.1", level, level), start_of(6))
    assert not terms.is_plateau(ended(6, 5, 5, "5.2", level, level), start_of(6))
    assert not terms.is_plateau(ended(6, 5, 5, level, None, level), start_of(6))
    assert not terms.is_plateau(ended(6, 5, 5, 3, 3, 3), start_of(6))


@pytest.mark.parametrize(
    ("levels", "week"),
    [
        ((6, "4.2", "4.2"), 2),  # exactly 30 %, and 1.8 points
        ((5, "3.5", "3.5"), 2),  # exactly 30 % and exactly 1.5 points
        ((6, "4.3", "4.2", "4.2"), 3),
        (("4.9", "3.4", "3.4"), 2),
        ((4, "2.6", "2.6"), None),  # 35 %, but only 1.4 points
        ((6, "4.2", None, "4.2"), None),
        (("2.9", 1, 1), None),
    ],
)
def test_meaningful_improvement_is_dated_by_the_first_of_its_two_weeks(levels, week):
    assert terms.improved_on(ended(*levels)) == (week and last_day(week))


def test_recovered_needs_four_weeks_at_1_and_the_patients_own_word():
    weeks = ended(6, 1, 1, 1, 1)
    assert terms.is_recovered(weeks, says_completely_recovered=True)
    assert not terms.is_recovered(weeks, says_completely_recovered=False)
    assert not terms.is_recovered(weeks[:-1], says_completely_recovered=True)
    assert not terms.is_recovered(ended(6, 1, 1, "1.1", 1), says_completely_recovered=True)
