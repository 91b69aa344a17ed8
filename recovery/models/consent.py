from django.db import models

from accounts.models import Clinic, Device
from recovery.models.people import Patient, RowsOfPatients


class Consent(models.Model):
    """A patient's yes or no to one version of what Amble keeps (consent.json). The last one stands; none is changed."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="consents")
    version = models.CharField(max_length=16)
    given = models.BooleanField()
    answered_at = models.DateTimeField()
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = RowsOfPatients.as_manager()
