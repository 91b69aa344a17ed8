from datetime import datetime, time
from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from accounts.access import Actor, Role
from accounts.models import Clinic, Device, Membership, User
from notifications import schedule
from notifications.restraint import Because
from recovery.models import Patient, RedFlag

MOST_ATTEMPTS = 5


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


class SnoozedFor(models.TextChoices):
    """How long a patient put a message off."""

    HALF_AN_HOUR = "30_minutes"
    TWO_HOURS = "2_hours"
    TODAY = "today"  # no more of this kind on this date


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


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own messages at this clinic."""
        return self.filter(clinic=actor.clinic_id, recipient=actor.user_id)

    def to_patient(self, patient: Patient) -> Self:
        """What was due to one patient, for whoever may see them."""
        return self.filter(recipient=patient.pk, patient=patient)

    def waiting(self) -> Self:
        return self.filter(state__in=[Notification.State.PENDING, Notification.State.SENDING])

    def ready(self, *, at: datetime) -> Self:
        """What may be claimed: due, due again, or held by a sender whose lease has run out."""
        return self.waiting().filter(next_attempt_at__lte=at)

    def unheld(self, *, at: datetime) -> Self:
        """What waits, and is not in the hands of a sender."""
        return self.filter(
            Q(state=Notification.State.PENDING)
            | Q(state=Notification.State.SENDING, next_attempt_at__lte=at)  # its sender never came back
        )

    def call_off(self, because: Because) -> None:
        """Let what waits leave no more; what had left once has left."""
        waiting = self.waiting()
        waiting.filter(first_sent_at__isnull=False).update(
            state=Notification.State.SENT, sent_at=F("first_sent_at"), channel=Channel.WEBPUSH, token=None
        )
        waiting.filter(first_sent_at=None).update(
            state=Notification.State.SKIPPED, because=because, token=None
        )

    def urgent(self) -> Self:
        return self.exclude(red_flag=None)

    def unanswered(self) -> Self:
        """About red flags that nobody has acknowledged."""
        return self.filter(Exists(RedFlag.objects.unanswered().filter(pk=OuterRef("red_flag"))))

    def ordinary(self) -> Self:
        return self.filter(red_flag=None)


class Notification(models.Model):
    """The ledger: one message that was due, and what became of it. Each slot of a date is in it once."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        SKIPPED = "skipped"  # it would have been pointless; `because` says why
        MISSED = "missed"  # it came too late to be of use, and did not leave
        FAILED = "failed"  # no way out took it
        WITHHELD = "withheld"  # left out by lot, to measure what reminders do; the patient agreed to that

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    recipient = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="notifications", db_index=False
    )
    address = models.EmailField(
        blank=True, default="", db_default="", help_text="A mailbox on the clinic's list, for no recipient."
    )
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    red_flag = models.ForeignKey(RedFlag, models.CASCADE, null=True, related_name="+", db_index=False)
    step = models.PositiveIntegerField(
        null=True, help_text="Of the escalation of a red flag, from 0; see notifications.escalation."
    )
    local_date = models.DateField()
    slot = models.CharField(
        max_length=40, help_text="HH:MM of a reminder; flag, step and channel of a red flag."
    )
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, help_text="Too late from here on; never, for a red flag.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    # While pending, when to try; while sending, the end of the lease: one index finds both.
    next_attempt_at = models.DateTimeField()
    # The fencing token of the claim. Who finishes must still hold it, else a later claim has taken over.
    token = models.UUIDField(null=True)
    channel = models.CharField(max_length=16, blank=True)
    sent_at = models.DateTimeField(null=True)
    # No screen confirmed it, so it goes once more: when it had left for the first time, by web push.
    first_sent_at = models.DateTimeField(null=True)
    measured = models.BooleanField(
        default=False, db_default=False, help_text="Whether the lot was drawn for it, sent or withheld."
    )
    error = models.CharField(max_length=40, blank=True, help_text="A code of ours, never a provider's words.")
    because = models.CharField(
        max_length=16,
        choices=[(one.value, one.value) for one in Because],
        blank=True,
        default="",
        db_default="",
    )
    # What the patient answered. A message is put off once: it comes back as this row, with the same tag.
    snoozed_for = models.CharField(
        max_length=10, choices=SnoozedFor.choices, blank=True, default="", db_default=""
    )
    snoozed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "local_date", "slot"], name="one_notification_per_slot"
            ),
            models.UniqueConstraint(
                fields=["address", "kind", "local_date", "slot"],
                condition=Q(recipient=None),
                name="one_notification_per_slot_of_a_mailbox",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, address="")
                | (Q(recipient=None, red_flag__isnull=False) & ~Q(address="")),
                name="a_person_or_a_mailbox",
            ),
            models.CheckConstraint(
                condition=Q(kind="red_flag", red_flag__isnull=False)
                | (~Q(kind="red_flag") & Q(red_flag=None)),
                name="a_red_flag_message_names_its_flag",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(state="skipped") & ~Q(because="")) | (~Q(state="skipped") & Q(because="")),
                name="skipped_has_a_reason",
            ),
            models.CheckConstraint(
                condition=(~Q(snoozed_for="") & Q(snoozed_at__isnull=False))
                | Q(snoozed_for="", snoozed_at=None),
                name="snoozed_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="notifications_waiting",
            ),
            # A red flag is found without a look at the thousands of reminders of nine o'clock.
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["pending", "sending"], red_flag__isnull=False),
                name="red_flag_messages_waiting",
            ),
            models.Index(fields=["recipient", "due_at"], name="notifications_by_recipient"),
            models.Index(
                fields=["red_flag"], condition=Q(red_flag__isnull=False), name="notifications_by_red_flag"
            ),
            models.Index(
                fields=["sent_at"],
                condition=Q(state="sent", channel="webpush", red_flag=None, first_sent_at=None),
                name="notifications_to_confirm",
            ),
            models.Index(
                fields=["clinic", "due_at"], condition=Q(measured=True), name="notifications_measured"
            ),
        ]

    @property
    def is_urgent(self) -> bool:
        return self.red_flag_id is not None

    @property
    def is_for_staff(self) -> bool:
        return self.kind in OF_STAFF

    def held(self) -> NotificationQuerySet:
        """This row, if the claim it was read with still holds it."""
        return Notification.objects.filter(pk=self.pk, token=self.token, state=Notification.State.SENDING)


