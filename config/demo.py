"""The demo clinic: its people and up to twelve weeks of what they noted, made by the same actions as in life.

The diaries come from a generator seeded with each patient's name: every demo clinic has the same pain on the
same program day, and each patient is in the state that `shows` tells of.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import actions as accounts
from accounts.access import Role, acting_for_all
from accounts.models import Clinic, User
from exercises.models import Program
from notifications.actions import locked_preferences, set_reminder
from notifications.models import Kind, Listener
from recovery.actions import people
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.plan import draft_plan, publish_plan
from recovery.models import Episode, Patient, Plan, Prescription
from recovery.records import read
from recovery.rules.red_flags import symptom_check

CLINIC = "Riverside Physiotherapy"
TIME_ZONE = "Europe/Berlin"
DAYS_OF_LAST_WEEK = 3  # the last level of a diary is of a week of which three days have ended
WORST_SCORE = 7  # three days of 8 would raise a red flag, and one patient has one already
SESSION_HOURS = (8, 13, 18, 20)


class AlreadyOpen(Exception):
    """There is a clinic, and people with known passwords have no place beside it."""


@dataclass(frozen=True, slots=True)
class Staff:
    name: str
    email: str
    role: Role


ADMINISTRATOR = Staff("Helena Brandt", "helena.brandt@example.org", Role.ADMINISTRATOR)
THERAPISTS = (
    Staff("Mateus Oliveira", "mateus.oliveira@example.org", Role.THERAPIST),
    Staff("Noor Haddad", "noor.haddad@example.org", Role.THERAPIST),
)
CLINICIAN = Staff("Dr. Sunita Rao", "sunita.rao@example.org", Role.CLINICIAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One patient's weeks. `levels` is the leg pain, 0 to 10, that each program week lies around."""

    name: str
    birth_year: int
    shows: str
    side: str = "right"
    levels: tuple[float, ...] = ()
    symptom_days: int = 30  # before the first plan
    programs: tuple[str, ...] = ()  # the second one replaces the first in the middle of the weeks
    logs: float = 0.85  # share of days with an entry
    does: float = 0.85  # share of the asked sessions
    silent_days: int = 0
    event: str = ""
    weak_foot: bool = False

    @property
    def days(self) -> int:
        """How many days have ended since the patient came."""
        return 7 * (len(self.levels) - 1) + DAYS_OF_LAST_WEEK if self.levels else 1

    def program_of(self, week: int) -> str:
        """The program that begins with this week, counted from 0; empty when none does."""
        if week == 0:
            return self.programs[0]
        return self.programs[1] if len(self.programs) == 2 and week == len(self.levels) // 2 else ""


