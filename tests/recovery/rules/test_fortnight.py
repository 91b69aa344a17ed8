from datetime import date, timedelta

import pytest

from recovery.rules.adherence import Slot
from recovery.rules.asked import AskedLine, AskedVersion, Suspended, asked_slots
from recovery.rules.doses import Done
from recovery.rules.fortnight import Came, Cell, Fortnight, laid_out

DAY = date(2026, 3, 2)  # a Monday
NEXT = DAY + timedelta(days=1)
BRIDGE, WALK = 1, 2


def one_day(*results: Done, often: int = 1, paused: bool = False, stopped: bool = False) -> Fortnight:
    versions = [AskedVersion(DAY, (AskedLine(often, exercise=BRIDGE),))]
    free = paused or stopped
    return laid_out(
        versions,
        results,
        DAY,
        DAY,
        asked=set() if free else asked_slots(versions, DAY, DAY),
        done={Slot(one.on, str(one.slot)) for one in results if one.outcome in ("done", "part")},
        paused_on={DAY} if paused else set(),
        stopped_on={DAY} if stopped else set(),
    )


def was(outcome: str, slot: int = 1) -> Done:
    return Done(DAY, slot, slot, BRIDGE, outcome)


@pytest.mark.parametrize(
    ("outcomes", "often", "came"),
    [
        ([], 1, Cell(Came.NO_ENTRY, 1, 0)),
        (["done"], 1, Cell(Came.DONE, 1, 1)),
        (["part"], 1, Cell(Came.PART, 1, 1)),
        (["done"], 2, Cell(Came.PART, 2, 1)),
        (["done", "done"], 2, Cell(Came.DONE, 2, 2)),
        (["done", "hurts_too_much"], 2, Cell(Came.HURTS, 2, 1)),
        (["skipped"], 1, Cell(Came.SKIPPED, 1, 0)),
    ],
)
def test_what_came_of_an_exercise(outcomes: list[str], often: int, came: Cell) -> None:
    results = [was(outcome, slot) for slot, outcome in enumerate(outcomes, start=1)]
    assert one_day(*results, often=often).exercises == {BRIDGE: (came,)}


def test_the_sessions_of_a_day_are_counted_as_adherence_counts_them() -> None:
    assert one_day(was("done"), was("hurts_too_much", 2), often=3).sessions == (Cell(Came.PART, 3, 1),)


@pytest.mark.parametrize(("why", "came"), [("paused", Came.PAUSED), ("stopped", Came.STOPPED)])
def test_a_paused_and_a_stopped_day_ask_nothing_and_what_was_done_all_the_same_is_kept(
    why: str, came: Came
) -> None:
    free = one_day(**{why: True})
    assert free.exercises[BRIDGE] == free.sessions == (Cell(came),)
    assert one_day(was("done"), **{why: True}).exercises[BRIDGE] == (Cell(Came.EXTRA, 0, 1),)


def test_a_suspended_exercise_and_one_of_another_weekday_are_not_asked() -> None:
    lines = (
        AskedLine(1, exercise=BRIDGE, suspended=(Suspended(NEXT, None),)),
        AskedLine(1, frozenset({1}), exercise=WALK),
    )
    versions = [AskedVersion(DAY, lines)]
    nothing: frozenset[date] = frozenset()
    found = laid_out(
        versions,
        [],
        DAY,
        NEXT,
        asked=asked_slots(versions, DAY, NEXT),
        done=set(),
        paused_on=nothing,
        stopped_on=nothing,
    )
    for cells in (*found.exercises.values(), found.sessions):
        assert cells == (Cell(Came.NO_ENTRY, 1), Cell(Came.NOT_ASKED))


def test_exercises_come_in_the_order_of_the_latest_plan_and_a_stopped_one_stays() -> None:
    versions = [
        AskedVersion(DAY, (AskedLine(1, exercise=BRIDGE),)),
        AskedVersion(NEXT, (AskedLine(1, exercise=WALK),)),
    ]
    nothing: frozenset[date] = frozenset()
    found = laid_out(
        versions,
        [],
        DAY,
        NEXT,
        asked=asked_slots(versions, DAY, NEXT),
        done=set(),
        paused_on=nothing,
        stopped_on=nothing,
    )
    assert list(found.exercises) == [WALK, BRIDGE]
    assert found.exercises[BRIDGE] == (Cell(Came.NO_ENTRY, 1), Cell(Came.NOT_ASKED))
