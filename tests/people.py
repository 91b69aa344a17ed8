"""The people of the tests: an owner, a colleague, strangers. Everybody is made by the same actions as in life."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts.access import Actor, Role, acting
from accounts.actions import add_device
from accounts.models import Clinic, Membership, User
from exercises.models import Exercise, Program, ProgramLine
from recovery.actions import people
from recovery.actions.plan import publish_plan
from recovery.models import Episode, Plan, PlanDraft
from tests.moments import BERLIN, NOW


@dataclass
class Person:
    """Somebody with a signed-in device."""

    user: User
    actor: Actor
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def clinic(name: str = "Hillside", *, now: datetime = NOW) -> Clinic:
    return Clinic.objects.create(name=name, time_zone=BERLIN.key, created_at=now)


def member(
    of: Clinic, *roles: str, name: str = "Maria", now: datetime = NOW, user: User | None = None
) -> Person:
    user = user or User.objects.create(name=name, email=None)
    for role in roles:
        Membership.objects.create(user=user, clinic=of, role=role, started_at=now)
    device, token = add_device(user_id=user.pk, clinic_id=of.pk, name="test", now=now)
    return Person(user, Actor(user.pk, of.pk, frozenset(roles), now.date(), device.pk), token)


def patient(by: Person, *, name: str = "Ana", now: datetime = NOW, zone: str = BERLIN.key) -> Person:
    """A patient with a phone and an open episode, three months after the onset, in the care of `by`."""
    with acting(by.actor):
        row = people.add_patient(
            clinic_id=by.actor.clinic_id,
            name=name,
            birth_year=1980,
            time_zone=zone,
            by=by.user.pk,
            today=now.date(),
            now=now,
        )
        people.open_episode(
            patient=row, by=by.user.pk, now=now, onset_on=now.date() - timedelta(days=90), side="right"
        )
    clinic_row = Clinic.objects.get(pk=by.actor.clinic_id)
    return member(clinic_row, Role.PATIENT, user=row.user, now=now)


def exercise(slug: str = "bridge", of: Clinic | None = None) -> Exercise:
    return Exercise.objects.create(
        clinic=of,
        slug=slug,
        groups=[],
        regions=[],
        position="supine",
        sides="middle",
        text={"en": {"name": slug.title(), "steps": ["Lift your hips."]}},
        dosage={"repetitions": 10, "times_per_day": 1, "days_per_week": 7},
        dosage_range={
            "repetitions": {"least": 5, "most": 12},
            "times_per_day": {"least": 1, "most": 3},
            "days_per_week": {"least": 1, "most": 7},
        },
        mark="P",
    )


def program(slug: str = "ease", of: Clinic | None = None) -> Program:
    one = Program.objects.create(
        clinic=of, slug=slug, text={"en": {"name": slug.title(), "for_whom": "", "why": ""}}, mark="P"
    )
    line = {"repetitions": 10, "times_per_day": 1, "days_per_week": 7}
    ProgramLine.objects.create(program=one, position=1, exercise=exercise(f"{slug}-exercise"), dosage=line)
    return one


def plan_for(
    someone: Person,
    by: Person,
    *,
    starts_on: date,
    now: datetime = NOW,
    times_per_day: int = 1,
    program: Program | None = None,
    note: str = "",
) -> Plan:
    """A published plan of one exercise every day, as if it had been made from `program`."""
    one = Exercise.objects.filter(slug="bridge").first() or exercise()
    with acting(by.actor):
        episode = Episode.objects.select_related("patient").get(patient=someone.user.pk)
        line: dict[str, Any] = {
            "exercise": one.pk,
            "dosage": {"repetitions": 10, "times_per_day": times_per_day},
            "weekdays": [],
            "side": "",
            "note": note,
        }
        draft = PlanDraft.objects.create(
            episode=episode,
            clinic_id=episode.clinic_id,
            patient_id=episode.patient_id,
            program=program,
            lines=[line],
            note=note,
            starts_on=starts_on,
            updated_by=by.user,
            updated_at=now,
        )
        return publish_plan(episode=episode, seen_version=draft.version, by=by.user.pk, now=now)
