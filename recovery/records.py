"""What a phone sends: the kinds of record, their fields and bounds. It checks input and documents the API."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, ValidationError, convert, to_builtins

from recovery.rules.diary import Asked, Region
from recovery.rules.measures.instruments import (
    BEST_ABILITY,
    LEAST_ACTIVITIES,
    MOST_ACTIVITIES,
    STATEMENTS,
    Effect,
    Instrument,
)
from recovery.rules.measures.scores import same_activity
from recovery.rules.traffic_light import Lasted, Reach

Pain010 = Annotated[int, Meta(ge=0, le=10, description="0 no pain, 10 worst imaginable")]
Note = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=0, le=1000)]
FurthestReach = Annotated[Reach, Meta(description="How far down the leg the symptoms go")]
Moment = Annotated[datetime, Meta(tz=True, description="By the phone's clock, with its offset from UTC")]


class Record(Struct, kw_only=True, frozen=True):
    """What every record has. The same id with the next revision corrects it; `withdrawn` undoes it."""

    revision: Annotated[int, Meta(ge=1, le=10_000)]
    at: Moment
    zone: Annotated[str, Meta(max_length=64, description="IANA name, if the phone knows it")] = ""
    withdrawn: bool = False


class Pain(Record, kw_only=True, frozen=True):
    """One rating of one region: as it is now, or over the last 24 hours (the evening diary)."""

    region: Region
    score: Pain010
    asked: Asked
    about_on: date | None = None  # the local date an evening answer is about; none: the day it was given
    reach: Literal["none", "buttock", "thigh", "knee", "calf", "foot"] | None = None
    tingling: bool | None = None
    woken: bool | None = None
    note: Note = ""


class Result(Struct, kw_only=True, frozen=True):
    """One exercise of a session. A count that is not there was not counted."""

    exercise: Annotated[str, Meta(max_length=64, description="The slug of the exercise")]
    outcome: Literal["done", "part", "hurts_too_much", "skipped"]
    because: Note = ""
    sets: Count | None = None
    repetitions: Count | None = None
    hold_seconds: Count | None = None
    minutes: Count | None = None
    worst_pain: Pain010 | None = None  # of the leg, while doing this exercise


class Session(Record, kw_only=True, frozen=True):
    """What was done in one go, in answer to a plan version and one of its day's slots; without a slot it was extra.

    What the phone asks later and the next morning comes as the next revision. What is not there was not answered.
    """

    plan: Annotated[int, Meta(ge=1, description="The id of the plan version it answers")] | None = None
    slot: Annotated[int, Meta(ge=1, le=24)] | None = None
    ended_at: Moment | None = None
    leg_before: Pain010 | None = None
    leg_during: Pain010 | None = None
    leg_after: Pain010 | None = None  # right after it
    leg_later: Pain010 | None = None  # 30 to 60 minutes after it
    leg_next_morning: Pain010 | None = None
    reach_before: FurthestReach | None = None
    reach_during: FurthestReach | None = None
    reach_after: FurthestReach | None = None
    lower_reach_lasted: Lasted | None = None  # when it reached further down than before
    new_numbness: bool | None = None
    new_weakness: bool | None = None
    effort: Literal["easy", "right", "hard"] | None = None
    note: Note = ""
    results: Annotated[list[Result], Meta(max_length=50)]


class Walk(Record, kw_only=True, frozen=True):
    minutes: Annotated[int, Meta(ge=1, le=1440)]


class Event(Record, kw_only=True, frozen=True):
    """Something that may explain a change: an injection, a new medicine, a flare."""

    what: Literal[
        "injection", "medication_change", "surgery", "imaging", "other_care", "flare", "travel", "other"
    ]
    about_on: date
    note: Note = ""


class Message(Record, kw_only=True, frozen=True):
    """Words to the care team, or a private note. Nobody is watching this live: what is urgent is a symptom check."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    private: bool = False


class Check(Record, kw_only=True, frozen=True):
    """The safety questions: yes, no or not_sure. One that is not there was not asked; all but "no" counts as yes.

    No answer is refused for its value: what may be an emergency is not lost to a misspelt word.
    """

    answers: Annotated[dict[Annotated[str, Meta(max_length=48)], Any], Meta(max_length=60)]


