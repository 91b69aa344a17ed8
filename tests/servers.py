"""The servers of the test run, started before Django reads its settings: a real PostgreSQL and a real Valkey.

They are embedded, empty, in a temporary folder and end with the run: never the developer's data. To test
against servers of your own set TEST_DATABASE_URL (the app role), TEST_DATABASE_OWNER_URL (the owner role,
with CREATEDB, and with SET on session_replication_role) and TEST_REDIS_URL. With xdist the controller starts
the servers, and every worker has its own database and its own number in Valkey. Loaded by `-p tests.servers`:
run tests as `python -m pytest`.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg import sql

from config import embedded
from config.embedded.home import vapid_private_key

URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")

# Every value is said here, so that nothing of the developer's own environment reaches a test.
SETTINGS = {
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "AMBLE_ROLE": "app",
    "BEHIND_PROXY": "false",
    "DEBUG": "false",
    "DEFAULT_FROM_EMAIL": "Amble <amble@example.org>",
    "EMAIL_URL": "consolemail://",
    "LOG_LEVEL": "INFO",
    "MAILBOX_DIR": "",
    "PUBLIC_URL": "http://localhost:8000",
    "PUSH_EXTRA_HOSTS": "",
    "SECURE_SSL_REDIRECT": "true",
    "VAPID_SUBJECT": "mailto:amble@example.org",
    "WEB_THREADS": "0",
}


@pytest.hookimpl(wrapper=True)  # before pytest-django's own, which reads the settings
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        os.environ.update(
            SETTINGS, SECRET_KEY=secrets.token_urlsafe(50), VAPID_PRIVATE_KEY=vapid_private_key()
        )
        os.environ.update(_urls(stack))
    _name_own_databases(worker)
    return (yield)


def _urls(stack: ExitStack) -> dict[str, str]:
    given = {name: os.environ.get(f"TEST_{name}", "") for name in URLS}
    if all(given.values()):
        return given
    if any(given.values()):
        raise pytest.UsageError(f"Set all of {', '.join(f'TEST_{name}' for name in URLS)}, or none of them.")
    folder = Path(tempfile.mkdtemp(prefix="amble-tests-"))
    stack.callback(shutil.rmtree, folder)
    folder.chmod(0o755)  # as root the servers run as nobody, who has to pass through here
    servers = stack.enter_context(embedded.running(folder, durable=False))
    os.environ["TEST_POSTGRESQL_LOG"] = str(folder / "logs" / "postgresql.log")
    with embedded.superuser(folder) as connection:
        owner = sql.Identifier(embedded.OWNER)
        connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(owner))
        connection.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(owner))
    return {name: servers.environment[name] for name in URLS}


def _name_own_databases(worker: str) -> None:
    """test_amble and Valkey's number 0; for xdist's worker gw1, test_amble_gw1 and number 1."""
    name = f"/test_amble_{worker}" if worker else "/test_amble"
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[variable] = urlsplit(os.environ[variable])._replace(path=name).geturl()
    number = worker.removeprefix("gw") or "0"
    broker = urlsplit(os.environ["REDIS_URL"])
    # geturl() of Python 3.11 forgets the empty host of unix:///path.
    os.environ["REDIS_URL"] = (
        f"unix://{broker.path}?db={number}"
        if broker.scheme == "unix"
        else broker._replace(path=f"/{number}").geturl()
    )
