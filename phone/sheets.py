"""What a patient noted, as sheets for a spreadsheet: one CSV a table, all in one ZIP.

A cell without a value is empty: nobody was asked, or nobody answered, and that is no zero. What the patient took back
is only in the JSON export, which has every revision.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from django.db import models

from recovery.models import (
    DailyPain,
    ExerciseResult,
    ExerciseSession,
    Message,
    OutcomeMeasure,
    PainEntry,
    Patient,
    SymptomCheck,
    TimelineEvent,
    Walk,
)
from recovery.models.diary import PhoneRecord
from wire.spreadsheet import Row, sheet

Noted = TypeVar("Noted", bound=PhoneRecord)


def zipped(patient: Patient) -> bytes:
    """All sheets of this patient, in a fixed number of statements."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (columns, rows) in SHEETS.items():
            archive.writestr(f"{name}.csv", sheet(columns.split(), rows(patient)))
    return whole.getvalue()


# --- the tables -----------------------------------------------------------------------------------------------


def _of(patient: Patient, rows: models.QuerySet[Noted]) -> models.QuerySet[Noted]:
    return rows.filter(patient=patient, withdrawn=False).order_by("happened_at", "pk")


def _local(row: PhoneRecord, at: datetime | None) -> str:
    """On the patient's clock then, as spreadsheets read a moment."""
    clock = timezone(timedelta(minutes=row.utc_offset_minutes))
    return f"{at.astimezone(clock):%Y-%m-%d %H:%M}" if at else ""


def _pain(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, PainEntry.objects.all()):
        said = row.body.get
        yield (
            *(row.about_on, row.region, row.score, row.asked, _local(row, row.happened_at), row.late),
            *(said("reach"), said("tingling"), said("woken"), said("note")),
        )


def _days(patient: Patient) -> Iterator[Row]:
    for row in DailyPain.objects.filter(patient=patient).order_by("on", "region"):
        value = None if row.total is None else round(row.total / row.count, 2)
        yield row.on, row.region, value, row.worst, row.count


def _sessions(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, ExerciseSession.objects.select_related("plan")):
        said = row.body.get
        yield (
            *(row.on, _local(row, row.happened_at), _local(row, row.ended_at)),
            *(row.plan.number if row.plan else None, row.slot, row.leg_before, row.leg_during, row.leg_after),
            *(said("leg_later"), said("leg_next_morning"), said("new_numbness"), said("new_weakness")),
            *(row.effort, said("note")),
        )


def _exercises(patient: Patient) -> Iterator[Row]:
    rows = ExerciseResult.objects.filter(patient=patient, session__withdrawn=False)
    for row in rows.select_related("session", "exercise").order_by(
        "session__happened_at", "session", "position"
    ):
        session = row.session
        results = session.body.get("results") or ()
        said = (results[row.position - 1] if row.position <= len(results) else {}).get
        yield (
            *(session.on, _local(session, session.happened_at), row.position, row.exercise.slug, row.outcome),
            *(row.sets, row.repetitions, row.hold_seconds, row.minutes),
            *(said("worst_pain"), said("because")),
        )


def _walks(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, Walk.objects.all()):
        yield row.on, _local(row, row.happened_at), row.minutes


def _measures(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, OutcomeMeasure.objects.all()):
        answer = row.answer
        score = None if answer.score is None else round(float(answer.score), 2)
        said = [*(f"{name}: {ability}" for name, ability in answer.abilities.items())]
        said += [*map(str, sorted(answer.ticked)), *([answer.effect] if answer.effect else [])]
        yield row.on, row.instrument, score, ", ".join(said)


def _events(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, TimelineEvent.objects.all()):
        yield row.about_on, row.what, _local(row, row.happened_at), row.body.get("note")


def _checks(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, SymptomCheck.objects.all()):
        for question, answer in row.answers.items():
            yield row.on, _local(row, row.happened_at), question, str(answer)


def _messages(patient: Patient) -> Iterator[Row]:
    for row in _of(patient, Message.objects.all()):
        yield row.on, _local(row, row.happened_at), row.private, row.text


PAINS = "leg_before leg_during leg_after leg_later leg_next_morning"
SHEETS: dict[str, tuple[str, Callable[[Patient], Iterator[Row]]]] = {
    "pain": ("about_on region score asked noted_at late reach tingling woken note", _pain),
    "pain_by_day": ("on region value worst answers", _days),
    "sessions": (
        f"on started_at ended_at plan slot {PAINS} new_numbness new_weakness effort note",
        _sessions,
    ),
    "exercises": (
        "on session_at position exercise outcome sets repetitions hold_seconds minutes worst_pain because",
        _exercises,
    ),
    "walks": ("on noted_at minutes", _walks),
    "measures": ("on instrument score answers", _measures),
    "events": ("on what noted_at note", _events),
    "symptom_checks": ("on noted_at question answer", _checks),
    "messages": ("on noted_at private text", _messages),
}
