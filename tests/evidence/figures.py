"""The figures: what was published with the rules, what the real rules give now, and how sure that is."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from math import sqrt
from typing import NamedTuple

import numpy as np

from recovery.rules.course import Stratum
from recovery.rules.status import Status
from tests.evidence import seen
from tests.evidence.patients import MISSING, Kind, patients
from tests.evidence.seen import CLAUSES, MILESTONES, Question

CHUNK = 500  # patients drawn together; another number draws other patients
TOLERANCE = 3  # percent points

Published = tuple[float, float]  # percent, from and to
Kinds = tuple[Kind, ...]
EVERYBODY: Kinds = tuple(Kind)
PERSISTENT: Kinds = (Kind.MODERATE, Kind.SEVERE)

QUESTIONS: dict[str, Question] = {
    "given a baseline of 3 or more": lambda _: True,
    **{f"week {clause.from_week} clause": seen.clause(clause) for clause in CLAUSES},
    "any of three": seen.any_clause,
    "worse, two weeks": seen.worse_two_weeks,
    "risen, one week": seen.risen_one_week,
    "relief, one week": seen.one_week_of_relief,
    **{f"improved by {week}": seen.improved_by(week) for week in MILESTONES},
    **{f"meaningfully improved by {week}": seen.meaningfully_improved_by(week) for week in MILESTONES},
    **{f"relieved by {week}": seen.relieved_by(week) for week in MILESTONES},
    **{f"{one} at {week}": seen.status(one, at=week) for one in Status for week in (3, *MILESTONES)},
    **{f"plateau at {week}": seen.rule("review.plateau", at=week) for week in MILESTONES},
    **{f"{one} by {week}": seen.status_by(one, by=week) for one in Status for week in MILESTONES},
}


class Share(NamedTuple):
    """`yes` of `of` patients, in percent."""

    yes: int
    of: int

    @property
    def percent(self) -> float:
        return 100 * self.yes / self.of

    @property
    def error(self) -> float:
        """The standard error, in percent points."""
        share = self.yes / self.of
        return 100 * sqrt(share * (1 - share) / self.of)


class Counts:
    """How many patients of each stratum and kind said yes to each question, of those it could be asked of."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, Stratum, Kind, bool]] = Counter()

    def count(self, stratum: Stratum, kind: Kind, one: seen.Seen) -> None:
        for name, question in QUESTIONS.items():
            if (answer := question(one)) is not None:
                self._found[name, stratum, kind, answer] += 1

    def add(self, other: "Counts") -> None:
        self._found.update(other._found)

    def share(self, question: str, stratum: Stratum, kinds: Kinds) -> Share:
        yes = sum(self._found[question, stratum, kind, True] for kind in kinds)
        return Share(yes, yes + sum(self._found[question, stratum, kind, False] for kind in kinds))


class Figure(NamedTuple):
    """One question to some kinds of patients of one stratum, and what was published of it, if anything was."""

    question: str
    stratum: Stratum
    kinds: Kinds
    published: Published | None = None

    def off(self, percent: float) -> float:
        """How far outside the published figure, in percent points; 0 inside, and where nothing was published."""
        if self.published is None:
            return 0
        least, most = self.published
        return max(least - percent, percent - most, 0)


class Row(NamedTuple):
    name: str
    figures: tuple[Figure, ...]


