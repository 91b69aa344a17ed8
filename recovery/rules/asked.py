"""What a plan asks of a day: its sessions, in slots numbered from 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from recovery.rules.adherence import MONTH_DAYS, Slot

PAUSE_BACK = timedelta(days=MONTH_DAYS)  # a pause begins at most so long ago: as far as adherence looks; P
PAUSE_AHEAD = timedelta(days=365)  # and at most so far ahead: beyond it a year was mistyped; P
LONGEST_PAUSE = timedelta(days=90)  # beyond it a year was mistyped, or the episode should end; P
EVERY_DAY: frozenset[int] = frozenset(range(1, 8))  # the weekdays of a line that names none, 1 is Monday; P


class Suspended(NamedTuple):
    """The local dates on which an exercise was suspended, even in part; `last` is None while it still is."""

    first: date
    last: date | None

    def holds_on(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One exercise line: how often on a day, on which weekdays (1 is Monday), and what one go of it counts."""

    times_per_day: int
    weekdays: frozenset[int] = EVERY_DAY
    exercise: int = 0
    dose: Mapping[str, int] = field(default_factory=dict)
    suspended: tuple[Suspended, ...] = ()

    def is_asked_on(self, day: date) -> bool:
        if day.isoweekday() not in self.weekdays:
            return False
        # Nearly no line ever was suspended, and this is asked of each line on each day.
        return not self.suspended or not any(one.holds_on(day) for one in self.suspended)


@dataclass(frozen=True, slots=True)
class AskedVersion:
    """A plan version, by the first local date it asks for."""

    starts_on: date
    lines: tuple[AskedLine, ...]

    def slots_on(self, day: date) -> int:
        """How many sessions this version schedules on a date: as many as its most frequent exercise."""
        return max((line.times_per_day for line in self.lines_on(day)), default=0)

    def lines_on(self, day: date) -> list[AskedLine]:
        return [line for line in self.lines if line.is_asked_on(day)]


@dataclass(frozen=True, slots=True)
class Pause:
    """Dates from first to last on which nothing is asked, unless it was ended before `resumed_on`."""

    first: date
    last: date
    resumed_on: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.first <= day <= self.last and (self.resumed_on is None or day < self.resumed_on)


def version_on(day: date, versions: Sequence[AskedVersion]) -> AskedVersion | None:
    """The version that stood on a date: the last of those, in the order of their numbers, that had started."""
    started = [version for version in versions if version.starts_on <= day]
    return started[-1] if started else None


def asked_slots(versions: Sequence[AskedVersion], first: date, last: date) -> set[Slot]:
    """Every slot of every date from first to last, both included."""
    slots: set[Slot] = set()
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if version := version_on(day, versions):
            slots |= {Slot(day, str(slot)) for slot in range(1, version.slots_on(day) + 1)}
    return slots
