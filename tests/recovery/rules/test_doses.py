from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.adherence import WEEK_DAYS, dose_adherence
from recovery.rules.asked import AskedLine, AskedVersion, Pause
from recovery.rules.doses import Done, dose_lines

DAY = date(2026, 3, 2)  # a Monday
BRIDGE, WALK = 1, 2
TEN = {"sets": 3, "repetitions": 10, "times_per_day": 1, "days_per_week": 7}


def version(*lines: AskedLine, starts_on: date = DAY) -> AskedVersion:
    return AskedVersion(starts_on, lines)


def bridge(times_per_day: int = 1) -> AskedLine:
    return AskedLine(times_per_day, exercise=BRIDGE, dose=TEN)


def done(
    outcome: str = "done", *, slot: int = 1, session: int = 1, exercise: int = BRIDGE, **counts: int | None
) -> Done:
    return Done(DAY, slot, session, exercise, outcome, counts)


def share(*results: Done, lines: tuple[AskedLine, ...] = (bridge(),)) -> Fraction | None:
    found = dose_lines([version(*lines)], results, DAY, DAY)
    return dose_adherence(found, through=DAY, days=WEEK_DAYS)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (done(), Fraction(1)),
        (done("part", sets=2), Fraction(2, 3)),  # the repetitions were as prescribed
        (done("part", sets=2, repetitions=5), Fraction(1, 3)),
        (done("part", sets=0), Fraction(0)),
        (done("part"), None),  # nobody counted: not zero
        (done("hurts_too_much"), Fraction(0)),
        (done("hurts_too_much", sets=1), Fraction(1, 3)),
        (done("skipped"), Fraction(0)),
        (done(sets=9), Fraction(1)),  # no line counts above 1
        (done(exercise=WALK), Fraction(0)),
        (done(slot=2), Fraction(0)),  # an extra session
    ],
)
def test_the_share_of_one_line(result: Done, expected: Fraction | None) -> None:
    assert share(result) == expected


def test_nothing_recorded_is_none_of_it_and_nothing_asked_is_no_value() -> None:
    assert share() == 0
    assert share(lines=()) is None


def test_each_slot_asks_for_its_lines_and_two_sessions_of_a_slot_add_up() -> None:
    assert share(done(), lines=(bridge(2),)) == Fraction(1, 2)
    halves = [done("part", session=n, sets=1, repetitions=15) for n in (1, 2)]
    assert share(*halves) == 1


def test_an_exercise_that_stands_twice_is_answered_in_order() -> None:
    twice = (bridge(), bridge())
    assert share(done("part", sets=1), lines=twice) == Fraction(1, 6)
    assert share(done("part", sets=1), done(), lines=twice) == Fraction(2, 3)


def test_paused_days_and_free_days_leave_the_denominator() -> None:
    weekdays = AskedLine(1, frozenset({1, 2}), BRIDGE, TEN)
    tuesday = DAY + timedelta(days=1)
    sunday = DAY + timedelta(days=6)
    lines = dose_lines([version(weekdays)], [done()], DAY, sunday)
    assert [line.on for line in lines] == [DAY, tuesday]
    paused = dose_lines([version(weekdays)], [done()], DAY, sunday, not_asked_on={tuesday})
    assert dose_adherence(paused, through=sunday, days=WEEK_DAYS) == 1


def test_a_later_version_asks_from_its_own_day_on() -> None:
    more = version(AskedLine(1, exercise=BRIDGE, dose=TEN | {"sets": 6}), starts_on=DAY + timedelta(days=1))
    lines = dose_lines([version(bridge()), more], [done()], DAY, DAY + timedelta(days=1))
    assert [(line.prescribed, line.done) for line in lines] == [(30, 30), (60, 0)]


@given(
    st.lists(
        st.builds(
            Done,
            on=st.just(DAY),
            slot=st.integers(1, 3),
            session=st.integers(1, 3),
            exercise=st.sampled_from([BRIDGE, WALK]),
            outcome=st.sampled_from(["done", "part", "hurts_too_much", "skipped"]),
            counts=st.dictionaries(
                st.sampled_from(["sets", "repetitions"]), st.none() | st.integers(0, 1000)
            ),
        ),
        max_size=12,
    )
)
def test_whatever_was_recorded_the_share_lies_between_0_and_1(results: list[Done]) -> None:
    walk = AskedLine(2, exercise=WALK, dose={"minutes": 10})
    value = share(*results, lines=(bridge(), walk))
    assert value is None or 0 <= value <= 1


def test_a_pause_holds_from_its_first_to_its_last_day_unless_it_was_ended() -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    assert [Pause(days[1], days[2]).holds_on(day) for day in days] == [False, True, True, False]
    assert [Pause(days[1], days[3], days[2]).holds_on(day) for day in days] == [False, True, False, False]
    assert not any(Pause(days[1], days[3], days[0]).holds_on(day) for day in days)
