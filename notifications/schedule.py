"""When a reminder is due. Pure: a rule, a zone and a moment in, instants out.

A slot is one local time of one local date, and it happens at exactly one instant. It is built on the local
clock and then converted: adding 24 hours to yesterday's instant is an hour wrong twice a year. A local time
that the clock skips moves on with the clock (02:30 becomes 03:30), one that comes twice is taken the first
time, and a date that a zone left out (Apia, 2011-12-30) has no slots.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import blake2b
from typing import NamedTuple

NOON = time(12)
ONE_DAY = timedelta(days=1)
LONGEST_JITTER_SECONDS = 60
LONGEST_SEARCH = 15  # days: one weekday a week, and that date may be one that the zone left out


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until before `end` on the local clock; over midnight if start is later; none if equal."""

    start: time
    end: time

    def cover(self, at: time) -> bool:
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def next_start(self, zone: tzinfo, after: datetime) -> datetime | None:
        """The first instant (UTC) after `after` (aware) at which they begin; None when there are none."""
        if self.start == self.end:
            return None
        today = after.astimezone(zone).date()
        starts = (instant(today + n * ONE_DAY, self.start, zone) for n in range(-1, 4))
        return next(start for start in starts if start > after)


@dataclass(frozen=True, slots=True)
class Rule:
    """Local `times` on `weekdays` (1 is Monday, 7 is Sunday), never in quiet hours nor up to `paused_until`."""

    times: tuple[time, ...]
    weekdays: frozenset[int]
    quiet: QuietHours
    paused_until: date | None = None  # the last date without messages


class Due(NamedTuple):
    """One slot and the instant (UTC) at which it happens."""

    at: datetime
    local_date: date
    slot: str  # the local time as HH:MM, also when the clock skips it


def every(minutes: int, *, start: time, end: time) -> tuple[time, ...]:
    """The local times of breaks inside set hours: the first one interval after `start`, the last by `end`."""
    first = start.hour * 60 + start.minute
    last = end.hour * 60 + end.minute
    return tuple(time(*divmod(at, 60)) for at in range(first + minutes, last + 1, minutes))


def next_due(rule: Rule, zone: tzinfo, *, after: datetime) -> Due | None:
    """The first slot later than `after` (aware). None when the rule has no slot at all."""
    today = after.astimezone(zone).date()
    if rule.paused_until is not None:
        today = max(today, rule.paused_until)
    found: Due | None = None
    for n in range(-1, LONGEST_SEARCH):
        later = [due for due in _slots(rule, zone, today + n * ONE_DAY) if due.at > after]
        if found:
            # A skipped 23:30 moves past the next day's 00:15: the day after has a say, too.
            return min([found, *later])
        found = min(later, default=None)
    return found


def due_between(rule: Rule, zone: tzinfo, since: datetime, until: datetime) -> list[Due]:
    """Every slot from `since` to `until` (aware, both included), in the order in which they happen."""
    day = since.astimezone(zone).date() - ONE_DAY
    last = until.astimezone(zone).date() + ONE_DAY
    found: list[Due] = []
    while day <= last:
        found += (due for due in _slots(rule, zone, day) if since <= due.at <= until)
        day += ONE_DAY
    return sorted(found)


def look_at(planned: datetime | None, rule: Rule, zone: tzinfo, *, now: datetime) -> datetime | None:
    """When the planner must look at a rule that was changed `now`, `planned` being when it would have.

    What has come due and has not been looked at stays so, and is judged by the rule as it is then: an edit
    between a slot and its planning loses nothing.
    """
    if planned is not None and planned <= now:
        return planned
    following = next_due(rule, zone, after=now)
    return following.at if following else None


def jitter_seconds(patient_id: int, day: date) -> int:
    """0 to 60, the same all day for one patient: at nine o'clock not everybody at the same second."""
    digest = blake2b(f"{patient_id} {day}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % (LONGEST_JITTER_SECONDS + 1)


def instant(day: date, at: time, zone: tzinfo) -> datetime:
    """The one instant (UTC) of a local time: after a gap by the gap's length, the first of two in a fold."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _slots(rule: Rule, zone: tzinfo, day: date) -> Iterator[Due]:
    if day.isoweekday() not in rule.weekdays or not _exists(day, zone):
        return
    if rule.paused_until is not None and day <= rule.paused_until:
        return
    for at in rule.times:
        moment = instant(day, at, zone)
        if not rule.quiet.cover(moment.astimezone(zone).time()):
            yield Due(moment, day, at.isoformat("minutes"))


def _exists(day: date, zone: tzinfo) -> bool:
    return instant(day, NOON, zone).astimezone(zone).date() == day
