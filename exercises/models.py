from enum import StrEnum
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Cast

from accounts.access import Actor
from accounts.models import Clinic, User
from exercises.catalog.reader import FIRST_LANGUAGE, Text
from exercises.dosage import Dosage, DosageRange
from exercises.duration import Timed, minutes_a_day
from exercises.figures.reader import drawn
from exercises.terms import Caution, Equipment, Group, Mark, Position, Region, Sides


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(one.value, getattr(one, "meaning", one.value)) for one in kind]


def best_language(known: dict[str, Any], asked: str) -> str:
    """The language asked for, else the same without its region, else English, else whatever there is."""
    return next(language for language in (asked, asked[:2], FIRST_LANGUAGE, *known) if language in known)


class CatalogQuerySet(models.QuerySet[Any]):
    """Questions to rows that are shared (no clinic) or a clinic's own."""

    def shared(self) -> Self:
        return self.filter(clinic=None)

    def for_clinic(self, clinic_id: int) -> Self:
        return self.filter(Q(clinic=None) | Q(clinic=clinic_id))

    def visible_to(self, actor: Actor) -> Self:
        """The shared catalog and what one's clinic added; retired rows too, since old plans name them."""
        return self.for_clinic(actor.clinic_id)

    def in_use(self) -> Self:
        """Not retired: what a new plan may take."""
        return self.filter(retired_on=None)

    def named(self, part: str) -> Self:
        """Whose name has this part, in any language, in capitals or not."""
        names = Func("text", Value("$.*.name"), function="jsonb_path_query_array")
        return self.alias(names=Cast(names, models.TextField())).filter(names__icontains=part)


class CatalogRow(models.Model):
    """What exercises and programs have in common. Without a clinic it comes from the catalog's files."""

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    slug = models.SlugField(max_length=60, db_index=False)
    text: "models.JSONField[Text, Text]" = models.JSONField(
        help_text="Words by language, see catalog.reader."
    )
    source = models.CharField(max_length=300, blank=True)
    mark = models.CharField(max_length=2, choices=choices(Mark))
    retired_on = models.DateField(null=True, blank=True, help_text="No new plan may take it from this date.")

    objects = CatalogQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "slug"], name="one_%(class)s_per_clinic_and_slug", nulls_distinct=False
            )
        ]

    @property
    def is_shared(self) -> bool:
        return self.clinic_id is None

    def text_in(self, language: str) -> dict[str, Any]:
        """The words in the best language there is, which is named in `language`."""
        best = best_language(self.text, language)
        return {"language": best, **self.text[best]}


class Exercise(CatalogRow):
    groups = ArrayField(models.CharField(max_length=20, choices=choices(Group)))
    regions = ArrayField(models.CharField(max_length=20, choices=choices(Region)))
    position = models.CharField(max_length=20, choices=choices(Position))
    sides = models.CharField(max_length=20, choices=choices(Sides))
    equipment = ArrayField(
        models.CharField(max_length=20, choices=choices(Equipment)), default=list, blank=True
    )
    cautions = ArrayField(models.CharField(max_length=2, choices=choices(Caution)), default=list, blank=True)
    easier = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    harder = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    dosage = models.JSONField(help_text="The default, as Dosage.as_json writes it.")
    dosage_range = models.JSONField(help_text="What is allowed, as DosageRange.as_json writes it.")
    marks = models.JSONField(
        default=dict, blank=True, help_text="How sure each further fact is: {fact: mark}."
    )

    @property
    def default(self) -> Dosage:
        return Dosage.from_json(self.dosage)

    @property
    def allowed(self) -> DosageRange:
        return DosageRange.from_json(self.dosage_range)

    def in_words(self, dosage: Dosage) -> str:
        return dosage.in_words(self.sides)

    @property
    def figure(self) -> str:
        """The name of its drawing; "" where none is. What a clinic added has none, whatever it is called."""
        return self.slug if self.is_shared and self.slug in drawn() else ""


class FigureApproval(models.Model):
    """A therapist of a clinic has looked at the drawing of an exercise, in this version, and found it right."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+", db_index=False)
    version = models.CharField(max_length=12)
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "exercise", "version"], name="a_version_of_a_figure_is_approved_once"
            )
        ]


class Program(CatalogRow):
    """A reusable template of exercises with dosages. Habits are lines of its text, not exercises."""

    @property
    def minutes_a_day(self) -> int:
        """About how long its fullest day takes; the lines come with their exercises."""
        return minutes_a_day(line.timed for line in self.lines.all())


class ProgramLine(models.Model):
    """One exercise of a program. Plans copy it and nothing refers to it, so a new load replaces it."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField()
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="+")
    dosage = models.JSONField(
        help_text="As Dosage.as_json writes it; its days per week are those of weekdays."
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True
    )  # 1 is Monday; none: every day
    note = models.JSONField(default=dict, blank=True, help_text="By language: {language: note}.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["program", "position"], name="one_line_per_position_of_program")
        ]

    def note_in(self, language: str) -> str:
        return self.note[best_language(self.note, language)] if self.note else ""

    @property
    def dosage_in_words(self) -> str:
        return self.exercise.in_words(Dosage.from_json(self.dosage))

    @property
    def timed(self) -> Timed:
        return Dosage.from_json(self.dosage), self.exercise.sides, self.weekdays
