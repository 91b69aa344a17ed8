from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.access import Actor
from accounts.models import Clinic, User
from recovery.models.episode import Episode
from recovery.models.people import Patient, RowsOfPatients
from recovery.rules.reviews import TO_ADMINISTRATOR, in_words, is_symptom


class Strength(models.TextChoices):
    FULL = "full"
    WEAK = "weak"
    NONE = "none"
    NOT_TESTED = "not_tested"


class Reflex(models.TextChoices):
    PRESENT = "present"
    REDUCED = "reduced"
    ABSENT = "absent"
    NOT_TESTED = "not_tested"


class Sensation(models.TextChoices):
    FULL = "full"
    REDUCED = "reduced"
    ABSENT = "absent"
    NOT_TESTED = "not_tested"


class Sign(models.TextChoices):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    NOT_TESTED = "not_tested"


class Outcome(models.TextChoices):
    PLAN_CHANGED = "plan_changed"
    EXAMINED = "examined"
    IMAGING = "imaging"
    REFERRED = "referred"
    CONTINUE = "continue"


class Reexamination(models.Model):
    """A person looked at a patient again: what they found, and what follows. Never changed.

    A correction is another row that names the one it corrects; it is no new look at the patient and satisfies no
    later due date.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="reexaminations")
    corrects = models.ForeignKey("self", models.CASCADE, null=True, related_name="+", db_index=False)
    heel_walk = models.CharField(max_length=12, choices=Strength.choices, default=Strength.NOT_TESTED)
    toe_walk = models.CharField(max_length=12, choices=Strength.choices, default=Strength.NOT_TESTED)
    big_toe_strength = models.CharField(max_length=12, choices=Strength.choices, default=Strength.NOT_TESTED)
    reflex = models.CharField(max_length=12, choices=Reflex.choices, default=Reflex.NOT_TESTED)
    sensation = models.CharField(max_length=12, choices=Sensation.choices, default=Sensation.NOT_TESTED)
    straight_leg_raise = models.CharField(max_length=12, choices=Sign.choices, default=Sign.NOT_TESTED)
    diagnosis_unchanged = models.BooleanField(help_text="Whether the working diagnosis is what it was.")
    red_flags_checked = models.BooleanField(help_text="Whether red flags were asked about face to face.")
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    because = models.TextField(blank=True, help_text="Why the plan goes on as it is.")
    note = models.TextField(blank=True)
    recorded_on = models.DateField(help_text="The patient's local date.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)

    objects = RowsOfPatients.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.CONTINUE, because=""), name="going_on_has_a_reason"
            )
        ]


class ReviewQuerySet(RowsOfPatients["Review"]):
    def open(self) -> Self:
        return self.filter(answered_by=None, lapsed_at=None)

    def left_to_administrators(self, actor: Actor) -> Self:
        """Open reviews that therapist and clinician have left unanswered: the name and the date, not the record."""
        if not actor.is_administrator:
            return self.none()
        long_ago = actor.today - TO_ADMINISTRATOR
        rows = self.read_by(actor).open()
        return rows.filter(clinic=actor.clinic_id, due_on__lte=long_ago, opened_on__lte=long_ago)


class Review(models.Model):
    """A re-examination that fell due, by one cause. It stays open until one is recorded, or the episode ends."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="reviews", db_index=False)
    cause = models.CharField(max_length=64, help_text="A word of recovery.rules.reviews.")
    due_on: "models.DateField[date, date]" = models.DateField(help_text="The patient's local date.")
    opened_at = models.DateTimeField()
    opened_on: "models.DateField[date, date]" = models.DateField(help_text="The patient's local date.")
    answered_by = models.ForeignKey(
        Reexamination, models.CASCADE, null=True, related_name="answers", db_index=False
    )
    lapsed_at = models.DateTimeField(null=True, help_text="The episode ended before anybody answered.")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["episode", "cause", "due_on"], name="one_review_per_due_date"),
            models.UniqueConstraint(
                fields=["episode", "cause"],
                condition=Q(answered_by=None, lapsed_at=None),
                name="one_open_review_per_cause",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "due_on"],
                condition=Q(answered_by=None, lapsed_at=None),
                name="open_reviews",
            )
        ]

    @property
    def owed_since(self) -> date:
        """What was due before anybody could know of it is owed from then on."""
        return max(self.due_on, self.opened_on)

    @property
    def told_on(self) -> date:
        """When its owners hear of it: an answer that worries when it was given, else when the review is due."""
        return self.opened_on if is_symptom(self.cause) else self.due_on

    @property
    def in_words(self) -> str:
        return in_words(self.cause)
