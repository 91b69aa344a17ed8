"""What an answer is worth, and which change since the first one counts.

PSFS 0 to 10, more is better; RMDQ 0 to 24, less is better; GPE is a word. Scores are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from recovery.rules.measures.instruments import Effect, Instrument

PSFS_CHANGE = 2  # points of the mean; V2: smallest detectable change, 90 %
PSFS_CHANGE_OF_ONE = 3  # points of a single activity; V2: the same
RMDQ_CHANGE = 5  # points; V: Ostelo 2008
RMDQ_DROP = Fraction(30, 100)  # or this share of the first score is gone; V: Ostelo 2008
RMDQ_FLOOR = 4  # below it an improvement hardly shows; V: Roland and Fairbank 2000
RMDQ_CEILING = 20  # above it a worsening hardly shows; V: Roland and Fairbank 2000
IMPROVED = frozenset({Effect.COMPLETELY_RECOVERED, Effect.MUCH_BETTER})  # the top two; V: Luijsterburg 2008
WORSENED = frozenset({Effect.MUCH_WORSE, Effect.VASTLY_WORSE})  # the bottom two; P, the mirror of the top
EFFECT_IS_FRESH = timedelta(days=14)  # an older global effect is not held against the diary; P


class Verdict(StrEnum):
    BETTER = "better"
    NO_IMPORTANT_CHANGE = "no_important_change"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"


class Edge(StrEnum):
    """Why a score may hide a change."""

    FLOOR = "floor"
    CEILING = "ceiling"


def same_activity(name: str) -> str:
    """An activity's name, whatever its capitals and spaces."""
    return " ".join(name.casefold().split())


@dataclass(frozen=True, slots=True)
class Answer:
    """One measure as it was answered: `abilities` (PSFS) by activity, `ticked` (RMDQ) by number, or `effect` (GPE).

    A statement that was not ticked, also because it does not apply, counts nothing.
    """

    instrument: Instrument
    on: date
    abilities: Mapping[str, int] = field(default_factory=dict)
    ticked: frozenset[int] = frozenset()
    effect: Effect | None = None

    @property
    def score(self) -> Fraction | None:
        """PSFS: the mean of its activities. RMDQ: how many statements were ticked. GPE has none."""
        if self.instrument is Instrument.PSFS:
            return Fraction(sum(self.abilities.values()), len(self.abilities))
        return Fraction(len(self.ticked)) if self.instrument is Instrument.RMDQ else None

    @property
    def edge(self) -> Edge | None:
        if self.instrument is not Instrument.RMDQ:
            return None
        if len(self.ticked) < RMDQ_FLOOR:
            return Edge.FLOOR
        return Edge.CEILING if len(self.ticked) > RMDQ_CEILING else None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a score since the answer it is held against; `points` are later less earlier, None for GPE."""

    since: date
    points: Fraction | None
    verdict: Verdict


def first_comparable(earlier: Sequence[Answer], answer: Answer) -> Answer | None:
    """The first of the earlier answers that `answer` can be held against: PSFS needs the same activities."""
    return next(
        (
            one
            for one in earlier
            if one.instrument is answer.instrument and _activities(one) == _activities(answer)
        ),
        None,
    )


def change(first: Answer, later: Answer) -> Change:
    """Raises ValueError for two answers that cannot be compared."""
    if first.instrument is not later.instrument or _activities(first) != _activities(later):
        raise ValueError("A change is between two answers to the same questions.")
    before, now = first.score, later.score
    if before is None or now is None:
        return Change(first.on, None, _of_effect(later.effect))
    points = now - before
    if first.instrument is Instrument.PSFS:
        return Change(first.on, points, _of_points(points, PSFS_CHANGE))
    return Change(first.on, points, _of_rmdq(first, before, points))


def changes_of_activities(first: Answer, later: Answer) -> Mapping[str, Change]:
    """The same for each single activity of the PSFS, by its name."""
    before = {same_activity(name): ability for name, ability in first.abilities.items()}
    points = {
        name: Fraction(ability - before[same_activity(name)]) for name, ability in later.abilities.items()
    }
    return {
        name: Change(first.on, moved, _of_points(moved, PSFS_CHANGE_OF_ONE)) for name, moved in points.items()
    }


def agrees(*, relieved: bool, effect: Effect | None) -> bool | None:
    """Whether the diary and the patient's own judgement say the same; None when the patient was not asked since."""
    return None if effect is None else relieved == (effect in IMPROVED)


def _activities(answer: Answer) -> frozenset[str]:
    return frozenset(map(same_activity, answer.abilities))


def _of_points(points: Fraction, least: int) -> Verdict:
    if points >= least:
        return Verdict.BETTER
    return Verdict.WORSE if points <= -least else Verdict.NO_IMPORTANT_CHANGE


def _of_rmdq(first: Answer, before: Fraction, points: Fraction) -> Verdict:
    """Near either end of the scale, "no change" may only be that the scale has no room for one."""
    if points >= RMDQ_CHANGE:
        return Verdict.WORSE
    if first.edge is Edge.FLOOR:
        return Verdict.CANNOT_TELL
    if -points >= RMDQ_CHANGE or -points >= RMDQ_DROP * before:
        return Verdict.BETTER
    return Verdict.CANNOT_TELL if first.edge is Edge.CEILING else Verdict.NO_IMPORTANT_CHANGE


def _of_effect(effect: Effect | None) -> Verdict:
    if effect in IMPROVED:
        return Verdict.BETTER
    return Verdict.WORSE if effect in WORSENED else Verdict.NO_IMPORTANT_CHANGE
