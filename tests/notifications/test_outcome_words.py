"""What a patient reads of each message: why it did not come is said in each language, and means the same."""

from collections.abc import Iterator

import pytest

from notifications.models import Notification, SnoozedFor
from notifications.outcome_words import OUTCOME_WORDS, outcome_words_in
from notifications.outcomes import in_words
from notifications.restraint import Because
from recovery.models.people import Language
from tests.notifications.conftest import NOON
from tests.recovery.rules.readability import ease_in_spanish, grade

SIXTH_GRADE, EASY_IN_SPANISH = 6, 75
LATER = NOON.replace(hour=12)


def rows() -> Iterator[Notification]:
    """Everything that may have become of a message."""
    for because in Because:
        yield Notification(state="skipped", because=because)
    for how_long in SnoozedFor.values:
        put_off = {"snoozed_for": how_long, "snoozed_at": NOON}
        yield Notification(state="skipped", because="snoozed", **put_off)
        yield Notification(state="pending", **put_off)
        yield Notification(state="sent", sent_at=NOON, **put_off)
        yield Notification(state="sent", sent_at=LATER, **put_off)
    for state in Notification.State.values:
        if state != "skipped":
            yield Notification(state=state)
    yield Notification(state="sent", done_at=NOON)


@pytest.mark.parametrize("language", Language.values)
def test_whatever_became_of_a_message_is_a_sentence(language: str):
    assert OUTCOME_WORDS[language].skipped.keys() == set(Because)
    for row in rows():
        said = in_words(row, language)
        assert said.endswith(".")
        assert "{" not in said


def test_no_two_reasons_that_differ_in_one_language_are_the_same_in_the_other():
    english, spanish = ([in_words(row, language) for row in rows()] for language in ("en", "es"))
    assert len(set(english)) == len(set(spanish)) == len(set(zip(english, spanish, strict=True)))
    assert not set(english) & set(spanish)


def test_a_child_can_read_them():
    for row in rows():
        english, spanish = in_words(row, "en"), in_words(row, "es")
        assert grade(english) <= SIXTH_GRADE, english
        assert len(spanish.split()) < 3 or ease_in_spanish(spanish) >= EASY_IN_SPANISH, spanish


def test_a_language_that_nobody_wrote_reads_english():
    assert outcome_words_in("xx") is outcome_words_in("en")
