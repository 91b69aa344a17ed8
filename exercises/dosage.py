"""How much of an exercise, how often, and within which bounds. PURE.

A dosage counts minutes, or repetitions and holds, in one go; and always how many goes a day and days a week.
None means "does not count this". Every number is a whole number from 1.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any, NamedTuple, Self

from exercises.dose_words import DOSE_WORDS, DoseWords

# No dose leaves these, whatever range a clinic writes; our proposal (P), to stop slips of the finger.
MOST = {
    "sets": 10,
    "repetitions": 100,
    "hold_seconds": 600,
    "minutes": 240,
    "times_per_day": 24,
    "days_per_week": 7,
}
VARIABLES = tuple(MOST)


class Bounds(NamedTuple):
    """The least and the most that is allowed, both included."""

    least: int
    most: int

    def holds(self, other: "Bounds") -> bool:
        return self.least <= other.least and other.most <= self.most


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """One variable that a range does not allow. `bounds` is None where the range does not count it."""

    variable: str
    bounds: Bounds | None

    def __str__(self) -> str:
        if self.bounds is None:
            return f"{self.variable} is not counted for this exercise: leave it out."
        return f"{self.variable} must be {self.bounds.least} to {self.bounds.most}."


@dataclass(frozen=True, slots=True, kw_only=True)
class DosageRange:
    """The bounds of each variable; None where the exercise does not count it."""

    sets: Bounds | None = None
    repetitions: Bounds | None = None
    hold_seconds: Bounds | None = None
    minutes: Bounds | None = None
    times_per_day: Bounds = Bounds(1, 1)
    days_per_week: Bounds = Bounds(1, 7)

    def __post_init__(self) -> None:
        for variable, bounds in self.bounds.items():
            if not (
                _whole(bounds.least) and _whole(bounds.most) and bounds.least <= bounds.most <= MOST[variable]
            ):
                raise ValueError(
                    f"{variable} must run from a least to a most, whole numbers from 1 to {MOST[variable]}."
                )

    @property
    def bounds(self) -> dict[str, Bounds]:
        """The bounds of what is counted, by variable."""
        found = {variable: getattr(self, variable) for variable in VARIABLES}
        return {variable: bounds for variable, bounds in found.items() if bounds is not None}

    def outside(self, wider: "DosageRange") -> list[OutOfRange]:
        """Every variable whose bounds leave those of `wider`, or that only one of the two counts."""
        mine, theirs = self.bounds, wider.bounds
        return [
            OutOfRange(variable, theirs.get(variable))
            for variable in VARIABLES
            if (variable in mine) != (variable in theirs)
            or (variable in mine and not theirs[variable].holds(mine[variable]))
        ]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read {variable: {least, most}}. Raises ValueError with a sentence that names the variable."""
        _refuse_unknown(value)
        for variable, bounds in value.items():
            if not isinstance(bounds, Mapping) or bounds.keys() != {"least", "most"}:
                raise ValueError(f"{variable} must have a least and a most, and nothing else.")
        return cls(**{variable: Bounds(**bounds) for variable, bounds in value.items()})

    def as_json(self) -> dict[str, dict[str, int]]:
        return {variable: bounds._asdict() for variable, bounds in self.bounds.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosage:
    sets: int | None = None
    repetitions: int | None = None
    hold_seconds: int | None = None
    minutes: int | None = None
    times_per_day: int = 1
    days_per_week: int = 7

    def __post_init__(self) -> None:
        for variable, value in asdict(self).items():
            if value is None and variable not in ("times_per_day", "days_per_week"):
                continue
            if not _whole(value) or value > MOST[variable]:
                raise ValueError(f"{variable} must be a whole number from 1 to {MOST[variable]}.")
        if (self.minutes is None) == (self.repetitions is None and self.hold_seconds is None):
            raise ValueError("A dosage counts either minutes, or repetitions and hold_seconds.")

    @property
    def amount(self) -> int:
        """The product of what one go counts: sets, repetitions, hold seconds, minutes.

        Done over prescribed is a ratio of two amounts; how often a day is a matter of slots.
        """
        return prod(
            count for count in (self.sets, self.repetitions, self.hold_seconds, self.minutes) if count
        )

    def outside(self, allowed: DosageRange) -> list[OutOfRange]:
        """Every variable that `allowed` does not allow, with its bounds; empty when the dosage is within."""
        found = []
        for variable in VARIABLES:
            value, bounds = getattr(self, variable), getattr(allowed, variable)
            if bounds is None and value is None:
                continue
            if bounds is None or value is None or not bounds.least <= value <= bounds.most:
                found.append(OutOfRange(variable, bounds))
        return found

    def on(self, weekdays: Collection[int]) -> "Dosage":
        """The same on these weekdays; none named means every day."""
        return replace(self, days_per_week=len(weekdays) or 7)

    def in_words(self, side: str = "", language: str = "en") -> str:
        """As people say it, such as "3 times 30 seconds, each leg, twice a day"; English where a language is missing.

        `side` is a value of Sides, or the side of a plan's line.
        """
        words = DOSE_WORDS.get(language) or DOSE_WORDS["en"]
        days = "" if self.days_per_week == 7 else f"{words.count(self.days_per_week, 'day')} {words.a_week}"
        often = f"{words.how_often(self.times_per_day)} {words.a_day}"
        return ", ".join(part for part in (self._one_go(words), words.sides.get(side), often, days) if part)

    def _one_go(self, words: DoseWords) -> str:
        sets, repetitions = self.sets or 1, self.repetitions or 1
        if self.minutes:
            length = words.count(self.minutes, "minute")
        elif self.hold_seconds:
            length = words.count(self.hold_seconds, "second")
        else:
            return words.sets_of.format(sets, repetitions) if sets > 1 else words.how_many(repetitions)
        if sets > 1 and repetitions > 1:
            return f"{words.sets_of.format(sets, repetitions)}, {length} {words.each}"
        times = max(sets, repetitions)
        return f"{words.how_many(times)} {length}" if times > 1 else length

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read {variable: number}. Raises ValueError with a sentence that names the variable."""
        _refuse_unknown(value)
        return cls(**value)

    def as_json(self) -> dict[str, int]:
        """What is counted, by variable; what is not counted is left out."""
        return {variable: value for variable, value in asdict(self).items() if value is not None}


def _whole(value: object) -> bool:
    return type(value) is int and value >= 1


def _refuse_unknown(value: Mapping[str, Any]) -> None:
    if unknown := sorted(value.keys() - MOST.keys()):
        raise ValueError(f"{unknown[0]} is not counted in a dosage: use {', '.join(VARIABLES)}.")
