"""A person of the clinic wrote to a patient: their phone says so, and not a word of what was written.

A person wrote, so no pause, no end of a program, no silence and no cap of reminders keeps it away; only the patient's
quiet hours do, until they end. It counts as one of the date's messages: the reminders after it are the fewer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Min, Q

from accounts.access import acting_for_all
from notifications.facts import zone_of
from notifications.models import Kind, MessagePreferences, Notification
from notifications.restraint import Because
from recovery.models import StaffMessage

LASTS = timedelta(days=1)  # P: longer than any night, and what staff write next begins again
# A message that waits for a day, told of within a day of another one of its date: neither is older than this.
ONE_BURST = 4 * LASTS


def tell_of_messages(*, now: datetime) -> int:
    """One message to each patient about what staff wrote within a day and they have not read, at once or when their
    quiet hours end. What follows while that is unread brings no second one on the same local date. How many were
    looked at. Three statements at most, however many patients.
    """
    with acting_for_all():
        by_patient: dict[int, list[StaffMessage]] = defaultdict(list)
        unread = StaffMessage.objects.unread().filter(written_at__range=(now - ONE_BURST, now))
        for message in unread.select_related("patient__message_preferences").order_by("pk"):
            by_patient[message.patient_id].append(message)
        if not by_patient:
            return 0
        told: dict[int, list[Notification]] = defaultdict(list)
        earlier = Notification.objects.filter(
            recipient__in=by_patient, kind=Kind.MESSAGE, due_at__gt=now - ONE_BURST
        )
        # What the night kept is told in the morning.
        kept = Q(state=Notification.State.MISSED) | Q(because=Because.QUIET_HOURS)
        for row in earlier.exclude(kept):
            told[row.patient_id].append(row)
        rows = [_row(messages, told[patient], now=now) for patient, messages in by_patient.items()]
        Notification.objects.bulk_create([row for row in rows if row], ignore_conflicts=True)
    return len(by_patient)


def read_already(rows: Iterable[Notification]) -> dict[int, Because]:
    """Which of these messages are about nothing that is unread any more. One statement at most."""
    about = {row.pk: row for row in rows if row.kind == Kind.MESSAGE}
    if not about:
        return {}
    unread = StaffMessage.objects.unread().filter(patient__in={row.patient_id for row in about.values()})
    oldest = dict(unread.values_list("patient").annotate(Min("written_at")))
    return {
        pk: Because.READ
        for pk, row in about.items()
        if row.patient_id not in oldest or oldest[row.patient_id] > row.due_at
    }


def _row(
    unread: Sequence[StaffMessage], told: Iterable[Notification], *, now: datetime
) -> Notification | None:
    """A message about the first of `unread` (one patient's, in their order) that none of `told` speaks for."""
    patient = unread[0].patient
    zone = zone_of(patient.time_zone)
    quiet = getattr(patient, "message_preferences", MessagePreferences()).quiet
    local = now.astimezone(zone)
    if quiet.cover(local.time()):
        return None
    ids = {str(message.pk) for message in unread}

    def speaks_for(row: Notification, message: StaffMessage) -> bool:
        same_burst = row.slot in ids and message.written_at.astimezone(zone).date() <= row.local_date
        return same_burst or message.written_at <= row.due_at

    news = (one for one in unread if one.written_at > now - LASTS)
    first = next((one for one in news if not any(speaks_for(row, one) for row in told)), None)
    if first is None:
        return None
    quiet_from = quiet.next_start(zone, now)
    return Notification(
        clinic_id=first.clinic_id,
        recipient_id=first.patient_id,
        patient_id=first.patient_id,
        kind=Kind.MESSAGE,
        local_date=local.date(),
        slot=str(first.pk),
        due_at=now,
        expires_at=min(now + LASTS, quiet_from or now + LASTS),
        next_attempt_at=now,
    )
