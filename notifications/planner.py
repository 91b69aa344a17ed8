"""From due reminders to rows of the ledger. Run it twice, or in four processes: the ledger is the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.access import acting_for_all
from notifications import facts, schedule
from notifications.facts import About
from notifications.models import Notification
from notifications.restraint import BREAK, Because, pointless, too_much

BATCH = 2000  # reminders a transaction
LATEST = timedelta(hours=2)  # a reminder that is later than this is missed
ON_TIME = timedelta(minutes=5)  # later than this, the planner was away and people get one message at most
LONGEST_OUTAGE = timedelta(days=30)  # as far back as a patient can look

State = Notification.State

# Who locks a patient's preferences plans all their reminders: only so can one patient be kept from a burst. Planners
# that meet pass each other by.
LOCK = """
    SELECT m.patient_id, m.quiet_start::text, m.quiet_end::text, m.paused_until::text
    FROM notifications_reminder r JOIN notifications_messagepreferences m ON m.patient_id = r.patient_id
    WHERE r.enabled AND r.next_due_at <= %s ORDER BY r.next_due_at LIMIT %s FOR UPDATE OF m SKIP LOCKED
"""
# A statement of its own: it sees what whoever held the lock before has changed. The reminders are locked against a
# change of zone, which knows of no preferences.
READ = """
    SELECT r.patient_id, r.id, r.clinic_id, r.kind, p.time_zone, r.next_due_at::text, r.times::text, r.weekdays::text,
        r.window_start::text, r.window_end::text, r.every_minutes
    FROM notifications_reminder r JOIN recovery_patient p ON p.user_id = r.patient_id
    WHERE r.patient_id = ANY(%s) AND r.enabled AND r.next_due_at <= %s
    FOR NO KEY UPDATE OF r
"""
WRITE = """
    INSERT INTO notifications_notification (clinic_id, recipient_id, patient_id, kind, local_date, slot, due_at,
        expires_at, next_attempt_at, state, because, attempts, channel, error, snoozed_for)
    SELECT clinic, patient, patient, kind, local_date, slot, due_at, expires_at, next_attempt_at, state, because, 0,
        '', '', ''
    FROM json_to_recordset(%s) AS planned (clinic bigint, patient bigint, kind text, local_date date, slot text,
        due_at timestamptz, expires_at timestamptz, next_attempt_at timestamptz, state text, because text)
    ON CONFLICT DO NOTHING
"""
SET_NEXT_DUE = """
    UPDATE notifications_reminder SET next_due_at = moved.due
    FROM json_to_recordset(%s) AS moved (id bigint, due timestamptz)
    WHERE notifications_reminder.id = moved.id
"""
TELL_OF_SILENCE = """
    UPDATE notifications_messagepreferences m SET silent_since = silence.since::date, silence_is_told = false
    FROM json_each_text(%s) AS silence (patient, since)
    WHERE m.patient_id = silence.patient::bigint AND m.silent_since IS DISTINCT FROM silence.since::date
"""


class Occurrence(NamedTuple):
    """One slot of one date, with the moment from which its message is too late."""

    due: schedule.Due
    expires_at: datetime


class Looked(NamedTuple):
    """What a look at a rule found: the slots that have come due, and when to look again."""

    occurrences: tuple[Occurrence, ...]
    next_due_at: datetime | None


@dataclass(slots=True)
class Planned:
    """A row of the ledger before it is written, with the names that WRITE reads."""

    clinic: int
    patient: int
    kind: str
    local_date: date
    slot: str
    due_at: datetime
    expires_at: datetime
    next_attempt_at: datetime
    state: str = State.PENDING
    because: str = ""

    @property
    def about(self) -> About:
        return About(self.patient, self.kind, self.local_date)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A due reminder that is locked, and what a look at its rule found."""

    pk: int
    clinic: int
    patient: int
    kind: str
    zone: ZoneInfo
    looked: Looked

    def planned(self, occurrence: Occurrence) -> Planned:
        due, expires_at = occurrence
        send_at = _spread(self.patient, self.zone, occurrence)
        return Planned(
            self.clinic, self.patient, self.kind, due.local_date, due.slot, due.at, expires_at, send_at
        )


def plan(*, now: datetime) -> int:
    """Write every slot that has come due into the ledger. Returns how many reminders were due."""
    total = 0
    while (handled := _plan_batch(now)) is not None:
        total += handled
    return total


def _plan_batch(now: datetime) -> int | None:
    """How many reminders a batch had; None when there was no patient left to take."""
    with acting_for_all(), connection.cursor() as cursor:
        claimed = claim(cursor, now=now)
        if claimed is None:
            return None
        of_patients: dict[int, list[Planned]] = defaultdict(list)
        for one in claimed:
            of_patients[one.patient] += map(one.planned, one.looked.occurrences)
        _miss_what_is_late(of_patients.values(), now)
        rows = sorted(chain.from_iterable(of_patients.values()), key=lambda row: row.due_at)
        silent = _skip_what_is_pointless([row for row in rows if row.state == State.PENDING], now)
        if rows:
            cursor.execute(WRITE, [_json(rows)])
        if silent:
            cursor.execute(TELL_OF_SILENCE, [_json(silent)])
        reschedule(cursor, claimed)
        return len(claimed)


