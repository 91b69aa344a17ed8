"""What patients read: all of it in each language, the same numbers in both, plain, and without blame or promise."""

import re
from collections.abc import Iterator

import pytest

from recovery.rules import ladder
from recovery.rules.diary import Region
from recovery.rules.patient_words import PATIENT_WORDS, words_in
from recovery.rules.patient_words.words import Numbers
from recovery.rules.sentences import BY_RULE
from tests.recovery.rules.examples import decision
from tests.recovery.rules.readability import ease_in_spanish, grade, syllables_of

LANGUAGES = list(PATIENT_WORDS)
EASY = 5  # the school year that ends with most at eleven
EASY_IN_SPANISH = 75  # 70 to 80 is the sixth year, which begins at eleven
NUMBERS: Numbers = {
    "week": 6,
    "logged_days": 5,
    "level": 5.4,
    "baseline": 6.05,
    "relieved_on": "2026-03-02",
    "silent_days": 8,
    "variable": "hold_seconds",
    "was": 20,
    "now": 24,
}
ADHERENCE: dict[str, Numbers] = {
    "nothing asked": {},
    "little done": {"adherence_percent": 30.0},
    "much done": {"adherence_percent": 90.0},
}
NEVER = {
    "en": r"fail|forgot|should|must|normal|chance|will |guarantee|cure|promis|miss|lazy|%|!",
    "es": r"fall[aoó]|olvid|deber|debes|tienes que|normal|probab|posibilidad|garant|cura|promet|culpa|vag[oa]|"
    r"rá [a-z]|%|[!¡]",
}


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Everything that can be said in a language, by what says it."""
    words = words_in(language)
    for region in Region:
        for rule in BY_RULE:
            for name, more in ADHERENCE.items():
                yield f"{rule} {region} {name}", words.of_decision(rule, {**NUMBERS, **more}, region)
    for _, rule in ladder.WORDS:
        for variable in ladder.NAMES:
            yield f"{rule} {variable}", words.of_step(rule, {**NUMBERS, "variable": str(variable)})
    yield "needs review", words.needs_review


def numbers_in(text: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:\.\d+)?", text.replace(",", ".")))


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?])\s+", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_and_every_step_has_a_sentence(language: str):
    assert PATIENT_WORDS[language].decisions.keys() == BY_RULE.keys()
    assert PATIENT_WORDS[language].steps.keys() == {rule for _, rule in ladder.WORDS}
    assert PATIENT_WORDS[language].regions.keys() == set(Region)
    assert PATIENT_WORDS[language].variables.keys() == set(ladder.ORDER)
    for name, text in texts(language):
        assert re.fullmatch(r"[A-ZÁÉÍÓÚÑ].*\.", text), name
        assert not re.search(r"[{}]|None|  ", text), name


def test_the_same_numbers_stand_in_both_languages():
    english, spanish = dict(texts("en")), dict(texts("es"))
    assert {name: numbers_in(text) for name, text in english.items()} == {
        name: numbers_in(text) for name, text in spanish.items()
    }
    assert any(numbers_in(text) == ["2", "2026", "5.4", "6"] for text in english.values())


def test_no_two_rules_that_differ_in_one_language_are_the_same_in_the_other():
    english, spanish = dict(texts("en")), dict(texts("es"))
    for other in english:
        same = [name for name, text in english.items() if text == english[other]]
        assert same == [name for name, text in spanish.items() if text == spanish[other]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_patients_read_no_blame_no_promise_and_no_percent(language: str):
    found = [text for _, text in texts(language) if re.search(NEVER[language], text, re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_patients_read_short_sentences(language: str):
    long = [one for _, text in texts(language) for one in sentences(text) if len(one.split()) > 20]
    assert long == []


def test_a_child_of_eleven_can_read_the_english():
    assert [text for _, text in texts("en") if grade(text) > EASY] == []


def test_a_child_of_eleven_can_read_the_spanish():
    assert [text for _, text in texts("es") if ease_in_spanish(text) < EASY_IN_SPANISH] == []


def test_the_sentences_of_a_review_in_full():
    said = decision(6, 6, 6, "5.05")
    assert words_in("en").of_decision(said.rule, said.numbers, said.region) == (
        "Your leg pain average in week 4 is 5.1. At the start it was 6.0. This is slower than we hope for. "
        "Let us look at the plan together. No exercises were planned in these weeks."
    )
    assert words_in("es").of_decision(said.rule, said.numbers, said.region) == (
        "Tu dolor de pierna en la semana 4 es de 5,1 de promedio. Al comienzo era de 6,0. "
        "Va más despacio de lo que nos gustaría. Vamos a mirar el plan contigo. "
        "En estas semanas no había ejercicios en tu plan."
    )


def test_a_language_that_nobody_wrote_reads_english():
    assert words_in("xx") is words_in("en")


def test_what_a_rule_of_long_ago_said_is_left_blank():
    assert words_in("es").of_decision("worse.of_long_ago", {}, "leg") == ""
    assert words_in("es").of_step("of_long_ago", {}) == ""


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
    hard = "Radicular symptomatology necessitates interdisciplinary re-evaluation of the intervention."
    assert grade(hard) > 15
    assert ease_in_spanish("Tu dolor es menos que antes. Sigue.") > 90
    assert ease_in_spanish("La sintomatología radicular requiere reevaluación interdisciplinaria.") < 0
