"""Every message that was due, and what became of it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.access import Actor
from accounts.models import Clinic, User
from notifications.models.reminders import OF_STAFF, Channel, Kind
from notifications.restraint import Because
from recovery.models import Patient, RedFlag

MOST_ATTEMPTS = 5


class SnoozedFor(models.TextChoices):
    """How long a patient put a message off."""

    HALF_AN_HOUR = "30_minutes"
    TWO_HOURS = "2_hours"
    TODAY = "today"  # no more of this kind on this date


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