def simulate(count: int, *, seed: int, missing: float = MISSING, through: Executor | None = None) -> Counts:
    """Draw `count` patients of each stratum, run the rules on each of 26 weeks, and count.

    The same seed gives the same counts, through however many processes.
    """
    jobs = [
        (stratum, chunk, min(CHUNK, count - chunk * CHUNK), seed, missing)
        for stratum in Stratum
        for chunk in range(-(-count // CHUNK))
    ]
    each: Callable[..., Iterable[Counts]] = through.map if through else map
    total = Counts()
    for counts in each(_chunk, jobs):
        total.add(counts)
    return total


def _chunk(job: tuple[Stratum, int, int, int, float]) -> Counts:
    stratum, chunk, count, seed, missing = job
    rng = np.random.default_rng([seed, list(Stratum).index(stratum), chunk])
    counts = Counts()
    for patient in patients(stratum, count, rng, missing=missing):
        if one := seen.look(patient, stratum):
            counts.count(stratum, patient.kind, one)
    return counts


# --- what was published, in the order of the page ------------------------------------------------------


def _row(name: str, question: str, kinds: Kinds, *published: Published) -> Row:
    """One figure for each stratum: published for all alike, for each, or not at all."""
    each: Sequence[Published | None] = published * 3 if len(published) == 1 else published or (None,) * 3
    return Row(
        name,
        tuple(Figure(question, stratum, kinds, one) for stratum, one in zip(Stratum, each, strict=True)),
    )


def _by_kind(name: str, question: str, *published: Published) -> list[Row]:
    kinds = {
        "improving": Kind.IMPROVING,
        "persistent moderate": Kind.MODERATE,
        "persistent severe": Kind.SEVERE,
    }
    return [
        _row(f"{name}: {word}", question, (kind,), *(published[kind : kind + 1]))
        for word, kind in kinds.items()
    ]


def _milestones(name: str, question: str, a: str, b: str, c: str) -> list[Row]:
    """Rows of a week each, from the published row of each stratum."""
    return [
        _row(
            f"{name} by week {week}",
            f"{question} by {week}",
            EVERYBODY,
            *[(float(p), float(p)) for p in each],
        )
        for week, *each in zip(MILESTONES, a.split(), b.split(), c.split(), strict=True)
    ]


REVIEW_ALONE = [
    *_by_kind("week 2, under 30 % (too early)", "week 2 clause", (72, 75), (93, 93), (99, 99)),
    *_by_kind("week 4, under 20 %", "week 4 clause", (16, 18), (69, 69), (92, 94)),
    *_by_kind("week 6, under 30 %", "week 6 clause", (12, 13), (77, 77), (98, 99)),
    *_by_kind("week 12, under 50 %", "week 12 clause", (6, 7), (85, 85), (100, 100)),
    *_by_kind("any of the three", "any of three", (24, 24), (94, 94), (100, 100)),
    _row("week 6, of everybody", "week 6 clause", EVERYBODY, (35, 40), (35, 40), (67, 67)),
]
WORSE_AND_RELIEF = [
    _row("worse within 12 weeks, two weeks in a row", "worse, two weeks", EVERYBODY, (1.7, 3)),
    _row("the same with one week", "risen, one week", EVERYBODY, (15, 24)),
    _row("relief of the persistent by week 26, two weeks in a row", "relieved by 26", PERSISTENT, (11, 11)),
    _row("the same with one week", "relief, one week", PERSISTENT, (26, 26)),
]
MILESTONE_TABLE = [
    *_milestones("drop of 30 %", "improved", "27 53 66 75 81", "24 48 60 69 76", "12 25 33 41 52"),
    *_milestones("relief", "relieved", "7 27 44 63 72", "7 24 40 56 65", "3 10 18 26 34"),
]
WITH_POINTS = [
    _row(f"drop of 30 % and 1.5 points by week {week}", f"meaningfully improved by {week}", EVERYBODY)
    for week in MILESTONES
]
WHOLE_RULE = [
    *_by_kind("review at week 4", "review at 4"),
    *_by_kind("review at week 6", "review at 6"),
    *_by_kind("of it plateau, at week 6", "plateau at 6"),
    *_by_kind("review at week 12", "review at 12"),
    *_by_kind("review at least once by week 12", "review by 12"),
    *_by_kind("worse at least once by week 12", "worse by 12"),
    *_by_kind("relieved at week 12", "relieved at 12"),
    *_by_kind("relieved at week 26", "relieved at 26"),
]
WORKLOAD = [
    _row(f"{one.replace('_', ' ')} at week {week}", f"{one} at {week}", EVERYBODY)
    for week in (3, 4, 6, 12)
    for one in Status
    if one is not Status.ALERT  # nobody here has a red flag
]
