"""What the progress screen is told beside the trend: plan versions and walking, up to yesterday."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting
from recovery.actions.diary import take
from recovery.records import read
from tests import people
from tests.moments import NOW
from tests.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def maria() -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


def progress(person: Person) -> Any:
    return Client().get("/api/v1/progress", headers=person.headers).json()


def patient(maria: Person, *, days: int) -> Person:
    start = NOW - timedelta(days=days)
    person = people.patient(maria, now=start)
    people.plan_for(person, maria, starts_on=start.date(), now=start)
    return person


def walk(person: Person, *, days_ago: int, minutes: int) -> None:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    record = read("walk", str(uuid4()), {"revision": 1, "at": at, "minutes": minutes})
    with acting(person.actor):
        take(patient_id=person.user.pk, records=[record], now=NOW)


def test_walking_is_that_of_the_last_seven_ended_days(maria: Person):
    ana = patient(maria, days=20)
    for days_ago, minutes in [(8, 30), (7, 5), (2, 7), (2, 8), (0, 40)]:
        walk(ana, days_ago=days_ago, minutes=minutes)
    assert progress(ana)["walking"] == {"days": 7, "walked_days": 2, "minutes": 20}


def test_a_young_program_has_fewer_days(maria: Person):
    assert progress(patient(maria, days=2))["walking"] == {"days": 2, "walked_days": 0, "minutes": 0}
    assert progress(patient(maria, days=0))["walking"] == {"days": 0, "walked_days": 0, "minutes": 0}


def test_each_plan_version_is_named_with_its_first_day(maria: Person):
    ana = patient(maria, days=20)
    people.plan_for(ana, maria, starts_on=NOW.date(), now=NOW)
    starts = ["2026-02-10", "2026-03-02"]
    assert progress(ana)["plans"] == [
        {"number": n + 1, "letter": "AB"[n], "starts_on": on} for n, on in enumerate(starts)
    ]


def test_without_a_program_there_is_nothing_of_it(maria: Person):
    told = progress(people.patient(maria))
    assert (told["plans"], told["walking"], told["trend"]) == ([], None, None)
