"""What people do about messages (set reminders, ask for quiet, subscribe), and telling staff of red flags."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from accounts.access import Role, acting_for_all
from accounts.models import Membership
from notifications import schedule
from notifications.facts import About, known
from notifications.models import Kind, MessagePreferences, Notification, PushSubscription, Reminder
from recovery.models import CareTeamMember, Patient, RedFlag

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
    for name, value in fields.items():
        setattr(reminder, name, value)
    _schedule(reminder, preferences, now=now)


def remove_reminder(*, reminder: Reminder) -> None:
    _show_change(reminder.patient_id)
    reminder.delete()


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
        },
    )
    own = PushSubscription.objects.filter(user=user_id).order_by("-created_at", "-pk")
    PushSubscription.objects.filter(
        pk__in=list(own.values_list("pk", flat=True)[MOST_SUBSCRIPTIONS:])
    ).delete()
    return subscription


@dataclass(frozen=True, slots=True)
class Swept:
    """How many messages about red flags were queued, and the flags that the clinic has nobody to tell of."""

    queued: int
    unheard: frozenset[int]


def queue_red_flag_messages(*, now: datetime) -> Swept:
    """Queue a message to each person who must hear of a red flag that has none yet.

    They are the patient's care team; without one, the clinicians and administrators of the clinic. Messages
    that still wait about a flag that somebody has seen are called off.
    """
    with acting_for_all():
        seen = ~Q(red_flag__acknowledged_at=None) | ~Q(red_flag__closed_at=None)
        Notification.objects.urgent().filter(seen, state=Notification.State.PENDING).update(
            state=Notification.State.MISSED
        )
        told = Notification.objects.filter(red_flag=OuterRef("pk"))
        flags = list(RedFlag.objects.filter(~Exists(told), acknowledged_at=None, closed_at=None))
        listeners = _listeners(flags, now=now)
        messages = [
            Notification(
                clinic_id=flag.clinic_id,
                recipient_id=user_id,
                patient_id=flag.patient_id,
                kind=Kind.RED_FLAG,
                red_flag=flag,
                local_date=flag.about_on,
                slot=str(flag.pk),
                due_at=flag.raised_at,
                next_attempt_at=flag.raised_at,
            )
            for flag in flags
            for user_id in listeners[flag.pk]
        ]
        Notification.objects.bulk_create(messages, ignore_conflicts=True)
        return Swept(len(messages), frozenset(flag.pk for flag in flags if not listeners[flag.pk]))


def _listeners(flags: Iterable[RedFlag], *, now: datetime) -> dict[int, set[int]]:
    """The people to tell, by flag. Whoever has left the clinic is on nobody's list."""
    staff: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    clinics = {flag.clinic_id for flag in flags}
    members = Membership.objects.current().filter(clinic__in=clinics).exclude(role=Role.PATIENT)
    for clinic_id, user_id, role in members.values_list("clinic", "user", "role"):
        staff[clinic_id][user_id].add(role)
    teams: dict[int, set[int]] = defaultdict(set)
    patients = {flag.patient_id for flag in flags}
    current = CareTeamMember.objects.current(on=now.date()).filter(patient__in=patients)
    for patient_id, user_id in current.values_list("patient", "user"):
        teams[patient_id].add(user_id)
    found = {}
    for flag in flags:
        here = staff[flag.clinic_id]
        found[flag.pk] = teams[flag.patient_id] & here.keys() or {
            user_id for user_id, roles in here.items() if roles & {Role.CLINICIAN, Role.ADMINISTRATOR}
        }
    return found
