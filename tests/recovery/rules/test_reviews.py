from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.red_flags import Tier, symptom_check
from recovery.rules.reviews import (
    REVIEW_WEEKS,
    Due,
    Member,
    Owner,
    by_status,
    calendar,
    in_words,
    is_satisfied,
    needs_review_since,
    owed_by,
    owners,
    symptom_due,
    week_due,
)
from recovery.rules.status import judge
from tests.recovery.rules.examples import START, Level, ended, facts, last_day


def day(number: int):
    """Program day `number`; day 1 is the start."""
    return START + timedelta(days=number - 1)


def test_of_reviews_that_were_past_when_the_start_became_known_only_the_latest_is_asked_for():
    known_on = START + timedelta(days=45)
    due = calendar(START, REVIEW_WEEKS, known_on=known_on, recorded_on=[], today=START + timedelta(days=90))
    assert [one.cause for one in due] == ["week_6", "week_12"]


def test_a_review_is_due_on_the_first_day_after_its_week():
    assert week_due(START, 4) == Due("week_4", last_day(4) + timedelta(days=1))
    assert week_due(START, 4).on == day(29)


def due(today: int, *recorded: int, weeks=REVIEW_WEEKS) -> list[str]:
    found = calendar(START, weeks, known_on=START, recorded_on=[day(n) for n in recorded], today=day(today))
    return [one.cause for one in found]


def test_reviews_fall_due_one_after_the_other_and_none_is_skipped():
    assert due(14) == []
    assert due(15) == ["week_2"]
    assert due(29) == ["week_2", "week_4"]
    assert due(85) == ["week_2", "week_4", "week_6", "week_12"]


def test_one_recording_answers_all_that_fell_due_before_it():
    assert due(29, 29) == []
    assert due(43, 29) == ["week_6"]


@pytest.mark.parametrize(("recorded", "satisfied"), [(21, False), (22, True), (28, True), (29, True)])
def test_a_recording_in_the_seven_days_before_a_due_date_satisfies_it(recorded: int, satisfied: bool):
    assert is_satisfied(day(29), [day(recorded)]) is satisfied
    assert due(29, 15, recorded) == ([] if satisfied else ["week_4"])


def test_the_clinic_chooses_its_weeks():
    assert due(29, weeks=[3, 8]) == ["week_3"]


def asked(*levels: Level, recorded=()) -> Due | None:
    through = last_day(len(levels))
    known = facts(*levels, last_entry_on=through)
    decisions = judge(known, through=through, today=through + timedelta(days=1))
    return by_status(START, decisions, recorded_on=recorded)


def test_a_status_that_asks_for_a_review_opens_one_at_once():
    assert asked(6, 6, 6) is None
    assert asked(6, 6, 6, 6) == Due("status", day(29))


def test_a_status_that_stays_asks_once():
    assert asked(6, 6, 6, 6, 6, 6) == Due("status", day(29))
    assert asked(6, 6, 6, 6, 6, 6, recorded=[day(30)]) is None


def test_a_status_that_comes_back_asks_again():
    # Week 5 is on track, week 6 is not.
    assert asked(6, 6, 6, 6, 4, 6) == Due("status", day(43))
    assert asked(6, 6, 6, 6, 4, 6, recorded=[day(30)]) == Due("status", day(43))


def test_a_relapse_asks_for_a_review():
    assert asked(6, 2, 2, 2, 5, 5) == Due("relapse", day(43))


def stop(*levels: Level, recorded=(), today: int | None = None):
    weeks = ended(*levels)
    now = last_day(len(levels)) + timedelta(days=1) if today is None else day(today)
    return needs_review_since(START, weeks, recorded_on=[day(n) for n in recorded], today=now)


def test_a_plan_without_progress_needs_a_review_after_week_4():
    assert stop(6, 6, 6) is None
    assert stop(6, 6, 6, 5) == day(29)
    assert stop(6, 6, 6, 5, 2, 2) == day(29), "until one is recorded, whatever the pain does"


def test_a_drop_of_exactly_20_percent_is_progress():
    assert stop(5, 5, 5, 4) is None
    assert stop(5, 5, 5, "4.01") == day(29)


