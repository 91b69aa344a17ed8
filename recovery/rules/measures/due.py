"""Which measures are asked for today. What was never answered stays asked; what was missed is not asked twice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from recovery.rules.measures.instruments import Instrument
from recovery.rules.weeks import DAYS_IN_WEEK, week_dates, week_number

WEEKS = (0, 4, 8, 12, 26, 52)  # of PSFS and RMDQ; P: RMDQ as in clinical.md, PSFS with it
OPEN_DAYS = 14  # a measure that was due is asked for so many days; P
EARLY_DAYS = 7  # an answer in the days before it was due satisfies it; P, as for reviews
LAST_WEEK = 52  # the global effect is asked once a week until this one has ended; P


@dataclass(frozen=True, slots=True)
class Due:
    """A measure that is asked for: of which program week (0 is the start), and since which date."""

    instrument: Instrument
    week: int
    since: date


def due(start: date, today: date, given: Mapping[Instrument, Collection[date]]) -> tuple[Due, ...]:
    """What is asked on the local date `today` in a program that started on `start`.

    `given` are the dates of this episode's answers. "At week w" is from the day after day 7w on. The first PSFS and
    RMDQ are asked until they have been given, for everything later is held against them.
    """
    if today < start:
        return ()
    found = [_scheduled(one, start, today, given.get(one, ())) for one in (Instrument.PSFS, Instrument.RMDQ)]
    found.append(_weekly(start, today, given.get(Instrument.GPE, ())))
    return tuple(one for one in found if one is not None)


def _scheduled(instrument: Instrument, start: date, today: date, given: Collection[date]) -> Due | None:
    if not given:
        return Due(instrument, 0, start)
    week = max(week for week in WEEKS if start + timedelta(days=DAYS_IN_WEEK * week) <= today)
    since = start + timedelta(days=DAYS_IN_WEEK * week)
    is_over = today >= since + timedelta(days=OPEN_DAYS)
    is_given = any(since - timedelta(days=EARLY_DAYS) <= on <= today for on in given)
    return None if week == 0 or is_over or is_given else Due(instrument, week, since)


def _weekly(start: date, today: date, given: Collection[date]) -> Due | None:
    """Once in each program week, when one week lies behind."""
    ended = week_number(start, today) - 1
    since = week_dates(start, ended + 1)[0]
    if not 1 <= ended <= LAST_WEEK or any(since <= on <= today for on in given):
        return None
    return Due(Instrument.GPE, ended, since)
