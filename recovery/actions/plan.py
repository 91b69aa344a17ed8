"""From a program to a published plan version. A published version never changes; the next one replaces it."""

import secrets
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from exercises.dosage import Dosage, DosageRange
from exercises.models import Exercise, Program
from recovery.models import Episode, Patient, Plan, PlanDraft, Prescription, Progress
from wire.problems import Conflict, PreconditionFailed

FURTHEST_AHEAD = timedelta(days=90)  # beyond it a year was mistyped
FURTHEST_BACK = timedelta(days=730)

# {exercise, dosage, weekdays, side, note, and range unless it is the exercise's own}, as the draft keeps it and the
# API checks it
Line = dict[str, Any]


class NotPublishable(ValueError):
    """Something in a draft keeps it from being kept or asked of a patient: where (a JSON pointer), and why."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(reason)
        self.pointer = pointer
        self.reason = reason


@transaction.atomic
def draft_plan(
    *,
    episode: Episode,
    program: Program | None,
    version: Plan | None = None,
    starts_on: date,
    by: int,
    now: datetime,
) -> PlanDraft:
    """Start a draft: a copy of a program, else of that version, else of the last one. One draft an episode."""
    last = version or Plan.objects.filter(episode=episode).order_by("-number").first()
    if program is not None:
        lines = lines_of_program(program, language=episode.patient.language)
    elif last is not None:
        lines = lines_of_plan(last, episode=episode)
    else:
        raise Conflict("There is no plan to copy yet: name a program.")
    draft, created = PlanDraft.objects.get_or_create(
        episode=episode,
        defaults={
            "clinic_id": episode.clinic_id,
            "patient_id": episode.patient_id,
            "program": program or (last.program if last else None),
            # Not 1: the ETag of a draft that was published must never fit the next one.
            "version": secrets.randbelow(10**8) + 1,
            "lines": lines,
            "by_itself": bool(last and last.by_itself and last.episode_id == episode.pk),
            "starts_on": starts_on,
            "updated_by_id": by,
            "updated_at": now,
        },
    )
    if not created:
        raise Conflict("There is a draft for this patient already: go on with it, or delete it first.")
    return draft


def lines_of_program(program: Program, *, language: str) -> list[Line]:
    """A program as the lines of a draft, its notes in the patient's language."""
    return [
        {
            "exercise": line.exercise_id,
            "dosage": line.dosage,
            "weekdays": line.weekdays,
            "side": "",
            "note": line.note_in(language),
        }
        for line in program.lines.all()
    ]


def lines_of_plan(plan: Plan, *, episode: Episode) -> list[Line]:
    """A version as the lines of a draft. Sides, notes and ranges stay with their patient."""
    own = plan.patient_id == episode.patient_id
    return [
        {
            "exercise": line.exercise_id,
            "dosage": line.dosage_values,
            "weekdays": line.weekdays,
            "side": line.side if own else "",
            "note": line.note if own else "",
        }
        | ({"range": line.range_values} if line.range_values and own else {})
        for line in plan.prescriptions.order_by("position")
    ]


def save_draft(
    *,
    draft: PlanDraft,
    seen_version: int,
    lines: list[Line],
    starts_on: date,
    note: str,
    by: int,
    now: datetime,
    by_itself: bool | None = None,
) -> PlanDraft:
    """Replace a draft's content, if it is still the version the writer saw.

    Doses are judged when it is published. Raises NotPublishable for an exercise that the clinic does not have.
    """
    _check_exercises(lines, known=_exercises(lines, clinic_id=draft.clinic_id))
    saved = PlanDraft.objects.filter(pk=draft.pk, version=seen_version).update(
        version=seen_version + 1,
        lines=lines,
        starts_on=starts_on,
        note=note,
        by_itself=draft.by_itself if by_itself is None else by_itself,
        updated_by=by,
        updated_at=now,
    )
    if not saved:
        raise PreconditionFailed
    draft.refresh_from_db()
    return draft


