"""About how long a dose takes: a plan's minutes a day, and what the phone says beside a session. PURE."""

from collections.abc import Iterable, Sequence

from exercises.dosage import Dosage

SECONDS_A_REPETITION = 4  # P: an unhurried one, with its way back
SECONDS_BETWEEN = 20  # P: getting into the next position
DONE_TWICE = frozenset({"each-side", "each-leg", "both"})

# What of a line of a program or plan takes time: its dose, its side, and its weekdays, of which none is every day.
Timed = tuple[Dosage, str, Sequence[int]]


def seconds(dosage: Dosage, side: str) -> int:
    """One go of a dose. `side` is a value of Sides, or the side of a plan's line."""
    if dosage.minutes:
        return 60 * dosage.minutes
    once = dosage.hold_seconds or SECONDS_A_REPETITION
    return (dosage.sets or 1) * (dosage.repetitions or 1) * once * (2 if side in DONE_TWICE else 1)


def minutes_a_day(lines: Iterable[Timed]) -> int:
    """Whole minutes on the fullest day of the week."""
    total = dict.fromkeys(range(1, 8), 0)
    for dosage, side, weekdays in lines:
        for day in set(weekdays) or total:
            total[day] += dosage.times_per_day * (seconds(dosage, side) + SECONDS_BETWEEN)
    most = max(total.values())
    return max(1, round(most / 60)) if most else 0
