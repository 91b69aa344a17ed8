"""From due reminders to rows of the ledger. Run it twice, or in four processes: the ledger is the same."""

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection

from accounts.access import acting_for_all
from notifications import schedule
from notifications.models import Kind, MessagePreferences, Notification, Reminder
from recovery.models import Episode, Patient, RedFlag

BATCH = 1000
LATEST = timedelta(hours=2)  # a reminder that is later than this is missed
ON_TIME = timedelta(minutes=5)  # later than this, the planner was away and people get one message at most
MOVING = (Kind.EXERCISE, Kind.WALK)
LONGEST_OUTAGE = timedelta(days=30)  # as far back as a patient can look

log = logging.getLogger(__name__)

SET_NEXT_DUE = """
    UPDATE notifications_reminder SET next_due_at = moved.due
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS moved (id, due)
    WHERE notifications_reminder.id = moved.id
"""


def plan(*, now: datetime) -> int:
    """Write every slot that has come due into the ledger. Returns how many reminders were due."""
    total = 0
    while handled := _plan_batch(now):
        total += handled
    return total


def _plan_batch(now: datetime) -> int:
    with acting_for_all():
        reminders = _claim(now)
        slots: dict[int, list[Notification]] = defaultdict(list)
        next_dues: list[datetime | None] = []
        stopped = _stopped({reminder.patient_id for reminder, _ in reminders})
        for reminder, preferences in reminders:
            zone = _zone(reminder.patient)
            rule = reminder.rule(preferences.quiet)
            since = max(reminder.next_due_at or now, now - LONGEST_OUTAGE)
            is_pointless = reminder.kind in MOVING and reminder.patient_id in stopped
            for due in () if is_pointless else schedule.due_between(rule, zone, since, now):
                slots[reminder.patient_id].append(_notification(reminder, preferences, zone, due))
            following = schedule.next_due(rule, zone, after=now)
            next_dues.append(following.at if following else None)
        for of_one_patient in slots.values():
            _miss_what_is_late(of_one_patient, now)
        Notification.objects.bulk_create(
            [row for of_one_patient in slots.values() for row in of_one_patient],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        with connection.cursor() as cursor:
            cursor.execute(SET_NEXT_DUE, [[reminder.pk for reminder, _ in reminders], next_dues])
        return len(reminders)


def _claim(now: datetime) -> list[tuple[Reminder, MessagePreferences]]:
    """Due reminders, all of one patient's together: only so can one patient be kept from a burst."""
    due = Reminder.objects.filter(enabled=True, next_due_at__lte=now)
    oldest = due.order_by("next_due_at").values("patient")[:BATCH]
    preferences = {
        row.patient_id: row
        for row in MessagePreferences.objects.filter(patient__in=oldest).select_for_update(skip_locked=True)
    }
    reminders = (
        due.filter(patient__in=list(preferences)).select_related("patient").select_for_update(of=["self"])
    )
    return [(reminder, preferences[reminder.patient_id]) for reminder in reminders]


def _stopped(patients: set[int]) -> set[int]:
    """Whose sessions are stopped by an open red flag, or whose last episode has ended: nobody asks them to move."""
    flagged = set(RedFlag.objects.open().filter(patient__in=patients).values_list("patient", flat=True))
    episodes = set(Episode.objects.filter(patient__in=patients).values_list("patient", "ended_on"))
    going_on = {patient for patient, ended_on in episodes if ended_on is None}
    return flagged | ({patient for patient, _ in episodes} - going_on)


def _zone(patient: Patient) -> ZoneInfo:
    """A zone that the pinned tzdata no longer knows must not stop everybody's reminders."""
    try:
        return patient.zone
    except (ZoneInfoNotFoundError, ValueError):
        log.error("Patient %s has a time zone that is not known here; their reminders go by UTC.", patient.pk)
        return ZoneInfo("UTC")


def _notification(
    reminder: Reminder, preferences: MessagePreferences, zone: ZoneInfo, due: schedule.Due
) -> Notification:
    too_late = due.at + LATEST
    quiet_from = preferences.quiet.next_start(zone, due.at)
    return Notification(
        clinic_id=reminder.clinic_id,
        recipient_id=reminder.patient_id,
        patient_id=reminder.patient_id,
        kind=reminder.kind,
        local_date=due.local_date,
        slot=due.slot,
        due_at=due.at,
        expires_at=min(too_late, quiet_from) if quiet_from else too_late,
        next_attempt_at=due.at,
    )


def _miss_what_is_late(notifications: list[Notification], now: datetime) -> None:
    """After an outage only the latest message that is still of use leaves; the others show as missed."""
    newest_first = sorted(notifications, key=lambda row: row.due_at, reverse=True)
    for place, row in enumerate(newest_first):
        late = now - row.due_at
        if (row.expires_at and row.expires_at <= now) or (late > ON_TIME and place > 0):
            row.state = Notification.State.MISSED
