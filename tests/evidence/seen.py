"""What the real rules say of one made-up patient, and the questions that the figures count."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from recovery.rules import terms
from recovery.rules.course import Stratum
from recovery.rules.status import REVIEW_CLAUSES, Decision, Facts, ReviewClause, Status, history
from recovery.rules.weeks import Baseline, Week, baseline, weeks
from tests.evidence.patients import DAYS, START, Patient

TOO_EARLY = ReviewClause("week 2", 2, Fraction(30, 100))  # no rule of ours: why none asks at week 2
CLAUSES = (TOO_EARLY, *REVIEW_CLAUSES)
MILESTONES = (4, 6, 8, 12, 26)


class Seen(NamedTuple):
    """One patient's ended weeks, baseline and decisions, one a week."""

    weeks: tuple[Week, ...]
    start: Baseline
    decisions: tuple[Decision, ...]


def look(patient: Patient, stratum: Stratum) -> Seen | None:
    """None without a baseline of 3 or more: the rules give no percentages, so no figure counts such a patient."""
    ended = weeks(START, patient.day_values, DAYS[-1])
    start = baseline(ended)
    if start is None or start.is_low:
        return None
    facts = Facts(start=START, stratum=stratum, day_values=patient.day_values)
    return Seen(ended, start, history(facts, DAYS[-1]))


# A question answers yes or no, or None where there was nothing to judge.
Question = Callable[[Seen], bool | None]


def clause(clause: ReviewClause) -> Question:
    """The clause alone, looked at once, at its own week."""

    def calls(seen: Seen) -> bool | None:
        week = seen.weeks[clause.from_week - 1]
        return None if week.value is None else clause.calls(week, seen.start)

    return calls


def any_clause(seen: Seen) -> bool:
    return any(clause.calls(seen.weeks[clause.from_week - 1], seen.start) for clause in REVIEW_CLAUSES)


def status(wanted: Status, *, at: int) -> Question:
    """The status of the whole rule at the end of a week."""
    return lambda seen: seen.decisions[at - 1].status is wanted


def rule(wanted: str, *, at: int) -> Question:
    return lambda seen: seen.decisions[at - 1].rule == wanted


def status_by(wanted: Status, *, by: int) -> Question:
    """At least once until the end of a week."""
    return lambda seen: any(decision.status is wanted for decision in seen.decisions[:by])


def worse_two_weeks(seen: Seen) -> bool:
    return any(terms.is_worse_than_recent(seen.weeks[:week]) for week in range(1, 13))


def risen_one_week(seen: Seen) -> bool:
    return any(terms.has_risen(seen.weeks[:week]) for week in range(1, 13))


def improved_by(week: int) -> Question:
    """A drop of 30 % in two consecutive weeks, the second of them ended: published without the 1.5 points."""

    def improved(seen: Seen) -> bool:
        drops = [
            None if one.value is None else terms.drop(seen.start, one.value) for one in seen.weeks[:week]
        ]
        return any(
            first is not None and second is not None and min(first, second) >= terms.IMPROVEMENT_DROP
            for first, second in pairwise(drops)
        )

    return improved


def meaningfully_improved_by(week: int) -> Question:
    """The same with the 1.5 points, as Amble says it."""
    return lambda seen: terms.improved_on(seen.weeks[:week]) is not None


def relieved_by(week: int) -> Question:
    return lambda seen: seen.decisions[week - 1].relief is not None


def one_week_of_relief(seen: Seen) -> bool:
    """What relief would be with one week instead of two."""
    later = seen.weeks[seen.start.week :]
    return any(week.value is not None and terms.is_relief(seen.start, week.value) for week in later)
