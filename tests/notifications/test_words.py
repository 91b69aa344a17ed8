"""The words on a lock screen and in a mailbox, in each language that patients read."""

from dataclasses import asdict

import pytest

from notifications.models import Kind, Notification
from notifications.words import WORDS, words_in
from phone import files
from recovery.models.people import Language

FOR_STAFF = {kind.value for kind in Kind if Notification(kind=kind).is_for_staff}
FOR_PATIENTS = set(Kind.values) - FOR_STAFF


def texts(language: str) -> list[str]:
    words = asdict(words_in(language))
    return [*words.pop("titles").values(), *words.values()]


def test_every_language_has_a_title_for_each_kind_that_patients_get():
    assert set(WORDS) == set(Language.values)
    assert WORDS["en"].titles.keys() == set(Kind.values)
    assert WORDS["es"].titles.keys() == FOR_PATIENTS


@pytest.mark.parametrize("language", Language.values)
def test_the_phone_says_a_push_in_the_same_words(language: str):
    pushed = files.catalog(language)["push"]
    words = words_in(language)
    assert {kind: words.titles[kind] for kind in FOR_PATIENTS} == {
        kind: pushed[kind] for kind in FOR_PATIENTS
    }
    assert (words.open_amble, words.trial, words.trial_arrives) == (
        pushed["open"],
        pushed["test"],
        pushed["test_body"],
    )


@pytest.mark.parametrize("language", Language.values)
def test_all_the_words_are_few_and_hold_no_number(language: str):
    assert len(texts(language)) <= 21
    assert not any(character.isdigit() for text in texts(language) for character in text)
    assert not any(mark in text for text in texts(language) for mark in "!%{")
    assert not any(word in text.lower() for text in texts(language) for word in ("pain", "dolor", "normal"))


def test_no_text_stands_in_both_languages():
    assert not set(texts("en")) & set(texts("es"))
