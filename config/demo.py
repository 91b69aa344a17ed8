"""The demo clinic: its people, and up to twelve weeks of what they noted, made by the same actions as in life.

The diaries come from a generator seeded with each patient's name, so every demo clinic has the same pain on the
same program day, and each patient is in the state that `shows` tells of.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from accounts import actions as accounts
from accounts.access import Role, acting_for_all
from accounts.models import Clinic, User
from exercises.models import Program
from notifications.actions import locked_preferences, set_reminder
from notifications.models import Kind
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
        """How many days have ended since the first plan began."""
        return 7 * (len(self.levels) - 1) + DAYS_OF_LAST_WEEK


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
    """Make the whole clinic in one transaction, close the days that have ended, and return how to get in as each.

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
    found = User.objects.filter(email__in=[one.email for one in THERAPISTS]).order_by("pk")
    return clinic, list(found.values_list("pk", flat=True)), keys


def _accept(staff: Staff, code: str, *, now: datetime) -> Key:
    password = secrets.token_urlsafe(12)
    accounts.accept(code=code, email=staff.email, password=password, now=now)
    return Key(staff.name, staff.role, "", staff.email, password)


def _live(life: Life, *, clinic: Clinic, by: int, now: datetime) -> Key:
    """Enrol a patient, live their weeks up to `now`, and invite one more phone, for whoever looks at the demo."""
    start = _at(_today(now) - timedelta(days=life.days or 1), time(7)) if life.levels else now - timedelta(days=1)
    patient = people.add_patient(
        clinic_id=clinic.pk,
        name=life.name,
        birth_year=life.birth_year,
        time_zone=TIME_ZONE,
        email=f"{life.name.split()[0].lower().replace('á', 'a')}@example.org",
        by=by,
        now=start,
    )
    onset_on = start.date() - timedelta(days=life.symptom_days)
    episode = people.open_episode(patient=patient, by=by, now=start, onset_on=onset_on, side=life.side)
    first = people.invite_patient(patient=patient, by=by, now=start)
    accounts.use_invitation(code=first.secret, second_factor=str(life.birth_year), now=start)
    accounts.add_device(user_id=patient.pk, clinic_id=clinic.pk, name="Phone", now=start)
    _keep_diary(life, patient, episode, by=by, start=start, now=now)
    preferences = locked_preferences(patient)
    set_reminder(preferences=preferences, fields={"kind": Kind.EXERCISE, "times": [time(8, 30)]}, now=now)
    set_reminder(preferences=preferences, fields={"kind": Kind.DIARY, "times": [time(20)]}, now=now)
    issued = people.invite_patient(patient=patient, by=by, now=now)
    return Key(life.name, Role.PATIENT, life.shows, issued.secret, str(life.birth_year))


def _keep_diary(life: Life, patient: Patient, episode: Episode, *, by: int, start: datetime, now: datetime) -> None:
    """Week by week, as phones send it: each batch arrives when its week is over."""
    rng = Random(life.name)  # noqa: S311 - a diary, not a secret
    plan = None
    for week, level in enumerate(life.levels or (5.0,)):
        first = start.date() + timedelta(days=7 * week)
        program = _program_of(life, week)
        if program:
            plan = _publish(program, episode, starts_on=first, by=by, now=_at(first, time(7)))
        days = [first + timedelta(days=n) for n in range(7)]
        silent_from = _today(now) - timedelta(days=life.silent_days)
        noted = [
            record
            for day in days
            if day < silent_from or not life.silent_days
            for record in _day(life, level, day, plan, rng)
        ]
        noted += _asides(life, week, days, noted, rng)
        ended = min(now, _at(days[-1] + timedelta(days=1), time(9)))
        batch = [read(kind, uuid, fields) for kind, uuid, fields in noted if fields["at"] <= ended.isoformat()]
        take(patient_id=patient.pk, records=batch, now=ended)


def _program_of(life: Life, week: int) -> str:
    """The program that begins with this week (counted from 0), if one does."""
    if week == 0 and life.programs:
        return life.programs[0]
    return life.programs[1] if len(life.programs) > 1 and week == len(life.levels) // 2 else ""


def _publish(slug: str, episode: Episode, *, starts_on: date, by: int, now: datetime) -> Plan:
    program = Program.objects.shared().get(slug=slug)
    draft = draft_plan(episode=episode, program=program, starts_on=starts_on, by=by, now=now)
    return publish_plan(episode=episode, seen_version=draft.version, by=by, now=now)
