from django.db import models


class Erasure(models.Model):
    """That a patient was erased. Written by `config.erasing` alone; it names nobody, so it stays.

    The fingerprint is of what an older backup still has of the patient, so that a restore erases them again.
    """

    salt = models.CharField(max_length=32)
    fingerprint = models.CharField(max_length=64, unique=True)
    erased_at = models.DateTimeField()
    by = models.TextField(help_text="Who at the server did it.")
    reason = models.TextField()
