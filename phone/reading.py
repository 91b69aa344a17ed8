"""What a patient's phone shows, in few statements and ready for JSON."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from exercises import duration
from exercises.dosage import Dosage
from recovery.doing import adherence, walked, walking_week
from recovery.measuring import measures_due, recovery
from recovery.models import (
    CareSettings,
    Episode,
    ExerciseResult,
    ExerciseSession,
    PainEntry,
    Patient,
    Plan,
    PlanPause,
    Prescription,
    Progress,
    Proposal,
    RedFlag,
    Suspension,
    Walk,
)
from recovery.models.diary import Outcome
from recovery.models.ladder import State
from recovery.progress import courses
from recovery.rules.adherence import WEEK_DAYS
from recovery.rules.ladder import Kind
from recovery.rules.patient_words import words_in
from recovery.rules.timeline import letter
from recovery.timeline import timeline
from recovery.trend import trend


def _episode(patient: Patient) -> Episode | None:
    episode = Episode.objects.open().filter(patient=patient).first()
    if episode is not None:
        episode.patient = patient
    return episode


def _active_plan(episode: Episode | None, on: date) -> Plan | None:
    plans = Plan.objects.filter(episode=episode).select_related("program")
    return plans.standing_on(on) if episode else None


def _lines(plan: Plan | None) -> list[Prescription]:
    return list(plan.prescriptions.select_related("exercise").order_by("position")) if plan else []


def _suspended(episode: Episode | None) -> dict[int, Suspension]:
    """What is not asked until a person lifts it, by exercise."""
    rows = Suspension.objects.open().filter(episode=episode) if episode else ()
    return {row.exercise_id: row for row in rows}


def _next_time(episode: Episode | None) -> dict[int, Proposal]:
    """What the last session of an exercise says about the next one, by exercise: do less, or leave it out.

    A patient may always do less, so this needs nobody's yes; a therapist may decline it.
    """
    if episode is None:
        return {}
    since = ExerciseResult.objects.filter(
        patient=OuterRef("patient"),
        exercise=OuterRef("exercise"),
        session__happened_at__gt=OuterRef("judged_through"),
        session__withdrawn=False,
    ).exclude(outcome=Outcome.SKIPPED)
    repeats = Q(kind=Kind.REPEAT, state__in=(State.OPEN, State.ACCEPTED)) & ~Exists(since)
    rows = Proposal.objects.filter(repeats | Q(kind=Kind.SUSPEND, state=State.OPEN), episode=episode)
    return {row.exercise_id: row for row in rows.order_by("id")}


def _advice(
    line: Prescription,
    suspended: Mapping[int, Suspension],
    next_time: Mapping[int, Proposal],
    language: str,
) -> dict[str, Any]:
    """What stands in the way of a line as the plan has it. Both are null for a line that goes on as it is."""
    words = words_in(language)
    pause, said = suspended.get(line.exercise_id), next_time.get(line.exercise_id)
    # Where the dose changed meanwhile, the plan is what counts; what is left out is left out at any dose.
    if said is not None and said.to_dosage and Dosage.from_json(said.from_dosage) != line.dosage:
        said = None
    dose = said.to_dose if said else None
    return {
        "paused": None
        if pause is None
        else {"since": pause.suspended_at, "why": words.of_step(pause.rule, pause.numbers)},
        "next_time": None
        if said is None or pause is not None
        else {
            "what": "less" if dose else "leave_out",
            "dosage": said.to_dosage,
            "in_words": line.said_in(language, dose) if dose else "",
            "why": words.of_step(said.rule, said.numbers),
        },
    }


def _sentence(progress: Progress | None, episode: Episode | None, language: str) -> str:
    """How it goes, in words. A first program that has just come says it better than what was judged before it."""
    if progress is None or episode is None or (progress.rule == "no_data.no_plan" and episode.started_on):
        return ""
    return words_in(language).of_decision(progress.rule, progress.numbers, episode.region)


def _needs_review(progress: Progress | None, language: str) -> dict[str, Any] | None:
    """What the plan says of itself while a review is missing. The sessions go on."""
    if progress is None or progress.needs_review_since is None:
        return None
    return {"since": progress.needs_review_since, "sentence": words_in(language).needs_review}


def today(patient: Patient, on: date) -> dict[str, Any]:
    """What to do on this local date, what is done of it, and what was noted; whom to call, also without a network."""
    episode = _episode(patient)
    plan = _active_plan(episode, on)
    flags = RedFlag.objects.open().filter(patient=patient).order_by("id").values_list("rule", flat=True)
    stopped_because = list(dict.fromkeys(flags))
    stopped = bool(stopped_because)
    suspended, next_time = _suspended(episode), _next_time(episode)
    planned = [line for line in _lines(plan) if not line.weekdays or on.isoweekday() in line.weekdays]
    asked = [line for line in planned if line.exercise_id not in suspended]
    paused = PlanPause.objects.filter(episode=episode).holding_on(on).first() if episode else None
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
        "stopped_because": stopped_because,
        # Nothing is asked on these days, and nothing of them is missed.
        "paused": {"from_on": paused.from_on, "until_on": paused.until_on, "reason": paused.reason}
        if paused
        else None,
        "sessions": []
        if stopped or paused
        else [
            {
                "slot": slot,
                "done": slot in done_slots,
                "lines": [line.position for line in asked if line.dosage.times_per_day >= slot],
            }
            for slot in range(1, slots + 1)
        ],
        # What is paused, and what is to be done otherwise than the plan has it.
        "advice": [
            {"position": line.position, "exercise": line.exercise.slug} | advice
            for line in planned
            if any((advice := _advice(line, suspended, next_time, patient.language)).values())
        ],
        "pain": list(
            pain.values("client_uuid", "region", "score", "asked", "happened_at", "revision", "conflicted")
        ),
        "walked_minutes": sum(walks.values_list("minutes", flat=True)),
        "walking": None if stopped or paused else walking_week(plan, on),
        "measures_due": measures_due(episode, on) if episode else [],
        "sentence": _sentence(progress, episode, patient.language),
        "needs_review": _needs_review(progress, patient.language),
        "contacts": CareSettings.of(patient.clinic).contacts(patient.language),
    }


def plan(patient: Patient, on: date) -> dict[str, Any]:
    """The plan version of this date, with everything needed to do it without a network."""
    episode = _episode(patient)
    found = _active_plan(episode, on)
    suspended, next_time = _suspended(episode), _next_time(episode)
    row = Progress.objects.filter(episode=episode).first() if found else None
    return {
        "needs_review": _needs_review(row, patient.language),
        "plan": None
        if found is None
        else {
            "id": found.pk,
            "number": found.number,
            "starts_on": found.starts_on,
            "note": found.note,
            "lines": [
                _whole_line(line, patient.language) | _advice(line, suspended, next_time, patient.language)
                for line in _lines(found)
            ],
        },
    }


def _whole_line(line: Prescription, language: str) -> dict[str, Any]:
    return {
        "position": line.position,
        "exercise": line.exercise.slug,
        "text": line.exercise.text_in(language),
        "dosage": line.dosage_values,
        "in_words": line.said_in(language),
        "weekdays": line.weekdays,
        "side": line.side,
        "sides": line.exercise.sides,
        "seconds": duration.seconds(line.dosage, line.side or line.exercise.sides) + duration.SECONDS_BETWEEN,
        "note": line.note,
    }


def progress(patient: Patient, on: date) -> dict[str, Any]:
    """How it goes: the sentence for the patient, and what the chart and its tiles show up to yesterday."""
    episode = _episode(patient)
    row = Progress.objects.filter(episode=episode).first() if episode else None
    through = on - timedelta(days=1)
    course = courses([episode], through=through).get(episode.pk) if episode else None
    return {
        "sentence": _sentence(row, episode, patient.language),
        "decided_for": row.decided_for if row else None,
        "trend": trend(course, through=through) if course else None,
        "adherence": adherence(course, through=through) if course else None,
        "recovery": recovery(course, through=through) if course else None,
        "plans": [
            {"number": number, "letter": letter(number), "starts_on": starts_on}
            for number, starts_on in Plan.objects.filter(episode=episode)
            .order_by("number")
            .values_list("number", "starts_on")
        ],
        "walking": _walking(patient, max(course.facts.start, on - timedelta(days=WEEK_DAYS)), through)
        if course
        else None,
    }


def _walking(patient: Patient, first: date, last: date) -> dict[str, int]:
    """What was walked from one date to another: the minutes, and on how many of the days."""
    days = walked(patient.pk, first, last)
    return {
        "days": max(0, (last - first).days + 1),
        "walked_days": sum(minutes > 0 for minutes in days.values()),
        "minutes": sum(days.values()),
    }


def own_timeline(patient: Patient, now: datetime) -> dict[str, Any]:
    """What happened in the open episode, oldest first."""
    episode = _episode(patient)
    return timeline(episode, now=now, for_staff=False) if episode else {"episode": None, "items": []}
