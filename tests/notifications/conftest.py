"""The people of these tests: one clinic, Ada who recovers there, and its staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from accounts.access import Role, acting_for_all
from accounts.models import Clinic, Membership, User
from notifications.models import MessagePreferences, Reminder
from recovery.models import CareTeamMember, Patient, RedFlag
from tests.notifications.receivers import MailServer, PushService, mail_server, push_service

NOON = datetime(2026, 6, 10, 10, tzinfo=UTC)  # a Wednesday; 12:00 in Berlin


@dataclass(frozen=True)
class World:
    clinic: Clinic
    patient: Patient
    therapist: User
    clinician: User
    administrator: User

    def add_patient(self, name: str, *, time_zone: str = "Europe/Berlin", email: str = "") -> Patient:
        user = User.objects.create(name=name)
        Membership.objects.create(user=user, clinic=self.clinic, role=Role.PATIENT, started_at=NOON)
        return Patient.objects.create(
            user=user,
            clinic=self.clinic,
            name=name,
            birth_year=1980,
            email=email,
            time_zone=time_zone,
            added_by=self.therapist,
            added_at=NOON,
        )

    def remind(
        self, patient: Patient, *, due: datetime, kind: str = "exercise", **fields: object
    ) -> Reminder:
        """A reminder at the local time of the moment `due`, if no other is given, and looked at then."""
        MessagePreferences.objects.get_or_create(patient=patient, defaults={"clinic": self.clinic})
        local = due.astimezone(patient.zone).time()
        chosen = {"times": [local]} | fields
        return Reminder.objects.create(
            clinic=self.clinic, patient=patient, kind=kind, next_due_at=due, **chosen
        )

    def raise_flag(self, *, at: datetime, rule: str = "drop_foot") -> RedFlag:
        return RedFlag.objects.create(
            clinic=self.clinic,
            patient=self.patient,
            rule=rule,
            tier="A",
            about_on=at.date(),
            raised_at=at,
            raised_on=at,
        )


def make_world() -> World:
    clinic = Clinic.objects.create(name="Practice", time_zone="Europe/Berlin", created_at=NOON)
    staff = {}
    for role in (Role.THERAPIST, Role.CLINICIAN, Role.ADMINISTRATOR):
        staff[role] = User.objects.create(name=role, email=f"{role}@example.org")
        Membership.objects.create(user=staff[role], clinic=clinic, role=role, started_at=NOON)
    world = World(clinic, Patient(), *staff.values())
    ada = world.add_patient("Ada Canary", email="ada@example.org")
    CareTeamMember.objects.create(
        clinic=clinic,
        patient=ada,
        user=world.therapist,
        from_on=NOON.date() - timedelta(days=1),
        added_by=world.administrator,
        added_at=NOON,
    )
    return World(clinic, ada, *staff.values())


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Seen by everybody's eyes, in one transaction that is rolled back."""
    with acting_for_all():
        yield make_world()


@pytest.fixture
def committed_world(committed: None) -> World:
    """In the database for other connections to see. Read it within acting_for_all()."""
    with acting_for_all():
        return make_world()


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    """A push service that takes everything."""
    with push_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service
