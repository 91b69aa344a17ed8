import re

import pytest

from recovery.rules.diary import Region
from recovery.rules.sentences import BY_RULE, DONE, NOT_ENOUGH_DONE, NOTHING_ASKED
from recovery.rules.status import REVIEW_CLAUSES, Status
from tests.recovery.rules.examples import decision

PATIENT = [words.patient for words in (*BY_RULE.values(), DONE, NOT_ENOUGH_DONE, NOTHING_ASKED)]
BLAME_OR_PROMISE = r"fail|forgot|should|must|normal|chance|will |guarantee|cure|promise|miss|lazy|%|!"


def test_each_rule_belongs_to_a_status_and_each_status_has_a_rule():
    assert {rule.partition(".")[0] for rule in BY_RULE} == set(Status)
    assert {rule for rule, _, _ in REVIEW_CLAUSES} <= set(BY_RULE)


@pytest.mark.parametrize("text", PATIENT)
def test_patients_read_no_blame_no_promise_and_no_percent(text):
    assert not re.search(BLAME_OR_PROMISE, text, re.IGNORECASE)


@pytest.mark.parametrize("text", PATIENT)
def test_patients_read_short_sentences(text):
    for sentence in re.split(r"(?<=[.?])\s+", text):
        assert len(sentence.split()) <= 20, sentence


def test_a_course_decided_on_the_back_speaks_of_the_back():
    said = decision(6, 5, region=Region.BACK)
    assert "back average 5.0" in said.for_staff
    assert "back pain average" in said.for_patient


def test_the_sentences_of_a_review_in_full():
    said = decision(6, 6, 6, "5.1")
    assert said.for_patient == (
        "Your leg pain average in week 4 is 5.1. At the start it was 6.0. This is slower than we hope for. "
        "Let us look at the plan together. No exercises were planned in these weeks."
    )
