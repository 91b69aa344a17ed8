"""How much of what was asked was done. Where nothing was asked there is no value, which is not 0 %."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import prod
from typing import NamedTuple

WEEK_DAYS = 7  # the short view; P
MONTH_DAYS = 28  # the long view, and the one the review sentence uses; P
HIGH = Fraction(80, 100)  # at least this much is high; P
PARTIAL = Fraction(50, 100)  # at least this much is partial, less is low; P


class Slot(NamedTuple):
    """One session the plan schedules: a local date, and its place in that day (for example "morning")."""

    on: date
    name: str


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One exercise line of an asked session: how much was prescribed and done, each as amount() counts it."""

    on: date
    prescribed: int
    done: int


class Adherence(StrEnum):
    HIGH = "high"
    PARTIAL = "partial"
    LOW = "low"


def session_adherence(
    asked: Set[Slot], done: Set[Slot], *, through: date, days: int, not_asked_on: Set[date] = frozenset()
) -> Fraction | None:
    """The share of asked slots with at least one exercise done or part done, over `days` ended days.

    `through` is the last of these days. `not_asked_on` are the days that were paused or under an open red
    flag; days the plan leaves free simply have no slot. Sessions that nobody asked for do not count.
    None when nothing was asked.
    """
    counted = {slot for slot in asked if _in_window(slot.on, through, days) and slot.on not in not_asked_on}
    return Fraction(len(counted & done), len(counted)) if counted else None


def dose_adherence(
    lines: Iterable[DoseLine], *, through: date, days: int, not_asked_on: Set[date] = frozenset()
) -> Fraction | None:
    """The mean, over asked exercise lines, of the share of the dose that was done, no line above 1.

    A line that was asked and not done has done=0. None when nothing was asked.
    """
    shares = [
        min(Fraction(line.done, line.prescribed), Fraction(1))
        for line in lines
        if _in_window(line.on, through, days) and line.on not in not_asked_on
    ]
    return sum(shares, Fraction()) / len(shares) if shares else None


def amount(*counts: int | None) -> int:
    """The size of a dose: the product of what it counts (sets, repetitions, seconds, minutes, sides)."""
    return prod(count for count in counts if count is not None)


def band(adherence: Fraction) -> Adherence:
    """The word for an adherence, on its exact value."""
    if adherence >= HIGH:
        return Adherence.HIGH
    return Adherence.PARTIAL if adherence >= PARTIAL else Adherence.LOW


def _in_window(on: date, through: date, days: int) -> bool:
    return through - timedelta(days=days) < on <= through