@transaction.atomic
def publish_plan(*, episode: Episode, seen_version: int, by: int, now: datetime) -> Plan:
    """Make the draft the next plan version of an episode, if it is still the version the publisher saw.

    Locks the patient, so that of two publishers one makes the version and the other is told. The first version sets
    the episode's start S, which may lie in the past: a program that began on paper. Raises NotPublishable.
    """
    Patient.objects.filter(pk=episode.patient_id).update(version=F("version") + 1)
    # Read again under the lock: the episode may have ended meanwhile.
    draft = PlanDraft.objects.filter(episode=episode, episode__ended_on=None).first()
    if draft is None:
        raise Conflict("There is no draft to publish: somebody published or deleted it.")
    if draft.version != seen_version:
        raise PreconditionFailed
    last = Plan.objects.filter(episode=episode).order_by("-number").first()
    _check_start(draft, episode, last, today=episode.patient.local_date(now))
    exercises = _check_lines(draft.lines, clinic_id=episode.clinic_id)
    plan = Plan.objects.create(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode=episode,
        number=last.number + 1 if last else 1,
        program_id=draft.program_id,
        starts_on=draft.starts_on,
        note=draft.note,
        by_itself=draft.by_itself,
        published_by_id=by,
        published_at=now,
    )
    Prescription.objects.bulk_create(
        Prescription(
            clinic_id=episode.clinic_id,
            patient_id=episode.patient_id,
            plan=plan,
            position=position,
            exercise=exercises[line["exercise"]],
            dosage_values=line["dosage"],
            weekdays=line["weekdays"],
            side=line["side"],
            note=line["note"],
            range_values=_range_of(line, exercises[line["exercise"]]),
        )
        for position, line in enumerate(draft.lines, start=1)
    )
    draft.delete()
    # What was proposed for the version before may be overtaken.
    due: dict[str, datetime] = {"ladder_due_at": now}
    if last is None:
        # The next tick closes the days that have ended since the start.
        Episode.objects.filter(pk=episode.pk).update(started_on=plan.starts_on)
        due["next_close_at"] = now
    Progress.objects.filter(pk=episode.pk).update(**due)
    return plan


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a standing version that reads otherwise in the next; `allowed` is None for the exercise's range.

    Another exercise takes over neither the note of the first nor its side.
    """

    exercise_id: int
    to_exercise_id: int
    dosage: dict[str, int]
    allowed: dict[str, Any] | None

    @property
    def is_another(self) -> bool:
        return self.to_exercise_id != self.exercise_id


def publish_steps(
    steps: Sequence[tuple[Plan, Sequence[Change]]],
    *,
    starts_on: Mapping[int, date],
    by: int | None,
    now: datetime,
) -> dict[int, Plan]:
    """Publish the next version of plans of which only some lines change, by the id of the version before.

    The caller holds the patients' locks and has checked the changes; `starts_on` is by the same id. A draft that
    somebody is writing takes the change over where it still reads as the version before, and its writer has to
    load it again. `by` is None for what the rules did. The number of statements does not depend on that of plans.
    """
    befores = {before.pk: before for before, _ in steps}
    plans = {
        pk: Plan(
            clinic_id=before.clinic_id,
            patient_id=before.patient_id,
            episode_id=before.episode_id,
            number=before.number + 1,
            program_id=before.program_id,
            starts_on=starts_on[pk],
            note=before.note,
            by_itself=before.by_itself,
            published_by_id=by,
            published_at=now,
        )
        for pk, before in befores.items()
    }
    Plan.objects.bulk_create(plans.values())
    changes = {(before.pk, change.exercise_id): change for before, some in steps for change in some}
    lines = list(Prescription.objects.filter(plan__in=list(befores)).order_by("plan", "position"))
    was = {(befores[line.plan_id].episode_id, line.exercise_id): line.dosage for line in lines}
    for line in lines:
        if change := changes.get((line.plan_id, line.exercise_id)):
            line.exercise_id, line.dosage_values = change.to_exercise_id, change.dosage
            line.range_values = change.allowed
            if change.is_another:
                line.note, line.side = "", ""
        line.pk, line.plan = None, plans[line.plan_id]
    Prescription.objects.bulk_create(lines)
    drafts = list(PlanDraft.objects.filter(episode__in=[plan.episode_id for plan in plans.values()]))
    for draft in drafts:
        taken = {
            c.exercise_id: c for before, some in steps for c in some if before.episode_id == draft.episode_id
        }
        draft.version += 1
        draft.lines = [
            _taken_over(line, taken.get(line["exercise"]), was.get((draft.episode_id, line["exercise"])))
            for line in draft.lines
        ]
    PlanDraft.objects.bulk_update(drafts, ["version", "lines"])
    return plans


def _taken_over(line: Line, change: Change | None, was: Dosage | None) -> Line:
    if change is None or Dosage.from_json(line["dosage"]) != was:
        return line
    named = {"range": change.allowed} if change.allowed else {}
    kept = {name: value for name, value in line.items() if name != "range"}
    if change.is_another:
        kept |= {"note": "", "side": ""}
    return kept | {"exercise": change.to_exercise_id, "dosage": change.dosage} | named


def _check_start(draft: PlanDraft, episode: Episode, last: Plan | None, *, today: date) -> None:
    if draft.starts_on > today + FURTHEST_AHEAD:
        raise NotPublishable("/starts_on", f"A plan starts within {FURTHEST_AHEAD.days} days.")
    if last is None and draft.starts_on < today - FURTHEST_BACK:
        raise NotPublishable("/starts_on", f"A program on paper began at most {FURTHEST_BACK.days} days ago.")
    if last is None and draft.starts_on < episode.onset_on:
        raise NotPublishable(
            "/starts_on", f"The plan cannot start before the symptoms did, on {episode.onset_on}."
        )
    if last is not None and draft.starts_on < today:
        raise NotPublishable(
            "/starts_on", f"A changed plan starts today, {today}, or later: the past stays as it was asked."
        )
    if last is not None and draft.starts_on < last.starts_on:
        raise NotPublishable(
            "/starts_on", f"The version before this one starts on {last.starts_on}; start then or later."
        )


def _check_lines(lines: Sequence[Line], *, clinic_id: int) -> dict[int, Exercise]:
    """The exercises of a draft by id, when each line stays inside its exercise's range."""
    if not lines:
        raise NotPublishable("/lines", "A plan needs at least one exercise.")
    exercises = _exercises(lines, clinic_id=clinic_id)
    _check_exercises(lines, known=exercises)
    for n, line in enumerate(lines):
        exercise = exercises[line["exercise"]]
        allowed = DosageRange.from_json(_range_of(line, exercise) or exercise.dosage_range)
        for problem in allowed.outside(exercise.allowed):
            raise NotPublishable(f"/lines/{n}/range/{problem.variable}", str(problem))
        for problem in Dosage.from_json(line["dosage"]).outside(allowed):
            raise NotPublishable(f"/lines/{n}/dosage/{problem.variable}", str(problem))
    return exercises


def _exercises(lines: Sequence[Line], *, clinic_id: int) -> dict[int, Exercise]:
    return Exercise.objects.for_clinic(clinic_id).in_bulk({line["exercise"] for line in lines})


def _check_exercises(lines: Sequence[Line], *, known: Container[int]) -> None:
    """Another clinic's own exercise is as one that is not there."""
    for n, line in enumerate(lines):
        if line["exercise"] not in known:
            raise NotPublishable(f"/lines/{n}/exercise", "There is no such exercise.")


def _range_of(line: Line, exercise: Exercise) -> dict[str, Any] | None:
    """The range the therapist allowed: the exercise's, narrowed where the line says so; None where it does not."""
    return exercise.dosage_range | line["range"] if line.get("range") else None
