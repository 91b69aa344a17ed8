import json
import re
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.red_flags import (
    CHECK_FILE,
    Answer,
    Tier,
    check_file,
    default_contacts,
    evaluate,
    severe_pain,
    symptom_check,
)

DAY = date(2026, 3, 2)
ALL_NO = dict.fromkeys(symptom_check(), Answer.NO)


def test_no_to_everything_finds_nothing():
    assert evaluate(ALL_NO) == ()


@pytest.mark.parametrize("answer", [Answer.YES, Answer.NOT_SURE])
@pytest.mark.parametrize("question", symptom_check())
def test_yes_and_not_sure_count_alike(question, answer):
    (finding,) = evaluate(ALL_NO | {question: answer})
    assert (finding.question, finding.answer, finding.tier) == (
        question,
        answer,
        symptom_check()[question].tier,
    )


def test_the_gravest_finding_comes_first():
    findings = evaluate({"pregnancy": "yes", "fever": "not_sure", "bladder": "yes"})
    assert [finding.tier for finding in findings] == [Tier.A, Tier.B, Tier.C]


def test_a_question_that_was_not_asked_is_no_finding():
    assert evaluate({}) == evaluate({"bladder": "no"}) == ()


def test_an_unknown_question_is_reported_whatever_its_answer():
    findings = evaluate({"new_question": "no", "other": "yes", "bladder": "yes"})
    assert [(finding.question, finding.tier) for finding in findings] == [
        ("bladder", Tier.A),
        ("new_question", None),
        ("other", None),
    ]


def test_thoughts_of_self_harm_are_tier_a():
    assert symptom_check()["self_harm"].tier is Tier.A


def test_tiers_a_and_b_raise_a_flag_and_c_does_not():
    assert [tier.raises_flag for tier in Tier] == [True, True, False]


@given(st.dictionaries(st.sampled_from([*symptom_check(), "unknown"]), st.sampled_from(Answer)))
def test_every_answer_is_a_no_or_a_finding(answers):
    found = {finding.question for finding in evaluate(answers)}
    assert found == {id for id, answer in answers.items() if answer != "no" or id == "unknown"}


def test_the_file_says_everything_a_phone_needs_in_every_language():
    data = json.loads(CHECK_FILE.read_text(encoding="utf-8"))
    assert len(data["questions"]) == len(symptom_check())
    assert set(data["advice"]) == set(Tier)
    for language in data["languages"]:
        assert data["intro"][language]
        assert all(data["advice"][tier][language] for tier in Tier)
        for question in symptom_check().values():
            text = question.text[language]
            assert text["question"].endswith("?")
            assert text["examples"]
            assert text["advice"]
            assert question.source[:2] in {"V:", "V2", "P:", "M:"}


def test_a_language_that_nobody_confirmed_is_named_and_english_is_not_one():
    data = check_file()
    assert set(data["to_confirm"]) == set(data["languages"]) - {"en"}


def test_each_tier_says_whom_to_call_and_self_harm_says_the_crisis_line_first():
    data = check_file()
    shown = {
        question["id"]: question.get("show", data["show"][question["tier"]]) for question in data["questions"]
    }
    assert {name for names in shown.values() for name in names} == set(default_contacts())
    assert shown["self_harm"] == ["crisis_line", "emergency"]
    assert all("emergency" in names for id, names in shown.items() if symptom_check()[id].tier.raises_flag)
    for texts in [*default_contacts().values(), *data["answers"].values()]:
        assert set(texts) == set(data["languages"])


def test_the_spanish_words_stand_beside_the_english_one_for_one():
    for question in symptom_check().values():
        english, spanish = question.text["en"], question.text["es"]
        assert len(spanish["examples"]) == len(english["examples"])
        assert spanish["question"].startswith("¿")
        urgent = "urgencias" in spanish["advice"] or "emergencia" in spanish["advice"]
        assert urgent == ("emergency" in english["advice"])


def test_the_spanish_speaks_as_the_rest_of_the_phone_does():
    data = check_file()
    texts = [data["intro"], *data["advice"].values(), *default_contacts().values()]
    spanish = str([text["es"] for text in [*texts, *(one.text for one in symptom_check().values())]])
    assert not re.search(r"\b(usted|su clínica|llame|vaya|deje|pida|hable)\b", spanish, re.IGNORECASE)


def test_a_yes_or_not_sure_of_tier_c_calls_for_a_review_and_nothing_else_does():
    for answer in Answer:
        findings = evaluate(dict.fromkeys(symptom_check(), answer) | {"unknown": answer})
        reviewed = {finding.question for finding in findings if finding.calls_for_review}
        tier_c = {question.id for question in symptom_check().values() if question.tier is Tier.C}
        assert reviewed == (set() if answer == "no" else tier_c)


def leg(*values: int | str | None) -> dict[date, Fraction]:
    return {DAY + timedelta(days=n): Fraction(value) for n, value in enumerate(values) if value is not None}


@pytest.mark.parametrize(
    ("values", "lengths"),
    [
        ((8, 8, 8), [3]),
        ((8, "7.9", 8, 8), []),
        ((8, 8, None, 8), []),
        ((9, 9, 9, 10), [4]),
        ((8, 8, 8, 3, 8, 8, 8), [3, 3]),
        ((), []),
    ],
)
def test_leg_pain_of_8_on_three_consecutive_dates_is_severe(values, lengths):
    runs = severe_pain(leg(*values))
    assert [len(run) for run in runs] == lengths
    assert not runs or runs[0][0] == DAY
