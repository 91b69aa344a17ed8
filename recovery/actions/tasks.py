"""Work that a rule hands to a person, and saying how it was done."""

import logging
from datetime import datetime

from recovery.models import Episode, Suspension, Task
from recovery.models.tasks import TaskKind
from wire.problems import Conflict

CHECK_BY_HAND = (
    "The rules could not judge {what}. Every entry is kept: read the diary, and tell whoever runs Amble."
)

logger = logging.getLogger(__name__)


def hand_over(*, episode: Episode, what: str, cause: str, now: datetime) -> None:
    """What the rules could not judge, a person does. Called where the exception is at hand, which is logged."""
    logger.exception("Episode %s: the rules could not judge %s.", episode.pk, what)
    open_task(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.pk,
        kind=TaskKind.CHECK_BY_HAND,
        cause=cause,
        why=CHECK_BY_HAND.format(what=what),
        now=now,
    )


def open_task(
    *,
    clinic_id: int,
    patient_id: int,
    episode_id: int | None,
    kind: TaskKind,
    cause: str,
    why: str,
    now: datetime,
) -> None:
    """Open a task, unless one of this patient is open for the same kind and cause. `why` is a sentence for staff."""
    task = Task(
        clinic_id=clinic_id,
        patient_id=patient_id,
        episode_id=episode_id,
        kind=kind,
        cause=cause,
        why=why,
        opened_at=now,
    )
    Task.objects.bulk_create([task], ignore_conflicts=True)


def finish_task(*, task: Task, how: str, by: int, now: datetime) -> None:
    """Say how it was done. Raises Conflict when somebody did it before, so that nobody's words are dropped, for
    an exercise that is suspended still: only lifting that is the work, and for who opened the record, of whom it tells.
    """
    if task.kind == TaskKind.OPENED and task.cause == str(by):
        raise Conflict("This tells the care team that you opened the record: one of them reads it.")
    if task.kind == TaskKind.SUSPENDED_EXERCISE:
        suspended = Suspension.objects.open().filter(patient=task.patient_id)
        if task.cause in map(str, suspended.values_list("exercise", flat=True)):
            raise Conflict(
                "Lift the suspension instead: the exercise is not asked of the patient until then."
            )
    if not Task.objects.filter(pk=task.pk, done_at=None).update(done_at=now, done_by=by, how=how):
        raise Conflict("Somebody has done this task already.")
