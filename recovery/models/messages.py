"""The one thread between a patient and those who care for them, and the notes that either side keeps for itself."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Clinic, User
from recovery.models.diary import PhoneRecord
from recovery.models.people import Patient, RowsOfPatients

READ_BY_SOMEBODY = Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False)


class MessageQuerySet(RowsOfPatients["Message"]):
    def unread(self) -> Self:
        """Those for the care team that nobody of it has read."""
        return self.filter(read_at=None, private=False, withdrawn=False)


class Message(PhoneRecord):
    """What a patient wrote: to the care team, or, when private, for nobody but themselves."""

    text = models.TextField()
    private = models.BooleanField()
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = MessageQuerySet.as_manager()  # type: ignore[misc]  # the plugin lets no subclass narrow it

    class Meta(PhoneRecord.Meta):
        abstract = False
        constraints = [
            *PhoneRecord.Meta.constraints,
            models.CheckConstraint(condition=READ_BY_SOMEBODY, name="a_message_is_read_by_somebody"),
        ]
        indexes = [
            models.Index(fields=["patient", "received_at"], name="messages_of_a_patient"),
            models.Index(
                fields=["patient"], condition=Q(read_at=None, private=False, withdrawn=False), name="unread"
            ),
        ]


class StaffMessageQuerySet(RowsOfPatients["StaffMessage"]):
    def unread(self) -> Self:
        """Those for the patient that no phone of theirs has shown."""
        return self.filter(read_at=None, to_patient=True)

    def nudges_of(self, author: int, *, now: datetime) -> Self:
        """What this person sent to silent patients within the last 24 hours."""
        return self.filter(author=author, nudge=True, written_at__gt=now - timedelta(days=1))


class StaffMessage(models.Model):
    """What staff wrote: to the patient, or, as a note, for colleagues only."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(max_length=2000)
    to_patient = models.BooleanField(help_text="False: a note the patient never sees.")
    nudge = models.BooleanField(default=False, help_text="The fixed words for a patient who has gone silent.")
    written_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, help_text="When the patient's phone showed it.")

    objects = StaffMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["patient", "written_at"], name="staff_messages_of_a_patient"),
            models.Index(fields=["author", "written_at"], condition=Q(nudge=True), name="nudges"),
            models.Index(
                fields=["written_at"],
                condition=Q(read_at=None, to_patient=True),
                name="unread_by_patients",
            ),
        ]
