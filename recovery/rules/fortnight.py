"""The last two weeks by exercise: what was asked of each on each day, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from recovery.rules.adherence import Slot
from recovery.rules.asked import AskedVersion, version_on
from recovery.rules.doses import Done

FORTNIGHT_DAYS = 14  # of the grid that staff see; P


class Came(StrEnum):
    """What came of one exercise, or of the sessions, on one day. Each is a value: none of them is a zero."""

    DONE = "done"
    PART = "part"
    HURTS = "hurts"
    SKIPPED = "skipped"
    NO_ENTRY = "no_entry"
    NOT_ASKED = "not_asked"
    PAUSED = "paused"
    STOPPED = "stopped"  # under an open red flag
    EXTRA = "extra"  # done, though nobody asked for it


@dataclass(frozen=True, slots=True)
class Cell:
    """`done` counts what was done or part done, of so many times `asked` on that day."""

    came: Came
    asked: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Fortnight:
    """Days in order; the sessions of each, and the exercises of each in the order of the latest plan, by id."""

    days: tuple[date, ...]
    sessions: tuple[Cell, ...]
    exercises: Mapping[int, tuple[Cell, ...]]


def laid_out(
    versions: Sequence[AskedVersion],
    results: Iterable[Done],
    first: date,
    last: date,
    *,
    asked: Set[Slot],
    done: Set[Slot],
    paused_on: Set[date],
    stopped_on: Set[date],
) -> Fortnight:
    """The dates from first to last. `asked` and `done` are slots as adherence counts them."""
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    outcomes: dict[tuple[date, int], Counter[str]] = {}
    for one in results:
        outcomes.setdefault((one.on, one.exercise), Counter())[one.outcome] += 1

    def why_not(day: date) -> Came | None:
        return Came.STOPPED if day in stopped_on else Came.PAUSED if day in paused_on else None

    def sessions(day: date) -> Cell:
        slots = {slot for slot in asked if slot.on == day}
        return _cell(len(slots), Counter(done=len(slots & done)), why_not(day))

    def exercise(day: date, which: int) -> Cell:
        version = version_on(day, versions)
        lines = [line for line in version.lines_on(day) if line.exercise == which] if version else []
        often = 0 if why_not(day) else sum(line.times_per_day for line in lines)
        return _cell(often, outcomes.get((day, which), Counter()), why_not(day))

    return Fortnight(
        days,
        tuple(sessions(day) for day in days),
        {which: tuple(exercise(day, which) for day in days) for which in _exercises(versions, days)},
    )


def _exercises(versions: Sequence[AskedVersion], days: Sequence[date]) -> list[int]:
    """Every exercise of a version that stood on one of these dates, those of the latest first."""
    stood = [version for day in reversed(days) if (version := version_on(day, versions))]
    return list(dict.fromkeys(line.exercise for version in stood for line in version.lines))


def _cell(asked: int, outcomes: Mapping[str, int], why_not: Came | None) -> Cell:
    done, part = outcomes.get("done", 0), outcomes.get("part", 0)
    if not asked:
        return Cell(Came.EXTRA if done + part else why_not or Came.NOT_ASKED, 0, done + part)
    if outcomes.get("hurts_too_much"):
        came = Came.HURTS
    elif done >= asked:
        came = Came.DONE
    elif done + part:
        came = Came.PART
    else:
        came = Came.SKIPPED if outcomes.get("skipped") else Came.NO_ENTRY
    return Cell(came, asked, done + part)
