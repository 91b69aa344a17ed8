"""Whom a flag reaches at which age, as plain functions; every mixture of empty lists."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications.escalation import ADMINISTRATORS, EVERYONE, LIST, TEAM, Minutes, due_steps

some = st.frozensets(st.integers(1, 6), max_size=3)


def step(minutes: float) -> int:
    return Minutes().step_at(timedelta(minutes=minutes))


def test_the_steps_are_at_once_and_after_15_30_and_60_minutes():
    assert [step(m) for m in (-1, 0, 14.9, 15, 29.9, 30, 59.9, 60, 119, 9999)] == [
        TEAM, TEAM, TEAM, LIST, LIST, ADMINISTRATORS, ADMINISTRATORS, EVERYONE, EVERYONE, EVERYONE,
    ]  # fmt: skip


def test_everybody_hears_again_an_hour_after_they_last_did_whatever_the_age():
    def after(minutes: float, age: float = 500) -> int:
        return Minutes().step_at(timedelta(minutes=age), last=EVERYONE + 20, since=timedelta(minutes=minutes))

    assert [after(0), after(59.9), after(60), after(600)] == [EVERYONE + n for n in (20, 20, 21, 21)]
    assert after(60, age=1) == EVERYONE + 21, "longer minutes do not take back that everybody was told"


def test_a_step_that_would_reach_nobody_passes_on_at_once():
    nobody: frozenset[int] = frozenset()
    boss = frozenset({3})
    assert due_steps(TEAM, {TEAM: nobody, LIST: nobody, ADMINISTRATORS: boss}) == {ADMINISTRATORS: boss}
    team = frozenset({1})
    assert due_steps(LIST, {TEAM: team, LIST: nobody, ADMINISTRATORS: boss}) == {
        TEAM: team,
        ADMINISTRATORS: boss,
    }


@given(team=some, listed=some, administrators=some, minutes=st.integers(0, 600))
def test_whoever_there_is_hears_and_later_steps_take_nobody_away(team, listed, administrators, minutes):
    people = {TEAM: team, LIST: listed, ADMINISTRATORS: administrators}
    due = due_steps(step(minutes), people)
    later = due_steps(step(minutes + 30), people)
    told = frozenset().union(*due.values())
    assert bool(told) == bool(team or listed or administrators)
    assert told <= frozenset().union(*later.values())
    assert all(due.values())
