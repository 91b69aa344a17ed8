"""`make backup` and `make restore`, and what makes copies beside `make run`.

A module and not a management command, because settings.py can be read only when the servers are up.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psycopg
import pyrage
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config import embedded, erasing
from config.backup import copies, dump, sealed
from config.embedded import CannotStart
from config.embedded.home import read_environment
from config.embedded.postgresql import Connection

PROJECT = Path(__file__).resolve().parents[2]
SECRETS = ("SECRET_KEY", "VAPID_PRIVATE_KEY", "VAPID_SUBJECT")


def main() -> int:
    """Do what the command line says; 1 and a full sentence on stderr when it cannot."""
    Env.read_env(PROJECT / ".env")
    asked = _asked()
    try:
        match asked.do:
            case "key":
                print(sealed.new_key())
            case "backup":
                print(_backup(Path(asked.to).resolve() if asked.to else None))
            case "copies":
                _make_copies()
            case "restore":
                print(_restore(Path(asked.of), Path(asked.key), Path(asked.erased) if asked.erased else None))
    except (CannotStart, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        # What is written has no name in an error, and is in the data folder: `seal` says it of the place of a backup.
        where = error.filename or embedded.data_folder()
        print(
            f"{where} cannot be used ({error.strerror or error}): make room, or name another place.",
            file=sys.stderr,
        )
        return 1
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="config.backup", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("key", help="a new key: its public half for .env, its secret half to keep elsewhere")
    backup = commands.add_parser("backup", help="write a backup while everything goes on")
    backup.add_argument(
        "--to", help="the folder to write it to; BACKUP_FOLDER, or backups/ in the data folder"
    )
    commands.add_parser("copies", help="keep the newest state in BACKUP_FOLDER; `make run` has it going")
    restore = commands.add_parser("restore", help="fill an empty data folder or database from a backup")
    restore.add_argument("of", help="a backup, or the folder of copies, of which the newest is taken")
    restore.add_argument("--key", required=True, help="the file with the secret half of the key")
    restore.add_argument(
        "--erased", help="the list of who was erased; those in the data folder and beside the backup"
    )
    return parser.parse_args()


# --- there ------------------------------------------------------------------------------------------


def _backup(to: Path | None) -> str:
    key = sealed.public_half()
    data = embedded.data_folder()
    elsewhere = copies.asked_for()  # before the embedded server's DATABASE_URL is in the environment
    folder = to or elsewhere or data / "backups"
    with _all_reading() as connection:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)  # a database of one's own needs none
        if folder != elsewhere:  # that one may be an empty mount point
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = dump.write(connection, to=folder, key=key, secrets=_secrets(), data=data)
    erasing.copy(data, folder)
    return f"{file} ({file.stat().st_size / 1e6:.1f} MB)"


def _make_copies() -> NoReturn:
    to = copies.asked_for()
    if not to:
        raise CannotStart("BACKUP_FOLDER is not set: name a folder on another disk.")
    embedded.load_environment()
    copies.keep_up(embedded.data_folder(), to, _secrets())


def _secrets() -> dict[str, str]:
    return {name: os.environ[name] for name in SECRETS if os.environ.get(name)}


@contextmanager
def _all_reading() -> Iterator[Connection]:
    """A connection that reads every row: to the embedded server, running or not, or DATABASE_BACKUP_URL."""
    if os.environ.get("DATABASE_URL"):
        url = os.environ.get("DATABASE_BACKUP_URL", "")
        if not url:
            raise CannotStart(
                "DATABASE_URL is set but DATABASE_BACKUP_URL is not: set it to a role that reads past row-level "
                "security, as .env.example says."
            )
        with _connect(url, "DATABASE_BACKUP_URL") as connection:
            yield connection
        return
    folder = embedded.data_folder()
    if not (folder / "postgresql").exists():
        raise CannotStart(f"There are no data in {folder}: nothing to back up before the first `make run`.")
    embedded.refuse_unfinished(folder)
    with _running(folder), embedded.superuser(folder, database=embedded.DATABASE) as connection:
        embedded.load_environment()
        yield connection


@contextmanager
def _running(folder: Path) -> Iterator[None]:
    """The embedded server: that of a `make run`, else one of our own meanwhile."""
    try:
        embedded.superuser(folder).close()
    except psycopg.OperationalError:
        with embedded.running(folder, valkey=False):
            yield
    else:
        yield


# --- and back -----------------------------------------------------------------------------------------


def _restore(asked: Path, key_file: Path, erased: Path | None) -> str:
    key = sealed.secret_half(key_file)
    folder = embedded.data_folder()
    beside = asked if asked.is_dir() else asked.parent
    lists = [erased] if erased else [one / erasing.FILE for one in (folder, beside)]
    stones = [stone for one in lists if erased or one.exists() for stone in erasing.read(one)]
    folder.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    if asked.is_dir() or copies.Copy.named(asked.name):
        return _restore_copy(asked, key, folder, stones)
    with sealed.scratch(folder) as place:
        sealed.unseal(asked, key, (dump.DUMP, dump.ENVIRONMENT), place)
        if os.environ.get("DATABASE_URL"):
            with _connect(os.environ.get("DATABASE_OWNER_URL", ""), "DATABASE_OWNER_URL") as connection:
                dump.fill(connection, place / dump.DUMP)
                kept = _keep_erased(connection, folder, stones)
            secrets = (place / dump.ENVIRONMENT).rename(folder / "restored.env")
            return f"Restored. {kept} Set what {secrets} says in .env, then remove that file."
        with embedded.running(folder, valkey=False) as servers:
            owner = servers.environment["DATABASE_OWNER_URL"]
            with _connect(owner, "DATABASE_OWNER_URL") as connection:
                dump.fill(connection, place / dump.DUMP)
                with embedded.unfinished(folder):
                    kept = _keep_erased(connection, folder, stones)
                    embedded.keep(folder, read_environment(place / dump.ENVIRONMENT))
    return f"Restored into {folder}. {kept} With AMBLE_DATA={folder} in .env `make run` goes on from there."


def _restore_copy(
    asked: Path, key: pyrage.x25519.Identity, folder: Path, stones: list[erasing.Tombstone]
) -> str:
    if os.environ.get("DATABASE_URL"):
        raise CannotStart(
            "A copy goes into the PostgreSQL that Amble brings, and DATABASE_URL is set: restore without it, then "
            "take what `make backup` makes of that to your own server. Nothing was changed."
        )
    if (folder / "postgresql").exists():
        raise CannotStart(
            f"{folder} is not empty: restore into a new folder (AMBLE_DATA). Nothing was changed."
        )
    with copies.opened(asked, key, folder) as copy:
        embedded.refuse_unreachable(folder)
        with embedded.unfinished(folder):
            embedded.adopt(folder, copy.files, copy.superuser)
            with embedded.running(folder, valkey=False) as servers:
                with embedded.superuser(folder, database=embedded.DATABASE) as connection:
                    connection.execute(f"DELETE FROM {dump.SESSIONS}")  # noqa: S608 - a name of ours
                with _connect(servers.environment["DATABASE_OWNER_URL"], "DATABASE_OWNER_URL") as connection:
                    kept = _keep_erased(connection, folder, stones)
            embedded.keep(folder, copy.values)
    when = f"{copy.taken_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"Restored into {folder}, as it was at {when}. {kept} "
        f"With AMBLE_DATA={folder} in .env `make run` goes on from there."
    )


def _keep_erased(connection: Connection, folder: Path, stones: list[erasing.Tombstone]) -> str:
    """Erase again who was erased after the backup; what was done, in a sentence."""
    if not stones:
        return "There was no list of erased patients (ERASED=file): who was erased after this backup is back."
    try:
        number = erasing.again(connection, stones)
        erasing.remember(folder, stones)
    except (CannotStart, psycopg.Error, OSError) as error:
        raise CannotStart(
            f"The backup is restored, but who was erased after it is not erased again ({error}): do not use it."
        ) from error
    return f"Erased again: {number} of {len(set(stones))} on the list."


def _connect(url: str, variable: str) -> Connection:
    try:
        return psycopg.connect(url, connect_timeout=3)
    except psycopg.Error as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise CannotStart(f"The database of {variable} cannot be used ({reason}).") from error


if __name__ == "__main__":
    sys.exit(main())