LIVES = (
    Life(
        name="Amara Nwosu",
        birth_year=1979,
        shows="alert: answered yes to a weak foot in yesterday's symptom check",
        levels=(6.5, 6.2, 5.6, 5.2, 5.2),
        programs=("ease-and-walk",),
        weak_foot=True,
    ),
    Life(
        name="Jonas Lindqvist",
        birth_year=1966,
        shows="worse: two weeks well above his best, after lifting something heavy",
        levels=(6.5, 5.6, 4.7, 4.2, 4.0, 6.6, 6.8, 6.8),
        programs=("ease-and-walk", "settling-and-mobility"),
        event="flare",
    ),
    Life(
        name="Mei-Ling Chen",
        birth_year=1988,
        shows="review: does nearly everything, and the pain does not respond",
        side="left",
        levels=(6.0, 6.0, 5.8, 5.7, 5.8, 5.6, 5.7, 5.6, 5.6),
        symptom_days=130,
        programs=("ease-and-walk", "settling-and-mobility"),
        does=0.92,
        event="injection",
    ),
    Life(
        name="Tomás Herrera",
        birth_year=1958,
        shows="review: too few sessions to judge the program",
        levels=(5.6, 5.5, 5.4, 5.5, 5.3, 5.4, 5.4),
        programs=("settling-and-mobility",),
        logs=0.8,
        does=0.3,
    ),
    Life(
        name="Leilani Kahale",
        birth_year=1991,
        shows="no data: silent for ten days",
        side="left",
        levels=(5.5, 4.9, 4.4, 4.0, 3.8, 3.8),
        programs=("settling-and-mobility",),
        silent_days=10,
        event="travel",
    ),
    Life(
        name="Oskar Nowak",
        birth_year=1973,
        shows="watch: above the expected band after three weeks",
        levels=(6.2, 6.1, 6.2, 6.0),
        programs=("ease-and-walk",),
    ),
    Life(
        name="Fatima El Amrani",
        birth_year=1983,
        shows="on track: inside the expected band after five weeks",
        side="left",
        levels=(6.6, 5.8, 5.1, 4.6, 4.2, 4.0),
        programs=("ease-and-walk", "settling-and-mobility"),
    ),
    Life(
        name="Samuel Adeyemi",
        birth_year=1969,
        shows="relieved: less than half of the first week's pain, and on to strength",
        levels=(6.6, 5.8, 5.0, 4.2, 3.6, 3.0, 2.6, 2.3, 2.0, 1.8, 1.5, 1.5),
        programs=("settling-and-mobility", "building-strength"),
        event="imaging",
    ),
    Life(name="Ingrid Solberg", birth_year=1995, shows="joined yesterday; no program yet"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """How one person gets in: staff by email and password, patients by code and year of birth."""

    name: str
    role: Role
    shows: str
    first: str
    second: str


def make_clinic(*, now: datetime) -> list[Key]:
    """Make the whole clinic in one transaction, the days that have ended closed; how to get in as each.

    Raises AlreadyOpen when there is a clinic.
    """
    if Clinic.objects.exists():
        raise AlreadyOpen("There is a clinic already, and the demo clinic goes only into an empty database.")
    with acting_for_all():
        clinic, staff, keys = _open(now=now - timedelta(days=100))
        for number, life in enumerate(LIVES):
            keys.append(_live(life, clinic=clinic, by=staff[number % 2], now=now))
        close_days(now=now)
    return keys


def _open(*, now: datetime) -> tuple[Clinic, list[int], list[Key]]:
    """The clinic, the ids of its therapists, and the keys of its staff."""
    issued = accounts.start_clinic(
        name=CLINIC,
        time_zone=TIME_ZONE,
        administrator=ADMINISTRATOR.name,
        email=ADMINISTRATOR.email,
        now=now,
    )
    administrator, clinic = issued.invitation.user, issued.invitation.clinic
    keys = [_accept(ADMINISTRATOR, issued.secret, now=now)]
    for one in (*THERAPISTS, CLINICIAN):
        issued = accounts.invite_staff(
            clinic_id=clinic.pk, name=one.name, email=one.email, role=one.role, by=administrator.pk, now=now
        )
        keys.append(_accept(one, issued.secret, now=now))
    # The clinician, who was invited last, hears of a red flag that its care team does not answer.
    Listener.objects.create(clinic=clinic, user=issued.invitation.user)
    found = User.objects.filter(email__in=[one.email for one in THERAPISTS]).order_by("pk")
    return clinic, list(found.values_list("pk", flat=True)), keys


def _accept(staff: Staff, code: str, *, now: datetime) -> Key:
    password = secrets.token_urlsafe(12)
    accounts.accept(code=code, email=staff.email, password=password, now=now)
    return Key(staff.name, staff.role, "", staff.email, password)


def _live(life: Life, *, clinic: Clinic, by: int, now: datetime) -> Key:
    """Enrol a patient, live their weeks up to `now`, and invite one more phone for whoever looks at it."""
    start = _at(_today(now) - timedelta(days=life.days), 7)
    patient = people.add_patient(
        clinic_id=clinic.pk,
        name=life.name,
        birth_year=life.birth_year,
        time_zone=TIME_ZONE,
        email=f"patient.{life.birth_year}@example.org",
        by=by,
        today=start.date(),
        now=start,
    )
    onset_on = start.date() - timedelta(days=life.symptom_days)
    episode = people.open_episode(patient=patient, by=by, now=start, onset_on=onset_on, side=life.side)
    first_phone = people.invite_patient(patient=patient, by=by, now=start)
    accounts.use_invitation(code=first_phone.secret, second_factor=str(life.birth_year), now=start)
    accounts.add_device(user_id=patient.pk, clinic_id=clinic.pk, name="Phone", now=start)
    _keep_diary(life, patient, episode, by=by, start=start.date(), now=now)
    preferences = locked_preferences(patient)
    set_reminder(preferences=preferences, fields={"kind": Kind.EXERCISE, "times": [time(8, 30)]}, now=now)
    set_reminder(preferences=preferences, fields={"kind": Kind.DIARY, "times": [time(20)]}, now=now)
    another_phone = people.invite_patient(patient=patient, by=by, now=now)
    return Key(life.name, Role.PATIENT, life.shows, another_phone.secret, str(life.birth_year))


def _keep_diary(
    life: Life, patient: Patient, episode: Episode, *, by: int, start: date, now: datetime
) -> None:
    """Week by week, as a phone without a network would: each week arrives when it is over."""
    pain, doing = Random(f"{life.name}: pain"), Random(f"{life.name}: sessions")  # noqa: S311 - no secrets
    last_day = _today(now) - timedelta(days=life.silent_days)
    lines: list[Prescription] = []
    for week, level in enumerate(life.levels):
        days = [start + timedelta(days=7 * week + n) for n in range(7)]
        if program := life.program_of(week):
            plan = _publish(program, episode, starts_on=days[0], by=by, now=_at(days[0], 7))
            lines = list(plan.prescriptions.select_related("exercise").order_by("position"))
        noted = [
            record
            for day in days
            for record in (*_pain_of(day, level, life, pain), *_doing_of(day, lines, life, doing))
            if day <= last_day
        ]
        noted += _asides(life, week, days, noted, _today(now), pain)
        over = min(now, _at(days[-1] + timedelta(days=1), 9))
        arrived = [read(kind, uuid, fields) for kind, uuid, fields in noted if fields["at"] <= over]
        take(patient_id=patient.pk, records=arrived, now=over)


def _publish(slug: str, episode: Episode, *, starts_on: date, by: int, now: datetime) -> Plan:
    program = Program.objects.shared().get(slug=slug)
    draft = draft_plan(episode=episode, program=program, starts_on=starts_on, by=by, now=now)
    return publish_plan(episode=episode, seen_version=draft.version, by=by, now=now)


# --- what a phone notes --------------------------------------------------------------------------

Record = tuple[str, str, dict[str, Any]]  # kind, uuid and fields, as `recovery.records.read` takes them


def _pain_of(day: date, level: float, life: Life, rng: Random) -> Iterator[Record]:
    """Some days nothing; else up to three ratings of now, and mostly the evening answer of leg and back."""
    if rng.random() > life.logs:
        return
    for hour in sorted(rng.sample((7, 12, 16), k=rng.choice((0, 0, 1, 2, 3)))):
        yield _record("pain", _at(day, hour, rng), rng, region="leg", score=_score(level, rng), asked="now")
    if rng.random() < 0.85:
        at = _at(day, 20, rng)
        for region, height in (("leg", level), ("back", level * 0.6)):
            score = _score(height, rng)
            yield _record("pain", at, rng, region=region, score=score, asked="last_24_hours")


def _score(level: float, rng: Random) -> int:
    return min(max(round(rng.gauss(level, 0.7)), 0), WORST_SCORE)


def _doing_of(day: date, lines: list[Prescription], life: Life, rng: Random) -> Iterator[Record]:
    """The sessions of a day that were done, with a walk after some of them."""
    asked = [line for line in lines if day.isoweekday() in (line.weekdays or range(1, 8))]
    slots = max((line.dosage.times_per_day for line in asked), default=0)
    for slot in range(1, slots + 1):
        if rng.random() > life.does:
            continue
        at = _at(day, SESSION_HOURS[slot - 1], rng)
        results = [_result(line, rng) for line in asked if line.dosage.times_per_day >= slot]
        effort = rng.choice(("easy", "right", "right", "hard"))
        yield _record("session", at, rng, plan=lines[0].plan_id, slot=slot, effort=effort, results=results)
        if rng.random() < 0.2:
            yield _record("walk", at + timedelta(minutes=40), rng, minutes=rng.randint(5, 25))


def _result(line: Prescription, rng: Random) -> dict[str, Any]:
    outcome = rng.choices(("done", "part", "hurts_too_much", "skipped"), weights=(85, 9, 3, 3))[0]
    counted = ("sets", "repetitions", "hold_seconds", "minutes")
    dose = {name: count for name, count in line.dosage_values.items() if name in counted}
    return {"exercise": line.exercise.slug, "outcome": outcome, **(dose if outcome == "done" else {})}


def _asides(
    life: Life, week: int, days: list[date], noted: list[Record], today: date, rng: Random
) -> Iterator[Record]:
    """What does not happen every day: a correction, an answer too late, an event, a symptom check."""
    evenings = [record for record in noted if record[2].get("asked") == "last_24_hours"]
    if week == 0:
        yield _check(_at(days[0], 19, rng), rng)
        kind, uuid, fields = evenings[0]
        yield kind, uuid, fields | {"revision": 2, "score": max(fields["score"] - 1, 0)}
    if week == 1:
        answer = {"region": "leg", "score": 5, "asked": "last_24_hours", "about_on": days[1]}
        yield _record("pain", _at(days[4], 21, rng), rng, **answer)
    if life.event and week == len(life.levels) // 2:
        yield _record("event", _at(days[0], 12, rng), rng, what=life.event, about_on=days[0])
    if life.weak_foot and week == len(life.levels) - 1:
        yield _check(_at(today - timedelta(days=1), 19, rng), rng, foot_drop="yes")


def _check(at: datetime, rng: Random, **answers: str) -> Record:
    return _record("symptom_check", at, rng, answers=dict.fromkeys(symptom_check(), "no") | answers)


def _record(kind: str, at: datetime, rng: Random, **fields: Any) -> Record:
    uuid = UUID(int=rng.getrandbits(128), version=4)
    return kind, str(uuid), {"revision": 1, "at": at, "zone": TIME_ZONE, **fields}


def _at(day: date, hour: int, rng: Random | None = None) -> datetime:
    """A local hour of a day; with `rng` somewhere in its first half."""
    return datetime.combine(day, time(hour, rng.randrange(30) if rng else 0), tzinfo=ZoneInfo(TIME_ZONE))


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(TIME_ZONE)).date()
