"""A paper diary typed in by staff: the same records a phone makes, marked as theirs, and never twice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from recovery.actions.diary import take
from recovery.actions.kinds import KIND
from recovery.models import (
    Episode,
    ExerciseSession,
    PainEntry,
    Patient,
    Plan,
    Prescription,
    RecordRevision,
    Suspension,
)
from recovery.records import NotTaken, read
from recovery.rules.diary import Asked, Region

SOURCE = "paper by staff"
DIARY_TIME = time(20)  # when an evening diary is filled in, by the patient's clock; P
WEEK_DAYS = 7
# Each box of a patient's paper has one id for ever, so that typing a week again corrects it.
BOXES = UUID("5e0d3c1c-6d3a-4f0f-9a27-3a6d8d2f9f0e")


class Box(NamedTuple):
    """One place on the paper: "leg" or "back" (0 to 10, the last 24 hours) or "sessions" (how many were done)."""

    on: date
    name: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A week as the form shows it: how many sessions each day asked for, and what was typed of a box before."""

    asked: Mapping[date, int]
    typed: Mapping[Box, int]

    @property
    def days(self) -> list[date]:
        return list(self.asked)


@dataclass(slots=True)
class Typed:
    """How many boxes were written, and what could not be taken, by box."""

    written: int = 0
    wrong: dict[Box, str] = field(default_factory=dict)


def paper(*, episode: Episode, first: date, now: datetime) -> Paper:
    """The seven days from `first`, up to the patient's today. The episode comes with its patient."""
    days = _days(episode, first, now)
    asked = _Asked(episode)
    patient = episode.patient
    pain = {_id(patient, on, region.value): Box(on, region.value) for on in days for region in Region}
    done = {
        _id(patient, on, f"session-{slot}"): Box(on, "sessions")
        for on in days
        for slot in range(1, asked.sessions_on(on) + 1)
    }
    standing = PainEntry.objects.filter(patient=patient, client_uuid__in=list(pain), withdrawn=False)
    typed = {pain[uuid]: score for uuid, score in standing.values_list("client_uuid", "score")}
    sessions = ExerciseSession.objects.filter(patient=patient, client_uuid__in=list(done), withdrawn=False)
    for uuid in sessions.values_list("client_uuid", flat=True):
        typed[done[uuid]] = typed.get(done[uuid], 0) + 1
    return Paper({on: asked.sessions_on(on) for on in days}, typed)


def type_paper(
    *, episode: Episode, first: date, boxes: Mapping[Box, int | None], by: int, now: datetime
) -> Typed:
    """Take the boxes that differ from what was typed before; None is an empty one, which takes the earlier back.

    A box that cannot be taken is named, and all others are. `by` stays with each record. Runs in the caller's
    transaction.
    """
    before, asked, result = paper(episode=episode, first=first, now=now), _Asked(episode), Typed()
    changed = {box: value for box, value in boxes.items() if value != before.typed.get(box)}
    wanted: dict[UUID, tuple[Box, str, dict[str, Any]]] = {}
    for box, value in changed.items():
        if box.on not in before.asked:
            result.wrong[box] = "This day is not over, or not in this week."
        elif box.name != "sessions":
            body: dict[str, Any] = {
                "region": box.name,
                "asked": Asked.LAST_24_HOURS.value,
                "about_on": box.on.isoformat(),
            }
            body |= {"score": before.typed.get(box) if value is None else value}
            wanted[_id(episode.patient, box.on, box.name)] = (
                box,
                "pain",
                body | {"withdrawn": value is None},
            )
        elif (value or 0) > before.asked[box.on]:
            result.wrong[box] = f"Use 0 to {before.asked[box.on]}: so many sessions were asked for."
        else:
            for slot in _between(before.typed.get(box), value):
                body = asked.session(box.on, slot) | {"withdrawn": slot > (value or 0)}
                wanted[_id(episode.patient, box.on, f"session-{slot}")] = (box, "session", body)
    revisions = _revisions(episode.patient, wanted)
    typist = {"source": SOURCE, "typed_by": by, "typed_at": now.isoformat()}
    records, whose = [], []
    for uuid, (box, kind, body) in wanted.items():
        fields = body | {
            "revision": revisions.get(uuid, 0) + 1,
            "at": _written_at(episode.patient, box.on, now),
        }
        try:
            incoming = read(kind, str(uuid), fields)
        except NotTaken as why:
            result.wrong[box] = "Use 0 to 10." if why.pointer == "/score" else why.reason
            continue
        records.append(replace(incoming, body=incoming.body | typist))
        whose.append(box)
    answers = take(patient_id=episode.patient_id, records=records, now=now) if records else []
    for box, answer in zip(whose, answers, strict=True):
        if answer.verdict == "refused":
            result.wrong[box] = answer.reason
    result.written = len(set(whose) - result.wrong.keys())
    return result


def _days(episode: Episode, first: date, now: datetime) -> list[date]:
    today = episode.patient.local_date(now)
    return [on for n in range(WEEK_DAYS) if (on := first + timedelta(days=n)) <= today]


def _between(before: int | None, after: int | None) -> range:
    """The slots whose answer changes: sessions done are the first ones of the day."""
    least, most = sorted((before or 0, after or 0))
    return range(least + 1, most + 1)


def _id(patient: Patient, on: date, name: str) -> UUID:
    return uuid5(BOXES, f"{patient.pk} {on.isoformat()} {name}")


def _written_at(patient: Patient, on: date, now: datetime) -> datetime:
    """When the paper was filled in: that evening, and today not in the future."""
    return min(datetime.combine(on, DIARY_TIME, tzinfo=patient.zone), now.astimezone(patient.zone))


def _revisions(patient: Patient, uuids: Collection[UUID]) -> dict[UUID, int]:
    """The highest revision there is of each record, its earlier ones included."""
    found: dict[UUID, int] = {}
    tables = (KIND["pain"].model, KIND["session"].model, RecordRevision)
    for table in tables:
        rows = table._default_manager.filter(patient=patient, client_uuid__in=list(uuids))
        for uuid, revision in rows.values_list("client_uuid", "revision"):
            found[uuid] = max(revision, found.get(uuid, 0))
    return found


class _Asked:
    """What each day's sessions asked for, by the version that stood; suspended exercises were not."""

    def __init__(self, episode: Episode) -> None:
        self._plans = list(Plan.objects.filter(episode=episode).with_lines().order_by("number"))
        self._suspended = list(
            Suspension.objects.filter(episode=episode).values_list("exercise", "suspended_on", "lifted_on")
        )

    def sessions_on(self, on: date) -> int:
        return max((line.dosage.times_per_day for line in self._lines(on)), default=0)

    def session(self, on: date, slot: int) -> dict[str, Any]:
        """A session of which everything that was asked is done: paper says no more."""
        lines = [line for line in self._lines(on) if line.dosage.times_per_day >= slot]
        results = [{"exercise": line.exercise.slug, "outcome": "done"} for line in lines]
        return {"plan": lines[0].plan_id, "slot": slot, "results": results}

    def _lines(self, on: date) -> list[Prescription]:
        started = [plan for plan in self._plans if plan.starts_on <= on]
        return [
            line
            for line in (started[-1].prescriptions.all() if started else ())
            if (not line.weekdays or on.isoweekday() in line.weekdays) and not self._is_suspended(line, on)
        ]

    def _is_suspended(self, line: Prescription, on: date) -> bool:
        return any(
            exercise == line.exercise_id and since <= on and (until is None or on <= until)
            for exercise, since, until in self._suspended
        )
