from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.course import (
    REFERENCE_CURVE_V1,
    REFERENCE_CURVES,
    WALLWORK_2024,
    Stratum,
    reference_curve,
    stratum,
)

WEEKS = (2, 4, 6, 8, 12, 26, 52)
expected = REFERENCE_CURVE_V1.expected


@pytest.mark.parametrize(
    ("days", "letter"), [(0, "A"), (41, "A"), (42, "B"), (84, "B"), (85, "C"), (400, "C")]
)
def test_the_stratum_follows_from_the_days_of_symptoms_at_the_start(days, letter):
    assert stratum(days) is Stratum(letter)


@pytest.mark.parametrize(
    ("letter", "left"),
    [
        ("A", (0.77, 0.63, 0.54, 0.48, 0.41, 0.37, 0.37)),
        ("B", (0.82, 0.70, 0.62, 0.57, 0.51, 0.46, 0.46)),
        ("C", (0.91, 0.84, 0.80, 0.76, 0.72, 0.68, 0.68)),
    ],
)
def test_the_share_of_the_baseline_that_is_left_matches_the_table(letter, left):
    shape = REFERENCE_CURVE_V1.shapes[Stratum(letter)]
    assert tuple(round(shape.left(week), 2) for week in WEEKS) == left


@pytest.mark.parametrize(
    ("letter", "bands"),
    [
        ("A", {4: (2.7, 4.9), 8: (1.5, 4.3), 12: (1.0, 4.0)}),
        ("B", {4: (3.1, 5.4), 8: (1.8, 5.0), 12: (1.3, 4.8)}),
        ("C", {4: (4.2, 6.0), 8: (3.3, 5.9), 12: (2.8, 5.9)}),
    ],
)
def test_the_worked_band_for_a_baseline_of_6(letter, bands):
    for week, edges in bands.items():
        band = expected(Stratum(letter), week=week, baseline=Fraction(6))
        assert (round(float(band.low), 1), round(float(band.high), 1)) == edges


def test_the_course_begins_at_the_baseline_without_any_width():
    band = expected(Stratum.B, week=0, baseline=Fraction(6))
    assert band.low == band.middle == band.high == 6


def test_after_week_52_the_band_stays():
    assert expected(Stratum.C, week=80, baseline=Fraction(6)) == expected(
        Stratum.C, week=52, baseline=Fraction(6)
    )


@given(
    st.sampled_from(list(REFERENCE_CURVES.values())),
    st.sampled_from(Stratum),
    st.integers(0, 200),
    st.fractions(0, 10),
)
def test_the_band_never_leaves_0_to_10(curve, stratum, week, baseline):
    band = curve.expected(stratum, week=week, baseline=baseline)
    assert 0 <= band.low <= band.middle <= band.high <= 10


@pytest.mark.parametrize("curve", REFERENCE_CURVES.values(), ids=str)
@pytest.mark.parametrize("letter", Stratum)
def test_the_label_names_its_population_and_version_and_is_no_norm(curve, letter):
    label = curve.label(letter)
    assert curve.version in label
    assert "of people with" in label
    assert "not a prediction" in label
    assert "normal" not in label.lower()
    assert curve.sources


@pytest.mark.parametrize(
    ("letter", "means"), [("A", (56, 26, 22, 21)), ("B", (63, 29, 29, 31)), ("C", (56, 48, 43, 40))]
)
def test_wallwork_2024_has_the_means_of_the_paper_as_shares_of_the_first(letter, means):
    left = WALLWORK_2024.shapes[Stratum(letter)].left
    assert [left(week) for week in (0, 6, 26, 52)] == pytest.approx([mean / means[0] for mean in means])
    assert left(80) == left(52)


def test_between_two_published_weeks_the_same_part_of_the_pain_goes_each_week():
    left = WALLWORK_2024.shapes[Stratum.A].left
    assert left(3) == pytest.approx((26 / 56) ** 0.5)
    assert left(16) == pytest.approx((26 * 22) ** 0.5 / 56)


def test_a_reference_is_found_by_its_version_and_an_unknown_one_is_refused():
    assert reference_curve("reference curve v1") is REFERENCE_CURVE_V1
    assert reference_curve("Wallwork 2024") is WALLWORK_2024
    with pytest.raises(ValueError, match="choose one of reference curve v1, Wallwork 2024"):
        reference_curve("Costa 2012")
