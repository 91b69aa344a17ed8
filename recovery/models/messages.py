"""The one thread between a patient and those who care for them, and the notes that either side keeps for itself."""

from django.db import models
from django.db.models import Q

from accounts.models import Clinic, User
from recovery.models.diary import PhoneRecord
from recovery.models.people import Patient, RowsOfPatients

READ_BY_SOMEBODY = Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False)


class Message(PhoneRecord):
    """What a patient wrote: to the care team, or, when private, for nobody but themselves."""

    text = models.TextField()
    private = models.BooleanField()
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

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


class StaffMessage(models.Model):
    """What staff wrote: to the patient, or, as a note, for colleagues only."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(max_length=2000)
    to_patient = models.BooleanField(help_text="False: a note the patient never sees.")
    written_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, help_text="When the patient's phone showed it.")

    objects = RowsOfPatients.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "written_at"], name="staff_messages_of_a_patient")]
