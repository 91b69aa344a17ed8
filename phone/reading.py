"""What a patient's phone shows, in few statements and ready for JSON."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from recovery.models import (
    Episode,
    ExerciseSession,
    PainEntry,
    Patient,
    Plan,
    Prescription,
    Progress,
    RedFlag,
    Walk,
)
from recovery.progress import courses, trend


def _episode(patient: Patient) -> Episode | None:
    episode = Episode.objects.open().filter(patient=patient).first()
    if episode is not None:
        episode.patient = patient
    return episode


def _active_plan(episode: Episode | None, on: date) -> Plan | None:
    return Plan.objects.filter(episode=episode).standing_on(on) if episode else None


def _lines(plan: Plan | None) -> list[Prescription]:
    return list(plan.prescriptions.select_related("exercise").order_by("position")) if plan else []


def today(patient: Patient, on: date) -> dict[str, Any]:
    """What to do on this local date, what is done of it, and what was noted."""
    episode = _episode(patient)
    plan = _active_plan(episode, on)
    stopped = RedFlag.objects.open().filter(patient=patient).exists()
    asked = [line for line in _lines(plan) if not line.weekdays or on.isoweekday() in line.weekdays]
    sessions = ExerciseSession.objects.filter(patient=patient, on=on, withdrawn=False)
    pain = PainEntry.objects.filter(patient=patient, about_on=on, withdrawn=False).order_by("happened_at")
    walks = Walk.objects.filter(patient=patient, on=on, withdrawn=False)
    progress = Progress.objects.filter(episode=episode).first() if episode else None
    done_slots = {slot for slot in sessions.values_list("slot", flat=True) if slot is not None}
    slots = max((line.dosage.times_per_day for line in asked), default=0)
    return {
        "name": patient.name,
        "on": on,
        "day": (on - episode.started_on).days + 1 if episode and episode.started_on else None,
        "plan": {"id": plan.pk, "number": plan.number} if plan else None,
        # A red flag stops the sessions until a person has closed it.
        "stopped": stopped,
        "sessions": []
        if stopped
        else [
            {
                "slot": slot,
                "done": slot in done_slots,
                "lines": [line.position for line in asked if line.dosage.times_per_day >= slot],
            }
            for slot in range(1, slots + 1)
        ],
        "pain": list(
            pain.values("client_uuid", "region", "score", "asked", "happened_at", "revision", "conflicted")
        ),
        "walked_minutes": sum(walks.values_list("minutes", flat=True)),
        "sentence": progress.for_patient if progress else "",
    }


def plan(patient: Patient, on: date) -> dict[str, Any]:
    """The plan version of this date, with everything needed to do it without a network."""
    found = _active_plan(_episode(patient), on)
    return {
        "plan": None
        if found is None
        else {
            "id": found.pk,
            "number": found.number,
            "starts_on": found.starts_on,
            "note": found.note,
            "lines": list(_whole_lines(_lines(found), patient.language)),
        }
    }


def _whole_lines(lines: Iterable[Prescription], language: str) -> Iterable[dict[str, Any]]:
    for line in lines:
        yield {
            "position": line.position,
            "exercise": line.exercise.slug,
            "text": line.exercise.text_in(language),
            "dosage": line.dosage_values,
            "in_words": line.said_in(language),
            "weekdays": line.weekdays,
            "side": line.side,
            "note": line.note,
        }


def progress(patient: Patient, on: date) -> dict[str, Any]:
    """How it goes: the sentence for the patient, and what the chart draws up to yesterday."""
    episode = _episode(patient)
    row = Progress.objects.filter(episode=episode).first() if episode else None
    through = on - timedelta(days=1)
    course = courses([episode], through=through).get(episode.pk) if episode else None
    return {
        "sentence": row.for_patient if row else "",
        "decided_for": row.decided_for if row else None,
        "trend": trend(course, through=through) if course else None,
    }
