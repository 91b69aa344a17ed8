from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Clinic, User
from recovery.models.episode import Episode
from recovery.models.people import Patient, RowsOfPatients


class TaskKind(models.TextChoices):
    CHECK_BY_HAND = "check_by_hand", "A rule could not judge this patient"
    READ_ANSWER = "read_answer", "An answer has to be read by a person"
    SUSPENDED_EXERCISE = "suspended_exercise", "An exercise was suspended"
    NEW_START = "new_start", "Only a new start can tell how it goes"
    SILENT = "silent", "Nothing is heard of the patient"
    OPENED = "opened", "Somebody outside the care team opened this record"


class TaskQuerySet(RowsOfPatients["Task"]):
    def open(self) -> Self:
        return self.filter(done_at=None)


class Task(models.Model):
    """Work for the people who care for a patient, opened by a rule; open once for each kind and cause."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=24, choices=TaskKind.choices)
    cause = models.CharField(max_length=64, help_text="What it is about: an exercise, a question, a rule.")
    why = models.TextField(help_text="A sentence for staff.")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    how = models.TextField(blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "kind", "cause"],
                condition=Q(done_at=None),
                name="one_open_task_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, how="")
                | Q(done_at__isnull=False, done_by__isnull=False) & ~Q(how=""),
                name="what_is_done_has_a_doer_and_a_way",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "opened_at"], condition=Q(done_at=None), name="open_tasks")]
