"""Where messages go: browsers, and what a patient chose about them."""

from django.db import models

from accounts.models import Clinic, Device, User
from notifications.models.reminders import RowsOfOneself
from recovery.models import Patient


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
