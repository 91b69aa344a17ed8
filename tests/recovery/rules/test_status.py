import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules import RULE_VERSION
from recovery.rules.course import REFERENCE_CURVE_V1, WALLWORK_2024, Stratum
from recovery.rules.patient_words import words_in
from recovery.rules.status import OpenFlag, Status, history
from tests.recovery.rules.examples import START, decision, diary, facts, last_day, standing

ALERT, NO_DATA, WORSE = Status.ALERT, Status.NO_DATA, Status.WORSE
RELIEVED, REVIEW, ON_TRACK, WATCH = Status.RELIEVED, Status.REVIEW, Status.ON_TRACK, Status.WATCH


@pytest.mark.parametrize(
    ("levels", "rule"),
    [
        # no data
        ((None,), "no_data.no_baseline"),
        ((None, None), "no_data.no_baseline"),
        ((None, None, None), "no_data.new_start"),
        ((None, None, None, 5), "no_data.new_start"),
        ((6, None), "no_data.week"),
        # worse: two weeks, each exactly 2 above the best of its own past; at least 3
        ((6, 4, 6, 6), "worse.recent"),
        ((6, 4, "5.9", 6), "review.week_4"),
        ((4, 5, 5, 6, 6), "worse.baseline"),
        ((4, 5, 5, 6, "5.9"), "review.week_4"),
        # relieved: exactly 2.0, exactly 50 %, and it stays
        ((6, 2, 2), "relieved.two_weeks"),
        ((6, 3, 3), "relieved.two_weeks"),
        ((6, 3, "3.1"), "on_track.in_band"),
        ((6, 3), "on_track.in_band"),
        ((6, 2, 2, 5), "relieved.stays"),
        ((6, 2, 2, None, 5), "relieved.stays"),
        # a relapse is worse, whatever else matches
        ((6, 2, 2, 4, 4), "worse.relapse"),
        ((6, 2, 2, "3.9", 4), "relieved.stays"),
        ((6, 1, 1, 3, 3), "worse.recent"),
        # review: exactly 20, 30 and 50 % are enough; below 3 never
        ((10, 9, 9, 8), "on_track.in_band"),
        ((10, 9, 9, "8.1"), "review.week_4"),
        ((10, 9, "8.1"), "on_track.in_band"),
        ((10, 9, 9, 8, 8, 7), "on_track.in_band"),
        ((10, 9, 9, 8, 8, "7.1"), "review.week_6"),
        ((10, 9, 9, 8, "7.1"), "on_track.in_band"),
        ((8, *[5] * 8, "5.2", "5.1", 4), "on_track.in_band"),
        ((8, *[5] * 8, "5.2", "5.2", "4.1"), "review.week_12"),
        ((8, *[5] * 7, "5.2", "5.2", "4.1"), "on_track.in_band"),
        ((3, 3, 3, 3), "review.week_4"),
        ((3, 3, 3, "2.9"), "watch.above_band"),
        ((6, 5, 5, "4.2", "4.2", "4.2"), "review.plateau"),
        ((6, 5, 5, "5.2", "4.2", "4.2"), "on_track.in_band"),
        ((6, 5, "4.2", "4.2", "4.2"), "on_track.in_band"),
        ((5, 4, 4, "2.9", "2.9", "2.9"), "on_track.in_band"),
        # watch
        ((6,), "watch.baseline_week"),
        ((None, 6), "watch.baseline_week"),
        ((6, 6), "watch.above_band"),
        # a low baseline knows relief, worse and watch
        (("2.9",), "watch.baseline_week"),
        (("2.9", "2.1"), "watch.low_baseline"),
        (("2.9", *["2.9"] * 11), "watch.low_baseline"),
        (("2.9", 2, 2), "relieved.two_weeks"),
        ((1, 1, 3, 3), "worse.recent"),
    ],
)
def test_the_first_clause_that_matches_decides(levels, rule):
    assert decision(*levels).rule == rule


@pytest.mark.parametrize("stratum", Stratum)
def test_on_track_reaches_to_the_upper_edge_of_the_band_itself(stratum):
    edge = REFERENCE_CURVE_V1.expected(stratum, week=2, baseline=Fraction(6)).high
    assert decision(6, edge, stratum=stratum).status is ON_TRACK
    assert decision(6, edge + Fraction(1, 10**9), stratum=stratum).status is WATCH


