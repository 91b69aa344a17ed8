"""Patients in short: one level of pain for each program week, logged on all seven days of it."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from recovery.rules.course import Stratum
from recovery.rules.status import Decision, Facts, history, judge
from recovery.rules.weeks import Week, weeks

START = date(2026, 3, 2)

Level = int | str | Fraction | None  # "4.1" is exactly 41/10; None is a week without any entry


def last_day(week: int) -> date:
    return START + timedelta(days=7 * week - 1)


def diary(*levels: Level) -> dict[date, Fraction]:
    return {
        START + timedelta(days=7 * week + day): Fraction(level)
        for week, level in enumerate(levels)
        if level is not None
        for day in range(7)
    }


def ended(*levels: Level) -> tuple[Week, ...]:
    return weeks(START, diary(*levels), through=last_day(len(levels)))


def facts(*levels: Level, **more: Any) -> Facts:
    return Facts(start=START, day_values=diary(*levels), **({"stratum": Stratum.A} | more))


def decision(*levels: Level, **more: Any) -> Decision:
    """The decision at the end of the last of these weeks."""
    return history(facts(*levels, **more), through=last_day(len(levels)))[-1]


def standing(known: Facts, today: date) -> Decision:
    """What stands on a local date that has not ended."""
    return judge(known, through=today - timedelta(days=1), today=today)[-1]
