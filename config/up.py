"""`make run`: the servers, the database, web, worker, beat and watch, and one screen that says how to go on.

A module and not a management command, because settings.py can be read only when the servers are up.
Everything started here ends with this process: by Ctrl-C and SIGTERM in good order, by kill -9 through the
kernel.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config import embedded
from config.backup import copies
from config.disk import Room, room
from config.embedded import CannotStart
from config.processes import Child, die_with_parent, stop, sweep

PROJECT = Path(__file__).resolve().parent.parent
WEB_THREADS = 8
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run until somebody ends it; 1 and a full sentence on stderr when it cannot."""
    if os.environ.get("MAKELEVEL"):
        die_with_parent(os.getppid())  # who kills make means us
    for signum in SIGNALS:
        if signal.getsignal(signum) != signal.SIG_IGN:  # nohup: a closed terminal is no reason to end
            signal.signal(signum, _end)
    try:
        _run()
    except (CannotStart, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _end(signum: int, frame: FrameType | None) -> NoReturn:
    """Unwind everything in good order; a second Ctrl-C does not disturb that."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(0)


def _run() -> None:
    Env.read_env(PROJECT / ".env")
    host, port = os.environ.get("HOST") or "127.0.0.1", _port()
    _refuse_busy(host, port)
    copied_to = copies.asked_for()
    print("Amble is starting; the first time takes a little longer.", flush=True)

    folder = embedded.data_folder()
    embedded.refuse_unfinished(folder)
    own_database, own_broker = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    with (
        embedded.running(folder, postgresql=own_database, valkey=own_broker) as servers,
        ExitStack() as stack,
    ):
        os.environ["PUBLIC_URL"] = os.environ.get("PUBLIC_URL") or f"http://localhost:{port}"
        if own_database:
            embedded.load_environment()
        else:
            _check_database()
        if not own_broker:
            _check_broker(os.environ["REDIS_URL"])
        elif not own_database:
            os.environ["REDIS_URL"] = servers.environment["REDIS_URL"]

        from django.conf import settings  # it can be read only now

        _prepare(folder, own_database=own_database, debug=settings.DEBUG)
        children = _processes(folder, host=host, port=port, threads=settings.WEB_THREADS or WEB_THREADS)
        if copied_to:
            # Its way to the database is that of `make backup`.
            children.append(_child(folder, "copies", "-m", "config.backup", "copies", DATABASE_URL=""))
        stack.callback(stop, children)
        web, *others = children
        web.start()
        _supervise([*servers.children, web], folder, until=partial(_answers, host, port))
        for child in others:
            child.start()
        print(_screen(folder, settings, _copied(copied_to, own_database=own_database)), flush=True)
        _supervise([*servers.children, *children], folder, until=lambda: False)


# --- what must be so before we start ------------------------------------------------------------


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        raise CannotStart(
            f"PORT is '{given}': give a number from 1 to 65535, for instance `make run PORT=8001`."
        )
    return int(given)


def _refuse_busy(host: str, port: int) -> None:
    """A web server that has just been killed may hold the port for a moment longer."""
    deadline = time.monotonic() + 3
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Port {port} of {host} cannot be used ({error.strerror}): stop the program that has it, "
                    f"perhaps another `make run`, or choose another with `make run PORT={port + 1}`."
                ) from error
        time.sleep(0.1)


def _check_database() -> None:
    """Both roles reach the database, and the one that serves is bound by row-level security."""
    if not os.environ.get("DATABASE_OWNER_URL"):
        raise CannotStart(
            "DATABASE_URL is set but DATABASE_OWNER_URL is not: set it to the role that owns the database "
            "and migrates it, as .env.example says."
        )
    with _connect("DATABASE_URL") as connection:
        row = connection.execute(
            "SELECT rolname::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    app, is_free = row or ("", True)
    if is_free:
        raise CannotStart(
            f"Row-level security does not bind the role {app} of DATABASE_URL, so every record lies open: "
            "use a role without SUPERUSER and BYPASSRLS, as .env.example says."
        )
    _connect("DATABASE_OWNER_URL").close()


def _connect(variable: str) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        return psycopg.connect(os.environ[variable], connect_timeout=3)
    except psycopg.Error as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise CannotStart(
            f"The database of {variable} cannot be used ({reason}): start it, or correct {variable}; "
            "with no DATABASE_URL, Amble brings its own."
        ) from error


def _check_broker(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
            policy = _eviction(client)
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(
            f"The broker of REDIS_URL cannot be used ({error}): start it, or correct REDIS_URL; "
            "with no REDIS_URL, Amble brings its own."
        ) from error
    if policy not in ("", "noeviction"):
        raise CannotStart(
            f"The broker of REDIS_URL throws keys away when it is full (maxmemory-policy {policy}), and a queue is one "
            "key: set maxmemory-policy to noeviction, or give Amble a broker of its own."
        )


def _eviction(client: redis.Redis) -> str:
    """Its maxmemory-policy; "" where it may not be asked, as at some hosters."""
    try:
        return str(client.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except redis.ResponseError:
        return ""


# --- the database, ready to serve ----------------------------------------------------------------


def _prepare(folder: Path, *, own_database: bool, debug: bool) -> None:
    log = folder / "logs" / "prepare.log"
    log.unlink(missing_ok=True)
    _manage(log, "prepare", role="owner")
    _manage(log, "load_catalog")
    if not debug:
        _manage(log, "collectstatic", "--noinput")
    elif own_database and _is_empty(folder):  # people with known passwords have no place in production
        _demo(folder).write_text(_manage(log, "load_demo"))
        _demo(folder).chmod(0o600)


def _manage(log: Path, command: str, *options: str, role: str = "app") -> str:
    """Run a management command; what it prints."""
    with log.open("a") as errors:
        done = subprocess.run(  # noqa: S603 - commands of our own
            # Django's checks take a second each time; `make lint` has made them.
            [sys.executable, "manage.py", command, "--skip-checks", *options],
            cwd=PROJECT,
            env={**os.environ, "AMBLE_ROLE": role, "AMBLE_PROCESS": command},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C reaches only us
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
    if done.returncode != 0:
        last = (log.read_text().strip().splitlines() or ["nothing"])[-1].strip()
        raise CannotStart(
            f"`manage.py {command}` failed: put right what {log} says, then try again. It ends with: {last}"
        )
    return done.stdout


def _is_empty(folder: Path) -> bool:
    """Asked past row-level security, which would show an empty table to everybody."""
    with embedded.superuser(folder, database=embedded.DATABASE) as connection:
        return connection.execute("SELECT FROM accounts_clinic LIMIT 1").rowcount == 0


def _demo(folder: Path) -> Path:
    """Who lives in the demo clinic and how to sign in as each; kept for the next start."""
    return folder / "demo.txt"


# --- the processes ----------------------------------------------------------------------------------


def _child(folder: Path, name: str, *command: str, **environment: str) -> Child:
    return Child(
        name,
        [sys.executable, *command],
        folder / "logs" / f"{name}.log",
        # What serves has no use for the owner's password. Only the web server has a connection pool.
        environment={
            **os.environ,
            "AMBLE_PROCESS": name,
            "DATABASE_OWNER_URL": "",
            "WEB_THREADS": "0",
            **environment,
        },
        directory=PROJECT,
    )


def _processes(folder: Path, *, host: str, port: int, threads: int) -> list[Child]:
    child = partial(_child, folder)
    web = ("-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws")
    # A worker that is told to stop while it starts does not hear it, hence the last one.
    workers = ("--workers", "1", "--blocking-threads", str(threads), "--workers-kill-timeout", "5")
    celery = ("-m", "celery", "-A", "config")
    return [
        child("web", *web, *workers, "config.wsgi:application", WEB_THREADS=str(threads)),
        child("worker", *celery, "worker", "--concurrency", "2", "--loglevel", "INFO"),
        child(
            "beat", *celery, "beat", "--schedule", str(folder / "beat"), "--pidfile", "", "--loglevel", "INFO"
        ),
        child("watch", "manage.py", "watch"),
        # It serves nobody, and deletes what the role that serves may not.
        child(
            "erase",
            *("manage.py", "erase_expired", "--stay"),
            DATABASE_OWNER_URL=os.environ["DATABASE_OWNER_URL"],
        ),
    ]


def _supervise(children: Sequence[Child], folder: Path, *, until: Callable[[], bool]) -> None:
    """Start again what ends, until `until` says so. What ends three times within a minute ends everything.

    Not on a full disk, where nothing can last: who makes room finds everything running.
    """
    ends: defaultdict[str, list[float]] = defaultdict(list)
    said: Room = "enough"
    began, late = time.monotonic(), False
    while not until():
        said = _say_of_the_disk(folder, said)
        if time.monotonic() - began > copies.LATE_AFTER.total_seconds():
            late = _say_of_the_copies(folder, late)
        for child in children:
            if child.is_running:
                continue
            sweep(child)
            now = time.monotonic()
            ends[child.name] = [*(end for end in ends[child.name] if now - end < 60), now]
            if len(ends[child.name]) >= 3 and room(folder) != "none":
                raise CannotStart(
                    f"{child.name} ended three times within a minute, so everything was stopped: put right "
                    f"what {child.log} says, then try again. It ends with: {child.last_words()}"
                )
            time.sleep(min(len(ends[child.name]), 3))
            child.start()
        time.sleep(0.2)


def _say_of_the_disk(folder: Path, said: Room) -> Room:
    """One sentence when it gets worse; how much room there is now."""
    found = room(folder)
    rooms: tuple[Room, ...] = ("enough", "low", "very low", "none")
    if rooms.index(found) > rooms.index(said):
        happens = "Amble stops taking records" if found == "none" else "a full one stops Amble"
        print(
            f"The disk of {folder} has {found.replace('none', 'no')} room left: make some; {happens}.",
            file=sys.stderr,
        )
    return found


def _say_of_the_copies(folder: Path, said: bool) -> bool:
    """One sentence when they stop; whether they are late now."""
    late = copies.state(folder) == "late"
    if late and not said:
        log = folder / "logs" / "copies.log"
        print(
            f"For more than five minutes no copy was made in BACKUP_FOLDER: put right what {log} says. What is written "
            "now is on one disk only.",
            file=sys.stderr,
        )
    return late


def _answers(host: str, port: int) -> bool:
    """Whether the web server answers anything at all."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _copied(to: Path | None, *, own_database: bool) -> str:
    if not own_database:
        return "as the server of DATABASE_URL keeps them"
    if not to:
        return "none: this disk has all there is. Set BACKUP_FOLDER in .env"
    return f"{to}  (what stands in the way is in logs/copies.log)"


def _screen(folder: Path, settings: Any, copied: str) -> str:
    address = settings.PUBLIC_URL
    people = _demo(folder).read_text().strip() if _demo(folder).exists() else ""
    mail = "leaves through EMAIL_URL" if settings.EMAIL_IS_SET else "does not leave: set EMAIL_URL in .env"
    if settings.MAILBOX_DIR:
        mail = f"{address}/mailbox/  (nothing leaves this machine)"
    return f"""
Amble runs at {address}

{people or "To open a clinic, with its administrator: .venv/bin/python manage.py start_clinic"}

Mail     {mail}
API      {address}/api/docs/
Data     {folder}  (logs in logs/)
Copies   {copied}
Stop     Ctrl-C; everything is still there at the next `make run`
"""


if __name__ == "__main__":
    sys.exit(main())
