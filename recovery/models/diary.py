"""What a phone records. Lean tables: few indexes, one insert a batch, identity made on the phone."""

from django.db import models
from django.db.models import Q

from accounts.models import Clinic
from exercises.models import Exercise
from recovery.models.people import Patient, RowsOfPatients
from recovery.models.plan import Plan
from recovery.rules.diary import Asked, Region

PAIN = Q(score__gte=0, score__lte=10)


class PhoneRecord(models.Model):
    """One thing a patient noted, as it stands now. (patient, client_uuid) is its identity for ever.

    A correction is the next revision of the same uuid; what it replaced is kept in RecordRevision.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    client_uuid = models.UUIDField()
    revision = models.PositiveIntegerField()
    withdrawn = models.BooleanField(help_text="Undone by the patient; counts for nothing, is never deleted.")
    conflicted = models.BooleanField(help_text="Another device sent other content under the same revision.")
    happened_at = models.DateTimeField(help_text="By the phone's clock.")
    utc_offset_minutes = models.SmallIntegerField()
    zone = models.CharField(
        max_length=64, blank=True, help_text="What the phone said; the offset decides the date."
    )
    on = models.DateField(help_text="The patient's local date of happened_at.")
    clock_suspect = models.BooleanField(help_text="The phone's time was more than a day from ours.")
    body = models.JSONField(help_text="What the phone sent, with everything a patient typed.")
    received_at = models.DateTimeField()

    objects = RowsOfPatients.as_manager()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["patient", "client_uuid"], name="%(class)s_once")]
        indexes = [models.Index(fields=["patient", "on"], name="%(class)s_days")]


class PainEntry(PhoneRecord):
    region = models.CharField(max_length=4, choices=[(r.value, r.value) for r in Region])
    score = models.PositiveSmallIntegerField()
    asked = models.CharField(max_length=16, choices=[(a.value, a.value) for a in Asked])
    about_on = models.DateField(help_text="The date the rating is about; for 'now' the date it was given.")
    late = models.BooleanField(help_text="Answered after the end of the day after; shown, not counted.")

    class Meta(PhoneRecord.Meta):
        abstract = False
        indexes = [models.Index(fields=["patient", "about_on"], name="painentry_days")]
        constraints = [
            *PhoneRecord.Meta.constraints,
            models.CheckConstraint(condition=PAIN, name="pain_is_0_to_10"),
        ]


class Effort(models.TextChoices):
    EASY = "easy"
    RIGHT = "right"
    HARD = "hard"


class Outcome(models.TextChoices):
    DONE = "done"
    PART = "part"
    HURTS = "hurts_too_much"
    SKIPPED = "skipped"


class ExerciseSession(PhoneRecord):
    """What the patient did in one go. It answers the plan version it was shown, for ever.

    What was answered later (an hour, the next morning, reach, new numbness or weakness) is read from `body`.
    """

    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+", db_index=False)
    slot = models.PositiveSmallIntegerField(
        null=True, help_text="Which of the day's sessions; null: an extra one."
    )
    ended_at = models.DateTimeField(null=True)
    # Pain 0-10; null is not asked.
    leg_before = models.PositiveSmallIntegerField(null=True)
    leg_during = models.PositiveSmallIntegerField(null=True, help_text="The worst during the session.")
    leg_after = models.PositiveSmallIntegerField(null=True, help_text="Right after it.")
    effort = models.CharField(max_length=8, choices=Effort.choices, blank=True)

    class Meta(PhoneRecord.Meta):
        abstract = False


class ExerciseResult(models.Model):
    """One exercise of a session: what came of it, and how much of it. Null is not counted, never zero."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    session = models.ForeignKey(ExerciseSession, models.CASCADE, related_name="results", db_index=False)
    position = models.PositiveSmallIntegerField()
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    sets = models.PositiveSmallIntegerField(null=True)
    repetitions = models.PositiveSmallIntegerField(null=True)
    hold_seconds = models.PositiveSmallIntegerField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)

    objects = RowsOfPatients.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="one_result_per_position")
        ]


class Walk(PhoneRecord):
    minutes = models.PositiveSmallIntegerField()

    class Meta(PhoneRecord.Meta):
        abstract = False


class RecordRevision(models.Model):
    """What a phone sent that is not its record's current content: replaced, or in conflict with it. Never changed."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    client_uuid = models.UUIDField()
    kind = models.CharField(max_length=16)
    revision = models.PositiveIntegerField()
    body = models.JSONField()
    why = models.CharField(max_length=16, choices=[("replaced", "replaced"), ("conflict", "conflict")])
    received_at = models.DateTimeField()

    objects = RowsOfPatients.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "client_uuid"], name="revisions_of_a_record")]


class DailyPain(models.Model):
    """A day's recorded pain of one region. `count` 0 is "no entry": there is then no score, and never a zero."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    region = models.CharField(max_length=4, choices=[(r.value, r.value) for r in Region])
    on = models.DateField()
    # The day's value is total / count, kept apart so that comparisons stay exact.
    total = models.PositiveIntegerField(null=True)
    count = models.PositiveIntegerField()
    asked = models.CharField(max_length=16, choices=[(a.value, a.value) for a in Asked], blank=True)
    worst = models.PositiveSmallIntegerField(null=True)
    late = models.PositiveIntegerField(help_text="Answers that came too late to count.")
    recorded_at = models.DateTimeField()

    objects = RowsOfPatients.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "region", "on"], name="one_value_a_day"),
            models.CheckConstraint(
                condition=Q(count=0, total=None, worst=None) | Q(count__gt=0, total__isnull=False),
                name="no_entry_is_not_zero",
            ),
        ]