def claim(cursor: CursorWrapper, *, now: datetime) -> list[Claimed] | None:
    """Lock due reminders and look at their rules. None when nobody is left; empty when another planner had them."""
    cursor.execute(facts.BY_INDEX)
    cursor.execute(LOCK, [now, BATCH])
    preferences = {patient: quiet_and_pause for patient, *quiet_and_pause in cursor}
    if not preferences:
        return None
    cursor.execute(READ, [list(preferences), now])
    claimed = []
    for patient, pk, clinic, kind, zone, since, *rule in cursor:
        looked = _look(facts.zone_of(zone), since, now, *rule, *preferences[patient])
        claimed.append(Claimed(pk, clinic, patient, kind, facts.zone_of(zone), looked))
    return claimed


def reschedule(cursor: CursorWrapper, claimed: Iterable[Claimed]) -> None:
    moved = [{"id": one.pk, "due": one.looked.next_due_at} for one in claimed]
    cursor.execute(SET_NEXT_DUE, [_json(moved)])


def _json(value: object) -> str:
    """One parameter instead of an array a column, which costs four times as much to write."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


# At nine o'clock thousands share a rule, a zone and the moment: what PostgreSQL wrote of them is read once.
@lru_cache(maxsize=4096)
def _look(
    zone: ZoneInfo,
    since: str,
    now: datetime,
    times: str,
    weekdays: str,
    window_start: str | None,
    window_end: str | None,
    every_minutes: int | None,
    quiet_start: str,
    quiet_end: str,
    paused_until: str | None,
) -> Looked:
    if every_minutes and window_start and window_end:
        start, end = time.fromisoformat(window_start), time.fromisoformat(window_end)
        slots = schedule.every(every_minutes, start=start, end=end)
    else:
        slots = tuple(map(time.fromisoformat, _items(times)))
    rule = schedule.Rule(
        slots,
        frozenset(map(int, _items(weekdays))),
        schedule.QuietHours(time.fromisoformat(quiet_start), time.fromisoformat(quiet_end)),
        date.fromisoformat(paused_until) if paused_until else None,
    )
    first = max(datetime.fromisoformat(since), now - LONGEST_OUTAGE)
    following = schedule.next_due(rule, zone, after=now)
    return Looked(
        tuple(
            Occurrence(due, _expiry(due.at, rule.quiet, zone))
            for due in schedule.due_between(rule, zone, first, now)
        ),
        following.at if following else None,
    )


def _items(array: str) -> list[str]:
    """The items of an array as PostgreSQL writes it: {1,2,3}."""
    return [item for item in array.strip("{}").split(",") if item]


def _expiry(due_at: datetime, quiet: schedule.QuietHours, zone: ZoneInfo) -> datetime:
    too_late = due_at + LATEST
    quiet_from = quiet.next_start(zone, due_at)
    return min(too_late, quiet_from) if quiet_from else too_late


def _spread(patient: int, zone: ZoneInfo, occurrence: Occurrence) -> datetime:
    """When to send: up to a minute after it is due, but on the same date and before quiet hours."""
    due, expires_at = occurrence
    later = due.at + timedelta(seconds=schedule.jitter_seconds(patient, due.local_date))
    same_date = later.astimezone(zone).date() == due.at.astimezone(zone).date()
    return later if same_date and later < expires_at else due.at


def _miss_what_is_late(of_patients: Iterable[list[Planned]], now: datetime) -> None:
    """After an outage only the latest message that is still of use leaves; the others show as missed."""
    for rows in of_patients:
        for place, row in enumerate(sorted(rows, key=lambda row: row.due_at, reverse=True)):
            if row.expires_at <= now or (now - row.due_at > ON_TIME and place > 0):
                row.state = State.MISSED


def _skip_what_is_pointless(rows: list[Planned], now: datetime) -> dict[int, date]:
    """Mark what had better not leave; since when nothing was heard of the patients whom a person should ask."""
    about = {row.about for row in rows}
    known, past = facts.known(about, now=now), facts.past(about)
    leaving: Counter[tuple[int, date, bool]] = Counter()
    silent: dict[int, date] = {}
    for row in rows:
        key = row.patient, row.local_date, row.kind == BREAK
        why = pointless(row.kind, row.slot, row.local_date, known[row.about], now=now) or too_much(
            row.kind, row.local_date, past[row.about], also_planned=leaving[key], known=known[row.about]
        )
        if why is None:
            leaving[key] += 1
            continue
        row.state, row.because = State.SKIPPED, why
        if why == Because.SILENT:
            silent[row.patient] = past[row.about].heard_on
    return silent