def test_the_band_is_that_of_the_reference_the_clinic_has_chosen_and_is_named():
    """After six weeks Wallwork 2024 expects more pain of long symptoms than reference curve v1 does."""
    own, chosen = (
        decision(5, *["4.9"] * 2, stratum=Stratum.C, curve=c) for c in (REFERENCE_CURVE_V1, WALLWORK_2024)
    )
    assert (own.status, own.numbers["expected_from"]) == (ON_TRACK, "reference curve v1")
    assert (chosen.status, chosen.numbers["expected_from"]) == (ON_TRACK, "Wallwork 2024")
    edges = [float(one.numbers["expected_high"]) for one in (own, chosen)]
    assert edges[1] > edges[0]
    level = Fraction(sum(edges) / 2).limit_denominator(100)
    assert decision(5, level, level, stratum=Stratum.C).status is WATCH
    assert decision(5, level, level, stratum=Stratum.C, curve=WALLWORK_2024).status is ON_TRACK


def test_the_same_course_is_on_track_for_long_symptoms_and_not_for_short_ones():
    assert decision(6, 6, "5.6", stratum=Stratum.C).status is ON_TRACK
    assert decision(6, 6, "5.6", stratum=Stratum.A).status is WATCH


def test_relief_is_dated_by_its_first_week_and_carried_on():
    reached = decision(6, 6, 3, 2).relief
    assert reached is not None
    assert (reached.on, reached.level, reached.stands) == (last_day(3), Fraction(5, 2), True)
    assert decision(6, 6, 3, 2, 2, 1).relief == reached
    assert decision(6, 6, 3, 2, None).relief == reached


def test_a_relapse_is_dated_by_its_first_week_and_ends_the_relief():
    relapse = decision(6, 2, 2, 3, 4, 5)
    assert relapse.relief is not None
    assert (relapse.status, relapse.relief.relapsed_on, relapse.relief.ended_on) == (
        WORSE,
        last_day(5),
        last_day(6),
    )
    assert relapse.numbers["relapsed_on"] == last_day(5).isoformat()


def test_a_relapse_lasts_as_long_as_the_pain_does_and_keeps_its_date():
    later = decision(6, 2, 2, *[4] * 8)
    assert later.rule == "worse.relapse"
    assert later.relief is not None
    assert later.relief.relapsed_on == last_day(4)


def test_worse_ends_relief_without_a_relapse_and_a_new_relief_has_its_own_level():
    assert decision(6, 1, 1, 3, 3).status is WORSE
    ended = decision(6, 1, 1, *["3.2"] * 5)
    assert ended.status is REVIEW
    assert ended.relief is not None
    assert (ended.relief.stands, ended.relief.relapsed_on) == (False, None)
    again = decision(6, 1, 1, *["3.2"] * 5, 3, 2).relief
    assert again is not None
    assert (again.on, again.level, again.stands) == (last_day(9), Fraction(5, 2), True)


@pytest.mark.parametrize(
    ("adherence", "staff", "patient"),
    [
        (Fraction(1, 2), "done, not responding", "did much of the plan"),
        (Fraction(499, 1000), "not enough to judge", "too early to judge"),
        (Fraction(0), "not enough to judge", "too early to judge"),
        (None, "No session was asked for", "No exercises were planned"),
    ],
)
def test_a_review_says_whether_the_plan_was_done(adherence, staff, patient):
    review = decision(6, 6, 6, 6, adherence={4: adherence})
    assert review.status is REVIEW
    assert staff in review.for_staff
    assert patient in words_in("en").of_decision(review.rule, review.numbers, review.region)


def test_a_drop_just_short_of_a_threshold_never_reads_as_if_it_had_reached_it():
    assert "Down 19.9 %" in decision(10, 10, 10, "8.001").for_staff


def test_the_reasons_hold_the_numbers_that_decided():
    reasons = decision(10, 9, 9, "8.1", adherence={4: Fraction(3, 4)})
    assert (reasons.week, reasons.for_day, reasons.rule_version) == (4, last_day(4), RULE_VERSION)
    assert reasons.numbers["level"] == 8.1
    assert reasons.numbers["baseline"] == 10
    assert reasons.numbers["drop_percent"] == 19
    assert reasons.numbers["adherence_percent"] == 75
    assert reasons.numbers["logged_days"] == 7
    assert "Week 4: leg average 8.1. Down 19.0 % from the baseline, 10.0." in reasons.for_staff


def test_an_open_red_flag_comes_before_everything_until_a_person_closes_it():
    flag = OpenFlag(raised_on=last_day(1), closed_on=last_day(3))
    decisions = history(facts(6, 2, 2, 2, red_flags=(flag,)), through=last_day(4))
    assert [d.status for d in decisions] == [ALERT, ALERT, RELIEVED, RELIEVED]


def test_under_an_alert_the_course_goes_on():
    flag = OpenFlag(raised_on=START)
    hidden = decision(6, 2, 2, red_flags=(flag,))
    assert (hidden.status, hidden.relief) == (ALERT, decision(6, 2, 2).relief)


