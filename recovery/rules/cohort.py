"""Time to relief of many episodes: the Kaplan-Meier curve, what speaks against reading much into it, and relapse.

The time to relief is counted in days from the start, day 1. What ended before relief is censored, never counted as
"no relief". A baseline and two weeks are needed, so that no relief is dated before day 14.
"""

import warnings
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isnan

from recovery.rules.course import Stratum
from recovery.rules.terms import Relief
from recovery.rules.weeks import DAYS_IN_WEEK, Week, baseline

LEAST_EPISODES = 10  # nothing is shown of fewer; P
LEAST_EVENTS = 5  # nothing is shown of fewer reliefs (or relapses); P
LEAST_AT_RISK = 10  # the curve ends with the last day on which so many are left; P
CONFIDENCE = 0.95  # of the band, log-log; P
RISK_TABLE_DAYS = 28  # between two rows of the table of numbers at risk; P
ONE_MONTH_DAYS = 28  # relief is dated by ends of weeks: this is the last within one month; P
TWO_MONTHS_DAYS = 56  # and this the last within two; P


class LeftOut(StrEnum):
    """Why an episode is not in the curve, only counted beside it."""

    NO_BASELINE = "no_baseline"
    LOW_BASELINE = "low_baseline"


@dataclass(frozen=True, slots=True)
class Milestones:
    """What the curves need of one episode: its first relief and first relapse, and how far its weeks reach."""

    left_out: LeftOut | None
    relieved_on: date | None
    relapsed_on: date | None
    valid_through: date | None


@dataclass(frozen=True, slots=True)
class Span:
    """Days until it happened; where it has not, the days through which that is known."""

    days: int
    happened: bool


