"""Taking what phones recorded: idempotent, whatever is sent twice, late, corrected or from a second phone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Least

from exercises.models import Exercise
from recovery.actions.safety import raise_red_flags
from recovery.models import (
    ExerciseResult,
    ExerciseSession,
    PainEntry,
    Patient,
    Plan,
    Progress,
    RecordRevision,
    SymptomCheck,
    TimelineEvent,
)
from recovery.models import Walk as WalkRow
from recovery.models.diary import PhoneRecord
from recovery.records import KINDS, Event, Incoming, NotTaken, Pain, Session, Walk, about_on
from recovery.rows import insert
from recovery.rules.diary import Rating

CLOCK_AHEAD = timedelta(days=1)  # a phone that is further ahead than this has a wrong clock
CLOCK_BEHIND = timedelta(days=400)  # and so has one whose records are older than anything waits on a phone

Verdict = Literal["stored", "same", "conflict", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record. `created` is whether its id was new; a refusal says where and why."""

    verdict: Verdict
    created: bool = False
    pointer: str = ""
    reason: str = ""
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class Kept:
    """A record's revisions as they stand: the current one, what it replaced, what is in conflict with it. PURE.

    `place` is the whole rule of the table of answers in docs/records.md.
    """

    revision: int | None = None
    body: dict[str, Any] = field(default_factory=dict)
    incoming: Incoming | None = None
    conflicted: bool = False
    others: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    to_keep: list[tuple[int, dict[str, Any], str]] = field(default_factory=list)

    def place(self, incoming: Incoming) -> Answer:
        revision, body = incoming.revision, incoming.body
        answer = Answer("stored", ignored=incoming.ignored)
        if self.revision is None:
            self._become(incoming)
            return replace(answer, created=True)
        if (revision, body) == (self.revision, self.body):
            return replace(answer, verdict="same")
        rivals = [b for r, b in [(self.revision, self.body), *self.others] if r == revision and b != body]
        if (revision, body) in self.others:
            return replace(answer, verdict="conflict" if rivals else "same")
        if revision > self.revision:
            self._keep(self.revision, self.body, "replaced")
            self._become(incoming)
            return answer
        if rivals:
            self._keep(revision, body, "conflict")
            self.conflicted = True
            return replace(answer, verdict="conflict")
        # An older revision that was overtaken on its way.
        self._keep(revision, body, "replaced")
        return answer

    def _become(self, incoming: Incoming) -> None:
        self.revision, self.body, self.incoming = incoming.revision, incoming.body, incoming

    def _keep(self, revision: int, body: dict[str, Any], why: str) -> None:
        self.others.append((revision, body))
        self.to_keep.append((revision, body, why))


def take(*, patient_id: int, records: Sequence[Incoming], now: datetime) -> list[Answer]:
    """Store the records of one patient and say of each what became of it, in their order.

    Runs in the caller's transaction and locks the patient first, so one patient's writes follow each other and two
    equal requests at once store one row. What may be an emergency is taken first. The number of statements does not
    depend on the number of records.
    """
    clinic_id = _lock(patient_id)
    answers: dict[int, Answer] = {}
    touched: set[date] = set()
    for kind in KINDS:
        batch = [(index, record) for index, record in enumerate(records) if record.kind == kind]
        if batch:
            answers |= _take_kind(kind, batch, touched, patient_id=patient_id, clinic_id=clinic_id, now=now)
    spoken = [min(record.record.at, now) for i, record in enumerate(records) if _speaks(record, answers[i])]
    _note_progress(patient_id, last_entry_at=max(spoken, default=None), earliest=min(touched, default=None))
    return [answers[index] for index in range(len(records))]


def _speaks(record: Incoming, answer: Answer) -> bool:
    return record.kind == "pain" and answer.verdict == "stored"