def test_a_recorded_review_ends_the_stop_for_good():
    assert stop(6, 6, 6, 6, recorded=[21]) == day(29)
    assert stop(6, 6, 6, 6, recorded=[22]) is None
    assert stop(6, 6, 6, 6, 6, 6, 6, 6, recorded=[40]) is None


def test_a_week_4_without_a_value_leaves_it_to_the_next():
    assert stop(6, 6, 6, None) is None
    assert stop(6, 6, 6, None, 6) == day(36)
    assert stop(6, 6, 6, None, 3, 6) is None


def test_where_no_percentage_can_be_said_nothing_stops():
    assert stop(2, 2, 2, 2) is None
    assert stop(None, None, None, 6) is None


def test_a_symptom_is_reviewed_within_two_weeks():
    assert symptom_due("pregnancy", day(3)) == Due("symptom.pregnancy", day(17))


def test_every_cause_has_words():
    causes = ["week_4", "status", "relapse"]
    causes += [symptom_due(q.id, START).cause for q in symptom_check().values() if q.tier is Tier.C]
    causes.append("symptom.of_a_later_version")
    assert len({in_words(cause) for cause in causes}) == len(causes)


def test_an_unanswered_review_moves_on_to_the_clinician_and_then_to_the_administrator():
    steps = [owed_by(day(1), day(1 + days)) for days in (-5, 0, 6, 7, 13, 14, 400)]
    assert steps == ["therapist"] * 3 + ["clinician"] * 2 + ["administrator"] * 2


MARIA, CARLA, DOCTOR, OTHER_DOCTOR, BOSS = range(1, 6)
STAFF = {
    MARIA: {"therapist"},
    CARLA: {"therapist"},
    DOCTOR: {"clinician"},
    OTHER_DOCTOR: {"clinician"},
    BOSS: {"administrator"},
}
TEAM = [Member(MARIA), Member(DOCTOR)]


def test_each_step_has_its_people():
    assert owners(Owner.THERAPIST, team=TEAM, staff=STAFF) == (Owner.THERAPIST, frozenset({MARIA}))
    assert owners(Owner.CLINICIAN, team=TEAM, staff=STAFF) == (Owner.CLINICIAN, frozenset({DOCTOR}))
    assert owners(Owner.ADMINISTRATOR, team=TEAM, staff=STAFF) == (Owner.ADMINISTRATOR, frozenset({BOSS}))


def test_a_covering_colleague_owns_what_the_absent_one_does():
    team = [*TEAM, Member(CARLA, covers=True)]
    assert owners(Owner.THERAPIST, team=team, staff=STAFF) == (Owner.THERAPIST, frozenset({CARLA}))


def test_a_team_without_a_clinician_leaves_it_to_those_of_the_clinic():
    assert owners(Owner.CLINICIAN, team=[Member(MARIA)], staff=STAFF) == (
        Owner.CLINICIAN,
        frozenset({DOCTOR, OTHER_DOCTOR}),
    )


def test_who_has_left_owns_nothing():
    staff = {user: roles for user, roles in STAFF.items() if user != MARIA}
    assert owners(Owner.THERAPIST, team=TEAM, staff=staff) == (Owner.CLINICIAN, frozenset({DOCTOR}))


@given(
    st.sampled_from(Owner),
    st.lists(st.builds(Member, st.integers(1, 6), st.booleans())),
    st.dictionaries(st.integers(1, 6), st.sets(st.sampled_from(list(Owner)), min_size=1)),
)
def test_a_review_is_somebodys_while_any_clinician_or_administrator_is_left(step, team, staff):
    _, people = owners(step, team=team, staff=staff)
    assert people <= staff.keys()
    if any(roles - {Owner.THERAPIST} for roles in staff.values()):
        assert people


@given(st.lists(st.integers(1, 120)), st.integers(1, 120))
def test_a_recording_never_makes_more_fall_due(recorded, today):
    assert set(due(today, *recorded)) <= set(due(today))
    assert due(today, *recorded, today) == []


@given(st.lists(st.fractions(min_value=0, max_value=10, max_denominator=7) | st.none(), max_size=9))
def test_the_stop_needs_a_value_below_a_fifth_of_progress(levels):
    since = stop(*levels)
    if since is not None:
        first = next(level for level in levels if level is not None)
        decided = levels[(since - START).days // 7 - 1]
        assert (first - decided) / first < Fraction(1, 5)
