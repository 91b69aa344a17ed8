"""Published values, a hand-worked example, and what must hold of every cohort."""

from datetime import date, timedelta
from itertools import pairwise
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.cohort import (
    LEAST_AT_RISK,
    PUBLISHED_SHARES,
    Curve,
    LeftOut,
    Span,
    Step,
    Verdict,
    curve,
    half_in_two_months,
    kaplan_meier,
    log_rank,
    milestones,
    until_relapse,
    until_relief,
)
from recovery.rules.status import history
from tests.recovery.rules.examples import START, Level, ended, facts, last_day


def spans(happened: list[int], censored: list[int] = ()) -> list[Span]:  # type: ignore[assignment]
    return [Span(day, True) for day in happened] + [Span(day, False) for day in censored]


# Freireich and others 1963: weeks until acute leukemia came back, on 6-mercaptopurine and on placebo.
MERCAPTOPURINE = spans([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = spans([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])


def test_the_6_mercaptopurine_arm_has_the_published_estimates():
    steps = kaplan_meier(MERCAPTOPURINE)
    assert [step.day for step in steps] == [6, 7, 10, 13, 16, 22, 23]
    assert [step.at_risk for step in steps] == [21, 17, 15, 12, 11, 7, 6]
    assert [step.happened for step in steps] == [3, 1, 1, 1, 1, 1, 1]
    assert [round(step.left, 3) for step in steps] == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]


def test_the_placebo_arm_has_the_published_estimates():
    steps = kaplan_meier(PLACEBO)
    assert [step.day for step in steps] == [1, 2, 3, 4, 5, 8, 11, 12, 15, 17, 22, 23]
    assert [round(step.left * 21) for step in steps] == [19, 17, 16, 14, 12, 8, 6, 4, 3, 2, 1, 0]
    assert (steps[-1].low, steps[-1].high) == (None, None)  # nobody is left: there is no band


def test_the_log_rank_test_of_the_two_arms_has_the_published_value():
    found = log_rank([[MERCAPTOPURINE, PLACEBO]])
    assert found is not None
    assert (round(found.chi_squared, 2), found.degrees) == (16.79, 1)
    assert found.p == pytest.approx(4.17e-5, rel=0.01)


def test_a_hand_worked_example_with_ties_and_censoring():
    # Day 14: 2 of 12. Day 21: 1 of 9, for one was censored on day 14, after the two. Day 28: 2 of 7.
    steps = kaplan_meier(spans([14, 14, 21, 28, 28], [14, 25, 28, 35, 35, 35, 35]))
    assert [(step.day, step.at_risk, step.happened) for step in steps] == [
        (14, 12, 2),
        (21, 9, 1),
        (28, 7, 2),
    ]
    left = [10 / 12, 10 / 12 * 8 / 9, 10 / 12 * 8 / 9 * 5 / 7]
    assert [step.left for step in steps] == pytest.approx(left)
    greenwood = 2 / (12 * 10) + 1 / (9 * 8) + 2 / (7 * 5)
    theta = 1.959964 * sqrt(greenwood) / log(left[2])
    assert (steps[2].low, steps[2].high) == pytest.approx(
        (left[2] ** exp(-theta), left[2] ** exp(theta)), rel=1e-5
    )


# --- from an episode to its span ------------------------------------------------------------------------


def span(*levels: Level, closed: int | None = None) -> Span | None:
    return until_relief(START, _milestones(*levels), closed_on=_on(closed))


def relapse(*levels: Level, closed: int | None = None) -> Span | None:
    return until_relapse(_milestones(*levels), closed_on=_on(closed))


def _on(day: int | None) -> date | None:
    return None if day is None else START + timedelta(days=day - 1)


def _milestones(*levels: Level):
    decisions = history(facts(*levels), last_day(len(levels)))
    return milestones(ended(*levels), [decision.relief for decision in decisions])


def test_the_time_to_relief_ends_with_the_first_of_its_two_weeks():
    assert span(6, 5, 3, 3) == Span(21, True)
    assert span(6, 3, 3) == Span(14, True)


def test_without_relief_an_episode_is_known_through_its_last_valid_week():
    assert span(6, 5, 4) == Span(21, False)
    assert span(6, 5, None, None) == Span(14, False)
    assert span(6, 5, None, 3) == Span(28, False)  # one week is no relief


def test_discharge_or_surgery_ends_the_count_where_it_is_earlier():
    assert span(6, 5, 4, closed=17) == Span(17, False)
    assert span(6, 5, None, closed=18) == Span(14, False)
    assert span(6, 5, 3, 3, closed=20) == Span(20, False)
    assert span(6, 5, 3, 3, closed=21) == Span(21, True)


def test_the_first_relief_counts_and_a_later_one_changes_nothing():
    assert span(6, 3, 3, 6, 6, 2, 2) == Span(14, True)


def test_without_a_baseline_or_with_a_low_one_an_episode_is_left_out_by_its_reason():
    assert (span(None, None), _milestones(None, None).left_out) == (None, LeftOut.NO_BASELINE)
    assert (span("2.9", 1, 1), _milestones("2.9", 1, 1).left_out) == (None, LeftOut.LOW_BASELINE)
    assert relapse("2.9", 1, 1, 5, 5) is None


def test_a_relapse_is_counted_from_the_relief():
    assert relapse(6, 5, 2, 2, 2, 5, 5) == Span(21, True)  # relief day 21, relapse day 42
    assert relapse(6, 5, 2, 2, 2) == Span(14, False)
    assert relapse(6, 5, 2, 2, 2, 5, 5, closed=41) == Span(20, False)
    assert relapse(6, 5, 5) is None


# --- the curve, and what is not shown --------------------------------------------------------------------


def test_nothing_is_shown_of_fewer_than_10_episodes_or_5_events():
    assert curve(spans([14] * 9)) is None
    assert curve(spans([14] * 4, [21] * 20)) is None
    assert curve(spans([14] * 5, [21] * 5)) is not None


def test_the_curve_ends_with_the_last_day_on_which_10_are_at_risk():
    drawn = curve(spans([14, 21, 28, 35, 42, 49], [56] * 7))
    assert drawn is not None
    assert (drawn.counted, drawn.happened) == (13, 6)
    assert (drawn.drawn_through, [step.day for step in drawn.steps]) == (35, [14, 21, 28, 35])
    assert [step.at_risk for step in drawn.steps] == [13, 12, 11, 10]
    assert drawn.at_risk == ((0, 13), (28, 11))


@pytest.mark.parametrize("count", range(20, 60, 2))
def test_exactly_one_half_left_is_the_median(count: int):
    half = count // 2
    drawn = curve(
        [Span(day, happened=True) for day in range(1, half + 1)] + [Span(500, happened=False)] * half
    )
    assert drawn is not None
    assert drawn.median == half


def test_the_median_is_the_first_day_with_at_most_half_left_if_it_is_drawn():
    drawn = curve(spans([14] * 9 + [21], [28] * 10))
    assert drawn is not None
    assert drawn.median == 21
    late = curve(spans([14] * 5 + [70] * 6, [21]))  # half are left when fewer than 10 are
    assert late is not None
    assert (late.median, late.drawn_through) == (None, 14)


# --- half within one to two months ------------------------------------------------------------------------


def verdict(happened: list[int], censored: list[int]) -> Verdict:
    return half_in_two_months(curve(spans(happened, censored))).verdict


def test_the_statement_is_held_against_both_ends_of_the_band():
    assert verdict([42] * 80, [84] * 20) is Verdict.FITS
    assert verdict([28] * 80, [84] * 20) is Verdict.SOONER
    assert verdict([42] * 20, [84] * 80) is Verdict.LATER
    assert verdict([42] * 50, [84] * 50) is Verdict.TOO_FEW
    assert verdict([28] * 55 + [42] * 35, [84] * 10) is Verdict.TOO_FEW  # more than half after a month, maybe
    assert verdict([42] * 45, [84] * 55) is Verdict.TOO_FEW  # fewer than half after two, maybe


def test_relief_on_the_last_day_of_week_8_is_within_two_months_and_a_week_later_is_not():
    assert verdict([56] * 80, [84] * 20) is Verdict.FITS
    assert (
        "0 % were relieved within two months"
        not in half_in_two_months(curve(spans([56] * 80, [84] * 20))).sentence
    )
    assert verdict([63] * 80, [84] * 20) is Verdict.LATER  # nobody by then, and enough are left to tell


def test_without_ten_at_risk_after_two_months_nothing_is_claimed():
    assert verdict([14] * 20, [49] * 30) is Verdict.TOO_FEW
    assert half_in_two_months(None).sentence.startswith("Too few to tell")


def test_the_sentence_has_the_share_and_its_band():
    sentence = half_in_two_months(curve(spans([42] * 80, [84] * 20))).sentence
    assert sentence == (
        "Half within one to two months fits here: 0 % were relieved within one month, "
        "80 % (72 to 87 %) within two."
    )


def test_what_is_published_says_of_whom_and_from_where():
    for share in PUBLISHED_SHARES:
        assert share.population.startswith("people with")
        assert all(source[:2] in ("V:", "P:", "S:", "M:") for source in share.sources)
        assert all(0 < part < 1 for _, part in share.by_week)


# --- comparing groups -------------------------------------------------------------------------------------

some_spans = st.lists(st.builds(Span, st.integers(1, 30), st.booleans()), min_size=1, max_size=40)


@given(some_spans, some_spans)
def test_two_groups_are_compared_as_scipy_compares_them(one: list[Span], other: list[Span]):
    from scipy.stats import CensoredData, logrank

    found = log_rank([[one, other]])
    if found is None:
        return
    theirs = logrank(
        *(CensoredData.right_censored([s.days for s in g], [not s.happened for s in g]) for g in (one, other))
    )
    assert found.chi_squared == pytest.approx(float(theirs.statistic) ** 2, abs=1e-9)
    assert found.p == pytest.approx(float(theirs.pvalue), abs=1e-9)


@given(some_spans, some_spans, some_spans)
def test_the_order_of_three_groups_plays_no_part(one: list[Span], two: list[Span], three: list[Span]):
    found, turned = log_rank([[one, two, three]]), log_rank([[three, one, two]])
    assert (found is None) == (turned is None)
    if found and turned:
        assert found.degrees == 2
        assert found.chi_squared == pytest.approx(turned.chi_squared, rel=1e-6, abs=1e-9)


def test_groups_that_differ_only_because_their_strata_do_are_alike_within_the_strata():
    fast, slow = spans([14, 21, 28] * 10), spans([70, 77, 84] * 10)
    mixed = log_rank([[fast * 3 + slow, fast + slow * 3]])
    within = log_rank([[fast * 3, fast], [slow, slow * 3]])
    assert mixed is not None
    assert within is not None
    assert mixed.p < 0.001
    assert within.p > 0.9


def test_without_an_event_there_is_nothing_to_compare():
    assert log_rank([[spans([], [14, 21]), spans([], [14])]]) is None
    assert log_rank([[spans([14], []), spans([], [7])]]) is None  # the two were never at risk together


# --- what must hold of every cohort -----------------------------------------------------------------------

big = st.lists(st.builds(Span, st.integers(1, 40), st.booleans()), min_size=10, max_size=80)


@given(big)
def test_the_share_left_never_rises_and_lies_in_its_band(cohort: list[Span]):
    steps = kaplan_meier(cohort)
    assert all(0 <= b.left < a.left <= 1 for a, b in pairwise(steps))
    for step in steps:
        if step.low is not None and step.high is not None:
            assert 0 <= step.low <= step.left <= step.high <= 1
        assert step.happened <= step.at_risk


@given(big, st.integers(1, 40))
def test_one_more_who_was_not_relieved_in_their_time_never_lowers_the_share_left(
    cohort: list[Span], day: int
):
    def left(steps: tuple[Step, ...], day: int) -> float:
        return next((step.left for step in reversed(steps) if step.day <= day), 1)

    before, after = kaplan_meier(cohort), kaplan_meier([*cohort, Span(day, False)])
    assert all(left(after, d) >= left(before, d) - 1e-12 for d in range(1, 41))
    assert [step.day for step in after] == [step.day for step in before]


@given(big.flatmap(lambda cohort: st.tuples(st.just(cohort), st.permutations(cohort))))
def test_the_order_of_episodes_plays_no_part(both: tuple[list[Span], list[Span]]):
    assert curve(both[0]) == curve(both[1])


@given(big)
def test_no_drawn_step_is_under_the_guard(cohort: list[Span]):
    drawn = curve(cohort)
    if drawn is None:
        return
    assert all(step.at_risk >= LEAST_AT_RISK for step in drawn.steps)
    assert all(number >= LEAST_AT_RISK for _, number in drawn.at_risk)
    assert isinstance(drawn, Curve)
    assert drawn.median is None or drawn.at(drawn.median).left <= 0.5  # type: ignore[union-attr]
