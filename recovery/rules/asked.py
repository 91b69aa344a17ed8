"""What a plan asks of a day: its sessions, in slots numbered from 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from recovery.rules.adherence import Slot

EVERY_DAY: frozenset[int] = frozenset(range(1, 8))  # the weekdays of a line that names none, 1 is Monday; P


class Pause(NamedTuple):
    """The local dates on which an exercise was suspended, even in part; `last` is None while it still is."""

    first: date
    last: date | None

    def holds_on(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One exercise line: how often on a day, on which weekdays (1 is Monday), and when it was suspended."""

    times_per_day: int
    weekdays: frozenset[int] = EVERY_DAY
    pauses: tuple[Pause, ...] = ()

    def is_asked_on(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays and not any(pause.holds_on(day) for pause in self.pauses)


@dataclass(frozen=True, slots=True)
class AskedVersion:
    """A plan version, by the first local date it asks for."""

    starts_on: date
    lines: tuple[AskedLine, ...]

    def slots_on(self, day: date) -> int:
        """How many sessions this version schedules on a date: as many as its most frequent exercise."""
        return max((line.times_per_day for line in self.lines if line.is_asked_on(day)), default=0)


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