class PushSubscription(models.Model):
    """A browser that takes web push for one person. Who signs in on the same browser next takes it over.

    It falls silent with the device that brought it: a phone that was signed out shows nothing more.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="push_subscriptions")
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="+")
    endpoint = models.CharField(max_length=1024, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, help_text="The first of those failures.")
    refusals = models.PositiveSmallIntegerField(default=0, help_text="Answers of 400 in a row.")


class Receipt(models.Model):
    """The app says that a screen showed a message. Only this proves a push: a service answers 201 for dead phones."""

    notification = models.OneToOneField(
        Notification, models.CASCADE, primary_key=True, related_name="receipt"
    )
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    recipient = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    shown_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["recipient", "shown_at"], name="receipts_by_recipient")]


class DeliveryChoices(models.Model):
    """What a patient chose about the ways of messages. Without this row nothing was chosen."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True, related_name="delivery_choices")
    no_email = models.BooleanField(default=False, help_text="Unsubscribed from mail.")
    email_when_unseen = models.BooleanField(
        default=False, help_text="Mail a reminder that no screen confirmed within ten minutes."
    )
    measuring = models.BooleanField(
        null=True, help_text="Whether some reminders may be left out by lot; null is not asked."
    )
    measuring_decided_at = models.DateTimeField(null=True)

    objects = RowsOfOneself["DeliveryChoices"].as_manager()


class MessageSettings(models.Model):
    """How a clinic speaks: when a red flag that nobody answers goes on, and how many reminders are left out."""

    clinic = models.OneToOneField(Clinic, models.CASCADE, primary_key=True, related_name="message_settings")
    list_after_minutes = models.PositiveSmallIntegerField(default=15)  # P: reliability P-6
    administrators_after_minutes = models.PositiveSmallIntegerField(default=30)  # P: reliability P-6
    everyone_after_minutes = models.PositiveSmallIntegerField(
        default=60,  # P: reliability P-6
        help_text="Everybody again, and again after each such time.",
    )
    withheld_percent = models.PositiveSmallIntegerField(default=10)  # P: clinical section 7, 10 to 20

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(list_after_minutes__gt=0)
                & Q(administrators_after_minutes__gte=F("list_after_minutes"))
                & Q(everyone_after_minutes__gte=F("administrators_after_minutes")),
                name="steps_follow_each_other",
            ),
            models.CheckConstraint(condition=Q(withheld_percent__lte=20), name="at_most_a_fifth_withheld"),
        ]


class ListenerQuerySet(models.QuerySet["Listener"]):
    def current(self) -> Self:
        """Mailboxes, and people who still are staff of that clinic."""
        staff = Membership.objects.current().exclude(role=Role.PATIENT)
        return self.filter(
            Q(user=None) | Exists(staff.filter(clinic=OuterRef("clinic"), user=OuterRef("user")))
        )


class Listener(models.Model):
    """One line of the clinic's list for red flags: somebody of its staff, or a mailbox that somebody reads."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="listeners")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", db_index=False)
    address = models.EmailField(blank=True)

    objects = ListenerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, address="") | (Q(user=None) & ~Q(address="")),
                name="a_listener_is_a_person_or_a_mailbox",
            )
        ]


class ReminderEffect(models.Model):
    """What was counted for one kind and local hour of a clinic: who acted within two hours. No patient is in it."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    hour = models.PositiveSmallIntegerField()
    patients = models.PositiveIntegerField()
    sent = models.PositiveIntegerField()
    sent_acted = models.PositiveIntegerField()
    withheld = models.PositiveIntegerField()
    withheld_acted = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "kind", "hour"], name="one_count_per_kind_and_hour")
        ]


class Alarm(models.Model):
    """What the reconciler found wrong with the red flags of one clinic. Counts only; no row, nothing wrong."""

    clinic = models.OneToOneField(Clinic, models.CASCADE, primary_key=True, related_name="alarm")
    untried = models.PositiveIntegerField(help_text="Flags of which no message has left within a minute.")
    unanswered = models.PositiveIntegerField(help_text="Flags past the last step that nobody acknowledged.")
    unheard = models.PositiveIntegerField(help_text="Flags that there is nobody to tell of.")


class Heartbeat(models.Model):
    """When a process that must not stand still last finished its round, by PostgreSQL's clock."""

    name = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()
