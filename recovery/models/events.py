from django.db import models

from accounts.models import User
from recovery.models.diary import PhoneRecord


class EventKind(models.TextChoices):
    INJECTION = "injection"
    MEDICATION = "medication_change"
    SURGERY = "surgery"
    IMAGING = "imaging"
    OTHER_CARE = "other_care"
    FLARE = "flare"
    TRAVEL = "travel"
    OTHER = "other"


class TimelineEvent(PhoneRecord):
    """Something that may explain a change in the trend. Never advice."""

    what = models.CharField(max_length=24, choices=EventKind.choices)
    about_on = models.DateField()
    added_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, help_text="None: the patient."
    )

    class Meta(PhoneRecord.Meta):
        abstract = False
