"""The course that sciatica took in published studies, as a labelled band around a patient's own baseline.

It is a model drawn from published averages, not a prediction: averages hide that some people improve fast and
some hardly. So it carries its label wherever it is shown, and no sentence turns it into one person's chance.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import exp, log
from typing import Protocol

from recovery.rules.diary import LEAST_PAIN, WORST_PAIN

STRATUM_B_FROM_DAYS = 42  # 6 weeks of symptoms; P, after ATLAS (V: longer leg pain, worse at 12 months)
STRATUM_B_TO_DAYS = 84  # 12 weeks of symptoms; P, after Wallwork 2024 (V: over 12 weeks keep more pain)
LAST_WEEK = 52  # the curve stays as it is after this week; P: the figures behind it end there


class Stratum(StrEnum):
    """How long the symptoms had lasted at the start: under 6 weeks, 6 to 12 weeks, longer."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Shape:
    """One stratum of a fitted curve: the share of the baseline left, and half the width of the middle half."""

    population: str
    stays: float  # share of the baseline that stays in the long run
    fall_weeks: float  # time constant of the fall
    half_width: float  # half the band, as a share of the baseline, in the long run
    widen_weeks: float  # time constant of its widening

    def left(self, week: int) -> float:
        """F: the expected share of the baseline after `week` completed weeks."""
        return self.stays + (1 - self.stays) * exp(-min(week, LAST_WEEK) / self.fall_weeks)

    def spread(self, week: int) -> float:
        """h: half the width of the band after `week` completed weeks, as a share of the baseline."""
        return self.half_width * (1 - exp(-min(week, LAST_WEEK) / self.widen_weeks))


@dataclass(frozen=True, slots=True)
class Pooled:
    """One stratum as a paper gives it: the mean pain at a few weeks, and how wide the middle half is around it.

    `means` are (week, mean pain) from week 0 on, in order. Between two of them the same part of the pain goes each
    week; after the last it stays. A pooled mean says nothing about how far people lie apart, so `width` is that of
    another curve.
    """

    population: str
    means: tuple[tuple[int, float], ...]
    width: Shape

    def left(self, week: int) -> float:
        """F, as Shape.left."""
        start = last = self.means[0]
        for following in self.means[1:]:
            if week < following[0]:
                passed = (week - last[0]) / (following[0] - last[0])
                return last[1] / start[1] * exp(passed * log(following[1] / last[1]))
            last = following
        return last[1] / start[1]

    def spread(self, week: int) -> float:
        """h, as Shape.spread."""
        return self.width.spread(week)


class Stratified(Hashable, Protocol):
    """What a curve says of one stratum, by completed weeks and as shares of the baseline."""

    @property
    def population(self) -> str: ...

    def left(self, week: int) -> float: ...

    def spread(self, week: int) -> float: ...


@dataclass(frozen=True, slots=True)
class Band:
    """The expected weekly pain, 0 to 10: its middle, and the edges of the middle half."""

    low: Fraction
    middle: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class ReferenceCurve:
    version: str
    shapes: Mapping[Stratum, Stratified]
    sources: tuple[str, ...]

    def label(self, stratum: Stratum) -> str:
        """What must stand beside the band wherever it is drawn or served."""
        return (
            f"Middle half of {self.shapes[stratum].population}, drawn from published averages "
            f"({self.version}). A model, not a prediction for one person."
        )

    def expected(self, stratum: Stratum, *, week: int, baseline: Fraction) -> Band:
        """The band after `week` completed weeks (0 is the start) around this baseline, cut to 0 to 10.

        The exponentials are floats, taken as the exact fractions they are; from there on nothing is rounded.
        The true edges are irrational, so whether a value lies inside hangs on a float's last digit only for a
        value closer to the edge than any week of whole-number ratings comes.
        """
        return _band(self.shapes[stratum], min(week, LAST_WEEK), baseline)


