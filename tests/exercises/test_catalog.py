"""The catalog's own files. The table below was typed from the clinical reference, not from the files."""

import re
from typing import Any

import pytest

from exercises import variants
from exercises.catalog.reader import read
from exercises.dosage import Bounds
from exercises.terms import Caution

CATALOG = read()
BY_NUMBER = {exercise.number: exercise for exercise in CATALOG.exercises}
BY_SLUG = {exercise.slug: exercise for exercise in CATALOG.exercises}
SENTENCES = re.compile(r"[^.?!]+")
JARGON = re.compile(
    r"(?i)\b(supine|prone|flexion|extension|lumbar|pelvi|glute|radicular|distal|lateral|symptom|spasm)"
)

UNITS = {
    "s": "hold_seconds",
    "x": "repetitions",
    "min": "minutes",
    "day": "times_per_day",
    "week": "days_per_week",
}

# number: main group, sides, mark, cautions, and the dose: a pair is a given range whose least is the default,
# three are (default, least, most), and one number is a default without a given range.
REFERENCE: dict[int, tuple[str, str, str, str, dict[str, Any]]] = {
    1: ("stretching", "each-leg", "V", "FX", {"s": (20, 30), "x": (5, 3, 5), "day": (1, 2)}),
    2: ("stretching", "each-side", "V2", "SP", {"x": (10, 5, 10), "day": (1, 2)}),
    3: ("stretching", "each-leg", "V2", "HR FX", {"s": (30, 20, 30), "x": (3, 2, 5), "day": (1, 2)}),
    4: ("stretching", "each-leg", "V", "TG IR", {"s": (20, 30), "x": (5, 3, 5)}),
    5: ("stretching", "each-leg", "M", "KN", {"s": (20, 30), "x": (5, 2, 5)}),
    6: ("stretching", "each-leg", "M", "TG", {"s": 30, "x": 3}),
    7: ("mobility", "middle", "V", "KN EX FX", {"x": (8, 12), "day": (1, 2)}),
    8: ("mobility", "middle", "V", "EX", {"x": 10, "s": 5, "day": 1}),
    9: ("stretching", "each-side", "M", "FX", {"sets": 2, "x": 4, "s": 15}),
    10: ("directional", "middle", "V2", "EX PR", {"min": (2, 5), "day": (3, 6)}),
    11: ("directional", "middle", "V2", "EX", {"min": (2, 5), "day": (3, 6)}),
    12: ("directional", "middle", "V2", "EX DN", {"x": 10, "day": (4, 8)}),
    13: ("directional", "middle", "V2", "EX DZ", {"x": (5, 10)}),
    14: ("strength-abdomen", "middle", "V", "BR HY", {"s": (5, 10), "x": 10, "day": (1, 2)}),
    15: ("strength-abdomen", "middle", "M", "", {"s": 5, "x": 10}),
    16: ("strength-abdomen", "middle", "V2", "NK FX", {"s": (7, 10), "x": (4, 6)}),
    17: ("strength-abdomen", "each-side", "V2", "HY", {"x": (5, 10)}),
    18: ("strength-abdomen", "middle", "M", "HY SH KN", {"s": (10, 30), "x": (3, 5)}),
    19: ("strength-side", "each-side", "V2", "SH", {"s": (7, 10), "x": (4, 6)}),
    20: ("strength-back", "each-side", "V2", "KN", {"s": (5, 10), "x": (4, 6)}),
    21: ("strength-leg", "middle", "V2", "EX", {"s": (5, 10), "x": (10, 5, 12)}),
    22: ("strength-hip", "each-leg", "M", "", {"x": (10, 15), "sets": 2}),
    23: ("early-leg", "each-leg", "V", "TG", {"x": 10, "day": (1, 3)}),
    24: ("strength-leg", "each-leg", "V", "IR", {"s": (1, 5), "x": 10}),
    25: ("early-leg", "each-leg", "V", "", {"x": 10, "day": 3}),
    26: ("strength-leg", "middle", "V", "BA", {"x": 10, "sets": (1, 2)}),
    27: ("strength-leg", "middle", "M", "FD", {"x": 10, "sets": 2}),
    28: ("strength-leg", "middle", "V", "KN HY", {"s": 5, "x": 10}),
    29: ("strength-leg", "middle", "M", "KN", {"x": (8, 12), "sets": 2}),
    30: ("nerve-gliding", "each-leg", "V", "TG IR", {"x": 10, "day": (2, 4)}),
    31: ("nerve-gliding", "each-leg", "V", "TG IR", {"x": 10, "day": (1, 3)}),
    32: ("aerobic", "middle", "V", "DN", {"min": (5, 3, 30), "day": (1, 3), "week": 5}),
    33: ("aerobic", "middle", "V2", "FX", {"min": (5, 20), "week": (3, 5)}),
    34: ("break", "middle", "V", "", {"min": 2}),
    35: ("lifting", "middle", "V", "LD", {"x": (8, 10), "sets": 2}),
    36: ("rest", "middle", "V", "", {"min": (5, 15), "day": (1, 3)}),
}  # fmt: skip

EASIER_TO_HARDER = {
    ("prone-lying", "prone-on-elbows"),
    ("prone-on-elbows", "press-up"),
    ("pelvic-tilt", "bridge"),
    ("heel-slides", "straight-leg-raise"),
    ("ankle-pumps", "heel-raises"),
    ("sit-to-stand", "wall-squat"),
}


