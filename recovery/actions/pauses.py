"""Pausing a plan: days on which nothing is asked, and nothing is missed."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Least

from recovery.models import Episode, Patient, PlanPause, Progress
from wire.problems import Conflict


@transaction.atomic
def pause_plan(
    *, episode: Episode, from_on: date, until_on: date, reason: str, note: str = "", by: int, now: datetime
) -> PlanPause:
    """Ask nothing from the first to the last of these dates. Days that have ended are judged again."""
    pause = PlanPause.objects.create(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode=episode,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        note=note,
        paused_by_id=by,
        paused_at=now,
    )
    _judge_again(episode, from_on)
    return pause


@transaction.atomic
def resume_plan(*, pause: PlanPause, today: date, by: int) -> None:
    """Ask again from today, or never pause at all where the pause lies ahead. What was paused stays paused."""
    if today > pause.until_on:
        raise Conflict("This pause is over already.")
    resumed = PlanPause.objects.filter(pk=pause.pk, resumed_on=None).update(resumed_on=today, resumed_by=by)
    if not resumed:
        raise Conflict("Somebody ended this pause already.")
    _judge_again(pause.episode, today)


def _judge_again(episode: Episode, earliest: date) -> None:
    """The phone hears of it at once; the close of days looks again at what it has closed since `earliest`."""
    Patient.objects.filter(pk=episode.patient_id).update(version=F("version") + 1)
    reopened = Case(
        When(closed_through__gte=earliest, then=Least("reopen_from", earliest)), default=F("reopen_from")
    )
    Progress.objects.filter(pk=episode.pk).update(reopen_from=reopened)
