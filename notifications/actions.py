"""What people do about messages: set reminders, ask for quiet, subscribe."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db.models import F

from notifications import schedule
from notifications.facts import About, known
from notifications.models import Kind, MessagePreferences, Notification, PushSubscription, Reminder
from notifications.restraint import Because
from recovery.models import Patient

MOST_REMINDERS = 20
MOST_SUBSCRIPTIONS = 10


def locked_preferences(patient: Patient) -> MessagePreferences:
    """The patient's row, made when there is none, and locked: meanwhile the planner passes them over."""
    preferences, _ = MessagePreferences.objects.select_for_update().get_or_create(
        patient=patient, defaults={"clinic_id": patient.clinic_id}
    )
    preferences.patient = patient
    return preferences


FIRST_DIARY = time(20)
FIRST_EXERCISES = ((time(8),), (time(8), time(19)), (time(8), time(13), time(19)))


def set_first_reminders(*, patient: Patient, now: datetime) -> list[Reminder]:
    """What a patient starts with when a phone of theirs first takes messages: the evening diary, and the sessions of
    the plan, at most three. Who has chosen anything before, were it nothing, keeps that.
    """
    if MessagePreferences.objects.filter(patient=patient).exists():
        return []
    preferences = locked_preferences(patient)
    today = About(patient.pk, Kind.EXERCISE, patient.local_date(now))
    sessions = known([today], now=now)[today].sessions_asked or 1
    first: list[tuple[Kind, Sequence[time]]] = [
        (Kind.DIARY, [FIRST_DIARY]),
        (Kind.EXERCISE, FIRST_EXERCISES[min(sessions, len(FIRST_EXERCISES)) - 1]),
    ]
    return [
        set_reminder(preferences=preferences, fields={"kind": kind, "times": list(times)}, now=now)
        for kind, times in first
    ]


def set_reminder(*, preferences: MessagePreferences, fields: Mapping[str, Any], now: datetime) -> Reminder:
    """Add a reminder for the patient whose locked `preferences` these are."""
    _note(preferences, now=now)
    reminder = Reminder(clinic_id=preferences.clinic_id, patient=preferences.patient, **fields)
    _schedule(reminder, preferences, now=now)
    return reminder


def change_reminder(
    *, reminder: Reminder, preferences: MessagePreferences, fields: Mapping[str, Any], now: datetime
) -> None:
    _note(preferences, now=now)
    kind, before = reminder.kind, set(reminder.slots)
    for name, value in fields.items():
        setattr(reminder, name, value)
    _schedule(reminder, preferences, now=now)
    kept = set(reminder.slots) if reminder.enabled and reminder.kind == kind else set()
    if gone := before - kept:
        _call_off(reminder.patient_id, kind, gone)


def remove_reminder(*, reminder: Reminder) -> None:
    _show_change(reminder.patient_id)
    reminder.delete()
    # Afterwards: a planner that held the reminder has written its rows by now.
    _call_off(reminder.patient_id, reminder.kind, reminder.slots)


def _call_off(patient_id: int, kind: str, slots: Iterable[time]) -> None:
    """Call off what waits of these times of a kind, unless another reminder still asks for it."""
    others = Reminder.objects.filter(patient=patient_id, kind=kind, enabled=True)
    gone = set(slots).difference(*(other.slots for other in others))
    waiting = Notification.objects.filter(recipient=patient_id, patient=patient_id, kind=kind)
    waiting.filter(slot__in=[at.isoformat("minutes") for at in gone]).call_off(Because.REMOVED)


def set_preferences(
    *,
    preferences: MessagePreferences,
    reminders: Sequence[Reminder],
    fields: Mapping[str, Any],
    now: datetime,
) -> None:
    """Set them, and move the enabled `reminders` of the same patient out of quiet hours and pause."""
    for name, value in fields.items():
        setattr(preferences, name, value)
    preferences.heard_at = now
    _show_change(preferences.patient_id)
    preferences.save()
    for reminder in reminders:
        _set_next_due(reminder, preferences, now=now)
    Reminder.objects.bulk_update(reminders, ["next_due_at"])


def _schedule(reminder: Reminder, preferences: MessagePreferences, *, now: datetime) -> None:
    _set_next_due(reminder, preferences, now=now)
    reminder.save()


def _set_next_due(reminder: Reminder, preferences: MessagePreferences, *, now: datetime) -> None:
    reminder.next_due_at = (
        schedule.look_at(reminder.next_due_at, reminder.rule(preferences), preferences.patient.zone, now=now)
        if reminder.enabled
        else None
    )


def _note(preferences: MessagePreferences, *, now: datetime) -> None:
    _show_change(preferences.patient_id)
    MessagePreferences.objects.filter(pk=preferences.pk).update(heard_at=now)


def _show_change(patient_id: int) -> None:
    """Comes before the reminders, as in a change of zone: else the two could wait for each other."""
    Patient.objects.filter(pk=patient_id).update(version=F("version") + 1)


def subscribe(
    *, user_id: int, device_id: int | None, endpoint: str, p256dh: str, auth: str, now: datetime
) -> PushSubscription:
    """Send this person's messages to this browser, and nobody else's. The oldest of eleven gives way."""
    subscription, _ = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "user_id": user_id,
            "device_id": device_id,
            "p256dh": p256dh,
            "auth": auth,
            "created_at": now,
            "last_ok_at": None,
            "failures": 0,
            "failing_since": None,
            "refusals": 0,
        },
    )
    own = PushSubscription.objects.filter(user=user_id).order_by("-created_at", "-pk")
    PushSubscription.objects.filter(
        pk__in=list(own.values_list("pk", flat=True)[MOST_SUBSCRIPTIONS:])
    ).delete()
    return subscription