def texts():
    """Every text a patient reads, with where it stands."""
    every = {one.slug: one.text for one in CATALOG.exercises} | {
        one.slug: one.text for one in CATALOG.programs
    }
    for slug, by_language in every.items():
        for name, words in by_language["en"].items():
            for text in words if isinstance(words, list) else [words]:
                yield slug, name, text
    for program in CATALOG.programs:
        for line in program.lines:
            if line.note:
                yield program.slug, "note", line.note["en"]


def test_the_catalog_has_the_exercises_of_the_reference():
    assert list(BY_NUMBER) == list(REFERENCE) == list(range(1, 37))


def given(number):
    """What the reference gives of a dose, by variable."""
    return {UNITS.get(unit, unit): numbers for unit, numbers in REFERENCE[number][-1].items()}


@pytest.mark.parametrize("number", REFERENCE)
def test_an_exercise_says_what_the_reference_says(number):
    group, sides, mark, cautions, _ = REFERENCE[number]
    exercise = BY_NUMBER[number]
    assert (exercise.groups[0], exercise.sides, exercise.mark) == (group, sides, mark)
    assert set(exercise.cautions) == set(cautions.split())
    often = {"times_per_day", "days_per_week"}
    assert exercise.dosage.as_json().keys() - often == given(number).keys() - often
    for variable, numbers in given(number).items():
        default = getattr(exercise.dosage, variable)
        if isinstance(numbers, int):
            assert default == numbers, variable
        else:
            bounds = exercise.dosage_range.bounds[variable]
            assert (default, bounds) == (numbers[0], Bounds(*numbers[-2:])), variable


@pytest.mark.parametrize("number", REFERENCE)
def test_what_the_reference_does_not_give_is_marked_as_our_proposal(number):
    for fact, mark in BY_NUMBER[number].marks.items():
        kind, _, variable = fact.partition(".")
        numbers = given(number).get(variable)
        if (kind == "dosage" and numbers is None) or (
            kind == "dosage_range" and not isinstance(numbers, tuple)
        ):
            assert mark == "P", fact


def test_variants_go_from_easier_to_harder_as_in_the_reference():
    harder = {(slug, one.harder) for slug, one in BY_SLUG.items() if one.harder}
    easier = {(one.easier, slug) for slug, one in BY_SLUG.items() if one.easier}
    assert harder | easier == EASIER_TO_HARDER


def test_an_exercise_that_needs_care_says_so_in_words():
    assert all(one.text["en"].get("caution") for one in CATALOG.exercises if one.cautions)
    assert "clinic" in BY_SLUG["toe-raises"].text["en"]["caution"], "not lifting the toes is an alert"
    assert {caution for one in CATALOG.exercises for caution in one.cautions} == set(Caution)


def test_the_five_programs_are_there():
    assert [program.slug for program in CATALOG.programs] == [
        "ease-and-walk",
        "settling-and-mobility",
        "building-strength",
        "graded-walking",
        "staying-well",
    ]


@pytest.mark.parametrize(
    ("program", "numbers"),
    [
        ("ease-and-walk", {25, 23, 14, 36, 10, 1, 32}),
        ("settling-and-mobility", {1, 12, 7, 14, 20, 21, 30, 32}),
        ("building-strength", {16, 19, 20, 21, 26, 28, 35, 32}),
    ],
)
def test_a_starter_program_is_the_bundle_of_the_reference(program, numbers):
    (found,) = [one for one in CATALOG.programs if one.slug == program]
    assert {BY_SLUG[line.exercise].number for line in found.lines} == numbers


def test_walking_starts_in_bits_and_aims_at_half_an_hour_on_five_days():
    walks = {
        program.slug: line
        for program in CATALOG.programs
        for line in program.lines
        if line.exercise == "graded-walk"
    }
    assert walks["ease-and-walk"].dosage.minutes in (3, 4, 5)
    assert (walks["staying-well"].dosage.minutes, len(walks["staying-well"].weekdays)) == (30, 5)


def test_prevention_has_habits_that_are_no_exercise():
    habits = " ".join(CATALOG.programs[-1].text["en"]["habits"]).lower()
    assert all(word in habits for word in ("every day", "lift", "sit", "walk", "smoke"))


def test_every_text_is_in_spanish_with_as_many_steps():
    texts = {one.slug: one.text for one in CATALOG.exercises} | {
        one.slug: one.text for one in CATALOG.programs
    }
    for slug, text in texts.items():
        english, spanish = text["en"], text["es"]
        assert english.keys() == spanish.keys(), slug
        for name, words in english.items():
            assert len(words) == len(spanish[name]) if isinstance(words, list) else spanish[name] != words
    for program in CATALOG.programs:
        assert all(line.note.keys() in ({"en", "es"}, set()) for line in program.lines), program.slug


def test_a_twelve_year_old_can_read_it():
    for slug, name, text in texts():
        assert text[0].isupper(), (slug, text)
        for sentence in SENTENCES.findall(text):
            assert len(sentence.split()) <= (15 if name == "steps" else 20), (slug, sentence)
        assert name == "name" or not JARGON.search(text), (slug, text)


@pytest.mark.parametrize("slug", BY_SLUG)
def test_steps_are_few_and_begin_with_what_to_do(slug):
    steps = BY_SLUG[slug].text["en"]["steps"]
    assert 3 <= len(steps) <= 7
    assert not [
        step for step in steps if step.split()[0] in {"The", "Your", "You", "Then", "Slowly", "A", "It"}
    ]
    assert all(step.endswith(".") for step in steps)


def test_the_level_of_an_exercise_is_its_place_in_its_chain():
    chain = [("lying", None, "elbows"), ("elbows", "lying", "press-up"), ("press-up", None, None)]
    assert variants.levels([*chain, ("walk", None, None)]) == {
        "lying": 1,
        "elbows": 2,
        "press-up": 3,
        "walk": 1,
    }
