"""Everything the rules say to a patient can be read by a child of eleven."""

from datetime import date
from fractions import Fraction

import pytest

from recovery.rules.diary import Region
from recovery.rules.sentences import BY_RULE, Value, say
from tests.recovery.rules.readability import grade, syllables_of

EASY = 5  # the school year that ends with most at eleven
VALUES: dict[str, Value] = {
    "week": 6,
    "logged_days": 5,
    "level": Fraction(27, 5),
    "level_before": Fraction(5),
    "best_before": Fraction(4),
    "baseline": Fraction(6),
    "baseline_week": 1,
    "drop_percent": Fraction(10),
    "expected_high": Fraction(4),
    "relieved_on": date(2026, 3, 2),
    "relief_level": Fraction(2),
    "relapsed_on": date(2026, 3, 2),
    "start": date(2026, 3, 2),
    "silent_from": date(2026, 3, 2),
    "silent_days": 8,
    "open_red_flags": 1,
    "red_flag_since": date(2026, 3, 2),
}
ADHERENCE: list[dict[str, Value]] = [
    {},
    {"adherence_percent": Fraction(30)},
    {"adherence_percent": Fraction(90)},
]


@pytest.mark.parametrize("more", ADHERENCE, ids=["nothing asked", "little done", "much done"])
@pytest.mark.parametrize("region", Region)
@pytest.mark.parametrize("rule", BY_RULE)
def test_a_child_of_eleven_can_read_what_a_patient_reads(rule: str, region: Region, more: dict[str, Value]):
    text = say(rule, region, VALUES | more).patient
    assert grade(text) <= EASY, text


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("pain", 1),
        ("week", 1),
        ("higher", 2),
        ("therapist", 3),
        ("average", 3),
        ("compared", 2),
        ("started", 2),
    ],
)
def test_syllables(word: str, syllables: int):
    assert syllables_of(word) == syllables


def test_a_text_for_specialists_is_told_from_a_plain_one():
    assert grade("Your pain is less than last week. Go on.") < 3
    assert (
        grade("Radicular symptomatology necessitates interdisciplinary re-evaluation of the intervention.")
        > 15
    )