@dataclass(frozen=True, slots=True)
class Step:
    """From `day` on, the share `left` to whom it has not happened, with its band where there is one.

    `at_risk` were left when the day began; to `happened` of them it happened on it.
    """

    day: int
    left: float
    low: float | None
    high: float | None
    at_risk: int
    happened: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve, from a share of 1 on day 0, as far as at least 10 are at risk.

    `at_risk` is (day, number) every four weeks. `median` is the first day with at most half left, None where the
    drawn curve does not get there.
    """

    counted: int
    happened: int
    steps: tuple[Step, ...]
    at_risk: tuple[tuple[int, int], ...]
    drawn_through: int
    median: int | None

    def at(self, day: int) -> Step | None:
        """The step that holds on a day, None before the first."""
        return next((step for step in reversed(self.steps) if step.day <= day), None)


@dataclass(frozen=True, slots=True)
class LogRank:
    chi_squared: float
    degrees: int
    p: float


def milestones(weeks: Sequence[Week], reliefs: Iterable[Relief | None]) -> Milestones:
    """Of the ended weeks from week 1 on, and of the relief that the decision of each of them carries."""
    start = baseline(weeks)
    left_out = LeftOut.NO_BASELINE if start is None else LeftOut.LOW_BASELINE if start.is_low else None
    reached = [relief for relief in reliefs if relief is not None]
    return Milestones(
        left_out,
        relieved_on=reached[0].on if reached else None,
        relapsed_on=next((relief.relapsed_on for relief in reached if relief.relapsed_on is not None), None),
        valid_through=next((week.last for week in reversed(weeks) if week.value is not None), None),
    )


def until_relief(start: date, reached: Milestones, *, closed_on: date | None) -> Span | None:
    """Days from the start, which is day 1, to the first relief; None for an episode that is left out.

    `closed_on` is the first of discharge, transfer and surgery: what comes after it plays no part.
    """
    if reached.left_out is not None or reached.valid_through is None:
        return None
    relieved_on = _by(closed_on, reached.relieved_on)
    last = relieved_on or min(reached.valid_through, closed_on or date.max)
    return Span((last - start).days + 1, happened=relieved_on is not None)


def until_relapse(reached: Milestones, *, closed_on: date | None) -> Span | None:
    """Days from the first relief to the first relapse; None for an episode without a relief in time."""
    relieved_on = _by(closed_on, reached.relieved_on)
    if reached.left_out is not None or reached.valid_through is None or relieved_on is None:
        return None
    relapsed_on = _by(closed_on, reached.relapsed_on)
    last = relapsed_on or min(reached.valid_through, closed_on or date.max)
    return Span((last - relieved_on).days, happened=relapsed_on is not None)


def _by(closed_on: date | None, day: date | None) -> date | None:
    return None if day is None or day > (closed_on or date.max) else day


def curve(spans: Sequence[Span]) -> Curve | None:
    """None for fewer than 10 episodes or 5 events: so few say nothing of the others."""
    happened = sum(span.happened for span in spans)
    if len(spans) < LEAST_EPISODES or happened < LEAST_EVENTS:
        return None
    days = sorted(span.days for span in spans)
    drawn_through = days[-LEAST_AT_RISK]
    steps = tuple(step for step in kaplan_meier(spans) if step.day <= drawn_through)
    return Curve(
        counted=len(spans),
        happened=happened,
        steps=steps,
        at_risk=tuple(
            (day, len(days) - bisect_left(days, day)) for day in range(0, drawn_through + 1, RISK_TABLE_DAYS)
        ),
        drawn_through=drawn_through,
        median=next((step.day for step in steps if _is_half(step.left)), None),
    )


def _is_half(left: float) -> bool:
    """At most half left. A share is a product of rounded numbers, so that exactly one half may lie a trace above."""
    return left <= 0.5 + 1e-9


def kaplan_meier(spans: Sequence[Span]) -> tuple[Step, ...]:
    """The estimate at each day on which it happened, with its log-log band; no band where nobody is left."""
    # Here, not above: SciPy costs two seconds and 100 MB, and most processes never estimate anything.
    from scipy.stats import CensoredData, ecdf

    days = sorted(span.days for span in spans)
    events = Counter(span.days for span in spans if span.happened)
    sample = CensoredData.right_censored([span.days for span in spans], [not span.happened for span in spans])
    left = ecdf(sample).sf
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        band = left.confidence_interval(CONFIDENCE, method="log-log")
    estimates = zip(
        left.quantiles, left.probabilities, band.low.probabilities, band.high.probabilities, strict=True
    )
    return tuple(
        Step(
            int(day),
            float(share),
            _number(low),
            _number(high),
            len(days) - bisect_left(days, day),
            events[day],
        )
        for day, share, low, high in estimates
        if events[day]
    )


def _number(value: float) -> float | None:
    return None if isnan(value) else float(value)


def log_rank(strata: Sequence[Sequence[Sequence[Span]]]) -> LogRank | None:
    """Whether groups differ in their times: one sequence of groups, always the same, for each stratum.

    Within a stratum like is compared with like, so that a group of longer symptoms does not look worse for them. None
    where no two groups meet. (SciPy's log-rank knows two groups and no strata.)
    """
    import numpy as np  # as in kaplan_meier
    from scipy.special import chdtrc

    groups = len(strata[0])
    excess, variance = np.zeros(groups), np.zeros((groups, groups))
    for stratum in strata:
        days = [np.array([span.days for span in spans]) for spans in stratum]
        happened = [np.array([span.happened for span in spans], dtype=bool) for spans in stratum]
        for day in sorted({span.days for spans in stratum for span in spans if span.happened}):
            at_risk = np.array([(one >= day).sum() for one in days])
            events = np.array([((one == day) & so).sum() for one, so in zip(days, happened, strict=True)])
            left, now = at_risk.sum(), events.sum()
            if left < 2:
                continue
            share = at_risk / left
            excess += events - now * share
            variance += now * (left - now) / (left - 1) * (np.diag(share) - np.outer(share, share))
    degrees = int(np.linalg.matrix_rank(variance))
    if degrees < groups - 1 or degrees < 1:
        return None
    chi_squared = float(excess[1:] @ np.linalg.solve(variance[1:, 1:], excess[1:]))
    return LogRank(chi_squared, degrees, float(chdtrc(degrees, chi_squared)))


# --- beside what is published -------------------------------------------------------------------------


class Verdict(StrEnum):
    FITS = "fits"
    LATER = "later"
    SOONER = "sooner"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Half:
    """Whether "half within one to two months" holds here, in one sentence."""

    verdict: Verdict
    sentence: str


def half_in_two_months(relief: Curve | None) -> Half:
    """The statement is taken at its word: at most half are relieved after one month, at least half after two.

    It fits, or is refuted, only where the band leaves no doubt; else there are too few to tell.
    """
    if relief is None or relief.drawn_through < TWO_MONTHS_DAYS:
        return Half(
            Verdict.TOO_FEW, "Too few to tell whether half are relieved within one to two months here."
        )
    one, two = relief.at(ONE_MONTH_DAYS), relief.at(TWO_MONTHS_DAYS)
    if one is not None and one.high is not None and one.high < 0.5:
        return Half(
            Verdict.SOONER, f"Here it is sooner: {_relieved(one)} were relieved within one month already."
        )
    if two is None or (two.low is not None and not _is_half(two.low)):
        return Half(Verdict.LATER, f"Here it takes longer: {_relieved(two)} were relieved within two months.")
    half_by_then = _is_half(two.left if two.high is None else two.high)
    not_before = one is None or (one.low is not None and one.low >= 0.5)
    if half_by_then and not_before:
        return Half(
            Verdict.FITS,
            f"Half within one to two months fits here: {_relieved(one)} were relieved within one month, "
            f"{_relieved(two)} within two.",
        )
    return Half(
        Verdict.TOO_FEW,
        f"Too few to tell: {_relieved(one)} were relieved within one month, {_relieved(two)} within two, "
        "and half lies inside the band.",
    )


def _relieved(step: Step | None) -> str:
    """The share relieved with its band, in whole percent: "44 % (31 to 59 %)"."""
    if step is None:
        return "0 %"
    share = f"{round(100 * (1 - step.left))} %"
    if step.low is None or step.high is None:
        return share
    return f"{share} ({round(100 * (1 - step.high))} to {round(100 * (1 - step.low))} %)"


@dataclass(frozen=True, slots=True)
class PublishedShare:
    """What others say of the share that gets better, as it may stand beside the clinic's own curve.

    `by_week` is the share at the end of a program week, empty where there is only a sentence.
    """

    says: str
    population: str
    sources: tuple[str, ...]
    stratum: Stratum | None = None
    by_week: tuple[tuple[int, float], ...] = ()

    def beside(self, relief: Curve) -> list[tuple[int, float, Step | None]]:
        """(week, published share, step of the curve) for each published week that the curve reaches.

        A published week counts relief at the end of its second week, the curve dates it by the end of the first: so
        the curve is read a week earlier. No step is no relief by then.
        """
        return [
            (week, share, relief.at(day))
            for week, share in self.by_week
            if (day := DAYS_IN_WEEK * (week - 1)) <= relief.drawn_through
        ]


_SIMULATED = (
    "Two weeks in a row at 2 or less, or at half of the baseline or less, in patients simulated from published "
    "averages. A model, not a prediction; counted at the end of the second week, so a week later than the curve."
)
_SIMULATION = ("S: two weekly windows, 30 % of the days missing",)

PUBLISHED_SHARES = (
    PublishedShare(
        "Half get relief within one to two months.",
        "people with sciatica, not said which",
        (
            "P: a patient article without a source; it fits the studies only where relief means clear improvement",
        ),
    ),
    PublishedShare(
        "62 to 70 % called themselves much better or completely recovered at 12 weeks. That is not the relief "
        "of this curve.",
        "people with acute sciatica, in general practice",
        ("V: Luijsterburg 2008, doi 10.1007/s00586-007-0569-6",),
    ),
    PublishedShare(
        _SIMULATED,
        "people with sciatica for less than 6 weeks",
        _SIMULATION,
        Stratum.A,
        ((4, 0.07), (6, 0.27), (8, 0.44), (12, 0.63), (26, 0.72)),  # S
    ),
    PublishedShare(
        _SIMULATED,
        "people with sciatica for 6 to 12 weeks",
        _SIMULATION,
        Stratum.B,
        ((4, 0.07), (6, 0.24), (8, 0.40), (12, 0.56), (26, 0.65)),  # S
    ),
    PublishedShare(
        _SIMULATED,
        "people with sciatica for more than 12 weeks",
        _SIMULATION,
        Stratum.C,
        ((4, 0.03), (6, 0.10), (8, 0.18), (12, 0.26), (26, 0.34)),  # S
    ),
)
