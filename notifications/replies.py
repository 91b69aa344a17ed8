"""What a patient answers to a message, from the notification itself: not now, or done."""

from datetime import datetime, time, timedelta

from notifications import schedule
from notifications.models import MessagePreferences, Notification, SnoozedFor
from notifications.planner import LATEST
from notifications.restraint import Because
from recovery.models import Patient
from wire.problems import Conflict

PUT_OFF = {SnoozedFor.HALF_AN_HOUR: timedelta(minutes=30), SnoozedFor.TWO_HOURS: timedelta(hours=2)}

State = Notification.State
OVER = (State.SKIPPED, State.MISSED, State.FAILED, State.WITHHELD)


def snooze(*, notification: Notification, patient: Patient, how_long: str, now: datetime) -> None:
    """Put off a locked message that has left or will: it comes back once, or no more of its kind come today.

    It never comes back in quiet hours or on another date. Answered again, it stays as it was answered first. Raises
    Conflict when there is nothing to put off.
    """
    if notification.snoozed_for or notification.done_at:
        return
    if notification.state in OVER:
        raise Conflict("This message is over, so there is nothing to put off.")
    notification.snoozed_for, notification.snoozed_at = how_long, now
    back = _back_at(SnoozedFor(how_long), patient, now)
    if back is not None:
        at, until = back
        notification.state, notification.sent_at, notification.attempts = State.PENDING, None, 0
        notification.next_attempt_at, notification.expires_at = at, until
        # A sender that holds it no longer does, and what it sends meanwhile has the same tag.
        notification.token = None
    elif notification.state != State.SENT:
        notification.state, notification.because = State.SKIPPED, Because.SNOOZED
        notification.token = None
    _save(notification, now)


def done(*, notification: Notification, now: datetime) -> None:
    """The patient says that it is done: a locked message that waits leaves no more. Said again, nothing changes."""
    if notification.done_at:
        return
    notification.done_at = now
    if notification.state in (State.PENDING, State.SENDING):
        notification.state, notification.because, notification.token = State.SKIPPED, Because.DONE, None
    _save(notification, now)


def _back_at(how_long: SnoozedFor, patient: Patient, now: datetime) -> tuple[datetime, datetime] | None:
    """When it comes back, and from when it is too late; None when it does not."""
    if how_long not in PUT_OFF:
        return None
    at = now + PUT_OFF[how_long]
    preferences = MessagePreferences.objects.filter(patient=patient).first() or MessagePreferences()
    quiet_from = preferences.quiet.next_start(patient.zone, now)
    tomorrow = schedule.instant(patient.local_date(now) + timedelta(days=1), time(), patient.zone)
    # A retry, too, comes before the date is over.
    too_late = min(tomorrow, quiet_from or tomorrow, at + LATEST)
    return (at, too_late) if at < too_late else None


def _save(notification: Notification, now: datetime) -> None:
    notification.save()
    MessagePreferences.objects.filter(patient=notification.patient_id).update(heard_at=now)
