"""How a clinic speaks, who listens for its red flags, and what was counted and found there."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.access import Role
from accounts.models import Clinic, Membership, User
from notifications.models.reminders import Kind


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