class Activity(Struct, kw_only=True, frozen=True):
    """Something the patient named, and how well they can do it: 0 not at all, 10 as before the pain."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    ability: Annotated[int, Meta(ge=0, le=BEST_ABILITY)]


class Measure(Record, kw_only=True, frozen=True):
    """An outcome measure, filled in: `activities` for psfs, `ticked` for rmdq, `effect` for gpe, and only that one."""

    instrument: Instrument
    language: Annotated[str, Meta(max_length=8, description="In whose words it was asked")] = ""
    activities: (
        Annotated[list[Activity], Meta(min_length=LEAST_ACTIVITIES, max_length=MOST_ACTIVITIES)] | None
    ) = None
    ticked: Annotated[list[Annotated[int, Meta(ge=1, le=STATEMENTS)]], Meta(max_length=STATEMENTS)] | None = (
        None
    )
    effect: Effect | None = None


ANSWERED_IN = {Instrument.PSFS: "activities", Instrument.RMDQ: "ticked", Instrument.GPE: "effect"}

# In the order in which a batch is taken: what may be an emergency comes first.
KINDS: dict[str, type[Record]] = {
    "symptom_check": Check,
    "pain": Pain,
    "session": Session,
    "walk": Walk,
    "event": Event,
    "message": Message,
    "measure": Measure,
}
# Fields that came later. Without an answer they are left out of what is kept, so that a record that was stored
# before they were there still reads the same when it is sent again.
CAME_LATER = frozenset(
    {
        "leg_later",
        "leg_next_morning",
        "reach_before",
        "reach_during",
        "reach_after",
        "lower_reach_lasted",
        "new_numbness",
        "new_weakness",
        "worst_pain",
    }
)
# What only the server says. A phone that sends it is wrong about more than a name.
NOT_YOURS = frozenset(
    {"patient", "clinic", "severity", "received_at", "acknowledged_by", "acknowledged_at", "conflicted", "on"}
)


# Why a record cannot be taken, for a phone to say in its patient's language.
Why = Literal["invalid", "required", "too_long", "wrong_day", "repeated", "unknown_plan", "unknown_exercise"]


class NotTaken(ValueError):
    """A record that cannot be taken, ever: where it is wrong, and why, as a code and in a sentence."""

    def __init__(self, pointer: str, reason: str, code: Why = "invalid") -> None:
        super().__init__(reason)
        self.pointer = pointer
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record as it arrived and was found good. `ignored` names what it held beyond its kind."""

    client_uuid: UUID
    kind: str
    record: Record
    body: dict[str, Any]
    ignored: tuple[str, ...] = ()

    @property
    def revision(self) -> int:
        return self.record.revision

    @property
    def on(self) -> date:
        """The patient's local date: the offset the phone gave decides."""
        return self.record.at.date()

    @property
    def about_on(self) -> date:
        return about_on(self.body)


def about_on(body: dict[str, Any]) -> date:
    """The local date that a record's content is about: the one it names, else the one it was made on."""
    return date.fromisoformat(body.get("about_on") or body["at"][:10])


def read(kind: object, client_uuid: object, fields: dict[str, Any]) -> Incoming:
    """Check one record. Raises NotTaken with a JSON pointer into the record."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise NotTaken("/kind", f"Use one of {', '.join(KINDS)}.")
    uuid = _uuid(client_uuid)
    for name in fields.keys() & NOT_YOURS:
        raise NotTaken(f"/{name}", "Only the server says this.")
    try:
        record = convert(fields, KINDS[kind])
    except ValidationError as error:
        raise NotTaken(*_where(error)) from None
    for name in ("at", "ended_at"):
        _check_moment(name, getattr(record, name, None))
    _check_days(record)
    if isinstance(record, Measure):
        _check_measure(record)
    body = _body(record)
    return Incoming(uuid, kind, record, body, tuple(sorted(fields.keys() - set(record.__struct_fields__))))


def _body(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = to_builtins(record)
    del body["revision"]
    for fields in (body, *body.get("results", ())):
        for name in CAME_LATER & fields.keys():
            if fields[name] is None:
                del fields[name]
    return body


def _uuid(text: object) -> UUID:
    try:
        uuid = UUID(text) if isinstance(text, str) else UUID(int=0)
    except ValueError:
        uuid = UUID(int=0)
    if uuid.int == 0 or str(uuid) != text:
        raise NotTaken("/id", "Use a random UUID in its usual form, in small letters.")
    return uuid


def _check_moment(name: str, moment: datetime | None) -> None:
    try:
        if moment is not None:
            moment.astimezone(UTC)
    except OverflowError:
        raise NotTaken(f"/{name}", "This is outside of the calendar.", "wrong_day") from None


def _check_days(record: Record) -> None:
    about_on = getattr(record, "about_on", None)
    if about_on is None:
        return
    if isinstance(record, Pain) and record.asked is Asked.NOW and about_on != record.at.date():
        raise NotTaken("/about_on", "A rating of pain now is about the day it was given.", "wrong_day")
    if about_on > record.at.date():
        raise NotTaken("/about_on", "This day lies after the time of the record.", "wrong_day")


def _check_measure(measure: Measure) -> None:
    """Answered in the field of its instrument and no other, and each activity or statement once."""
    answered_in = ANSWERED_IN[measure.instrument]
    for name in ANSWERED_IN.values():
        is_there = getattr(measure, name) is not None
        if name == answered_in and not is_there:
            raise NotTaken(f"/{name}", f"A {measure.instrument} is answered here.", "required")
        if name != answered_in and is_there:
            raise NotTaken(f"/{name}", f"A {measure.instrument} is answered in {answered_in} only.")
    names = [same_activity(activity.name) for activity in measure.activities or ()]
    for field, values in (("activities", names), ("ticked", measure.ticked or [])):
        for n, value in enumerate(values):
            if not value:
                raise NotTaken(f"/{field}/{n}/name", "Name the activity.", "required")
            if value in values[:n]:
                raise NotTaken(f"/{field}/{n}", "This stands here twice.", "repeated")


def _where(error: ValidationError) -> tuple[str, str, Why]:
    """msgspec's message as pointer, sentence and code. It names types and bounds, never the value that was sent."""
    reason, _, path = str(error).partition(" - at `")
    pointer = (
        path.rstrip("`")
        .removeprefix("$")
        .replace("[...]", "")
        .replace("[", "/")
        .replace("]", "")
        .replace(".", "/")
    )
    if reason.startswith("Object missing required field"):
        return f"{pointer}/{reason.split('`')[1]}", "This field is required.", "required"
    if reason.startswith("Invalid enum value"):
        reason = "This is not one of the values allowed here."
    code: Why = "too_long" if " of length <= " in reason else "invalid"
    return pointer, reason if reason.endswith(".") else reason + ".", code
