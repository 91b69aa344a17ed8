"""One day of one region: from single ratings to the day's value. Missing is never zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

LEAST_PAIN = 0  # no pain; V: 0-10 numeric rating scale, free to use (ICHOM guide)
WORST_PAIN = 10  # worst imaginable pain; V: the same scale
DAYS_TO_ANSWER = 1  # an answer counts until this many local days after its day have ended; P


class Region(StrEnum):
    LEG = "leg"
    BACK = "back"


class Asked(StrEnum):
    """What the patient was asked: pain at this moment, or over the whole day (the evening diary)."""

    NOW = "now"
    LAST_24_HOURS = "last_24_hours"


@dataclass(frozen=True, slots=True)
class Rating:
    """One answer about one region, as it stands after all its revisions.

    answered_at is aware and decides which answer came last; about_on and answered_on are local dates of the
    patient, fixed when the answer was given. Raises ValueError for a score outside 0 to 10 or a naive time.
    """

    score: int
    asked: Asked
    about_on: date
    answered_at: datetime
    answered_on: date

    def __post_init__(self) -> None:
        if not LEAST_PAIN <= self.score <= WORST_PAIN:
            raise ValueError(f"A pain score is a whole number from 0 to 10, not {self.score!r}.")
        if self.answered_at.tzinfo is None:
            raise ValueError("A rating needs the time of its answer with a time zone.")

    @property
    def is_late(self) -> bool:
        """Answered after the end of the local day that follows its day; when it arrived plays no part."""
        return (self.answered_on - self.about_on).days > DAYS_TO_ANSWER


@dataclass(frozen=True, slots=True)
class DayValue:
    """What one date says about one region.

    The value is total / count of the ratings it was made of, all of the kind `asked`. A count of 0 with no
    `asked` says that the day has no entry, which is not the same as no pain. `worst` is the highest rating
    given in time, of either kind; `late` counts the answers that came too late to count.
    """

    on: date
    total: int
    count: int
    asked: Asked | None
    worst: int | None
    late: int

    @property
    def value(self) -> Fraction | None:
        """The day's pain, 0 to 10, exactly; None when nobody said."""
        return Fraction(self.total, self.count) if self.count else None


def day_value(on: date, ratings: Iterable[Rating]) -> DayValue:
    """The day's value: the last "last 24 hours" answer, else the mean of the "now" ratings, else no entry.

    `ratings` are those of one region about this date, in any order; of two evening answers given at the same
    instant the higher stands. Raises ValueError for a rating about another date.
    """
    in_time: list[Rating] = []
    late = 0
    for rating in ratings:
        if rating.about_on != on:
            raise ValueError(f"A rating about {rating.about_on} cannot count for {on}.")
        if rating.is_late:
            late += 1
        else:
            in_time.append(rating)
    if not in_time:
        return DayValue(on, total=0, count=0, asked=None, worst=None, late=late)

    worst = max(rating.score for rating in in_time)
    evening = [rating for rating in in_time if rating.asked is Asked.LAST_24_HOURS]
    if evening:
        last = max(evening, key=lambda rating: (rating.answered_at, rating.score))
        return DayValue(on, total=last.score, count=1, asked=Asked.LAST_24_HOURS, worst=worst, late=late)
    total = sum(rating.score for rating in in_time)
    return DayValue(on, total=total, count=len(in_time), asked=Asked.NOW, worst=worst, late=late)


def one_decimal(value: Fraction) -> str:
    """A pain value as pages and sentences show it, halves rounded up: 9/4 is "2.3"."""
    tenths = (20 * value.numerator + value.denominator) // (2 * value.denominator)
    return f"{tenths / 10:.1f}"
