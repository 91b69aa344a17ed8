from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Clinic, User
from recovery.models.diary import PhoneRecord
from recovery.models.episode import Episode
from recovery.models.people import Patient, RowsOfPatients


class SymptomCheck(PhoneRecord):
    """The answers to the safety questions, by question: yes, no or not_sure. What is not there was not asked."""

    answers = models.JSONField()

    class Meta(PhoneRecord.Meta):
        abstract = False


class RedFlagQuerySet(RowsOfPatients["RedFlag"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def unanswered(self) -> Self:
        """Those that no person has acknowledged or closed."""
        return self.filter(acknowledged_at=None, closed_at=None)


class RedFlag(models.Model):
    """An answer that needs a person now. It stays open until a person closes it; no edit lowers it."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="red_flags")
    episode = models.ForeignKey(Episode, models.CASCADE, null=True, related_name="+", db_index=False)
    check_record = models.ForeignKey(
        SymptomCheck, models.CASCADE, null=True, related_name="+", db_index=False
    )
    rule = models.CharField(
        max_length=48, help_text="The question answered yes, or the rule that the diary met."
    )
    answer = models.CharField(
        max_length=48, blank=True, help_text="What raised it; a later revision may read otherwise."
    )
    tier = models.CharField(max_length=1, choices=[("A", "A"), ("B", "B")])
    about_on = models.DateField()
    raised_at = models.DateTimeField()
    raised_on = models.DateField(help_text="The patient's local date then, wherever they live later.")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    closed_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True, help_text="The patient's local date then.")
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    closed_because = models.TextField(blank=True)

    objects = RedFlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "rule", "about_on", "check_record"],
                nulls_distinct=False,
                condition=Q(closed_at=None),
                name="one_open_flag_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="an_acknowledgement_has_a_doer",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_on=None, closed_by=None, closed_because="")
                | Q(closed_at__isnull=False, closed_on__isnull=False, closed_by__isnull=False)
                & ~Q(closed_because=""),
                name="a_close_has_a_doer_and_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "raised_at"], condition=Q(closed_at=None), name="open_red_flags")
        ]


class FlagDeed(models.TextChoices):
    CALLED = "called", "Called the patient"
    NOT_REACHED = "not_reached", "Called, nobody answered"
    SENT_TO_HOSPITAL = "sent_to_hospital", "Sent to the emergency department"
    SEEN = "seen", "Saw the patient"
    NOTE = "note", "Note"


class FlagAction(models.Model):
    """What somebody did about a red flag before it was closed. Never changed."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    flag = models.ForeignKey(RedFlag, models.CASCADE, related_name="actions")
    what = models.CharField(max_length=20, choices=FlagDeed.choices)
    note = models.TextField(blank=True, max_length=1000)
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)

    objects = RowsOfPatients.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(what=FlagDeed.NOTE, note=""), name="a_note_says_something")
        ]
