"""Work that a rule hands to a person, and saying how it was done."""

from datetime import datetime

from recovery.models import Task
from recovery.models.tasks import TaskKind
from wire.problems import Conflict


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
    """Say how it was done. Raises Conflict when somebody did it before, so that nobody's words are dropped."""
    if not Task.objects.filter(pk=task.pk, done_at=None).update(done_at=now, done_by=by, how=how):
        raise Conflict("Somebody has done this task already.")
