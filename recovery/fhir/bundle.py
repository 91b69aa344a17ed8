"""The whole record of one patient as one bundle."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from accounts.models import User
from recovery.fhir import diary, people, plans, safety
from recovery.fhir.terms import File, Resource, moment
from recovery.models import (
    CareTeamMember,
    Consent,
    Episode,
    ExerciseResult,
    ExerciseSession,
    FlagAction,
    Message,
    OutcomeMeasure,
    PainEntry,
    Patient,
    Plan,
    Prescription,
    RedFlag,
    Reexamination,
    Review,
    StaffMessage,
    SymptomCheck,
    TimelineEvent,
    Walk,
)

Row = TypeVar("Row", bound=Model)


def bundle(patient: Patient, *, for_staff: bool, home: str, now: datetime) -> dict[str, Any]:
    """A FHIR R4B bundle of the type collection, in a fixed number of statements.

    Staff get what the patient gets, but for the patient's private notes; neither gets the notes of staff. `home` is
    the address of this Amble.
    """
    file = File(home, patient.pk, patient.language)
    made = list(_resources(file, patient, for_staff=for_staff))
    made += [people.practitioner(file, row) for row in User.objects.filter(pk__in=file.named).order_by("pk")]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": moment(now),
        "entry": [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in made],
    }


def _of(patient: Patient, rows: QuerySet[Row]) -> list[Row]:
    return list(rows.filter(patient=patient).order_by("pk"))


def _by(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, column)].append(row)
    return grouped


def _resources(file: File, patient: Patient, *, for_staff: bool) -> Iterator[Resource]:
    yield people.patient(file, patient)
    yield people.organization(file, patient.clinic)
    yield people.care_team(file, _of(patient, CareTeamMember.objects.all()))
    consents = _of(patient, Consent.objects.all())
    yield from (people.consent(file, row, stands=row is consents[-1]) for row in consents)

    episodes = _of(patient, Episode.objects.all())
    versions = _of(patient, Plan.objects.all())
    lines = _of(patient, Prescription.objects.select_related("exercise"))
    yield from _plans(file, episodes, versions, lines)

    yield from (diary.pain(file, row) for row in _of(patient, PainEntry.objects.all()))
    results = _by(_of(patient, ExerciseResult.objects.select_related("exercise")), "session_id")
    line_of = {(line.plan_id, line.exercise_id): line.pk for line in lines}
    for session in _of(patient, ExerciseSession.objects.all()):
        yield from diary.session(file, session, results[session.pk], line_of)
    yield from (diary.walk(file, row) for row in _of(patient, Walk.objects.all()))
    yield from (diary.event(file, row) for row in _of(patient, TimelineEvent.objects.all()))
    for measure in _of(patient, OutcomeMeasure.objects.all()):
        yield from diary.measure(file, measure)
    yield from (diary.check(file, row) for row in _of(patient, SymptomCheck.objects.all()))

    actions = _by(_of(patient, FlagAction.objects.all()), "flag_id")
    for flag in _of(patient, RedFlag.objects.all()):
        yield from safety.flag(file, flag, actions[flag.pk])
    yield from (safety.review(file, row) for row in _of(patient, Review.objects.all()))
    looks = _of(patient, Reexamination.objects.all())
    corrected = {look.corrects_id for look in looks}
    yield from (safety.reexamination(file, row, corrected=row.pk in corrected) for row in looks)

    shown = Message.objects.filter(private=False) if for_staff else Message.objects.all()
    yield from (diary.message(file, row) for row in _of(patient, shown))
    answers = _of(patient, StaffMessage.objects.filter(to_patient=True))
    yield from (diary.staff_message(file, row) for row in answers)


def _plans(
    file: File, episodes: Iterable[Episode], versions: Iterable[Plan], lines: Iterable[Prescription]
) -> Iterator[Resource]:
    of_episode, of_plan = _by(versions, "episode_id"), _by(lines, "plan_id")
    for episode in episodes:
        yield from plans.episode(file, episode)
        for plan in of_episode[episode.pk]:
            yield from plans.plan(
                file,
                plan,
                later=[one for one in of_episode[episode.pk] if one.number > plan.number],
                lines=sorted(of_plan[plan.pk], key=lambda line: line.position),
                ended=episode.ended_on is not None,
            )
