from datetime import date, timedelta
from fractions import Fraction

import pytest

from recovery.rules.adherence import (
    MONTH_DAYS,
    WEEK_DAYS,
    Adherence,
    DoseLine,
    Slot,
    amount,
    band,
    dose_adherence,
    session_adherence,
)

TODAY = date(2026, 3, 29)


def slots(*days_ago: int, name: str = "1") -> set[Slot]:
    return {Slot(TODAY - timedelta(days=days), name) for days in days_ago}


def test_session_adherence_is_slots_done_over_slots_asked():
    asked = slots(0, 1, 2) | slots(0, name="2")
    assert session_adherence(asked, slots(0, 2), through=TODAY, days=WEEK_DAYS) == Fraction(1, 2)


def test_only_the_ended_days_of_the_window_count():
    asked = slots(-1, 0, 6, 7, 27, 28)
    assert session_adherence(asked, slots(0, 7), through=TODAY, days=WEEK_DAYS) == Fraction(1, 2)
    assert session_adherence(asked, slots(0, 7), through=TODAY, days=MONTH_DAYS) == Fraction(2, 4)


def test_extra_sessions_nobody_asked_for_do_not_count():
    assert session_adherence(slots(0, 1), slots(1, 2, 3), through=TODAY, days=WEEK_DAYS) == Fraction(1, 2)


def test_paused_days_leave_the_denominator():
    paused = {TODAY - timedelta(days=1)}
    assert session_adherence(slots(0, 1), slots(0), through=TODAY, days=WEEK_DAYS, not_asked_on=paused) == 1


def test_nothing_asked_has_no_value_which_is_not_zero():
    assert session_adherence(set(), slots(0), through=TODAY, days=WEEK_DAYS) is None
    assert session_adherence(slots(0), set(), through=TODAY, days=WEEK_DAYS, not_asked_on={TODAY}) is None
    assert session_adherence(slots(0), set(), through=TODAY, days=WEEK_DAYS) == 0
    assert dose_adherence([], through=TODAY, days=WEEK_DAYS) is None


def test_dose_adherence_is_the_mean_share_of_the_dose_and_no_line_lifts_another():
    lines = [
        DoseLine(TODAY, prescribed=amount(3, 10), done=amount(2, 10)),
        DoseLine(TODAY, prescribed=amount(5, 20, 2), done=amount(6, 20, 2)),
        DoseLine(TODAY, prescribed=amount(10, None), done=0),
        DoseLine(TODAY - timedelta(days=7), prescribed=1, done=0),
    ]
    assert dose_adherence(lines, through=TODAY, days=WEEK_DAYS) == Fraction(5, 9)
    assert dose_adherence(lines, through=TODAY, days=WEEK_DAYS, not_asked_on={TODAY}) is None


@pytest.mark.parametrize(
    ("value", "word"),
    [("1", "high"), ("0.8", "high"), ("0.799", "partial"), ("0.5", "partial"), ("0.499", "low")],
)
def test_bands_are_decided_on_the_exact_value(value, word):
    assert band(Fraction(value)) is Adherence(word)
