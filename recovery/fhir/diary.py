"""What the patient noted."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recovery.fhir.plans import UNITS
from recovery.fhir.terms import (
    EXERCISE_DURATION,
    PAIN_SCORE,
    File,
    Resource,
    category,
    concept,
    full,
    loinc,
    moment,
    noted_at,
    notes,
    ours,
    quantity,
    remarks,
    score,
    status,
)
from recovery.models import (
    ExerciseResult,
    ExerciseSession,
    Message,
    OutcomeMeasure,
    PainEntry,
    StaffMessage,
    SymptomCheck,
    TimelineEvent,
    Walk,
)
from recovery.models.diary import Outcome, PhoneRecord
from recovery.rules.diary import Asked
from recovery.rules.measures.scores import Answer as GivenAnswer
from recovery.rules.red_flags import Answer, symptom_check

# What FHIR says of an exercise that was done in part, or stopped because it hurt.
RESULT_STATUS = {
    Outcome.DONE: "completed",
    Outcome.PART: "stopped",
    Outcome.HURTS: "stopped",
    Outcome.SKIPPED: "not-done",
}
PAINS = ("leg_before", "leg_during", "leg_after", "leg_later", "leg_next_morning")
WORDS = ("reach_before", "reach_during", "reach_after", "lower_reach_lasted", "effort")
TRUTHS = ("new_numbness", "new_weakness")


def pain(file: File, row: PainEntry) -> Resource:
    """A rating is about its moment, an evening answer about its date."""
    is_now = row.asked == Asked.NOW
    return file.resource(
        "Observation",
        f"pain/{row.client_uuid}",
        meta=remarks(row, "late" if row.late else ""),
        status=status(row),
        category=category("survey"),
        code=loinc(PAIN_SCORE),
        subject=file.subject,
        effectiveDateTime=noted_at(row) if is_now else row.about_on.isoformat(),
        issued=moment(row.received_at),
        performer=[file.subject],
        valueQuantity=score(row.score),
        bodySite=concept(ours("region", row.region), text=row.region),
        method=concept(ours("asked", "pain-now" if is_now else "pain-last-24h")),
        component=[
            *_words(row.body, ("reach",)),
            *_truths(row.body, ("tingling", "woken")),
        ],
        note=notes(row.body.get("note")),
    )


def walk(file: File, row: Walk) -> Resource:
    return file.resource(
        "Observation",
        f"walk/{row.client_uuid}",
        meta=remarks(row),
        status=status(row),
        category=category("activity"),
        code=loinc(EXERCISE_DURATION, ours("exercise", "walk")),
        subject=file.subject,
        effectiveDateTime=noted_at(row),
        issued=moment(row.received_at),
        performer=[file.subject],
        valueQuantity=quantity(row.minutes, "min"),
    )


def event(file: File, row: TimelineEvent) -> Resource:
    return file.resource(
        "Observation",
        f"event/{row.client_uuid}",
        meta=remarks(row),
        status=status(row),
        code=concept(ours("event", row.what)),
        subject=file.subject,
        effectiveDateTime=row.about_on.isoformat(),
        issued=moment(row.received_at),
        performer=[file.staff(row.added_by_id) or file.subject],
        note=notes(row.body.get("note")),
    )


# --- sessions ---------------------------------------------------------------------------------------------


def session(
    file: File, row: ExerciseSession, results: Iterable[ExerciseResult], lines: Mapping[tuple[int, int], int]
) -> list[Resource]:
    """A session, each of its exercises, and what was counted and answered. `lines`: by plan and exercise."""
    results = list(results)
    left_out = bool(results) and all(result.outcome == Outcome.SKIPPED for result in results)
    start, end = noted_at(row), moment(row.ended_at, row.utc_offset_minutes)
    took_time = row.ended_at is not None and row.ended_at >= row.happened_at
    answers = [*_pains(row.body), *_words(row.body, WORDS), *_truths(row.body, TRUTHS)]
    whole = file.resource(
        "Procedure",
        row.client_uuid,
        meta=remarks(row),
        status="entered-in-error" if row.withdrawn else "not-done" if left_out else "completed",
        basedOn=[file.to("CarePlan", row.plan_id)] if row.plan_id else [],
        code=concept(ours("procedure", "session"), text="Exercise session"),
        subject=file.subject,
        performedPeriod={"start": start, "end": end} if took_time else None,
        performedDateTime=None if took_time else start,
        note=notes(row.body.get("note")),
    )
    made = [whole]
    if answers:
        made.append(_told(file, row, row.client_uuid, "session-answers", answers))
    said = row.body.get("results") or ()
    for result in results:
        body = said[result.position - 1] if result.position <= len(said) else {}
        made += _result(file, row, result, body, lines.get((row.plan_id or 0, result.exercise_id)))
    return made


def _result(
    file: File, row: ExerciseSession, result: ExerciseResult, body: Mapping[str, Any], line: int | None
) -> list[Resource]:
    key = f"{row.client_uuid}/{result.position}"
    outcome = Outcome(result.outcome)
    counted = [
        {
            "code": loinc(EXERCISE_DURATION) if name == "minutes" else concept(ours("counted", name)),
            "valueQuantity": quantity(count, unit),
        }
        for name, unit in UNITS.items()
        if (count := getattr(result, name)) is not None
    ]
    one = file.resource(
        "Procedure",
        key,
        partOf=[file.to("Procedure", row.client_uuid)],
        basedOn=[file.to("ServiceRequest", line)] if line else [],
        status="entered-in-error" if row.withdrawn else RESULT_STATUS[outcome],
        statusReason=concept(text=body.get("because", "")) or None,
        code=concept(
            ours("exercise", result.exercise.slug),
            text=result.exercise.text_in(file.language).get("name", ""),
        ),
        subject=file.subject,
        performedDateTime=noted_at(row),
        outcome=concept(ours("outcome", outcome.value)),
    )
    told = [*counted, *_pains(body, ("worst_pain",))]
    return [one, _told(file, row, key, "exercise-counts", told)] if told else [one]


def _told(file: File, row: ExerciseSession, key: object, what: str, components: list[Resource]) -> Resource:
    """What was said of a procedure."""
    return file.resource(
        "Observation",
        f"session/{key}",
        status=status(row),
        partOf=[file.to("Procedure", key)],
        category=category("activity"),
        code=concept(ours("observation", what)),
        subject=file.subject,
        effectiveDateTime=noted_at(row),
        issued=moment(row.received_at),
        performer=[file.subject],
        component=components,
    )


def _pains(body: Mapping[str, Any], names: Iterable[str] = PAINS) -> list[Resource]:
    return [
        {"code": loinc(PAIN_SCORE, ours("asked", name)), "valueQuantity": score(body[name])}
        for name in names
        if body.get(name) is not None
    ]


def _words(body: Mapping[str, Any], names: Iterable[str]) -> list[Resource]:
    return [
        {"code": concept(ours("asked", name)), "valueCodeableConcept": concept(ours(name, body[name]))}
        for name in names
        if body.get(name)
    ]


def _truths(body: Mapping[str, Any], names: Iterable[str]) -> list[Resource]:
    return [
        {"code": concept(ours("asked", name)), "valueBoolean": body[name]}
        for name in names
        if body.get(name) is not None
    ]


# --- questions ----------------------------------------------------------------------------------------------


def check(file: File, row: SymptomCheck) -> Resource:
    """The safety questions that were answered. What is not there was not asked, which is no "no"."""
    known = symptom_check()
    return _answered(
        file,
        row,
        "symptom-check",
        [
            full(
                {
                    "linkId": question,
                    "text": _in_words(known[question].text, file.language) if question in known else "",
                    "answer": [_said(answer)],
                }
            )
            for question, answer in row.answers.items()
            if question.strip()
        ],
    )


def _in_words(text: Mapping[str, Mapping[str, Any]], language: str) -> str:
    return str((text.get(language) or text["en"])["question"])


def _said(answer: Any) -> dict[str, Any]:
    """No answer to a safety question is refused for its value, so any may stand here."""
    if answer in list(Answer):
        return {"valueCoding": ours("answer", answer)}
    words = answer if isinstance(answer, str) and answer.strip() else json.dumps(answer)
    return {"valueString": words}


def measure(file: File, row: OutcomeMeasure) -> list[Resource]:
    """A questionnaire as it was answered, and its score where it has one. A statement without a tick has no item."""
    answer = row.answer
    filled_in = _answered(file, row, answer.instrument, list(_items(answer)))
    if answer.score is None:
        return [filled_in]
    return [
        filled_in,
        file.resource(
            "Observation",
            f"score/{row.client_uuid}",
            status=status(row),
            category=category("survey"),
            code=concept(ours("score", answer.instrument)),
            subject=file.subject,
            effectiveDateTime=noted_at(row),
            issued=moment(row.received_at),
            performer=[file.subject],
            valueQuantity=score(round(float(answer.score), 2)),
            derivedFrom=[file.to("QuestionnaireResponse", f"{answer.instrument}/{row.client_uuid}")],
        ),
    ]


def _items(given: GivenAnswer) -> Iterator[Resource]:
    for n, (name, ability) in enumerate(given.abilities.items(), start=1):
        yield {"linkId": f"activity-{n}", "text": name, "answer": [{"valueInteger": ability}]}
    for n in sorted(given.ticked):
        yield {"linkId": f"statement-{n}", "answer": [{"valueBoolean": True}]}
    if given.effect:
        yield {"linkId": "effect", "answer": [{"valueCoding": ours("effect", given.effect)}]}


def _answered(file: File, row: PhoneRecord, what: str, items: list[Resource]) -> Resource:
    state = {"final": "completed"}.get(status(row), status(row))
    return file.resource(
        "QuestionnaireResponse",
        f"{what}/{row.client_uuid}",
        meta=remarks(row),
        questionnaire=f"urn:amble:questionnaire:{what}",
        status=state,
        subject=file.subject,
        authored=noted_at(row),
        author=file.subject,
        source=file.subject,
        item=items,
    )


# --- messages -------------------------------------------------------------------------------------------------


def message(file: File, row: Message) -> Resource:
    """To the care team, or a note of the patient's own, which is for nobody."""
    return file.resource(
        "Communication",
        row.client_uuid,
        meta=remarks(row),
        status="entered-in-error" if row.withdrawn else "completed",
        category=[concept(ours("message", "own-note" if row.private else "to-care-team"))],
        subject=file.subject,
        sent=noted_at(row),
        received=moment(row.read_at),
        sender=file.subject,
        recipient=[] if row.private else [file.to("CareTeam", file.patient_id)],
        payload=[{"contentString": row.text}] if row.text.strip() else [],
    )


def staff_message(file: File, row: StaffMessage) -> Resource:
    return file.resource(
        "Communication",
        f"staff/{row.pk}",
        status="completed",
        category=[concept(ours("message", "to-patient"))],
        subject=file.subject,
        sent=moment(row.written_at),
        received=moment(row.read_at),
        sender=file.staff(row.author_id),
        recipient=[file.subject],
        payload=[{"contentString": row.text}],
    )
