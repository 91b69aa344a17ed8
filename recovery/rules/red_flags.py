"""The symptom check: the safety questions, and what each answer calls for.

Questions, tiers and advice are data in symptom_check.json, read by the phone as well, so that the check
answers without a network. The clinic's own emergency text and numbers stand beside the advice, not in it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

CHECK_FILE = Path(__file__).with_name("symptom_check.json")
SEVERE_LEG_PAIN = 8  # a day value at or above it is severe; P
SEVERE_DAYS = 3  # consecutive dates of it raise a red flag of tier B by themselves; P
SEVERE_IS_NEWS = timedelta(days=7)  # later than this such a run says nothing about today; P


SEVERE_DAYS_IN_A_ROW = (
    "severe_days_in_a_row"  # the rule that the diary itself can meet; no question has this id
)

NOT_JUDGED = "check_by_hand"  # the rule of a check that the rules stumbled over; no question has this id

# What a session may tell, and the rule of tier B that it meets. No question of the check asks for numbness of the leg.
TOLD_WITH_A_SESSION = {  # P: the same as answered in the check, whether the patient goes on to it or not
    "new_weakness": "weakness_in_a_session",
    "new_numbness": "numbness_in_a_session",
}


class Tier(StrEnum):
    """How fast a person is needed: A emergency help now, B a clinician today, C a review in 2 weeks."""

    A = "A"
    B = "B"
    C = "C"

    @property
    def raises_flag(self) -> bool:
        """Tiers A and B raise a red flag and stop the plan's sessions; C calls for a review."""
        return self is not Tier.C


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_SURE = "not_sure"


@dataclass(frozen=True, slots=True)
class Question:
    """One safety question. `text` is by language: question, examples (a list), advice."""

    id: str
    tier: Tier
    source: str
    text: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer that calls for something.

    A `tier` of None says that this version of the check does not know the question, perhaps because the phone
    has another one: unless the answer was "no", a person has to read it.
    """

    question: str
    answer: str
    tier: Tier | None

    @property
    def raises_flag(self) -> bool:
        """Whether a person is needed now: a yes of tier A or B, or anything but a no to an unknown question."""
        return self.answer != Answer.NO and (self.tier is None or self.tier.raises_flag)

    @property
    def calls_for_review(self) -> bool:
        """A yes of tier C: somebody looks at it within two weeks."""
        return self.answer != Answer.NO and self.tier is Tier.C


@cache
def check_file() -> Mapping[str, Any]:
    """The whole file, as phones get it."""
    data: dict[str, Any] = json.loads(CHECK_FILE.read_text(encoding="utf-8"))
    return data


@cache
def symptom_check() -> Mapping[str, Question]:
    """The questions by id, in the order they are asked."""
    return {
        question["id"]: Question(question["id"], Tier(question["tier"]), question["source"], question["text"])
        for question in check_file()["questions"]
    }


def default_contacts() -> Mapping[str, Mapping[str, str]]:
    """What stands where a clinic has set no text of its own: emergency, crisis_line, out_of_hours, by language."""
    contacts: dict[str, dict[str, str]] = check_file()["contacts"]
    return contacts


def evaluate(answers: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings of one check, gravest first, unknown questions last. Any answer but "no" counts as yes.

    A question without an answer was not asked, which is neither a no nor a finding.
    """
    questions = symptom_check()
    known = [
        Finding(question.id, answers[question.id], question.tier)
        for question in questions.values()
        if answers.get(question.id, Answer.NO) != Answer.NO
    ]
    unknown = [Finding(id, answer, None) for id, answer in sorted(answers.items()) if id not in questions]
    return (*sorted(known, key=lambda finding: finding.tier or ""), *unknown)


def severe_pain(leg_day_values: Mapping[date, Fraction]) -> tuple[tuple[date, ...], ...]:
    """Each run of three or more consecutive dates with a leg day value of 8 or more, with all its dates.

    A run is one red flag of tier B. To ask again after a flag was closed, give only the days after it.
    """
    runs: list[list[date]] = []
    for on in sorted(day for day, value in leg_day_values.items() if value >= SEVERE_LEG_PAIN):
        if runs and on - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(on)
        else:
            runs.append([on])
    return tuple(tuple(run) for run in runs if len(run) >= SEVERE_DAYS)
