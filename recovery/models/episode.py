from datetime import datetime
from fractions import Fraction
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, When

from accounts.access import Actor
from accounts.models import Clinic, User
from recovery.models.people import Patient, RowsOfPatients
from recovery.rules.cohort import LeftOut
from recovery.rules.course import Stratum, stratum
from recovery.rules.diary import Region
from recovery.rules.need import Need
from recovery.rules.status import FIRST_WEEK, Status
from recovery.rules.weeks import LAST_BASELINE_WEEK, Baseline


class Side(models.TextChoices):
    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Exclusion(models.TextChoices):
    """What speaks against a home program unless it was cleared for this person. Our proposal."""

    UNDER_18 = "under_18"
    RECENT_SPINE_SURGERY = "recent_spine_surgery"
    FRACTURE = "fracture"
    TUMOUR = "tumour"
    INFECTION = "infection"
    UNSTABLE_SPONDYLOLISTHESIS = "unstable_spondylolisthesis"
    INFLAMMATORY_DISEASE = "inflammatory_disease"
    PREGNANCY = "pregnancy"


class Ending(models.TextChoices):
    DISCHARGE = "discharge"
    TRANSFER = "transfer"
    SURGERY = "surgery"


class EpisodeQuerySet(RowsOfPatients["Episode"]):
    def open(self) -> Self:
        return self.filter(ended_on=None)


class Episode(models.Model):
    """One bout of sciatica, from its onset to its close."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="episodes")
    onset_on = models.DateField(help_text="When this bout of symptoms began.")
    side = models.CharField(max_length=8, choices=Side.choices)
    # Leg decides recovery; an episode enrolled as back only is decided on the back.
    region = models.CharField(max_length=4, choices=[(r.value, r.value) for r in Region], default=Region.LEG)
    exclusions_cleared = ArrayField(
        models.CharField(max_length=32, choices=Exclusion.choices), default=list, blank=True
    )
    started_on = models.DateField(
        null=True, help_text="Start S: when the first plan began, on paper or here."
    )
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    ended_on = models.DateField(null=True, blank=True)
    ended_because = models.CharField(max_length=16, choices=Ending.choices, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_on=None), name="one_open_episode"),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_because="", ended_by=None)
                | Q(ended_on__isnull=False, ended_by__isnull=False) & ~Q(ended_because=""),
                name="an_end_has_a_reason_and_a_doer",
            ),
        ]

    @property
    def stratum(self) -> Stratum | None:
        return stratum((self.started_on - self.onset_on).days) if self.started_on else None


class NewStart(models.Model):
    """A person set another start of an episode, because no baseline could be had from the one before. Never changed."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="new_starts")
    on = models.DateField()
    was_on = models.DateField(help_text="The start before.")
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField()

    objects = RowsOfPatients.as_manager()


