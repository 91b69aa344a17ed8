"""The last 14 days by exercise, in short words. A colour only repeats what a word says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic import words
from recovery.models import Plan
from recovery.rules.fortnight import Came, Cell, Fortnight

# What stands in a square of the grid, its colour, and what it is called in full.
CAME = {
    Came.DONE: ("done", "good", "done"),
    Came.PART: ("part", "pine", "done in part"),
    Came.HURTS: ("hurt", "warn", "hurt too much"),
    Came.SKIPPED: ("skip", "neutral", "skipped"),
    Came.NO_ENTRY: ("none", "blank", "asked, and no entry"),
    Came.NOT_ASKED: ("–", "", "nothing asked"),
    Came.PAUSED: ("pause", "away", "paused"),
    Came.STOPPED: ("stop", "danger", "stopped by a red flag"),
    Came.EXTRA: ("extra", "good", "done without being asked"),
}
COUNTED = (Came.DONE, Came.PART, Came.NO_ENTRY)


@dataclass(frozen=True, slots=True)
class Square:
    text: str
    tone: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Grid:
    """`pain` has a row for leg and back, `exercises` one for each exercise; `key` says what the words mean."""

    days: Sequence[tuple[str, date]]
    sessions: Sequence[Square]
    exercises: Sequence[tuple[str, Sequence[Square]]]
    pain: Sequence[tuple[str, Sequence[str]]]
    key: Sequence[tuple[str, str, str]]


def grid(found: Fortnight, plans: Sequence[Plan], trend: Mapping[str, Any]) -> Grid:
    """`found` with the names of the plans' exercises, and the day's pain of the trend."""
    names = {line.exercise_id: words.exercise(line) for plan in plans for line in plan.prescriptions.all()}
    cells = [*found.sessions, *(cell for cells in found.exercises.values() for cell in cells)]
    there = {cell.came for cell in cells}
    return Grid(
        days=[(words.WEEKDAYS[day.weekday()], day) for day in found.days],
        sessions=[_square(cell, always=True) for cell in found.sessions],
        exercises=[(names[one], [_square(cell) for cell in cells]) for one, cells in found.exercises.items()],
        pain=[
            (region.title(), [words.pain(values[day]) if day in values else words.NONE for day in found.days])
            for region in ("leg", "back")
            if (values := {one["on"]: one["value"] for one in trend["days"][region]})
        ],
        key=[CAME[came] for came in Came if came in there],
    )


def _square(cell: Cell, *, always: bool = False) -> Square:
    """How often of how often, where it is asked more than once; of sessions always."""
    text, tone, spoken = CAME[cell.came]
    if cell.came in COUNTED and (always or cell.asked > 1):
        return Square(f"{cell.done}/{cell.asked}", tone, f"{cell.done} of {cell.asked} done")
    return Square(text, tone, spoken)
