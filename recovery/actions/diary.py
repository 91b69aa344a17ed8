"""Taking what phones recorded: idempotent, whatever is sent twice, late, corrected or from a second phone."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, When
from django.db.models.functions import Greatest, Least

from recovery.actions.kinds import KIND, StoredSession, exercise_ids, session_refusals, write_results
from recovery.actions.need import note_need
from recovery.actions.safety import alert, heed_checks, heed_sessions
from recovery.models import Patient, Progress, RecordRevision
from recovery.models.diary import Outcome
from recovery.records import KINDS, Incoming, about_on
from recovery.revisions import Answer, Kept
from recovery.rows import insert
from recovery.rules.red_flags import TOLD_WITH_A_SESSION
from recovery.rules.status import Status

CLOCK_AHEAD = timedelta(days=1)  # a phone that is further ahead than this has a wrong clock
CLOCK_BEHIND = timedelta(days=400)  # and so has one whose records are older than anything waits on a phone


@dataclass(frozen=True, slots=True)
class Standing:
    """What taking a record needs to know of its patient, read with the lock on their row."""

    patient_id: int
    clinic_id: int
    time_zone: str
    plans: frozenset[int]
    episode_id: int | None
    status: str | None


LOCK = """
    UPDATE recovery_patient p SET version = version + 1 WHERE user_id = %s
    RETURNING clinic_id, time_zone, ARRAY(SELECT id FROM recovery_plan WHERE patient_id = p.user_id),
        (SELECT ARRAY[e.id::text, r.status] FROM recovery_episode e JOIN recovery_progress r ON r.episode_id = e.id
            WHERE e.patient_id = p.user_id AND e.ended_on IS NULL)