class TestBetweenTwoWeekEnds:
    def test_the_last_decision_stands(self):
        known = facts(6, 5, last_entry_on=last_day(2))
        for days in range(1, 8):
            assert standing(known, last_day(2) + timedelta(days=days)) == decision(
                6, 5, last_entry_on=last_day(2)
            )

    def test_before_the_first_week_has_ended_there_is_a_sentence_of_its_own(self):
        first = standing(facts(6, last_entry_on=START), last_day(1))
        assert (first.status, first.rule, first.week, first.for_day) == (
            NO_DATA,
            "no_data.first_week",
            0,
            last_day(1),
        )

    def test_a_red_flag_counts_at_once_and_so_does_its_closing(self):
        today = last_day(2) + timedelta(days=3)
        known = facts(6, 5, last_entry_on=today)
        alert = standing(replace(known, red_flags=(OpenFlag(today),)), today)
        assert (alert.status, alert.for_day, alert.week) == (ALERT, today, 2)
        assert standing(replace(known, red_flags=(OpenFlag(last_day(2), today),)), today) == standing(
            known, today
        )

    def test_a_red_flag_counts_in_the_first_week(self):
        assert standing(facts(red_flags=(OpenFlag(START),)), START).status is ALERT

    @pytest.mark.parametrize(("silent", "status"), [(6, ON_TRACK), (7, NO_DATA)])
    def test_seven_ended_days_without_an_entry_are_no_data(self, silent, status):
        last_entry = last_day(2) - timedelta(days=2)
        known = facts(6, 5, last_entry_on=last_entry)
        assert standing(known, last_entry + timedelta(days=silent + 1)).status is status

    def test_silence_from_the_start_is_counted_from_the_start(self):
        known = facts(last_entry_on=START - timedelta(days=30))
        assert standing(known, START + timedelta(days=6)).rule == "no_data.first_week"
        assert standing(known, START + timedelta(days=7)).rule == "no_data.silent"
        assert standing(facts(), START + timedelta(days=7)).rule == "no_data.silent"

    def test_a_red_flag_comes_before_silence(self):
        assert standing(facts(red_flags=(OpenFlag(START),)), last_day(9)).status is ALERT


entries = st.dictionaries(st.integers(-3, 100), st.integers(0, 10), max_size=100)
through_week = st.integers(0, 14)


def by_date(entries: dict[int, int]) -> dict[date, Fraction]:
    return {START + timedelta(days=day): Fraction(score) for day, score in entries.items()}


@given(entries, st.integers(0, 100), st.integers(0, 10), through_week)
def test_an_entry_about_a_day_changes_no_decision_of_an_earlier_week(diary, day, score, weeks):
    known, through = facts(), last_day(weeks)
    before = history(replace(known, day_values=by_date(diary)), through)
    after = history(replace(known, day_values=by_date(diary | {day: score})), through)
    earlier = day // 7  # weeks that ended before that day
    assert before[:earlier] == after[:earlier]


@given(entries, through_week, st.sampled_from(Stratum), st.randoms())
def test_the_order_in_which_days_became_known_changes_nothing(diary, weeks, stratum, random):
    shuffled = list(by_date(diary).items())
    random.shuffle(shuffled)
    known = replace(facts(stratum=stratum), day_values=by_date(diary))
    assert history(known, last_day(weeks)) == history(
        replace(known, day_values=dict(shuffled)), last_day(weeks)
    )


@given(entries, through_week, st.sampled_from(Stratum), st.booleans())
def test_every_decision_has_its_reasons(diary, weeks, stratum, flagged):
    flags = (OpenFlag(last_day(3), last_day(5)),) if flagged else ()
    known = replace(facts(stratum=stratum, red_flags=flags), day_values=by_date(diary))
    decisions = history(known, last_day(weeks))
    assert [d.week for d in decisions] == list(range(1, weeks + 1))
    for d in (*decisions, standing(known, last_day(weeks) + timedelta(days=4))):
        assert d.rule.startswith(f"{d.status}.")
        assert d.for_staff
        assert not {"{", "}"} & set(d.for_staff)
        assert json.loads(json.dumps(d.numbers)) == d.numbers
        for pain in ("level", "level_before", "best_before", "baseline", "expected_high", "relief_level"):
            assert 0 <= float(d.numbers.get(pain, 0)) <= 10


@given(entries, st.integers(1, 14))
def test_a_week_with_fewer_than_four_days_is_never_judged(diary, week):
    sparse = {day: score for day, score in diary.items() if day // 7 != week - 1}
    known = replace(facts(), day_values=by_date(sparse))
    assert history(known, last_day(week))[-1].status is NO_DATA


def test_a_missing_day_is_not_a_day_without_pain():
    values = diary(6, 6, 6, 6)
    three_fewer = {on: value for on, value in values.items() if on.isoweekday() <= 4}
    assert len(three_fewer) == 16
    assert history(replace(facts(), day_values=three_fewer), last_day(4))[-1].numbers["level"] == 6
