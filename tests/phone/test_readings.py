"""A patient sees who at the clinic has looked at their data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.access import Role, acting
from accounts.actions import end_membership
from accounts.models import Clinic, Membership
from recovery.models import Patient
from tests import people
from tests.moments import BERLIN
from tests.people import Person

# The audit's clock is PostgreSQL's, which no test moves.
NOW = datetime.now(UTC)


@pytest.fixture
def hill(db: None) -> Clinic:
    return people.clinic(now=NOW)


@pytest.fixture
def maria(hill: Clinic) -> Person:
    return people.member(hill, Role.THERAPIST, now=NOW)


@pytest.fixture
def ana(maria: Person) -> Person:
    ana = people.patient(maria, now=NOW)
    with acting(maria.actor):
        Patient.objects.update(added_at=NOW - timedelta(days=200))
    return ana


def readings(someone: Person, query: str = "") -> dict[str, Any]:
    answer = Client().get(f"/api/v1/readings{query}", headers=someone.headers)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def reads(someone: Person, path: str) -> None:
    assert Client().get(f"/api/v1/{path}", headers=someone.headers).status_code == 200


def long_ago(reader: Person, patient: Person, days: int) -> None:
    with acting(reader.actor), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_auditentry (at, clinic_id, user_id, through, deed, what, about)"
            " VALUES (%s, %s, %s, '', 'read', 'api patient', ARRAY[%s])",
            [NOW - timedelta(days=days), reader.actor.clinic_id, reader.user.pk, patient.user.pk],
        )


def test_looks_of_one_person_on_one_day_are_counted_together(maria: Person, ana: Person):
    reads(maria, f"patients/{ana.user.pk}")
    reads(maria, "worklist")
    [one] = readings(ana)["readings"]
    assert (one["name"], one["role"], one["times"]) == ("Maria", "therapist", 2)


def test_nobody_sees_who_looked_at_another_patient(maria: Person, ana: Person):
    ben = people.patient(maria, name="Ben", now=NOW)
    reads(maria, f"patients/{ana.user.pk}")
    assert readings(ben)["readings"] == []
    assert readings(ben)["before"] is None


def test_who_has_left_is_still_named(maria: Person, ana: Person):
    reads(maria, f"patients/{ana.user.pk}")
    end_membership(membership=Membership.objects.get(user=maria.user), now=NOW)
    [one] = readings(ana)["readings"]
    assert (one["name"], one["role"]) == ("Maria", "")


def test_days_come_newest_first_and_ninety_at_a_time(maria: Person, ana: Person):
    for days in (100, 3, 30):
        long_ago(maria, ana, days)
    page = readings(ana)
    assert [one["on"] for one in page["readings"]] == [
        (NOW - timedelta(days=days)).astimezone(BERLIN).date().isoformat() for days in (3, 30)
    ]
    earlier = readings(ana, f"?before={page['before']}")
    assert len(earlier["readings"]) == 1
    assert readings(ana, f"?before={earlier['before']}")["before"] is None


@pytest.mark.parametrize("before", ["0001-01-01", "9999-12-31"])
def test_any_date_is_a_date(ana: Person, before: str):
    assert readings(ana, f"?before={before}")["readings"] == []


def test_it_takes_at_most_six_statements(maria: Person, ana: Person, django_assert_max_num_queries: Any):
    for days in range(1, 30):
        long_ago(maria, ana, days)
    with django_assert_max_num_queries(8):  # two of them the savepoint of the request
        readings(ana)
