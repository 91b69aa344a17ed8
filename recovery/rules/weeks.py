"""Program weeks, their values, and the baseline. Weeks never overlap and never roll."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

DAYS_IN_WEEK = 7  # days of a program week, the first of them the start; P
LEAST_DAYS = 4  # days with a value that make a week; P, after Heapy 2014 (V: mean of 5 days, ICC over .90)
LAST_BASELINE_WEEK = 3  # the last week that can be the baseline; without one: a therapist sets a new start; P
LOW_BASELINE = 3  # a baseline below it has no percentages; P


@dataclass(frozen=True, slots=True)
class Week:
    """Program week `number`: the seven local dates from first to last, and their mean pain.

    `logged_days` of the seven have a value; with fewer than four of them the week's value is None.
    """

    number: int
    first: date
    last: date
    logged_days: int
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the patient started: the value of the first week that has one, of weeks 1 to 3."""

    value: Fraction
    week: int

    @property
    def is_late(self) -> bool:
        """Not from week 1. Weeks are still counted from the start."""
        return self.week > 1

    @property
    def is_low(self) -> bool:
        """Too low for a percentage to mean anything."""
        return self.value < LOW_BASELINE


def week_number(start: date, on: date) -> int:
    """The program week that `on` falls in; 1 holds the start, 0 and below lie before it."""
    return (on - start).days // DAYS_IN_WEEK + 1


def week_dates(start: date, number: int) -> tuple[date, date]:
    """First and last date of a program week: days 7w-6 to 7w, where day 1 is the start."""
    first = start + timedelta(days=DAYS_IN_WEEK * (number - 1))
    return first, first + timedelta(days=DAYS_IN_WEEK - 1)


def weeks(start: date, day_values: Mapping[date, Fraction], through: date) -> tuple[Week, ...]:
    """Every program week that has ended when the local date `through` has ended, from week 1 on.

    `day_values` holds only the days that have a value. Days outside these weeks play no part.
    """
    ended = week_number(start, through + timedelta(days=1)) - 1
    return tuple(_week(start, number, day_values) for number in range(1, ended + 1))


def _week(start: date, number: int, day_values: Mapping[date, Fraction]) -> Week:
    first, last = week_dates(start, number)
    days = (first + timedelta(days=day) for day in range(DAYS_IN_WEEK))
    logged = [day_values[day] for day in days if day in day_values]
    value = sum(logged, Fraction()) / len(logged) if len(logged) >= LEAST_DAYS else None
    return Week(number, first, last, len(logged), value)


def baseline(weeks: Sequence[Week]) -> Baseline | None:
    """The baseline that the ended weeks (from week 1 on, in order) give, None as long as there is none."""
    for week in weeks[:LAST_BASELINE_WEEK]:
        if week.value is not None:
            return Baseline(week.value, week.number)
    return None
