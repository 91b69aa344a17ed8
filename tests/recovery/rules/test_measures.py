from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.measures.due import EARLY_DAYS, OPEN_DAYS, WEEKS, Due, due
from recovery.rules.measures.instruments import STATEMENTS, Effect, Instrument, about, form
from recovery.rules.measures.scores import (
    Answer,
    Edge,
    Verdict,
    agrees,
    change,
    changes_of_activities,
    first_comparable,
)

START = date(2026, 1, 5)
GPE, PSFS, RMDQ = Instrument.GPE, Instrument.PSFS, Instrument.RMDQ


def psfs(**abilities: int) -> Answer:
    return Answer(PSFS, START, abilities=abilities)


def rmdq(ticked: int) -> Answer:
    return Answer(RMDQ, START, ticked=frozenset(range(1, ticked + 1)))


def test_psfs_is_the_mean_of_its_activities_exactly() -> None:
    """Stratford 1995: total score = sum of the activity scores / number of activities."""
    assert psfs(walk=3, sit=5, lift=2).score == Fraction(10, 3)
    assert psfs(walk=0, sit=0, lift=0).score == 0


def test_rmdq_counts_ticks_and_nothing_ticked_is_a_score_of_zero() -> None:
    """Roland and Morris 1983: the total number of items checked, from 0 to 24."""
    assert [rmdq(n).score for n in (0, 12, 24)] == [0, 12, 24]


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((4, 4, 4), (6, 6, 6), Verdict.BETTER),  # exactly 2 points of the mean
        ((4, 4, 4), (6, 6, 5), Verdict.NO_IMPORTANT_CHANGE),  # 5/3 points
        ((6, 6, 6), (4, 4, 4), Verdict.WORSE),
        ((4, 4, 4), (4, 4, 4), Verdict.NO_IMPORTANT_CHANGE),
    ],
)
def test_psfs_counts_two_points_of_the_mean(
    before: tuple[int, int, int], after: tuple[int, int, int], verdict: Verdict
) -> None:
    first, later = (psfs(walk=walk, sit=sit, lift=lift) for walk, sit, lift in (before, after))
    assert change(first, later).verdict is verdict


def test_a_single_activity_counts_from_three_points() -> None:
    singles = changes_of_activities(psfs(walk=2, sit=2, lift=5), psfs(walk=5, sit=4, lift=2))
    assert {name: one.verdict for name, one in singles.items()} == {
        "walk": Verdict.BETTER,
        "sit": Verdict.NO_IMPORTANT_CHANGE,
        "lift": Verdict.WORSE,
    }


def test_other_activities_are_not_held_against_the_first_but_other_capitals_are() -> None:
    first = Answer(PSFS, START, abilities={"Walk": 1, "sit": 2, "lift": 3})
    same = Answer(PSFS, START, abilities={"lift ": 5, "walk": 4, "Sit": 3})
    other = psfs(walk=1, sit=2, swim=3)
    assert first_comparable([first], same) is first
    assert change(first, same).points == 2
    assert first_comparable([first], other) is None
    with pytest.raises(ValueError, match="same questions"):
        change(first, other)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (20, 15, Verdict.BETTER),  # 5 points, a quarter
        (20, 16, Verdict.NO_IMPORTANT_CHANGE),
        (10, 7, Verdict.BETTER),  # exactly 30 %
        (10, 8, Verdict.NO_IMPORTANT_CHANGE),
        (10, 15, Verdict.WORSE),
        (10, 14, Verdict.NO_IMPORTANT_CHANGE),
        (3, 0, Verdict.CANNOT_TELL),  # no room below
        (3, 8, Verdict.WORSE),
        (21, 16, Verdict.BETTER),
        (21, 24, Verdict.CANNOT_TELL),  # no room above
    ],
)
def test_rmdq_counts_five_points_or_thirty_percent_away_from_its_ends(
    before: int, after: int, verdict: Verdict
) -> None:
    assert change(rmdq(before), rmdq(after)).verdict is verdict


def test_the_ends_of_the_rmdq_are_below_4_and_above_20() -> None:
    assert [rmdq(n).edge for n in (3, 4, 20, 21)] == [Edge.FLOOR, None, None, Edge.CEILING]


