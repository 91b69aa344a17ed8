from typing import Self

from django.db import models
from django.db.models import Q

from accounts.access import Actor
from accounts.models import Clinic, User
from recovery.models.people import Patient

# How long a clinic may choose to keep a record. What the law of its place asks, the clinic answers for.
LEAST_YEARS = 5  # V: Spain, Ley 41/2002 art. 17.1: five years from the end of each course of treatment
# V2: Germany, BGB section 199: no claim for harm to a person is older; ten for a record, section 630f
MOST_YEARS = 30
NOTICE_DAYS = 30  # P: a month, so that a holiday of the one administrator does not decide


class ExpiryQuerySet(models.QuerySet["Expiry"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the clinic, for its administrators."""
        return self.filter(clinic=actor.clinic_id) if actor.is_administrator else self.none()

    def kept(self) -> Self:
        return self.exclude(kept_at=None)

    def to_be_erased(self) -> Self:
        return self.filter(kept_at=None)


class Expiry(models.Model):
    """A record whose time is over: it is erased on a date, unless an administrator keeps it.

    Made by `recovery.actions.keeping`, used up by `manage.py erase_expired`.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.OneToOneField(Patient, models.CASCADE, related_name="+")
    ended_on = models.DateField(help_text="The end of the last bout.")
    listed_on = models.DateField()
    erase_on = models.DateField()
    kept_because = models.TextField(blank=True, max_length=500)
    kept_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    kept_at = models.DateTimeField(null=True)

    objects = ExpiryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kept_at=None, kept_by=None, kept_because="")
                | Q(kept_at__isnull=False, kept_by__isnull=False) & ~Q(kept_because=""),
                name="a_kept_record_has_a_keeper_and_a_reason",
            )
        ]
