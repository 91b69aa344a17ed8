"""Where each kind of record goes, and what only the database can say of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, cast

from django.db.models import F

from exercises.models import Exercise
from recovery.models import (
    ExerciseResult,
    ExerciseSession,
    OutcomeMeasure,
    PainEntry,
    SymptomCheck,
    TimelineEvent,
)
from recovery.models import Message as MessageRow
from recovery.models import Walk as WalkRow
from recovery.models.diary import PhoneRecord
from recovery.records import Event, Incoming, Measure, Message, NotTaken, Pain, Session, Walk
from recovery.rows import insert
from recovery.rules.diary import Rating


@dataclass(frozen=True, slots=True)
class Kind:
    """The table of a kind, and its own columns of one record."""

    model: type[PhoneRecord]
    columns: Callable[[Incoming], dict[str, Any]]


def _pain(incoming: Incoming) -> dict[str, Any]:
    pain = cast(Pain, incoming.record)
    return {
        "region": pain.region,
        "score": pain.score,
        "asked": pain.asked,
        "about_on": incoming.about_on,
        "late": Rating(pain.score, pain.asked, incoming.about_on, pain.at, incoming.on).is_late,
    }


def _session(incoming: Incoming) -> dict[str, Any]:
    session = cast(Session, incoming.record)
    return {
        "plan_id": session.plan,
        "slot": session.slot,
        "ended_at": session.ended_at and session.ended_at.astimezone(UTC),
        "leg_before": session.leg_before,
        "leg_during": session.leg_during,
        "leg_after": session.leg_after,
        "effort": session.effort or "",
    }


def _walk(incoming: Incoming) -> dict[str, Any]:
    return {"minutes": cast(Walk, incoming.record).minutes}


def _event(incoming: Incoming) -> dict[str, Any]:
    event = cast(Event, incoming.record)
    return {"what": event.what, "about_on": event.about_on}


def _message(incoming: Incoming) -> dict[str, Any]:
    message = cast(Message, incoming.record)
    return {"text": message.text, "private": message.private}


def _measure(incoming: Incoming) -> dict[str, Any]:
    return {"instrument": cast(Measure, incoming.record).instrument}


def _check(incoming: Incoming) -> dict[str, Any]:
    return {"answers": incoming.body["answers"]}


KIND = {
    "symptom_check": Kind(SymptomCheck, _check),
    "pain": Kind(PainEntry, _pain),
    "session": Kind(ExerciseSession, _session),
    "walk": Kind(WalkRow, _walk),
    "event": Kind(TimelineEvent, _event),
    "message": Kind(MessageRow, _message),
    "measure": Kind(OutcomeMeasure, _measure),
}


# --- sessions name exercises and plans, and have results -----------------------------------------------


def exercise_ids(sessions: Sequence[Incoming], *, clinic_id: int) -> dict[str, int]:
    """Ids by the slugs that these sessions name; the clinic's own exercise before a shared one of its slug."""
    slugs = {result.exercise for incoming in sessions for result in cast(Session, incoming.record).results}
    if not slugs:
        return {}
    found = Exercise.objects.for_clinic(clinic_id).filter(slug__in=slugs)
    return dict(found.order_by(F("clinic").asc(nulls_first=True)).values_list("slug", "id"))


def session_refusals(
    sessions: Sequence[Incoming], *, plans: frozenset[int], exercises: Mapping[str, int]
) -> dict[int, NotTaken]:
    """Sessions that answer an exercise nobody here knows, or a plan version that was never published."""
    refused: dict[int, NotTaken] = {}
    for n, incoming in enumerate(sessions):
        session = cast(Session, incoming.record)
        if session.plan is not None and session.plan not in plans:
            refused[n] = NotTaken("/plan", "There is no such version of your plan.", "unknown_plan")
        for position, result in enumerate(session.results):
            if result.exercise not in exercises:
                where = f"/results/{position}/exercise"
                refused[n] = NotTaken(where, "There is no such exercise.", "unknown_exercise")
    return refused


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session that now reads so, by the id of its row, and how many results it had before."""

    row_id: int
    incoming: Incoming
    results_before: int


def write_results(
    sessions: Sequence[StoredSession], *, exercises: Mapping[str, int], clinic_id: int, patient_id: int
) -> None:
    """The results of these sessions, in place of those they had."""
    shorter = [s.row_id for s in sessions if len(_results(s.incoming)) < s.results_before]
    if shorter:
        ExerciseResult.objects.filter(session__in=shorter).delete()
    insert(
        ExerciseResult,
        [
            {
                "clinic_id": clinic_id,
                "patient_id": patient_id,
                "session_id": session.row_id,
                "position": position,
                "exercise_id": exercises[result.exercise],
                "outcome": result.outcome,
                "sets": result.sets,
                "repetitions": result.repetitions,
                "hold_seconds": result.hold_seconds,
                "minutes": result.minutes,
            }
            for session in sessions
            for position, result in enumerate(_results(session.incoming), start=1)
        ],
        replace_by=["session_id", "position"],
    )


def _results(incoming: Incoming) -> Sequence[Any]:
    return cast(Session, incoming.record).results
