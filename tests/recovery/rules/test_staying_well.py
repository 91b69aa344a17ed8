from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.course import Stratum
from recovery.rules.status import Facts, history
from recovery.rules.staying_well import (
    GOAL_MINUTES,
    GOAL_WALKS,
    GOAL_WEEK,
    Recurrence,
    observed_until,
    recurrence,
    reliefs,
    walking_goal,
)
from recovery.rules.terms import Relief
from recovery.rules.timeline import letter
from recovery.rules.weeks import Week, weeks

START = date(2026, 1, 5)
FULL = GOAL_WALKS * GOAL_MINUTES


def keep_up(usual: int) -> list[int]:
    """The goals of half a year for somebody who walks exactly what is asked."""
    walked: list[int] = []
    for week in range(1, GOAL_WEEK + 1):
        walked.append(walking_goal(week=week, usual=usual, walked=walked).minutes)
    return walked


def test_it_begins_where_the_patient_is_and_ends_at_five_times_half_an_hour() -> None:
    goals = keep_up(60)
    assert goals[0] == 60
    assert goals[-1] == FULL == 150
    assert goals == sorted(goals)
    assert walking_goal(week=80, usual=60, walked=goals).minutes == FULL


def test_who_hardly_walks_begins_with_three_minutes_a_walk() -> None:
    goal = walking_goal(week=1, usual=0, walked=())
    assert (goal.minutes, goal.minutes_each) == (15, 3)
    assert keep_up(0)[-1] == FULL


def test_the_goal_waits_for_who_falls_behind() -> None:
    assert (
        walking_goal(week=20, usual=60, walked=[60, 60, 50, 0]).minutes == 72
    )  # a fifth above the best of four
    assert walking_goal(week=20, usual=60, walked=[140, 0, 0, 0, 0]).minutes == 18


def test_who_walks_more_already_is_asked_for_no_more_than_the_full_goal() -> None:
    assert walking_goal(week=1, usual=400, walked=()).minutes == FULL
    assert walking_goal(week=9, usual=20, walked=[500]).minutes < FULL


@given(
    week=st.integers(1, 200), usual=st.integers(0, 2000), walked=st.lists(st.integers(0, 2000), max_size=30)
)
def test_no_goal_leaves_its_bounds(week: int, usual: int, walked: list[int]) -> None:
    goal = walking_goal(week=week, usual=usual, walked=walked)
    assert 15 <= goal.minutes <= FULL
    if walked:
        assert goal.minutes <= max(18, 1.2 * max(walked[-4:]) + 1)
    assert GOAL_WALKS * goal.minutes_each >= goal.minutes


def course(*levels: int | None) -> Facts:
    """A course with the same pain on every day of a week; None is a week without entries."""
    values = {
        START + timedelta(days=7 * week + day): Fraction(level)
        for week, level in enumerate(levels)
        if level is not None
        for day in range(7)
    }
    return Facts(start=START, stratum=Stratum.A, day_values=values)


def ended(facts: Facts, count: int) -> tuple[Week, ...]:
    return weeks(START, facts.day_values, last_of(count))


def last_of(week: int) -> date:
    return START + timedelta(days=7 * week - 1)


def test_a_relapse_is_counted_from_the_first_relief() -> None:
    facts = course(6, 6, 2, 2, 2, 5, 5)
    found = reliefs(history(facts, last_of(7)))
    assert [(one.on, one.relapsed_on) for one in found] == [(last_of(3), last_of(6))]
    assert recurrence(found, observed_until(ended(facts, 7))) == Recurrence(21, relapsed=True)


def test_without_a_relapse_the_course_is_censored_at_its_last_week_with_a_value() -> None:
    facts = course(6, 6, 2, 2, 2, None, None)
    found = reliefs(history(facts, last_of(7)))
    watched = observed_until(ended(facts, 7))
    assert watched == last_of(5)
    assert recurrence(found, watched) == Recurrence(14, relapsed=False)


def test_an_operation_or_an_end_censors_before_that_and_an_old_operation_does_not() -> None:
    seen = ended(course(6, 5, 4, 3), 4)
    operated = START + timedelta(days=10)
    assert observed_until(seen, surgeries=[operated]) == operated
    assert observed_until(seen, surgeries=[START - timedelta(days=400)]) == last_of(4)
    assert observed_until(
        seen, ended_on=START + timedelta(days=9), surgeries=[operated]
    ) == START + timedelta(days=9)
    assert observed_until(seen, surgeries=[last_of(4) + timedelta(days=3)]) == last_of(4)
    assert observed_until(ended(course(None, None), 2)) is None


def test_a_relief_after_an_operation_is_no_relief_of_this_course() -> None:
    relief = Relief(on=last_of(3), confirmed_on=last_of(4), level=Fraction(2))
    assert recurrence([relief], last_of(2)) is None
    assert recurrence([], last_of(2)) is None
    relapsed = relief.ended(last_of(7), relapsed_on=last_of(6))
    assert recurrence([relapsed], last_of(5)) == Recurrence(14, relapsed=False)


def test_plan_versions_have_letters() -> None:
    assert [letter(number) for number in (1, 2, 26, 27, 52, 53, 702, 703)] == [
        "A", "B", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
