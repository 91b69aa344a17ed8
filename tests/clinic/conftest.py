"""The people at the desk. Their pages are asked for with a session, as a browser does."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.records import read
from recovery.rules.red_flags import symptom_check
from tests import people
from tests.moments import NOW
from tests.people import Person

PASSWORD = "three calm herons"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Python's clock, which stands at NOW until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hillside(db: None) -> Clinic:
    return people.clinic()


@pytest.fixture
def maria(hillside: Clinic) -> Person:
    """A therapist with a password."""
    return staff(hillside, Role.THERAPIST, name="Maria")


@pytest.fixture
def browser() -> Callable[[Person], Client]:
    """A browser in which somebody is signed in."""

    def signed_in(person: Person) -> Client:
        client = Client()
        client.force_login(person.user)
        return client

    return signed_in


def staff(clinic: Clinic, *roles: str, name: str) -> Person:
    person = people.member(clinic, *roles, name=name)
    person.user.email = f"{name.lower()}@example.org"
    person.user.set_password(PASSWORD)
    person.user.save()
    return person


def diary(someone: Person, *weeks: int | None) -> None:
    """The weeks up to yesterday, each with its leg pain every evening or without an entry; then days are closed."""
    start = NOW - timedelta(days=7 * len(weeks))
    records = [
        read(
            "pain",
            str(uuid4()),
            {
                "revision": 1,
                "at": start + timedelta(days=7 * week + day, hours=8),
                "region": "leg",
                "score": score,
                "asked": "last_24_hours",
            },
        )
        for week, score in enumerate(weeks)
        if score is not None
        for day in range(7)
    ]
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=records, now=NOW)
    with acting_for_all():
        close_days(now=NOW)


def in_recovery(by: Person, *weeks: int | None, name: str = "Ana") -> Person:
    """A patient whose plan began so many weeks ago, with these weekly levels of leg pain."""
    person = people.patient(by, name=name, now=NOW)
    people.plan_for(person, by, starts_on=(NOW - timedelta(days=7 * len(weeks))).date())
    diary(person, *weeks)
    return person


def answer_yes(someone: Person, question: str) -> None:
    """A symptom check with one yes."""
    fields: dict[str, Any] = {
        "revision": 1,
        "at": NOW - timedelta(hours=1),
        "answers": dict.fromkeys(symptom_check(), "no") | {question: "yes"},
    }
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[read("symptom_check", str(uuid4()), fields)], now=NOW)
