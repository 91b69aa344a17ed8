"""Every rule, status, red flag and number that the rules can give has its words on the pages."""

from datetime import UTC, datetime, timedelta
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from clinic import words
from recovery.rules.need import Need
from recovery.rules.red_flags import NOT_JUDGED, SEVERE_DAYS_IN_A_ROW, TOLD_WITH_A_SESSION, symptom_check
from recovery.rules.sentences import BY_RULE
from recovery.rules.status import Status

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_every_rule_has_a_reason():
    assert words.RULE.keys() == BY_RULE.keys()


def test_a_reason_needs_only_numbers_that_its_rule_gives():
    needed = {name for text in words.RULE.values() for _, name, _, _ in Formatter().parse(text) if name}
    assert needed == {"week", "silent_days"}


def test_every_status_has_words_and_a_colour():
    assert words.STATUS.keys() == set(Status)
    assert words.TONE.keys() == set(Status)


def test_every_need_has_words_and_a_colour_and_the_filters_have_its_order():
    assert list(words.NEED) == sorted(Need)
    assert words.NEED_TONE.keys() == set(Need)


def test_every_question_that_raises_a_flag_has_short_words():
    raising = {question.id for question in symptom_check().values() if question.tier.raises_flag}
    assert words.RED_FLAG.keys() == raising | {
        NOT_JUDGED,
        SEVERE_DAYS_IN_A_ROW,
        *TOLD_WITH_A_SESSION.values(),
    }


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("level", 2.25, "2.3"),
        ("drop_percent", 29.9999, "29.9 %"),
        ("drop_percent", -12.4567, "−12.4 %"),
        ("drop_percent", -0.01, "0.0 %"),
        ("logged_days", 5, "5"),
        ("relieved_on", "2026-03-02", "2 March 2026"),
        ("expected_from", "reference curve v1", "reference curve v1"),
    ],
)
def test_numbers_read_as_in_the_sentence(name: str, value: float | str, said: str):
    assert words.number(name, value) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (5.2, 6.0, "−0.8"),
        (6.0, 5.2, "+0.8"),
        (5.0, 5.0, "0.0"),
        (5.01, 5.0, "0.0"),
        (None, 5.0, "–"),
        (5.0, None, "–"),
    ],
)
def test_a_change_has_its_sign_and_nothing_is_not_zero(now: float | None, before: float | None, said: str):
    assert words.change(now, before) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(hours=1), "today 12:00"),
        (timedelta(hours=13), "today 0:00"),
        (timedelta(hours=14), "yesterday 23:00"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(days=40), "21 January 2026"),
    ],
)
def test_a_moment_is_told_in_the_patients_days(ago: timedelta, said: str):
    assert words.moment(NOW - ago, BERLIN, NOW) == said


def test_nothing_asked_is_not_zero_percent():
    assert words.share(None) == "nothing asked"
    assert words.share(0.0) == "0 %"
