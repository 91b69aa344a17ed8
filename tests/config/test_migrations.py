"""`manage.py prepare` is killed at any moment, or meets somebody who holds a table, and the next run ends well."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from random import Random
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction
from psycopg import sql
from pytest_django.fixtures import Settings

from config.checks import database_is_whole, what_is_wrong
from config.embedded.postgresql import client_program
from config.management.commands import prepare
from tests import people
from tests.config.running import PROJECT, wait_until
from tests.conftest import as_owner
from tests.promises import Measured

OWN = "killed_while_migrating"
LONGEST_WAIT = 2.5  # seconds; lock_timeout is two


def address(database: str) -> str:
    return urlsplit(os.environ["DATABASE_OWNER_URL"])._replace(path=f"/{database}").geturl()


@pytest.fixture
def empty() -> Iterator[None]:
    """A database of our own, made anew by `make_empty`."""
    yield
    with psycopg.connect(address("postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(OWN)))


def make_empty() -> None:
    with psycopg.connect(address("postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(OWN)))
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(OWN)))


def prepared() -> "subprocess.Popen[bytes]":
    app = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{OWN}").geturl()
    own = {"AMBLE_ROLE": "owner", "DATABASE_URL": app, "DATABASE_OWNER_URL": address(OWN)}
    command = [sys.executable, "manage.py", "prepare", "--skip-checks"]
    return subprocess.Popen(command, cwd=PROJECT, env=os.environ | own, stdout=subprocess.DEVNULL)


def own_database() -> str:
    """Of this test run, prepared when it began."""
    return str(connection.settings_dict["NAME"])


def migrations_done(database: str = OWN) -> int:
    with psycopg.connect(address(database), autocommit=True) as owner:
        if not owner.execute("SELECT FROM pg_tables WHERE tablename = 'django_migrations'").rowcount:
            return 0
        row = owner.execute("SELECT count(*) FROM django_migrations").fetchone()
        return int(row[0]) if row else 0


def schema(database: str) -> list[str]:
    done = subprocess.run(
        [str(client_program("pg_dump")), "--schema-only", f"--dbname={address(database)}"],
        capture_output=True,
        text=True,
        check=True,
    )
    # A word of the dump's own that is new each time.
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


@pytest.mark.processes
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("committed", "empty")
@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.trust)])
def test_a_migration_that_was_killed_at_any_moment_ends_in_the_same_schema(kills: int, measured: Measured):
    random = Random(11)  # noqa: S311 (the same each time)
    fresh, full = schema(own_database()), migrations_done(own_database())
    assert len(fresh) > 1000
    aims = sorted(random.sample(range(full - 1), kills))
    # In the short form each goes on where the one before was killed; in the long one each has a database of its own.
    runs = [aims] if kills < 20 else [[aim] for aim in aims]
    reached = []
    for run in runs:
        make_empty()
        reached += [killed_after(aim, wait=random.uniform(0, 0.05)) for aim in run]
        assert prepared().wait(60) == 0
        assert schema(OWN) == fresh
    said = f"killed after {', '.join(map(str, reached))} of {full} migrations, {len(runs)} schemas as a fresh one"
    measured("P-11", said)
    print(said)


def killed_after(migrations: int, *, wait: float) -> int:
    """How many there are when it is dead."""
    running = prepared()
    wait_until(lambda: migrations_done() > migrations or running.poll() is not None)
    time.sleep(wait)
    running.kill()
    assert running.wait(10) == -signal.SIGKILL, "it had ended: this kill proves nothing"
    return migrations_done()


@pytest.mark.promise
@pytest.mark.usefixtures("committed")
def test_a_migration_waits_two_seconds_for_a_table_holds_up_nobody_longer_and_tries_again(
    monkeypatch: pytest.MonkeyPatch, measured: Measured
):
    """A reader is in the table; the migration waits behind it, and everybody else behind the migration."""
    waits, held_up = [], [0.0]
    reader, over = psycopg.connect(address(own_database())), threading.Event()
    reader.execute("SELECT FROM accounts_clinic LIMIT 1")

    def migrate(*_: object, **__: object) -> None:
        began = time.monotonic()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("ALTER TABLE accounts_clinic ADD COLUMN never text")
        finally:
            waits.append(time.monotonic() - began)
            reader.rollback()  # who read has ended: the next try meets nobody

    def read_on() -> None:
        with psycopg.connect(address(own_database()), autocommit=True) as other:
            other.execute("SET lock_timeout = 0")
            while not over.wait(0.02):
                began = time.monotonic()
                other.execute("SELECT FROM accounts_clinic LIMIT 1")
                held_up.append(time.monotonic() - began)

    monkeypatch.setattr(prepare, "call_command", migrate)
    reading = threading.Thread(target=read_on)
    reading.start()
    try:
        with as_owner():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 0")  # what the role says is not what this is about
            prepare.Command().handle(verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE accounts_clinic DROP COLUMN never")
    finally:
        over.set()
        reading.join()
        reader.close()
    measured("P-11", f"waited {waits[0]:.1f} s for a lock, held up a reader for {max(held_up):.1f} s")
    assert len(waits) == 2
    assert 1.5 < waits[0] <= LONGEST_WAIT
    assert max(held_up) <= LONGEST_WAIT


@pytest.mark.usefixtures("committed")
def test_what_is_wrong_with_a_database_is_said_with_what_to_do(settings: Settings):
    assert what_is_wrong(connection) == []
    for name in ("One", "Two"):
        people.clinic(name)
    with psycopg.connect(address(own_database()), autocommit=True) as owner:
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute("CREATE UNIQUE INDEX CONCURRENTLY half_made ON accounts_clinic (time_zone)")
        row = owner.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations) RETURNING app, name"
        )
        gone = row.fetchall()
        try:
            settings.DATABASE_APP_ROLE = connection.settings_dict["USER"].replace("app", "owner")
            found = " ".join(what_is_wrong(connection))
        finally:
            owner.cursor().executemany(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", gone
            )
            owner.execute("DROP INDEX half_made")
    assert "REINDEX INDEX half_made" in found
    assert f"missing from {'.'.join(gone[0])} on (1)" in found
    assert "owns tables" in found
    settings.DATABASE_APP_ROLE = "postgres"
    assert "Row-level security does not bind" in what_is_wrong(connection)[0]
    errors = database_is_whole(databases=["default"])
    assert [error.id for error in errors] == ["amble.E001", "amble.E002"]  # it owns tables, too