def _lock(patient_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recovery_patient SET version = version + 1 WHERE user_id = %s RETURNING clinic_id",
            [patient_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise Patient.DoesNotExist
    return cast(int, row[0])


def _take_kind(
    kind: str,
    batch: list[tuple[int, Incoming]],
    touched: set[date],
    *,
    patient_id: int,
    clinic_id: int,
    now: datetime,
) -> dict[int, Answer]:
    """Take the records of one kind. Adds to `touched` every date that now reads otherwise."""
    store = STORES[kind]
    answers: dict[int, Answer] = {}
    if store.refuse is not None:
        refused = store.refuse([record for _, record in batch], patient_id)
        answers = {
            batch[n][0]: Answer("refused", pointer=why.pointer, reason=why.reason)
            for n, why in refused.items()
        }
        batch = [item for n, item in enumerate(batch) if n not in refused]
    kept = _kept(store.model, {record.client_uuid for _, record in batch}, patient_id)
    before = {uuid: one.body for uuid, one in kept.items() if one.revision is not None}
    # By revision, so that a record and its corrections in one batch end as they would one after the other.
    for index, record in sorted(batch, key=lambda item: item[1].revision):
        answers[index] = kept[record.client_uuid].place(record)

    received = {"clinic_id": clinic_id, "patient_id": patient_id, "received_at": now}
    changed = [(uuid, one) for uuid, one in kept.items() if one.incoming is not None]
    stored = insert(
        store.model,
        [
            received | _row(uuid, one, one.incoming, now) | store.columns(one.incoming)
            for uuid, one in changed
            if one.incoming
        ],
        replace_by=["patient_id", "client_uuid"],
        returning="client_uuid, id",
    )
    insert(
        RecordRevision,
        [
            received | {"client_uuid": uuid, "kind": kind, "revision": revision, "body": body, "why": why}
            for uuid, one in kept.items()
            for revision, body, why in one.to_keep
        ],
    )
    flagged = [uuid for uuid, one in kept.items() if one.conflicted and one.incoming is None]
    if flagged:
        store.model._default_manager.filter(patient=patient_id, client_uuid__in=flagged).update(
            conflicted=True
        )
    touched |= {about_on(one.body) for _, one in changed}
    touched |= {about_on(before[uuid]) for uuid, _ in changed if uuid in before}
    if store.after is not None:
        ids = dict(stored)
        store.after(
            [(ids[uuid], one.incoming, uuid in before) for uuid, one in changed if one.incoming], received
        )
    if kind == "symptom_check":
        _heed([record for _, record in batch], received)
    return answers


def _kept(model: type[PhoneRecord], uuids: Iterable[UUID], patient_id: int) -> dict[UUID, Kept]:
    kept = {uuid: Kept() for uuid in uuids}
    rows = model._default_manager.filter(patient=patient_id, client_uuid__in=list(kept))
    for uuid, revision, body, conflicted in rows.values_list("client_uuid", "revision", "body", "conflicted"):
        kept[uuid] = Kept(revision, body, conflicted=conflicted)
    known = [uuid for uuid, one in kept.items() if one.revision is not None]
    if known:
        older = RecordRevision.objects.filter(patient=patient_id, client_uuid__in=known)
        for uuid, revision, body in older.values_list("client_uuid", "revision", "body"):
            kept[uuid].others.append((revision, body))
    return kept


def _row(uuid: UUID, one: Kept, incoming: Incoming, now: datetime) -> dict[str, Any]:
    at = incoming.record.at
    offset = at.utcoffset() or timedelta()
    return {
        "client_uuid": uuid,
        "revision": incoming.revision,
        "withdrawn": incoming.record.withdrawn,
        "conflicted": one.conflicted,
        "happened_at": at.astimezone(UTC),
        "utc_offset_minutes": offset // timedelta(minutes=1),
        "zone": incoming.record.zone,
        "on": incoming.on,
        "clock_suspect": not now - CLOCK_BEHIND < at < now + CLOCK_AHEAD,
        "body": incoming.body,
    }


def _note_progress(patient_id: int, *, last_entry_at: datetime | None, earliest: date | None) -> None:
    """Let the worklist know, and the close of days: what is about a day that was closed opens it again."""
    progress = Progress.objects.filter(patient=patient_id, episode__ended_on=None)
    if last_entry_at is not None:
        progress.update(last_entry_at=Greatest(Coalesce("last_entry_at", last_entry_at), last_entry_at))
    if earliest is not None:
        progress.filter(closed_through__gte=earliest).update(
            reopen_from=Least(Coalesce("reopen_from", earliest), earliest)
        )


# --- the kinds ---------------------------------------------------------------------------------------


def _pain_columns(incoming: Incoming) -> dict[str, Any]:
    pain = cast(Pain, incoming.record)
    return {
        "region": pain.region,
        "score": pain.score,
        "asked": pain.asked,
        "about_on": incoming.about_on,
        "late": Rating(pain.score, pain.asked, incoming.about_on, pain.at, incoming.on).is_late,
    }


def _session_columns(incoming: Incoming) -> dict[str, Any]:
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


def _refused_sessions(batch: list[Incoming], patient_id: int) -> dict[int, NotTaken]:
    """Sessions that answer an exercise nobody here knows, or a plan version that was never published."""
    slugs = _exercise_ids(batch, patient_id)
    plans = set(Plan.objects.filter(patient=patient_id).values_list("id", flat=True))
    refused: dict[int, NotTaken] = {}
    for n, incoming in enumerate(batch):
        session = cast(Session, incoming.record)
        if session.plan is not None and session.plan not in plans:
            refused[n] = NotTaken("/plan", "There is no such version of your plan.")
        for position, result in enumerate(session.results):
            if result.exercise not in slugs:
                refused[n] = NotTaken(f"/results/{position}/exercise", "There is no such exercise.")
    return refused


def _exercise_ids(batch: Iterable[Incoming], patient_id: int) -> dict[str, int]:
    """Ids by slug; the clinic's own exercise comes before the shared one of the same slug."""
    slugs = {result.exercise for incoming in batch for result in cast(Session, incoming.record).results}
    clinic = Patient.objects.filter(pk=patient_id).values("clinic")
    found = Exercise.objects.filter(Q(clinic=None) | Q(clinic__in=clinic), slug__in=slugs)
    return dict(found.order_by(F("clinic").asc(nulls_first=True)).values_list("slug", "id"))


def _write_results(stored: list[tuple[int, Incoming, bool]], received: dict[str, Any]) -> None:
    replaced = [session_id for session_id, _, was_known in stored if was_known]
    if replaced:
        ExerciseResult.objects.filter(session__in=replaced).delete()
    exercises = _exercise_ids([incoming for _, incoming, _ in stored], received["patient_id"])
    insert(
        ExerciseResult,
        [
            {
                "clinic_id": received["clinic_id"],
                "patient_id": received["patient_id"],
                "session_id": session_id,
                "position": position,
                "exercise_id": exercises[result.exercise],
                "outcome": result.outcome,
                "sets": result.sets,
                "repetitions": result.repetitions,
                "hold_seconds": result.hold_seconds,
                "minutes": result.minutes,
            }
            for session_id, incoming, _ in stored
            for position, result in enumerate(cast(Session, incoming.record).results, start=1)
        ],
    )


def _heed(checks: list[Incoming], received: dict[str, Any]) -> None:
    """Every check that arrived is judged, also one overtaken or in conflict: no other revision lowers it."""
    ids = SymptomCheck.objects.filter(
        patient=received["patient_id"], client_uuid__in=[check.client_uuid for check in checks]
    )
    check_ids = dict(ids.values_list("client_uuid", "id"))
    raise_red_flags(
        patient_id=received["patient_id"],
        checks=[(check_ids[check.client_uuid], check.on, check.body["answers"]) for check in checks],
        now=received["received_at"],
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Where a kind of record goes. `refuse` finds what only the database knows to be wrong, by index in the batch."""

    model: type[PhoneRecord]
    columns: Callable[[Incoming], dict[str, Any]]
    refuse: Callable[[list[Incoming], int], dict[int, NotTaken]] | None = None
    after: Callable[[list[tuple[int, Incoming, bool]], dict[str, Any]], None] | None = None


STORES = {
    "symptom_check": Store(SymptomCheck, lambda i: {"answers": i.body["answers"]}),
    "pain": Store(PainEntry, _pain_columns),
    "session": Store(ExerciseSession, _session_columns, refuse=_refused_sessions, after=_write_results),
    "walk": Store(WalkRow, lambda i: {"minutes": cast(Walk, i.record).minutes}),
    "event": Store(
        TimelineEvent,
        lambda i: {"what": cast(Event, i.record).what, "about_on": cast(Event, i.record).about_on},
    ),
}
