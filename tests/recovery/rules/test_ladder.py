"""The ladder: what greens, ambers and reds say about the next dose, and that nothing leaves the allowed range."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exercises.dosage import MOST, Bounds, Dosage, DosageRange
from recovery.rules.ladder import (
    ORDER,
    RAISE_MOST,
    Kind,
    Line,
    Rung,
    Step,
    Trial,
    lowered,
    propose,
    raised,
    share_done,
    spared,
    suspension,
    two_reds,
)
from recovery.rules.traffic_light import Light

TODAY = date(2026, 3, 30)
DOSE = Dosage(repetitions=10, hold_seconds=5, sets=2)
RANGE = DosageRange(repetitions=Bounds(5, 12), hold_seconds=Bounds(5, 8), sets=Bounds(1, 3))
BRIDGE, HARDER, EASIER = 1, 2, 3
LINE = Line(rung=Rung(BRIDGE, DOSE, RANGE), dose=DOSE)
GREEN, UNKNOWN, AMBER, RED = Light.GREEN, Light.UNKNOWN, Light.AMBER, Light.RED


def trial(days_ago: int, light: Light = GREEN, *, hour: int = 9, **changes: Any) -> Trial:
    on = TODAY - timedelta(days=days_ago)
    at = datetime(on.year, on.month, on.day, hour, tzinfo=UTC)
    return replace(Trial(at, on, light, DOSE, Fraction(1)), **changes)


def step(*trials: Trial, line: Line = LINE, **more: Any) -> Step | None:
    return propose(line, trials, today=TODAY, **({"leg": None} | more))


def kind(*trials: Trial, **more: Any) -> Kind | None:
    found = step(*trials, **more)
    return found.kind if found else None


THREE = (trial(3), trial(2), trial(1))


def test_three_greens_on_three_days_raise_one_variable_by_a_fifth():
    found = step(*THREE)
    assert found is not None
    assert (found.kind, found.dose) == (Kind.PROGRESS, replace(DOSE, repetitions=12))
    assert found.by_itself
    assert found.numbers == {"variable": "repetitions", "was": 10, "now": 12}


@pytest.mark.parametrize(
    ("trials", "why"),
    [
        (THREE[1:], "two are not three"),
        ((trial(1, hour=8), trial(1, hour=12), trial(2)), "two days are not three"),
        ((trial(3), trial(2, UNKNOWN), trial(1)), "unknown is not green"),
        ((trial(3), trial(2, share=Fraction(79, 100)), trial(1)), "less than 80 % in one of them"),
        ((trial(3), trial(2, share=None), trial(1)), "not counted in one of them"),
        ((trial(3), trial(2, asked=False), trial(1)), "nobody asked for one of them"),
        ((trial(3), trial(2, dose=Dosage(repetitions=6)), trial(1)), "one of them was of another dose"),
        ((trial(30), trial(29), trial(28)), "too long ago"),
    ],
)
def test_nothing_is_raised_otherwise(trials: tuple[Trial, ...], why: str):
    assert step(*trials) is None, why


def test_exactly_80_percent_is_reached_and_an_extra_green_does_not_break_the_row():
    enough = [trial(n, share=Fraction(80, 100)) for n in (4, 3, 1)]
    assert kind(*enough, trial(2, asked=False)) is Kind.PROGRESS


def test_no_second_raise_within_a_week():
    assert step(*THREE, line=replace(LINE, changed_on=TODAY - timedelta(days=6))) is None
    assert kind(*THREE, line=replace(LINE, changed_on=TODAY - timedelta(days=7))) is Kind.PROGRESS


def test_nothing_is_raised_under_an_open_red_flag():
    assert step(*THREE, stopped=True) is None


def at(days_ago: int, hour: int = 12) -> datetime:
    on = TODAY - timedelta(days=days_ago)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def test_a_warning_counts_at_the_dose_before_until_a_change_answers_it():
    before = replace(DOSE, repetitions=8)
    line = replace(LINE, before=before, changed_on=TODAY, changed_at=at(1))
    after, answered = trial(1, RED, hour=20, dose=before), trial(1, RED, hour=9, dose=before)
    assert kind(after, line=line) is Kind.SUSPEND
    assert kind(answered, line=line) is None
    assert kind(replace(answered, came_at=at(0)), line=line) is Kind.SUSPEND  # the phone had no network
    assert kind(replace(after, light=AMBER), line=line) is Kind.REPEAT


def test_a_dose_that_came_back_is_raised_by_new_greens_only():
    line = replace(LINE, changed_on=TODAY - timedelta(days=8), changed_at=at(9))
    old = [trial(n) for n in (20, 19, 18)]
    assert kind(*old, trial(12, AMBER), trial(11, AMBER), line=line) is None
    assert kind(*old, trial(2), trial(1), line=line) is None
    assert kind(*old, *THREE, line=line) is Kind.PROGRESS


def test_a_dose_outside_its_range_is_not_raised_and_steps_back_into_it():
    high = replace(DOSE, repetitions=30)
    line = replace(LINE, dose=high, harder=Rung(HARDER, DOSE, RANGE))
    assert step(*[replace(one, dose=high) for one in THREE], line=line) is None
    found = step(trial(2, AMBER), trial(1, AMBER), line=line)
    assert found is not None
    assert found.dose == replace(DOSE, repetitions=12)


def test_the_ladder_climbs_repetitions_then_hold_then_sets_then_the_harder_variant():
    dose, climbed = DOSE, []
    while more := raised(dose, RANGE):
        climbed.append(next(name for name in ORDER if getattr(more, name) != getattr(dose, name)))
        dose = more
    assert climbed == ["repetitions", "hold_seconds", "hold_seconds", "hold_seconds", "sets"]
    top = replace(LINE, dose=dose, harder=Rung(HARDER, Dosage(repetitions=8), RANGE))
    greens = [replace(one, dose=dose) for one in THREE]
    found = step(*greens, line=top)
    assert found is not None
    assert (found.exercise, found.dose, found.by_itself) == (HARDER, Dosage(repetitions=8), False)
    assert step(*greens, line=replace(top, harder=None)) is None


def test_a_step_of_more_than_a_fifth_is_only_ever_one_and_is_never_taken_by_itself():
    dose = Dosage(repetitions=3)
    allowed = DosageRange(repetitions=Bounds(1, 5))
    line = replace(LINE, rung=Rung(BRIDGE, dose, allowed), dose=dose)
    found = step(*[replace(one, dose=dose) for one in THREE], line=line)
    assert found is not None
    assert (found.dose, found.by_itself, found.rule) == (
        Dosage(repetitions=4),
        False,
        "three_green_by_one",
    )


def test_an_amber_repeats_the_dose_with_less_of_it():
    found = step(*THREE, trial(0, AMBER))
    assert found is not None
    assert (found.kind, found.dose) == (Kind.REPEAT, replace(DOSE, repetitions=6))


def test_two_ambers_in_three_sessions_go_back_the_step_that_was_made():
    before = replace(DOSE, repetitions=8)
    line = replace(LINE, before=before, changed_on=TODAY - timedelta(days=9))
    found = step(trial(3, AMBER), trial(2), trial(1, AMBER), line=line)
    assert found is not None
    assert (found.kind, found.dose) == (Kind.REGRESS, before)
    assert kind(trial(4, AMBER), trial(3), trial(2), trial(1, AMBER)) is Kind.REPEAT


def test_at_the_least_dose_the_easier_variant_is_next_and_without_one_it_rests():
    least = Dosage(repetitions=5, hold_seconds=5, sets=1)
    ambers = [trial(n, AMBER, dose=least) for n in (2, 1)]
    line = replace(LINE, dose=least, easier=Rung(EASIER, Dosage(repetitions=10), RANGE))
    found = step(*ambers, line=line)
    assert found is not None
    assert (found.kind, found.exercise, found.by_itself) == (Kind.REGRESS, EASIER, False)
    assert kind(*ambers, line=replace(line, easier=None)) is Kind.SUSPEND


def test_one_red_proposes_to_suspend_and_two_within_14_days_do():
    assert kind(trial(1, RED)) is Kind.SUSPEND
    assert two_reds([trial(1, RED)], today=TODAY) is None
    for apart, suspends in ((1, True), (14, True), (15, False)):
        reds = two_reds([trial(apart, RED), trial(0, RED), trial(apart, hour=20)], today=TODAY)
        assert (reds is not None) == suspends
        if reds:
            assert suspension(reds, BRIDGE).kind is Kind.SUSPEND


def test_two_reds_of_two_doses_are_two_reds():
    assert two_reds([trial(3, RED, dose=None), trial(1, RED)], today=TODAY)


@pytest.mark.parametrize(("leg", "shut"), [(None, False), (Fraction(69, 10), False), (Fraction(7), True)])
def test_an_irritable_leg_shuts_the_gate(leg: Fraction | None, shut: bool):
    gated = replace(LINE, rung=replace(LINE.rung, gated=True))
    assert kind(*THREE, line=gated, leg=leg) is (Kind.SUSPEND if shut else Kind.PROGRESS)
    assert kind(*THREE, line=LINE, leg=leg) is Kind.PROGRESS


def test_an_irritable_leg_takes_up_no_harder_variant_that_is_gated():
    top = replace(DOSE, repetitions=12, hold_seconds=8, sets=3)
    line = replace(LINE, dose=top, harder=Rung(HARDER, DOSE, RANGE, gated=True))
    greens = [replace(one, dose=top) for one in THREE]
    assert kind(*greens, line=line, leg=Fraction(6)) is Kind.PROGRESS
    assert kind(*greens, line=line, leg=Fraction(8)) is None


def test_a_gate_that_a_person_decided_about_is_asked_again_after_a_week():
    gated = replace(LINE, rung=replace(LINE.rung, gated=True))
    for days, asked in ((6, None), (7, Kind.SUSPEND)):
        decided = TODAY - timedelta(days=days)
        assert kind(line=gated, leg=Fraction(8), gate_decided_on=decided) is asked


def test_a_gate_that_a_person_opened_hides_no_warning_and_raises_nothing():
    gated = replace(LINE, rung=replace(LINE.rung, gated=True))
    opened: dict[str, Any] = {"line": gated, "leg": Fraction(8), "gate_decided_on": TODAY}
    assert kind(*THREE, **opened) is None
    assert kind(*THREE, trial(0, AMBER), **opened) is Kind.REPEAT
    found = step(trial(1, RED), **opened)
    assert found is not None
    assert found.rule == "one_red"


@pytest.mark.parametrize(
    ("done", "share"),
    [
        ({"completely": True}, Fraction(1)),
        ({"completely": False}, None),
        ({"completely": False, "sets": 1}, Fraction(1, 2)),
        ({"completely": True, "repetitions": 8}, Fraction(4, 5)),
        ({"completely": True, "repetitions": 30}, Fraction(1)),
        ({"completely": True, "minutes": 9}, Fraction(1)),  # not what this dose counts
    ],
)
def test_the_share_of_a_dose_that_was_done(done: dict[str, Any], share: Fraction | None):
    assert share_done(DOSE, **done) == share


# --- whatever the range and the records ------------------------------------------------------------------


@st.composite
def lines(draw: st.DrawFn) -> Line:
    counted = draw(st.sampled_from([("repetitions",), ("minutes",), ("hold_seconds",), ORDER[:2], ORDER[:3]]))
    bounds, counts = {}, {}
    for name in counted:
        least = draw(st.integers(1, MOST[name]))
        most = draw(st.integers(least, MOST[name]))
        bounds[name] = Bounds(least, most)
        counts[name] = draw(st.integers(least, most))
    dose, allowed = Dosage(**counts), DosageRange(**bounds)
    before = None
    if draw(st.booleans()):
        before = Dosage(**(counts | {counted[0]: draw(st.integers(1, MOST[counted[0]]))}))
    return Line(
        rung=Rung(BRIDGE, dose, allowed, draw(st.booleans())),
        dose=dose,
        before=before,
        changed_on=draw(st.none() | st.just(TODAY - timedelta(days=8))),
    )


@st.composite
def some_trials(draw: st.DrawFn, line: Line) -> list[Trial]:
    found = st.builds(
        trial,
        st.integers(0, 20),
        st.sampled_from(Light),
        hour=st.integers(0, 23),
        dose=st.sampled_from([line.dose, None]),
        share=st.sampled_from([None, Fraction(1, 2), Fraction(1)]),
        asked=st.booleans(),
    )
    return draw(st.lists(found, max_size=8, unique_by=lambda one: one.at))


@given(st.data())
def test_no_step_ever_leaves_the_allowed_range(data: st.DataObject):
    line = data.draw(lines())
    trials = data.draw(some_trials(line))
    found = propose(line, trials, today=TODAY, leg=data.draw(st.none() | st.integers(0, 10).map(Fraction)))
    if found is None:
        return
    assert found.exercise == BRIDGE
    if found.kind in (Kind.PROGRESS, Kind.REGRESS):
        assert found.dose is not None
        assert not found.dose.outside(line.rung.allowed)
    if found.kind is Kind.REPEAT:
        assert found.dose is not None
        assert found.dose.amount <= line.dose.amount


@given(lines())
def test_a_raise_is_of_one_variable_and_at_most_a_fifth_or_one(line: Line):
    more = raised(line.dose, line.rung.allowed)
    if more is None:
        return
    changed = [name for name in ORDER if getattr(more, name) != getattr(line.dose, name)]
    assert len(changed) == 1
    was, now = getattr(line.dose, changed[0]), getattr(more, changed[0])
    assert 0 < now - was <= max(was * RAISE_MOST, 1)


@given(lines())
def test_a_step_back_is_less_and_of_one_variable(line: Line):
    less = lowered(line)
    if less is not None:
        assert less.amount < line.dose.amount
        assert sum(getattr(less, name) != getattr(line.dose, name) for name in ORDER) == 1


@given(lines())
def test_a_spared_dose_is_half_to_seven_tenths_or_the_same(line: Line):
    less = spared(line.dose)
    assume(less != line.dose)
    assert Fraction(1, 2) <= Fraction(less.amount, line.dose.amount) <= Fraction(7, 10)


@given(st.data())
def test_the_order_in_which_sessions_arrive_never_matters(data: st.DataObject):
    line = data.draw(lines())
    trials = data.draw(some_trials(line))
    shuffled = data.draw(st.permutations(trials))
    assert propose(line, trials, today=TODAY, leg=None) == propose(line, shuffled, today=TODAY, leg=None)
    assert two_reds(trials, today=TODAY) == two_reds(shuffled, today=TODAY)


@given(st.data())
def test_only_greens_ever_raise(data: st.DataObject):
    line = data.draw(lines())
    trials = data.draw(some_trials(line))
    found = propose(line, trials, today=TODAY, leg=None)
    if found is not None and found.kind is Kind.PROGRESS:
        greens = {one.on for one in trials if one.light is GREEN and one.dose == line.dose and one.asked}
        assert len(greens) >= 3
