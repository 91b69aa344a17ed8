"""What a patient wants to hear of, when, and by which ways: their rules and preferences."""

from datetime import time
from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.access import Actor
from accounts.models import Clinic
from notifications import schedule
from recovery.models import Patient


class Kind(models.TextChoices):
    """What a notification is about. The first six can be what a reminder is for, the last four are for staff."""

    EXERCISE = "exercise"
    DIARY = "diary"
    MOVEMENT_BREAK = "movement_break"
    WALK = "walk"
    WEEKLY_CHECK = "weekly_check"
    MEASURES = "measures"
    MESSAGE = "message"
    REVIEW = "review"
    RED_FLAG = "red_flag"
    OPENED = "opened"
    ERASURE = "erasure"


OF_STAFF = (Kind.REVIEW, Kind.RED_FLAG, Kind.OPENED, Kind.ERASURE)


REMINDER_KINDS = [choice for choice in Kind.choices if choice[0] not in (*OF_STAFF, Kind.MESSAGE)]


class Channel(models.TextChoices):
    WEBPUSH = "webpush"
    EMAIL = "email"


def all_channels() -> list[str]:
    return list(Channel.values)


def every_day() -> list[int]:
    return [1, 2, 3, 4, 5, 6, 7]


Row = TypeVar("Row", bound=models.Model)


class RowsOfOneself(models.QuerySet[Row]):
    def visible_to(self, actor: Actor) -> Self:
        """A patient's own."""
        return self.filter(patient=actor.user_id, clinic=actor.clinic_id)


class MessagePreferences(models.Model):
    """How a patient wants to be spoken to. Everybody with a reminder has this row.

    Whoever plans or changes the patient's reminders locks it first.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.OneToOneField(
        Patient, models.CASCADE, primary_key=True, related_name="message_preferences"
    )
    quiet_start = models.TimeField(default=time(21))
    quiet_end = models.TimeField(default=time(7))
    channels = ArrayField(
        models.CharField(max_length=16, choices=Channel.choices),
        default=all_channels,
        help_text="In the order in which they are tried.",
    )
    paused_until = models.DateField(null=True, blank=True, help_text="The last date without messages.")
    # When the patient last did something about messages: set one, answered one, took this phone for them. Records
    # are looked for where they are.
    heard_at = models.DateTimeField(db_default=Now())
    silent_since = models.DateField(
        null=True, help_text="The last date on which anything was heard, when that is too long ago."
    )
    silence_is_told = models.BooleanField(default=True, help_text="The care team knows of this silence.")

    objects = RowsOfOneself["MessagePreferences"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["patient"], condition=Q(silence_is_told=False), name="silences_to_tell_of")
        ]

    @property
    def quiet(self) -> schedule.QuietHours:
        return schedule.QuietHours(self.quiet_start, self.quiet_end)


class Reminder(models.Model):
    """A patient's rule: at these local times, or every so many minutes inside set hours, on these weekdays.

    `next_due_at` is the next instant at which the planner must look at it. A trigger in the database sets it
    to now when the patient's zone changes, whoever changes it: a traveller's 9 o'clock may now be earlier
    than planned.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=16, choices=REMINDER_KINDS)
    times = ArrayField(models.TimeField(), default=list, blank=True, help_text="Local times of the patient.")
    window_start = models.TimeField(null=True, blank=True)
    window_end = models.TimeField(null=True, blank=True)
    every_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=every_day, help_text="1 is Monday.")
    enabled = models.BooleanField(default=True)
    next_due_at = models.DateTimeField(null=True, editable=False)

    objects = RowsOfOneself["Reminder"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(window_start=None, window_end=None, every_minutes=None)
                | Q(
                    times=[],
                    window_start__isnull=False,
                    window_end__isnull=False,
                    window_end__gt=F("window_start"),
                    every_minutes__isnull=False,
                    every_minutes__gt=0,
                ),
                name="times_or_a_window",
            )
        ]
        indexes = [
            models.Index(fields=["next_due_at"], condition=Q(enabled=True), name="reminders_by_next_due")
        ]

    @property
    def slots(self) -> tuple[time, ...]:
        """The local times of a day, before quiet hours."""
        if self.window_start and self.window_end and self.every_minutes:
            return schedule.every(self.every_minutes, start=self.window_start, end=self.window_end)
        return tuple(self.times)

    def rule(self, preferences: MessagePreferences) -> schedule.Rule:
        return schedule.Rule(
            self.slots, frozenset(self.weekdays), preferences.quiet, preferences.paused_until
        )
