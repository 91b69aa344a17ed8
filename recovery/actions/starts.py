"""A new start S, where the weeks since the first one hold no baseline: asked for by the rules, set by a person."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from recovery.actions.reviews import Judged
from recovery.models import Episode, NewStart, Patient, Plan, Progress, Task
from recovery.models.tasks import TaskKind
from recovery.rules.status import NEW_START
from wire.problems import Conflict


class NotAStart(ValueError):
    """The episode cannot start on this date: why, in a sentence."""


@transaction.atomic
def start_anew(*, episode: Episode, on: date, by: int, now: datetime) -> NewStart:
    """Count the weeks from another date; `episode` comes with its patient. The next tick judges every day again.

    Raises NotAStart for a date before the first plan or in the future, and Conflict where there is no plan yet or
    the episode has ended. It does the task that asked for a new start.
    """
    Patient.objects.filter(pk=episode.patient_id).update(version=F("version") + 1)  # a close waits for it
    going_on = Plan.objects.filter(episode=episode, number=1, episode__ended_on=None)
    found = going_on.values_list("starts_on", "episode__started_on").first()
    if found is None or found[1] is None:
        raise Conflict(
            "Only an open episode with a plan can start anew: publishing the first plan starts it."
        )
    first, was_on, today = found[0], found[1], episode.patient.local_date(now)
    if not first <= on <= today:
        raise NotAStart(f"Use a date from {first}, when the first plan began, to today, {today}.")
    fact = NewStart.objects.create(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode=episode,
        on=on,
        was_on=was_on,
        set_by_id=by,
        set_at=now,
    )
    Episode.objects.filter(pk=episode.pk).update(started_on=on)
    Progress.objects.filter(pk=episode.pk).update(next_close_at=now)
    asked = Task.objects.open().filter(patient=episode.patient_id, kind=TaskKind.NEW_START)
    asked.update(done_at=now, done_by=by, how=f"A new start was set: {on}.")
    return fact


def ask_for_new_starts(episodes: Sequence[Episode], judged: Mapping[int, Judged], *, now: datetime) -> None:
    """A task for each episode of which only a new start can tell how it goes, once for each start."""
    asking = {
        episode.patient_id: episode
        for episode in episodes
        if episode.ended_on is None and judged[episode.pk].decisions[-1].rule == NEW_START
    }
    if not asking:
        return
    asked = Task.objects.filter(patient__in=list(asking), kind=TaskKind.NEW_START)
    known = set(asked.values_list("patient", "cause"))
    Task.objects.bulk_create(
        [
            Task(
                clinic_id=episode.clinic_id,
                patient_id=patient_id,
                episode=episode,
                kind=TaskKind.NEW_START,
                cause=str(episode.started_on),
                why=judged[episode.pk].decisions[-1].for_staff,
                opened_at=now,
            )
            for patient_id, episode in asking.items()
            if (patient_id, str(episode.started_on)) not in known
        ],
        ignore_conflicts=True,
    )
