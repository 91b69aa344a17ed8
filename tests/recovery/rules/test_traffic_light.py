"""The light of a session: what each answer says, and that silence is never green."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.traffic_light import (
    QUESTIONS,
    Answers,
    Judged,
    Lasted,
    Light,
    Reach,
    judge,
    judge_exercise,
    judge_session,
)

GOOD = Answers(
    before=3,
    during=4,
    later=3,
    next_morning=3,
    reach_before=Reach.THIGH,
    reach_during=Reach.THIGH,
    reach_after=Reach.THIGH,
    new_numbness=False,
    new_weakness=False,
)

scores = st.none() | st.integers(0, 10)
reaches = st.none() | st.sampled_from(Reach)
booleans = st.none() | st.booleans()
any_answers = st.builds(
    Answers,
    before=scores,
    during=scores,
    later=scores,
    next_morning=scores,
    reach_before=reaches,
    reach_during=reaches,
    reach_after=reaches,
    lower_reach_lasted=st.none() | st.sampled_from(Lasted),
    new_numbness=booleans,
    new_weakness=booleans,
)


def light(**changes: Any) -> Light:
    return judge(replace(GOOD, **changes)).light


def deciding(judged: Judged) -> set[str]:
    return {reason.rule for reason in judged.reasons if reason.light is judged.light}


NO_REACH = {"reach_before": None, "reach_during": None, "reach_after": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Light.GREEN),
        ({"during": 5}, Light.GREEN),
        ({"during": 6}, Light.AMBER),
        ({"during": 7, "before": 3}, Light.RED),
        ({"before": 4, "during": 6, "later": 4, "next_morning": 4}, Light.AMBER),  # above 5, and not before
        ({"before": 7, "during": 7, "later": 7, "next_morning": 7}, Light.GREEN),  # above 5 before, no rise
        ({"before": 7, "during": 8, "later": 7, "next_morning": 7}, Light.AMBER),
        ({"later": 4}, Light.AMBER),
        ({"later": 2}, Light.GREEN),
        ({"next_morning": 4}, Light.AMBER),
        ({"next_morning": 5}, Light.RED),
        ({"reach_during": Reach.KNEE}, Light.AMBER),
        ({"reach_after": Reach.CALF, "lower_reach_lasted": Lasted.UP_TO_AN_HOUR}, Light.AMBER),
        ({"reach_after": Reach.CALF, "lower_reach_lasted": Lasted.LONGER}, Light.RED),
        ({"reach_during": Reach.BUTTOCK, "reach_after": Reach.NONE}, Light.GREEN),  # it drew back
        (NO_REACH, Light.UNKNOWN),
        (NO_REACH | {"lower_reach_lasted": Lasted.NOT_AT_ALL}, Light.GREEN),
        ({"reach_during": Reach.FOOT, "lower_reach_lasted": Lasted.NOT_AT_ALL}, Light.AMBER),
        ({"new_numbness": True}, Light.RED),
        ({"new_weakness": True}, Light.RED),
    ],
)
def test_each_clause_of_the_rule(changes: dict[str, Any], expected: Light):
    assert light(**changes) is expected


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Answers) if field.name != "lower_reach_lasted"]
)
def test_a_question_without_an_answer_is_unknown_and_never_green(name: str):
    assert light(**{name: None}) is Light.UNKNOWN


def test_no_answer_at_all_is_unknown():
    assert judge(Answers()).light is Light.UNKNOWN


def test_red_stays_red_whatever_else_was_not_answered():
    assert judge(Answers(new_weakness=True)).light is Light.RED
    assert judge(Answers(before=1, next_morning=3)).light is Light.RED


def test_red_asks_for_the_safety_questions_and_amber_does_not():
    assert judge(replace(GOOD, new_numbness=True)).calls_for_check
    assert not judge(replace(GOOD, later=4)).calls_for_check


def test_an_exercise_is_judged_by_its_own_worst_pain_where_it_was_said():
    hard = replace(GOOD, during=7)
    assert judge_exercise(hard, worst=None).light is Light.RED
    assert judge_exercise(hard, worst=4).light is Light.GREEN
    assert judge_exercise(GOOD, worst=7).light is Light.RED


def test_what_came_after_the_session_is_held_against_each_exercise():
    assert judge_exercise(replace(GOOD, next_morning=5), worst=3).light is Light.RED


def test_no_exercise_is_worse_than_its_session():
    assert judge_session(GOOD, worst=[None, 7]).light is Light.RED
    assert deciding(judge_session(GOOD, hurt_too_much=True)) == {"stopped"}


@given(any_answers)
def test_green_has_an_answer_to_every_question(answers: Answers):
    judged = judge(answers)
    lights = [question(answers).light for question in QUESTIONS]
    assert (judged.light is Light.GREEN) == all(one is Light.GREEN for one in lights)
    assert judged.light.gravity == max(one.gravity for one in lights)


@given(any_answers)
def test_every_light_has_a_reason_in_words(answers: Answers):
    for reason in judge(answers, hurt_too_much=True).reasons:
        assert reason.for_staff.endswith(".")
        assert "{" not in reason.for_staff


WORSE: dict[str, list[Any]] = {
    "during": list(range(11)),
    "later": list(range(11)),
    "next_morning": list(range(11)),
    "reach_during": list(Reach),
    "reach_after": list(Reach),
    "lower_reach_lasted": list(Lasted),
    "new_numbness": [False, True],
    "new_weakness": [False, True],
}


@given(any_answers, st.sampled_from(sorted(WORSE)), st.data())
def test_a_worse_answer_never_makes_a_light_better(answers: Answers, name: str, data: st.DataObject):
    scale = WORSE[name]
    at = data.draw(st.integers(0, len(scale) - 2))
    better, worse = replace(answers, **{name: scale[at]}), replace(answers, **{name: scale[at + 1]})
    assert judge(worse).light.gravity >= judge(better).light.gravity


@given(any_answers, st.sampled_from(sorted(WORSE)))
def test_an_answer_taken_back_never_makes_a_green(answers: Answers, name: str):
    if answers.lower_reach_lasted is Lasted.NOT_AT_ALL and "reach" in name:
        return  # one answer stands for the three
    assert judge(replace(answers, **{name: None})).light is not Light.GREEN or name == "lower_reach_lasted"


@given(any_answers, scores, booleans)
def test_a_session_is_at_least_as_grave_as_its_gravest_exercise(
    answers: Answers, worst: int | None, hurt: bool | None
):
    session = judge_session(answers, worst=[worst], hurt_too_much=bool(hurt))
    exercise = judge_exercise(answers, worst=worst, hurt_too_much=bool(hurt))
    if exercise.light.is_warning:
        assert session.light.gravity >= exercise.light.gravity


def test_the_worst_of_an_exercise_never_stands_in_for_that_of_the_session():
    silent = replace(GOOD, during=None)
    assert judge_session(silent, worst=[3]).light is Light.UNKNOWN
    assert judge_session(silent, worst=[7]).light is Light.RED
    assert judge_session(GOOD, worst=[1]).light is Light.GREEN