class StatusChange(models.Model):
    """What the rules said of an episode for a day, whenever that differs from what they said before. Never changed."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="status_changes")
    status = models.CharField(max_length=16)
    rule = models.CharField(max_length=48)
    for_day = models.DateField()
    numbers = models.JSONField()
    for_staff = models.TextField()
    rule_version = models.CharField(max_length=16)
    computed_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    objects = RowsOfPatients.as_manager()


class ProgressQuerySet(RowsOfPatients["Progress"]):
    def going_on(self) -> Self:
        """Those of open episodes."""
        return self.filter(ended=False)

    def worklist(self, actor: Actor) -> Self:
        """Who needs this person, first of all; whoever has waited longest before the others of one need."""
        return self.visible_to(actor).going_on().order_by("need", "waits_since", "episode")


class Progress(models.Model):
    """How an episode goes, in one row: what the worklist shows, kept by the code that recomputes the status."""

    episode = models.OneToOneField(Episode, models.CASCADE, primary_key=True, related_name="progress")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    status = models.CharField(max_length=16, default=Status.NO_DATA)
    hurt_twice = models.BooleanField(default=False, db_default=False, help_text="See recovery.rules.need.")
    unread = models.BooleanField(
        default=False, db_default=False, help_text="A message of theirs that nobody has read."
    )
    waits_since: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(
        help_text="The oldest open red flag; without one, when the episode was opened."
    )
    ended = models.BooleanField(
        default=False, db_default=False, help_text="So that no page reads the episodes that are over."
    )
    rule = models.CharField(max_length=48, blank=True)
    numbers = models.JSONField(default=dict)
    for_staff = models.TextField(blank=True)
    rule_version = models.CharField(max_length=16, blank=True)
    decided_for = models.DateField(null=True)
    # [[week, value or null], ...] of the deciding region: the sparkline, the value now, the change since the baseline.
    weeks = models.JSONField(default=list)
    sessions_asked = models.PositiveSmallIntegerField(default=0, help_text="In the last seven ended days.")
    sessions_done = models.PositiveSmallIntegerField(default=0)
    last_entry_at = models.DateTimeField(null=True)
    review_due_on = models.DateField(null=True, help_text="The oldest open review's date.")
    needs_review_since = models.DateField(
        null=True, help_text="The plan needs a review: no progress by week 4, and none recorded since."
    )
    # What the time to relief is made of, for thousands of episodes in one statement: see recovery.rules.cohort.
    left_out = models.CharField(
        max_length=16,
        choices=[(why.value, why.value) for why in LeftOut],
        default=LeftOut.NO_BASELINE,
        blank=True,
        help_text="Why the episode is not in the cohort; empty when it is.",
    )
    relieved_on = models.DateField(null=True, help_text="The first relief.")
    relapsed_on = models.DateField(null=True, help_text="The first relapse.")
    valid_through = models.DateField(null=True, help_text="The last day of the last week with a value.")
    # The day's close: the last local date recorded, the moment the next one ends, the earliest date to record again.
    closed_through = models.DateField(null=True)
    next_close_at = models.DateTimeField(null=True)
    reopen_from = models.DateField(null=True)
    # A session came in, or a day ended, since the ladder was last judged.
    ladder_due_at = models.DateTimeField(null=True)

    # PostgreSQL keeps it: what changes one of its reasons cannot forget to move the patient.
    need = models.GeneratedField(
        expression=Case(
            When(status=Status.ALERT, then=Need.RED_FLAG),
            When(status=Status.WORSE, then=Need.WORSE),
            When(status=Status.REVIEW, then=Need.REVIEW),
            When(Q(status=Status.NO_DATA) & ~Q(rule=FIRST_WEEK), then=Need.NO_DATA),
            When(hurt_twice=True, then=Need.HURT_TWICE),
            When(unread=True, then=Need.UNREAD),
            When(review_due_on__isnull=False, then=Need.REVIEW_DUE),
            When(status__in=(Status.WATCH, Status.NO_DATA), then=Need.WATCH),
            default=Need.WELL,
        ),
        output_field=models.PositiveSmallIntegerField(help_text="A value of recovery.rules.need."),
        db_persist=True,
    )

    objects = ProgressQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["clinic", "need", "waits_since", "episode"],
                include=["patient"],  # what row-level security asks of each row that is only counted
                condition=Q(ended=False),
                name="worklist",
            ),
            models.Index(
                fields=["next_close_at"], condition=Q(next_close_at__isnull=False), name="days_to_close"
            ),
            models.Index(
                fields=["reopen_from"], condition=Q(reopen_from__isnull=False), name="days_to_close_again"
            ),
            models.Index(
                fields=["ladder_due_at"], condition=Q(ladder_due_at__isnull=False), name="ladders_to_judge"
            ),
        ]

    @property
    def baseline(self) -> Baseline | None:
        early = self.weeks[:LAST_BASELINE_WEEK]
        return next((Baseline(Fraction(str(value)), n) for n, value in early if value is not None), None)

    @property
    def level(self) -> float | None:
        """Of the last ended week."""
        return self.weeks[-1][1] if self.weeks else None
