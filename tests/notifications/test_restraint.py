"""When not to speak, as a table of sentences. No database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.restraint import Because, Known, Past, measures_are_open, pointless, too_much

NOW = datetime(2026, 6, 10, 10, tzinfo=UTC)
TODAY = NOW.date()
KINDS = ("exercise", "diary", "movement_break", "walk", "weekly_check")


def why(kind: str, **known: object) -> Because | None:
    return pointless(kind, "12:00", TODAY, Known(**known), now=NOW)  # type: ignore[arg-type]


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def past(**changes: object) -> Past:
    usual = {
        "today": 0,
        "ignored": 0,
        "last_ignored_on": None,
        "answered_on": days_ago(1),
        "heard_on": days_ago(1),
    }
    return Past(**usual | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_what_nothing_speaks_against_is_sent(kind: str):
    assert why(kind) is None
    assert too_much(kind, TODAY, past()) is None


def test_nobody_is_asked_to_move_under_a_red_flag_and_everybody_may_log():
    moving, logging = ("exercise", "movement_break", "walk"), ("diary", "weekly_check")
    assert {why(kind, under_red_flag=True) for kind in moving} == {Because.RED_FLAG}
    assert {why(kind, under_red_flag=True) for kind in logging} == {None}


@pytest.mark.parametrize("kind", KINDS)
def test_after_the_end_of_the_program_nothing_is_asked(kind: str):
    assert why(kind, has_ended=True) == Because.ENDED


def test_after_the_end_only_the_measures_of_half_a_year_and_a_year_are_asked():
    asked = {
        weeks: why("measures", has_ended=True, started_on=days_ago(7 * weeks))
        for weeks in (4, 12, 26, 30, 52)
    }
    assert asked == {4: Because.ENDED, 12: Because.ENDED, 26: None, 30: Because.ENDED, 52: None}


@pytest.mark.parametrize("known", [Known(under_red_flag=True), Known(has_ended=True)])
def test_nobody_is_silent_under_a_red_flag_or_after_the_end(known: Known):
    long_ago = past(heard_on=days_ago(90), answered_on=days_ago(90))
    assert too_much("measures", TODAY, long_ago, known=Known()) == Because.SILENT
    assert too_much("measures", TODAY, long_ago, known=known) is None


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ("is_paused", Because.PAUSED),
        ("is_quiet", Because.QUIET_HOURS),
        ("snoozed_today", Because.SNOOZED),
        ("is_done", Because.DONE),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_or_not_wanted_now_is_not_sent(kind: str, fact: str, reason: Because):
    assert why(kind, **{fact: True}) == reason


@pytest.mark.parametrize(
    ("slot", "asked", "done", "reason"),
    [
        ("08:00", 2, {1}, Because.DONE),
        ("19:00", 2, {1}, None),
        ("19:00", 2, {2}, Because.DONE),
        ("08:00", 2, {2}, None),
        ("08:00", 2, {1, 2}, Because.DONE),
        ("19:00", 1, {1}, Because.DONE),  # a second reminder about the only session
        ("19:00", 1, set(), None),
        ("19:00", 0, set(), Because.NOTHING_ASKED),
        ("19:00", None, set(), None),
    ],
)
def test_each_exercise_reminder_is_about_its_own_session(
    slot: str, asked: int | None, done: set[int], reason: Because | None
):
    known = Known(sessions_asked=asked, sessions_done=frozenset(done), exercise_times=("08:00", "19:00"))
    assert pointless("exercise", slot, TODAY, known, now=NOW) == reason


def test_who_walked_in_the_last_half_hour_needs_no_break():
    def walked(minutes: int) -> Because | None:
        return why("movement_break", walked_at=NOW - timedelta(minutes=minutes))

    assert walked(0) == walked(29) == Because.JUST_WALKED
    assert walked(30) is None


def test_measures_are_asked_for_in_the_weeks_they_are_due():
    start = date(2026, 1, 5)
    weeks = {n // 7 for n in range(400) if measures_are_open(start, start + timedelta(days=n))}
    assert weeks == {0, 4, 8, 12, 26, 52}
    assert not measures_are_open(None, start)
    assert not measures_are_open(start, start - timedelta(days=1))
    assert why("measures", started_on=days_ago(8)) == Because.NOT_DUE
    assert why("measures", started_on=days_ago(28)) is None


def test_four_messages_a_day_are_enough_and_eight_breaks():
    assert [too_much("walk", TODAY, past(today=n)) for n in (3, 4)] == [None, Because.ENOUGH]
    assert [too_much("movement_break", TODAY, past(today=n)) for n in (7, 8)] == [None, Because.ENOUGH]
    assert too_much("walk", TODAY, past(today=2), also_planned=2) == Because.ENOUGH


def followed(days: int, *, heard: bool) -> list[int]:
    """The days, from 1, on which a daily message leaves while it is ignored from the first one on."""
    start, sent = date(2026, 1, 1), list[date]()
    for n in range(1, days + 1):
        on = start + timedelta(days=n)
        facts = Past(
            0, len(sent), sent[-1] if sent else None, start, on - timedelta(days=1) if heard else start
        )
        if too_much("walk", on, facts) is None:
            sent.append(on)
    return [(on - start).days for on in sent]


def test_a_message_that_is_ignored_fades_while_the_patient_does_other_things():
    # Three in a row, then every third day, from the tenth day on once a week.
    assert followed(31, heard=True) == [1, 2, 3, 6, 9, 16, 23, 30]


def test_after_seven_silent_days_no_message_leaves_at_all():
    assert followed(40, heard=False) == [1, 2, 3, 6]
    assert too_much("diary", TODAY, past(heard_on=days_ago(7), answered_on=days_ago(7))) is None
    assert too_much("diary", TODAY, past(heard_on=days_ago(8), answered_on=days_ago(8))) == Because.SILENT


@given(
    ignored=st.integers(0, 40),
    last=st.integers(1, 40),
    answered=st.integers(0, 400),
    heard=st.integers(0, 6),
    kind=st.sampled_from(KINDS),
)
def test_whoever_does_something_again_is_reminded_within_a_week(
    ignored: int, last: int, answered: int, heard: int, kind: str
):
    facts = past(
        ignored=ignored,
        last_ignored_on=days_ago(last),
        answered_on=days_ago(answered),
        heard_on=days_ago(heard),
    )
    verdict = too_much(kind, TODAY, facts)
    assert verdict in (None, Because.FADING)
    if last >= 7 or ignored < 3:
        assert verdict is None
