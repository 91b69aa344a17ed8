"""The fixtures that hand out the database keep their promises."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from accounts.models import Clinic
from tests import people
from tests.conftest import AUDIT


def names_seen_by_others() -> list[str]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        return [name for (name,) in owner.execute("SELECT name FROM accounts_clinic")]


@pytest.fixture
def leaves_nothing() -> Iterator[None]:
    """Requested before `committed`, so it looks after `committed` has tidied up."""
    yield
    assert names_seen_by_others() == []


@pytest.mark.usefixtures("leaves_nothing", "committed")
def test_what_a_committed_test_writes_is_seen_by_others_and_gone_afterwards():
    people.clinic("Green")
    assert names_seen_by_others() == ["Green"]


@pytest.mark.django_db
def test_every_table_is_one_that_committed_can_empty():
    """Where no policy lets a row be deleted, DELETE finds none and says nothing."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        shut = owner.execute(
            "SELECT relname::text FROM pg_class WHERE relforcerowsecurity AND NOT EXISTS (SELECT FROM pg_policies"
            " WHERE tablename = relname AND permissive = 'PERMISSIVE' AND cmd IN ('ALL', 'DELETE'))"
        ).fetchall()
    assert shut == [(AUDIT,)]


@pytest.mark.django_db
def test_what_any_other_test_writes_is_seen_by_nobody_else():
    people.clinic("Green")
    assert Clinic.objects.count() == 1
    assert names_seen_by_others() == []


@pytest.mark.django_db
def test_the_limits_of_the_app_role_hold():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert cursor.fetchone() == ("5s", "2s")
