"""The next step of an exercise, as the rules propose it, and the exercises that are not asked for a while."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Clinic, User
from exercises.dosage import Dosage
from exercises.models import Exercise
from recovery.models.episode import Episode
from recovery.models.people import Patient, RowsOfPatients
from recovery.models.plan import Plan
from recovery.rules.ladder import Kind


class State(models.TextChoices):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    OVERTAKEN = "overtaken"
    TAKEN = "taken", "taken by itself, as the plan allowed"


BY_A_PERSON = (State.ACCEPTED, State.DECLINED)


class ProposalQuerySet(RowsOfPatients["Proposal"]):
    def open(self) -> Self:
        return self.filter(state=State.OPEN)


class Proposal(models.Model):
    """What the rules propose for one exercise of an episode. It stays open until a person decides, or the next
    records say otherwise."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="proposals")
    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="+", db_index=False, help_text="The version it was judged on."
    )
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in Kind])
    from_dosage = models.JSONField()
    to_exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+", db_index=False)
    to_dosage = models.JSONField(null=True, help_text="Null: not asked at all.")
    rule = models.CharField(max_length=32)
    numbers = models.JSONField()
    for_staff = models.TextField()
    rule_version = models.CharField(max_length=16)
    for_day = models.DateField(help_text="The patient's local date on which it was made.")
    judged_through = models.DateTimeField(
        null=True, help_text="When the last session it looks at took place; null: it looks at none."
    )
    made_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    why = models.TextField(blank=True, max_length=1000)
    became = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="steps", db_index=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "exercise"], condition=Q(state=State.OPEN), name="one_open_proposal"
            ),
            models.CheckConstraint(
                condition=Q(state=State.OPEN, decided_at=None)
                | ~Q(state=State.OPEN) & Q(decided_at__isnull=False),
                name="an_open_proposal_is_not_decided",
            ),
            models.CheckConstraint(
                condition=Q(state__in=BY_A_PERSON, decided_by__isnull=False)
                | ~Q(state__in=BY_A_PERSON) & Q(decided_by=None),
                name="a_decision_has_a_doer",
            ),
        ]

    @property
    def from_dose(self) -> Dosage:
        return Dosage.from_json(self.from_dosage)

    @property
    def to_dose(self) -> Dosage | None:
        return Dosage.from_json(self.to_dosage) if self.to_dosage else None


class SuspensionQuerySet(RowsOfPatients["Suspension"]):
    def open(self) -> Self:
        return self.filter(lifted_at=None)


class Suspension(models.Model):
    """One exercise that is not asked of a patient any more, until a person lifts it."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="suspensions")
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="suspensions")
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+", db_index=False)
    rule = models.CharField(max_length=32)
    numbers = models.JSONField()
    for_staff = models.TextField()
    rule_version = models.CharField(max_length=16)
    suspended_at = models.DateTimeField()
    suspended_on = models.DateField(help_text="The patient's local date then, wherever they live later.")
    suspended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, help_text="Null: the rule did."
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_on = models.DateField(null=True, help_text="The patient's local date then.")
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    lifted_because = models.TextField(blank=True, max_length=1000)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "exercise"], condition=Q(lifted_at=None), name="suspended_once"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_on=None, lifted_by=None, lifted_because="")
                | Q(lifted_at__isnull=False, lifted_on__isnull=False, lifted_by__isnull=False)
                & ~Q(lifted_because=""),
                name="a_lift_has_a_doer_and_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "suspended_at"], condition=Q(lifted_at=None), name="open_suspensions"
            )
        ]
