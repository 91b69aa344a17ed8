"""The fixtures that hand out the database keep their promises."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection


def keys_seen_by_others() -> list[str]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        return [key for (key,) in owner.execute("SELECT cache_key FROM config_cache")]


@pytest.fixture
def leaves_nothing() -> Iterator[None]:
    """Requested before `committed`, so it looks after `committed` has tidied up."""
    yield
    assert keys_seen_by_others() == []


@pytest.mark.usefixtures("leaves_nothing", "committed")
def test_what_a_committed_test_writes_is_seen_by_others_and_gone_afterwards():
    cache.set("colour", "green")
    assert keys_seen_by_others() == [":1:colour"]


@pytest.mark.django_db
def test_what_any_other_test_writes_is_seen_by_nobody_else():
    cache.set("colour", "green")
    assert cache.get("colour") == "green"
    assert keys_seen_by_others() == []


@pytest.mark.django_db
def test_the_limits_of_the_app_role_hold():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert cursor.fetchone() == ("5s", "2s")
