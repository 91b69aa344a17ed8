"""Red flags and re-examinations, and who did what about them."""

from collections.abc import Iterable
from datetime import datetime

from recovery.fhir.terms import File, Resource, concept, full, moment, notes, ours
from recovery.models import FlagAction, RedFlag, Reexamination, Review

FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
FOUND = ("heel_walk", "toe_walk", "big_toe_strength", "reflex", "sensation", "straight_leg_raise")
NOT_TESTED = "not_tested"


def flag(file: File, row: RedFlag, actions: Iterable[FlagAction]) -> list[Resource]:
    """A flag, and a provenance for each thing that a person did about it."""
    deeds = [("acknowledged", row.acknowledged_at, row.acknowledged_by_id, "")]
    deeds += [(action.what, action.done_at, action.done_by_id, action.note) for action in actions]
    deeds += [("closed", row.closed_at, row.closed_by_id, row.closed_because)]
    return [
        file.resource(
            "Flag",
            row.pk,
            status="inactive" if row.closed_at else "active",
            category=[concept({"system": FLAG_CATEGORY, "code": "safety"}, ours("tier", row.tier))],
            code=concept(ours("red-flag", row.rule), text=row.rule.replace("_", " ")),
            subject=file.subject,
            period=full({"start": moment(row.raised_at), "end": moment(row.closed_at)}),
        ),
        *(
            _provenance(file, row, n, what, at, by, why)
            for n, (what, at, by, why) in enumerate(deeds)
            if at is not None
        ),
    ]


def _provenance(
    file: File, row: RedFlag, n: int, what: str, at: datetime, by: int | None, why: str
) -> Resource:
    return file.resource(
        "Provenance",
        f"flag/{row.pk}/{n}",
        target=[file.to("Flag", row.pk)],
        recorded=moment(at),
        activity=concept(ours("deed", what)),
        reason=[concept(text=why)] if why.strip() else [],
        agent=[{"who": file.staff(by)}],
    )


def review(file: File, row: Review) -> Resource:
    """Due, done or lapsed with its episode."""
    answered = row.answered_by_id is not None
    return file.resource(
        "Task",
        row.pk,
        status="completed" if answered else "cancelled" if row.lapsed_at else "requested",
        intent="order",
        code=concept(ours("review", row.cause), text=row.in_words),
        focus=file.to("ClinicalImpression", row.answered_by_id),
        for_=file.subject,
        authoredOn=moment(row.opened_at),
        restriction={"period": {"end": row.due_on.isoformat()}},
    )


def reexamination(file: File, row: Reexamination, *, corrected: bool) -> Resource:
    """What was found. What was not tested is not there."""
    return file.resource(
        "ClinicalImpression",
        row.pk,
        status="entered-in-error" if corrected else "completed",
        subject=file.subject,
        effectiveDateTime=moment(row.recorded_at),
        date=moment(row.recorded_at),
        assessor=file.staff(row.recorded_by_id),
        previous=file.to("ClinicalImpression", row.corrects_id),
        problem=[file.to("Condition", row.episode_id)],
        finding=[
            {"itemCodeableConcept": concept(ours(name, found), text=f"{name.replace('_', ' ')}: {found}")}
            for name in FOUND
            if (found := getattr(row, name)) != NOT_TESTED
        ],
        summary=row.because,
        prognosisCodeableConcept=[concept(ours("review-outcome", row.outcome))],
        note=notes(row.note),
    )