# P: fitted to the sources below, at weeks 4 to 52; the bands are our proposal too
_V1_A = Shape("people with sciatica for less than 6 weeks", 0.37, 4.5, 0.25, 3.0)  # P
_V1_B = Shape("people with sciatica for 6 to 12 weeks", 0.46, 5.0, 0.31, 4.2)  # P
_V1_C = Shape("people with sciatica for more than 12 weeks", 0.68, 6.0, 0.29, 5.5)  # P

REFERENCE_CURVE_V1 = ReferenceCurve(
    version="reference curve v1",
    shapes={Stratum.A: _V1_A, Stratum.B: _V1_B, Stratum.C: _V1_C},
    sources=(
        "V2: ATLAS, primary care, mean leg pain 5.2 to 2.4 in 12 months",
        "V: Ogollah 2018, ATLAS, four classes of monthly leg pain",
        "V: Luijsterburg 2008, acute sciatica, doi 10.1007/s00586-007-0569-6",
        "V (baseline M): Mathieson 2017, NEJM 376:1111, placebo arm at weeks 8 and 52",
        "V2: Bailey 2020, symptoms for 4 to 12 months, leg pain 8.0 to 5.2 in 6 months",
        "V: Pengel 2003, BMJ 327:323, back pain with or without sciatica",
        "V: Costa 2012, CMAJ 184:E613, acute and persistent back pain",
        "V (later weeks M): Wallwork 2024, doi 10.1503/cmaj.230542",
    ),
)

# Back pain, not sciatica, but it has all three strata. Costa 2012, which it updates, has two: it counted people with 6
# to 12 weeks of pain as persistent, and so looks better there than it was (V2: a review of the update).
WALLWORK_2024 = ReferenceCurve(
    version="Wallwork 2024",
    shapes={  # mean pain of 100 at weeks 0, 6, 26 and 52
        Stratum.A: Pooled(
            "people with back pain for less than 6 weeks",
            ((0, 56), (6, 26), (26, 22), (52, 21)),  # V: 56; M: 26, 22, 21
            width=_V1_A,  # P: of reference curve v1, because the paper gives none
        ),
        Stratum.B: Pooled(
            "people with back pain for 6 to 12 weeks",
            ((0, 63), (6, 29), (26, 29), (52, 31)),  # M
            width=_V1_B,  # P: as above
        ),
        Stratum.C: Pooled(
            "people with back pain for 12 to 52 weeks",
            ((0, 56), (6, 48), (26, 43), (52, 40)),  # M
            width=_V1_C,  # P: as above
        ),
    },
    sources=(
        "V (most numbers M): Wallwork 2024, CMAJ, 47 cohorts with 9224 people, doi 10.1503/cmaj.230542",
        "P: the width of the band, from reference curve v1",
    ),
)

REFERENCE_CURVES = {curve.version: curve for curve in (REFERENCE_CURVE_V1, WALLWORK_2024)}


def reference_curve(version: str) -> ReferenceCurve:
    """The published reference a clinic has chosen, by its version. Raises ValueError for one that we do not have."""
    if version not in REFERENCE_CURVES:
        raise ValueError(f"There is no reference {version!r}; choose one of {', '.join(REFERENCE_CURVES)}.")
    return REFERENCE_CURVES[version]


def stratum(symptom_days: int) -> Stratum:
    """The stratum by whole days of symptoms at the start: A under 42, B 42 to 84, C over 84."""
    if symptom_days < STRATUM_B_FROM_DAYS:
        return Stratum.A
    return Stratum.B if symptom_days <= STRATUM_B_TO_DAYS else Stratum.C


@lru_cache(maxsize=8192)  # few baselines differ, and each is asked about again on every day
def _band(shape: Stratified, week: int, baseline: Fraction) -> Band:
    left, spread = Fraction(shape.left(week)), Fraction(shape.spread(week))
    edges = (
        min(max(baseline * share, Fraction(LEAST_PAIN)), Fraction(WORST_PAIN))
        for share in (left - spread, left, left + spread)
    )
    return Band(*edges)