def test_the_top_two_steps_of_the_global_effect_are_improved() -> None:
    verdicts = [change(one, one).verdict for one in (Answer(GPE, START, effect=effect) for effect in Effect)]
    same = Verdict.NO_IMPORTANT_CHANGE
    assert verdicts == [Verdict.BETTER, Verdict.BETTER, same, same, same, Verdict.WORSE, Verdict.WORSE]


def test_diary_and_patient_agree_or_not_and_without_an_answer_nobody_can_tell() -> None:
    assert agrees(relieved=True, effect=Effect.MUCH_BETTER) is True
    assert agrees(relieved=True, effect=Effect.SLIGHTLY_BETTER) is False
    assert agrees(relieved=False, effect=Effect.COMPLETELY_RECOVERED) is False
    assert agrees(relieved=False, effect=Effect.UNCHANGED) is True
    assert agrees(relieved=True, effect=None) is None


def test_the_questionnaire_is_asked_in_published_words_or_not_at_all() -> None:
    english = form(RMDQ, "en-GB")
    assert english is not None
    assert english["language"] == "en"
    assert len(english["statements"]) == len(set(english["statements"])) == STATEMENTS
    assert form(RMDQ, "es") is None
    assert "Spine 1983" in about(RMDQ)["source"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_our_own_words_are_there_in_both_languages(language: str) -> None:
    asked = form(GPE, language)
    assert asked is not None
    assert list(asked["steps"]) == list(Effect)
    assert form(PSFS, language) is not None
    assert form(PSFS, "fr") is None


def asked(day: int, given: Mapping[Instrument, list[int]] | None = None) -> list[tuple[Instrument, int]]:
    """What is asked on a day of the program (0 is its start), by instrument and week."""
    dates = {one: [START + timedelta(days=d) for d in days] for one, days in (given or {}).items()}
    return [(one.instrument, one.week) for one in due(START, START + timedelta(days=day), dates)]


def test_the_first_ones_are_asked_from_the_start_until_they_are_given() -> None:
    assert asked(-1) == []
    assert asked(0) == [(PSFS, 0), (RMDQ, 0)]
    assert asked(50)[:2] == [(PSFS, 0), (RMDQ, 0)]
    assert asked(0, {PSFS: [0], RMDQ: [-3]}) == []


def test_later_ones_are_asked_for_two_weeks_and_a_week_early_is_early_enough() -> None:
    for week in WEEKS[1:]:
        day = 7 * week
        assert asked(day - 1, {PSFS: [0], RMDQ: [0], GPE: [day - 7]}) == []
        for first, last, is_asked in (
            (day, day + OPEN_DAYS - 1, True),
            (day + OPEN_DAYS, day + OPEN_DAYS, False),
        ):
            for one in (first, last):
                assert ((RMDQ, week) in asked(one, {RMDQ: [0]})) is is_asked
        assert (RMDQ, week) not in asked(day, {RMDQ: [0, day - EARLY_DAYS]})
        assert (RMDQ, week) in asked(day, {RMDQ: [0, day - EARLY_DAYS - 1]})


def test_the_global_effect_is_asked_once_in_each_week_after_the_first() -> None:
    assert (GPE, 1) not in asked(6)
    assert (GPE, 1) in asked(7)
    assert (GPE, 1) not in asked(13, {GPE: [7]})
    assert (GPE, 2) in asked(14, {GPE: [7]})
    assert (GPE, 52) in asked(7 * 53 - 1)
    assert not [one for one, _ in asked(7 * 53) if one is GPE]


@given(
    day=st.integers(0, 500),
    given_days=st.dictionaries(st.sampled_from(Instrument), st.lists(st.integers(-7, 500), max_size=9)),
)
def test_an_answer_today_satisfies_whatever_is_asked_today(
    day: int, given_days: dict[Instrument, list[int]]
) -> None:
    today = START + timedelta(days=day)
    dates = {one: [START + timedelta(days=d) for d in days] for one, days in given_days.items()}
    found = due(START, today, dates)
    assert len({one.instrument for one in found}) == len(found)
    assert all(isinstance(one, Due) and one.since <= today for one in found)
    answered = {one: [*dates.get(one, []), today] for one in Instrument}
    assert due(START, today, answered) == ()