"""


def take(*, patient_id: int, records: Sequence[Incoming], now: datetime) -> list[Answer]:
    """Store the records of one patient and say of each what became of it, in their order.

    Runs in the caller's transaction and locks the patient first, so one patient's writes follow each other and two
    equal requests at once store one row. What may be an emergency is taken first. The number of statements does not
    depend on the number of records.
    """
    standing = _lock(patient_id)
    taking = Taking(standing, now)
    for kind in KINDS:
        batch = [(index, record) for index, record in enumerate(records) if record.kind == kind]
        if batch:
            taking.take_kind(kind, batch)
    taking.note_progress()
    return [taking.answers[index] for index in range(len(records))]


def _lock(patient_id: int) -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [patient_id])
        row = cursor.fetchone()
    if row is None:
        raise Patient.DoesNotExist
    clinic_id, time_zone, plans, episode = row
    episode_id, status = (int(episode[0]), episode[1]) if episode else (None, None)
    return Standing(patient_id, clinic_id, time_zone, frozenset(plans), episode_id, status)


class Taking:
    """One batch on its way in: the answers so far, and what the worklist and the close of days must hear of it."""

    def __init__(self, standing: Standing, now: datetime) -> None:
        self.standing = standing
        self.now = now
        self.answers: dict[int, Answer] = {}
        self._spoken: list[datetime] = []
        self._touched: set[date] = set()
        self._progress: dict[str, Any] = {}
        self._moved = False

    def take_kind(self, kind: str, batch: list[tuple[int, Incoming]]) -> None:
        exercises: dict[str, int] = {}
        kept = _kept(kind, {record.client_uuid for _, record in batch}, self.standing.patient_id)
        if kind == "session":
            # Also one that is refused, was overtaken or is in conflict: no other revision takes it back.
            self._heed_sessions([record for _, record in batch], kept)
            sessions = [record for _, record in batch]
            exercises = exercise_ids(sessions, clinic_id=self.standing.clinic_id)
            refused = session_refusals(sessions, plans=self.standing.plans, exercises=exercises)
            for n, why in refused.items():
                self.answers[batch[n][0]] = Answer(
                    "refused", pointer=why.pointer, reason=why.reason, code=why.code
                )
            batch = [item for n, item in enumerate(batch) if n not in refused]
        before = {uuid: one.body for uuid, one in kept.items() if one.revision is not None}
        # By revision, so that a record and its corrections in one batch end as they would one after the other.
        for index, record in sorted(batch, key=lambda item: item[1].revision):
            self.answers[index] = kept[record.client_uuid].place(record)

        changed = {uuid: one.incoming for uuid, one in kept.items() if one.incoming is not None}
        ids = self._write(kind, kept, changed)
        self._touched |= {about_on(incoming.body) for incoming in changed.values()}
        self._touched |= {about_on(before[uuid]) for uuid in changed.keys() & before.keys()}
        now_and_before = [
            *(one.body for one in changed.values()),
            *(before.get(uuid, {}) for uuid in changed),
        ]
        self._moved |= any(_moves(kind, body) for body in now_and_before)
        if kind == "pain":
            self._spoken += [min(incoming.record.at, self.now) for incoming in changed.values()]
        if kind == "session" and changed:
            self._progress["ladder_due_at"] = self.now
            write_results(
                [
                    StoredSession(ids[uuid], incoming, len(before[uuid]["results"]) if uuid in before else 0)
                    for uuid, incoming in changed.items()
                ],
                exercises=exercises,
                clinic_id=self.standing.clinic_id,
                patient_id=self.standing.patient_id,
            )
        if kind == "symptom_check":
            # Also one that was overtaken or is in conflict: no other revision lowers it.
            self._heed([record for index, record in batch if not self.answers[index].known], kept, ids)

    def _write(self, kind: str, kept: dict[UUID, Kept], changed: dict[UUID, Incoming]) -> dict[UUID, int]:
        """Write what changed; the ids of the rows that now read otherwise."""
        received = {
            "clinic_id": self.standing.clinic_id,
            "patient_id": self.standing.patient_id,
            "received_at": self.now,
        }
        model, columns = KIND[kind].model, KIND[kind].columns
        stored = insert(
            model,
            [
                received | self._row(incoming, kept[uuid]) | columns(incoming)
                for uuid, incoming in changed.items()
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
        rivalled = [uuid for uuid, one in kept.items() if one.conflicted and uuid not in changed]
        if rivalled:
            rows = model._default_manager.filter(patient=self.standing.patient_id)
            rows.filter(client_uuid__in=rivalled).update(conflicted=True)
        return dict(stored)

    def _row(self, incoming: Incoming, kept: Kept) -> dict[str, Any]:
        at = incoming.record.at
        offset = at.utcoffset() or timedelta()
        return {
            "client_uuid": incoming.client_uuid,
            "revision": incoming.revision,
            "withdrawn": incoming.record.withdrawn,
            "conflicted": kept.conflicted,
            "happened_at": at.astimezone(UTC),
            "utc_offset_minutes": offset // timedelta(minutes=1),
            "zone": incoming.record.zone,
            "on": incoming.on,
            "clock_suspect": not self.now - CLOCK_BEHIND < at < self.now + CLOCK_AHEAD,
            "body": incoming.body,
        }

    def _heed(self, checks: list[Incoming], kept: dict[UUID, Kept], ids: dict[UUID, int]) -> None:
        heeded = heed_checks(
            patient_id=self.standing.patient_id,
            clinic_id=self.standing.clinic_id,
            episode_id=self.standing.episode_id,
            checks=[
                (ids.get(c.client_uuid) or kept[c.client_uuid].row_id, c.on, c.body["answers"])
                for c in checks
            ],
            time_zone=self.standing.time_zone,
            now=self.now,
        )
        if heeded.review:
            self._progress["next_close_at"] = self.now  # the worklist shows it from the next tick on
        self._alert(heeded.flags)

    def _heed_sessions(self, sessions: list[Incoming], kept: dict[UUID, Kept]) -> None:
        """What no earlier revision told; a flag that a person has closed is not raised by the next one again."""
        told = {
            (session.on, field)
            for session in sessions
            for field in TOLD_WITH_A_SESSION
            if session.body.get(field) and not _is_told(field, kept[session.client_uuid])
        }
        if told:
            flags = heed_sessions(
                patient_id=self.standing.patient_id,
                clinic_id=self.standing.clinic_id,
                episode_id=self.standing.episode_id,
                told=sorted(told),
                time_zone=self.standing.time_zone,
                now=self.now,
            )
            self._alert(flags)

    def _alert(self, flags: int) -> None:
        if not flags or not self.standing.episode_id:
            return
        self._progress |= alert(
            patient_id=self.standing.patient_id,
            clinic_id=self.standing.clinic_id,
            episode_id=self.standing.episode_id,
            status=self.standing.status,
            flags=flags,
            time_zone=self.standing.time_zone,
            now=self.now,
        )
        self.standing = replace(self.standing, status=Status.ALERT)  # once in a batch

    def note_progress(self) -> None:
        """Let the worklist know, and the close of days: what is about a day that was closed opens it again."""
        if self._spoken:
            self._progress["last_entry_at"] = Greatest("last_entry_at", max(self._spoken))
        if self._touched:
            earliest = min(self._touched)
            reopened = Least("reopen_from", earliest)
            self._progress["reopen_from"] = Case(
                When(closed_through__gte=earliest, then=reopened), default=F("reopen_from")
            )
        self._note_progress()
        if self._moved:
            note_need([self.standing.patient_id], now=self.now)

    def _note_progress(self) -> None:
        if self._progress:
            # Also an ended episode's days are opened again; an alert is only the open one's.
            ours = {"pk": self.standing.episode_id} if "next_close_at" in self._progress else {}
            Progress.objects.filter(patient=self.standing.patient_id, **ours).update(**self._progress)


def _moves(kind: str, body: Mapping[str, Any]) -> bool:
    """Whether such a record may move its patient in the worklist by itself."""
    hurt = any(result["outcome"] == Outcome.HURTS for result in body.get("results", ()))
    return hurt or (kind == "message" and bool(body))


def _is_told(field: str, kept: Kept) -> bool:
    return any(body.get(field) for body in (kept.body, *(body for _, body in kept.others)))


def _kept(kind: str, uuids: Iterable[UUID], patient_id: int) -> dict[UUID, Kept]:
    """What is kept of these ids, current and older revisions in one statement."""
    model = KIND[kind].model
    kept = {uuid: Kept() for uuid in uuids}
    older: list[tuple[UUID, int, dict[str, Any]]] = []
    mine: list[Any] = [patient_id, list(kept)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, client_uuid, revision, body, conflicted FROM "{model._meta.db_table}"
                WHERE patient_id = %s AND client_uuid = ANY(%s)
            UNION ALL
            SELECT NULL, client_uuid, revision, body, false FROM recovery_recordrevision
                WHERE patient_id = %s AND client_uuid = ANY(%s) AND kind = %s
            """,  # noqa: S608 (the table is that of a model)
            [*mine, *mine, kind],
        )
        for row_id, uuid, revision, body, conflicted in cursor.fetchall():
            if row_id is None:
                older.append((uuid, revision, json.loads(body)))
            else:
                kept[uuid] = Kept(row_id, revision, json.loads(body), conflicted=conflicted)
    for uuid, revision, body in older:
        kept[uuid].others.append((revision, body))
    return kept
