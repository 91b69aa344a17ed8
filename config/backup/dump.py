"""A backup: every row, as pg_dump writes it, and the secrets without which the data are of little use.

What is unsealed is `database.dump`, pg_dump's custom format, and `environment`:

    pg_restore --dbname=... database.dump
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from config.backup.sealed import scratch, seal
from config.backup.tools import run
from config.disk import spare
from config.embedded import CannotStart
from config.embedded.home import write_environment
from config.embedded.postgresql import Connection

DUMP, ENVIRONMENT = "database.dump", "environment"
# Their keys open them as long as they last: whoever reads a fresh backup could be whoever is signed in.
SESSIONS = "django_session"


def write(
    connection: Connection,
    *,
    to: Path,
    key: pyrage.x25519.Recipient,
    secrets: Mapping[str, str],
    data: Path,
) -> Path:
    """Dump the database of `connection`, whose role reads past row-level security, into a new file in `to`.

    Until it is sealed it lies in the data folder `data`. Raises CannotStart.
    """
    with scratch(data) as folder:
        options = ("--format=custom", "--no-owner", f"--exclude-table-data={SESSIONS}")
        run(connection, "pg_dump", *options, f"--file={folder / DUMP}", most_bytes=spare(data) // 2)
        write_environment(folder / ENVIRONMENT, secrets)
        file = to / f"amble-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.tar.age"
        seal(folder, file, key)
    return file


def fill(connection: Connection, dump: Path) -> None:
    """All of `dump`, or nothing, into the empty database of `connection`, whose role owns it. Raises CannotStart."""
    if connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").rowcount:
        raise CannotStart(
            f"The database {connection.info.dbname} is not empty: restore into an empty one. Nothing was changed."
        )
    connection.commit()
    run(connection, "pg_restore", "--no-owner", "--single-transaction", "--exit-on-error", str(dump))
