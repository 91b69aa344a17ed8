from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Clinic, User
from recovery.models.episode import Episode
from recovery.models.people import Patient, RowsOfPatients
from recovery.rules.asked import Pause


class PauseReason(models.TextChoices):
    HOLIDAY = "holiday"
    ILLNESS = "illness"
    OTHER = "other"


class PlanPauseQuerySet(RowsOfPatients["PlanPause"]):
    def holding_on(self, day: date) -> Self:
        return self.filter(
            Q(resumed_on=None) | Q(resumed_on__gt=day), from_on__lte=day, until_on__gte=day
        ).order_by("-until_on", "id")


class PlanPause(models.Model):
    """Days on which nothing is asked of a patient, because they are away or ill. Both ends are paused days."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="pauses")
    from_on = models.DateField()
    until_on = models.DateField()
    reason = models.CharField(max_length=16, choices=PauseReason.choices)
    note = models.TextField(blank=True, max_length=500)
    paused_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    paused_at = models.DateTimeField()
    resumed_on = models.DateField(
        null=True, help_text="The first date asked for again, when it was ended early."
    )
    resumed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = PlanPauseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__gte=F("from_on")), name="pause_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(resumed_on=None, resumed_by=None)
                | Q(resumed_on__isnull=False, resumed_by__isnull=False),
                name="an_early_end_has_a_doer",
            ),
        ]

    @property
    def days(self) -> Pause:
        return Pause(self.from_on, self.until_on, self.resumed_on)
