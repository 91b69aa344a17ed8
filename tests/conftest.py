"""The database of the tests: made by the owner role, used by the app role, exactly as in production.

Row-level security is forced: a test sees rows only within accounts.access.acting(...) or acting_for_all().
`db` rolls back at the end of a test. `committed` is for tests whose rows other connections must see.
"""

import gc
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import psycopg
import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.db import connection, connections
from environ import Env
from psycopg import sql
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from tests.browser.chromium import FLAGS, headless_shell
from tests.moments import NOW

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

hypothesis.settings.register_profile("amble", deadline=None, max_examples=60, print_blob=True)
hypothesis.settings.load_profile("amble")

# 100 ms and 100 MB each are for those who guess.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 64, 1

Owner = psycopg.Connection[tuple[object, ...]]

# Filled by migrate; everything else in the database was made by a test.
KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")

# TRUNCATE of all would make every table and index anew, in a quarter of a second, and be waited for by who reads.
AUDIT = "accounts_auditentry"  # nobody may delete a row of it
EMPTY = sql.SQL("""
    SET session_replication_role = replica;  -- no trigger, so the order of the tables does not matter
    SET amble.reach = 'all';
    TRUNCATE {audit};
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ({kept})
        LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
    END $$;
    SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences
    WHERE last_value IS NOT NULL AND sequencename NOT LIKE ALL ({sequences});
""").format(
    audit=sql.Identifier(AUDIT),
    kept=[AUDIT, *KEPT_TABLES],
    sequences=[f"{name}%" for name in KEPT_TABLES],
)


# A database that is only copied. It is of one run.
PREPARED = "test_amble_prepared"
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A fresh database of the owner role, prepared as in production; from then on the app role.

    Preparing takes many seconds of a processor: xdist's first worker does it, the others copy what it made.
    """
    name, prepared = (sql.Identifier(each) for each in (connection.settings_dict["NAME"], PREPARED))
    with _owner(dbname="postgres") as owner:
        owner.execute("SET lock_timeout = 0")
        owner.execute("SELECT pg_advisory_lock(1)")  # until this connection ends
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        made_by = owner.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [PREPARED]
        ).fetchone()
        if made_by != (RUN,):
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(prepared))
            owner.execute(sql.SQL("CREATE DATABASE {}").format(prepared))
            with django_db_blocker.unblock(), as_owner(PREPARED):
                call_command("prepare", verbosity=0)
            owner.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(prepared, sql.Literal(RUN)))
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, prepared))
    yield
    connections.close_all()  # the database stays until the next run, as the prepared one does


@pytest.fixture(autouse=True)
def static_files_from_their_source(settings: Settings) -> None:
    """Nothing is collected for a test; a page still finds its style sheet."""
    settings.STATIC_ROOT = None
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def noon() -> Iterator[None]:
    """Python's clock at tests.people.NOW, ticking. The database's clock stays where it is."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(scope="session")
def owner_connection(django_db_setup: None) -> Iterator[Owner]:
    """A connection of the owner role that knows its way: a new one takes ten times as long to empty all tables."""
    with _owner() as owner:
        yield owner


@pytest.fixture
def committed(owner_connection: Owner, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database without a transaction around the test: what it commits, processes and threads see.

    Afterwards the owner role empties all tables, which the app role may not.
    """
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    owner_connection.execute(EMPTY)


@pytest.fixture
def transactional_db() -> NoReturn:
    """What it would do at the end, TRUNCATE as the app role, is refused."""
    pytest.fail("The app role may not TRUNCATE: use the fixture `committed` instead of `transactional_db`.")


@pytest.fixture(scope="session")
def playwright() -> "Iterator[Playwright]":
    """One for all tests of a worker: starting it and a browser takes as long as a test does."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Its event loop runs in this thread to the end: else Django takes a test's own queries for a mistake.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield playwright


@pytest.fixture(scope="session")
def headless(playwright: "Playwright") -> "Iterator[Browser]":
    browser = playwright.chromium.launch(executable_path=headless_shell(), args=FLAGS)
    yield browser
    browser.close()


# They wait for minutes of the clock: begun last, one of them would keep a run from ending.
LONGEST = {"faults", "journeys"}

# Real browsers and real processes wait for seconds of the clock, and the machine may be busy with others: such a
# test is tried up to three times, and pytest prints each failed try as an R. All others have one.
AT_THE_MERCY_OF_THE_MACHINE = {"browser", "faults"}


def pytest_collection_finish() -> None:
    """What all tests share stays to the end: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make trust` asks for the long forms by their marker; nobody waits half an hour unasked."""
    if "trust" not in (config.option.markexpr or ""):
        long = [item for item in items if item.get_closest_marker("trust")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    items.sort(key=lambda item: LONGEST.isdisjoint(item.path.parts))
    for item in items:
        if AT_THE_MERCY_OF_THE_MACHINE & set(item.path.parts):
            item.add_marker(pytest.mark.flaky(reruns=2))
        for marker in item.iter_markers("django_db"):
            if marker.kwargs.get("transaction") or any(marker.args):
                raise pytest.UsageError(
                    f"{item.nodeid}: the app role may not TRUNCATE: use the fixture `committed` instead of "
                    "django_db(transaction=True)."
                )


def _owner(**place: str) -> Owner:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True, **place)  # type: ignore[arg-type]


@contextmanager
def as_owner(database: str = "") -> Iterator[None]:
    """Django's connection under the owner role, to another `database` if one is named."""
    settings = connection.settings_dict
    app = {key: settings[key] for key in ("USER", "PASSWORD", "NAME")}
    owner = Env().db_url("DATABASE_OWNER_URL")
    connection.close()
    settings.update({key: owner[key] for key in app} | ({"NAME": database} if database else {}))
    try:
        yield
    finally:
        connection.close()
        settings.update(app)
