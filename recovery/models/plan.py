from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Clinic, User
from exercises.dosage import Dosage, DosageRange
from exercises.duration import Timed, minutes_a_day
from exercises.models import Exercise, Program
from recovery.models.episode import Episode, Side
from recovery.models.people import Patient, RowsOfPatients


class PlanQuerySet(RowsOfPatients["Plan"]):
    def standing_on(self, day: date) -> "Plan | None":
        """The version that is asked on a date: the highest number of those that have started."""
        return self.filter(starts_on__lte=day).order_by("-number").first()

    def with_lines(self) -> Self:
        """Each with its lines in their order and their exercises, in two statements."""
        lines = Prescription.objects.order_by("position").select_related("exercise")
        return self.prefetch_related(models.Prefetch("prescriptions", lines))


class Plan(models.Model):
    """A version of what one patient was asked to do. Immutable; `standing_on` says which one is asked on a day."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="plans")
    number = models.PositiveSmallIntegerField()
    program = models.ForeignKey(Program, models.PROTECT, null=True, related_name="+", db_index=False)
    starts_on = models.DateField(help_text="The first local date this version asks for.")
    note = models.TextField(blank=True, max_length=2000)
    by_itself = models.BooleanField(
        default=False, help_text="Small steps inside the allowed range are taken without a person."
    )
    published_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Null: the rules took a step, as the version before allowed; its proposals say which.",
    )
    published_at = models.DateTimeField()

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "number"], name="one_plan_per_number")]

    @property
    def minutes_a_day(self) -> int:
        """About how long its fullest day takes; see `with_lines`."""
        return minutes_a_day(line.timed for line in self.prescriptions.all())


class Prescription(models.Model):
    """One exercise line of a plan version."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="prescriptions", db_index=False)
    position = models.PositiveSmallIntegerField()
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+", db_index=False)
    dosage_values = models.JSONField()
    range_values = models.JSONField(
        null=True, help_text="The range the therapist allowed, inside the exercise's; null: the exercise's."
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True
    )  # 1 is Monday; none: every day
    side = models.CharField(max_length=8, choices=Side.choices, blank=True)
    note = models.TextField(blank=True, max_length=500)

    objects = RowsOfPatients.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "position"], name="one_line_per_position")]

    @property
    def dosage(self) -> Dosage:
        return Dosage.from_json(self.dosage_values)

    @property
    def timed(self) -> Timed:
        return self.dosage, self.side or self.exercise.sides, self.weekdays

    @property
    def allowed(self) -> DosageRange:
        """What no step may leave. The exercise's own where the therapist named no other."""
        return DosageRange.from_json(self.range_values) if self.range_values else self.exercise.allowed

    @property
    def in_words(self) -> str:
        """The dose as staff read it: "3 times 30 seconds, right leg, twice a day"."""
        return self.said_in("en")

    def said_in(self, language: str, dosage: Dosage | None = None) -> str:
        """The dose, or another one of this line, as a patient reads it in their language."""
        return (dosage or self.dosage).in_words(self.side or self.exercise.sides, language)


class PlanDraft(models.Model):
    """The plan a therapist is writing: a copy of a program or of the last version. `version` guards two writers."""

    episode = models.OneToOneField(Episode, models.CASCADE, primary_key=True, related_name="draft")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(default=1)
    program = models.ForeignKey(Program, models.PROTECT, null=True, related_name="+", db_index=False)
    lines = models.JSONField(default=list)
    starts_on = models.DateField()
    note = models.TextField(blank=True, max_length=2000)
    by_itself = models.BooleanField(default=False)
    updated_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    updated_at = models.DateTimeField()

    objects = RowsOfPatients.as_manager()
