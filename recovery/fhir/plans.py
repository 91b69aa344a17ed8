"""What was asked for: episodes, plan versions and their lines."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from exercises.dosage import Dosage
from recovery.fhir.terms import File, Resource, concept, full, moment, notes, ours
from recovery.models import Episode, Plan, Prescription

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"sets": "{set}", "repetitions": "{repetition}", "hold_seconds": "s", "minutes": "min"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def episode(file: File, row: Episode) -> list[Resource]:
    """The bout of sciatica as a condition, and the time it is cared for. An end is no cure: the reason is told."""
    ended = row.ended_on.isoformat() if row.ended_on else None
    return [
        file.resource(
            "Condition",
            row.pk,
            clinicalStatus=concept({"system": CLINICAL, "code": "inactive" if ended else "active"}),
            code=concept(ours("condition", "sciatica"), text="Sciatica"),
            bodySite=[
                concept(ours("side", row.side), text=_of_side(row.side)),
                concept(ours("region", row.region)),
            ],
            subject=file.subject,
            onsetDateTime=row.onset_on.isoformat(),
            recordedDate=moment(row.opened_at),
            recorder=file.staff(row.opened_by_id),
        ),
        file.resource(
            "EpisodeOfCare",
            row.pk,
            status="finished" if ended else "active",
            type=[concept(ours("ending", row.ended_because))] if row.ended_because else [],
            diagnosis=[{"condition": file.to("Condition", row.pk)}],
            patient=file.subject,
            managingOrganization=file.to("Organization", row.clinic_id),
            period=full({"start": moment(row.opened_at), "end": ended}),
        ),
    ]


def _of_side(side: str) -> str:
    return "Both legs" if side == "both" else f"{side.title()} leg"


def plan(
    file: File, row: Plan, *, later: Iterable[Plan], lines: Iterable[Prescription], ended: bool
) -> list[Resource]:
    """One version with its lines. `later` are the versions of the same episode with a higher number.

    A version ends on the day before the first later one begins. One that was replaced before its first day was
    over has no period: nothing says for how long it stood.
    """
    next_start = min((one.starts_on for one in later), default=None)
    last = next_start - timedelta(days=1) if next_start else None
    status = "revoked" if next_start else "completed" if ended else "active"
    period = {"start": row.starts_on.isoformat(), "end": last.isoformat() if last else None}
    return [
        file.resource(
            "CarePlan",
            row.pk,
            status=status,
            intent="plan",
            title=f"Plan {row.number}",
            subject=file.subject,
            period=None if last and last < row.starts_on else full(period),
            created=moment(row.published_at),
            author=file.staff(row.published_by_id),
            addresses=[file.to("Condition", row.episode_id)],
            activity=[{"reference": file.to("ServiceRequest", line.pk)} for line in lines],
            note=notes(row.note),
        ),
        *(_line(file, row, line, status) for line in lines),
    ]


def _line(file: File, plan: Plan, line: Prescription, status: str) -> Resource:
    return file.resource(
        "ServiceRequest",
        line.pk,
        basedOn=[file.to("CarePlan", plan.pk)],
        status=status,
        intent="order",
        code=concept(
            ours("exercise", line.exercise.slug), text=line.exercise.text_in(file.language).get("name", "")
        ),
        # FHIR has one quantity for a request and an exercise has up to four.
        orderDetail=[
            concept(ours(f"dosage:{name}", str(value))) for name, value in line.dosage_values.items()
        ],
        subject=file.subject,
        occurrenceTiming=timing(line.dosage, line.weekdays),
        authoredOn=moment(plan.published_at),
        requester=file.staff(plan.published_by_id),
        bodySite=[concept(ours("side", line.side))] if line.side else [],
        patientInstruction=line.said_in(file.language),
        note=notes(line.note),
    )


def timing(dosage: Dosage, weekdays: Iterable[int]) -> dict[str, Any]:
    """Without weekdays and below seven days a week, only how often in a week is asked."""
    days = [DAYS[day - 1] for day in weekdays]
    each_day = bool(days) or dosage.days_per_week == len(DAYS)
    return {
        "repeat": full(
            {
                "frequency": dosage.times_per_day * (1 if each_day else dosage.days_per_week),
                "period": 1,
                "periodUnit": "d" if each_day else "wk",
                "dayOfWeek": days,
                "duration": dosage.minutes,
                "durationUnit": "min" if dosage.minutes else None,
            }
        )
    }
