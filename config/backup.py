"""`make backup` and `make restore`: all of Amble in one encrypted file, and back.

The file is an age archive (age-encryption.org) of a tar with `database.dump`, pg_dump's custom format, and
`environment`, the secrets without which the data are of little use. So it can be opened without Amble:

    age --decrypt -i KEY amble-2026-11-23T021500Z.tar.age | tar x && pg_restore --dbname=... database.dump

The machine that makes backups knows only the public half of the key: who steals it reads no older backup.
A module and not a management command, because settings.py can be read only when the servers are up.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj, which

import psycopg
import pyrage
from django.core.exceptions import ImproperlyConfigured
from environ import Env
from psycopg import conninfo

from config import embedded, erasing
from config.embedded import CannotStart
from config.embedded.home import read_environment
from config.embedded.postgresql import MAJOR, Connection, client_program

PROJECT = Path(__file__).resolve().parent.parent
DUMP, ENVIRONMENT = "database.dump", "environment"
# Their keys open them as long as they last: whoever reads a fresh backup could be whoever is signed in.
SESSIONS = "django_session"
SECRETS = ("SECRET_KEY", "VAPID_PRIVATE_KEY", "VAPID_SUBJECT")
# One backup may take longer than any request, and waits for no lock of a migration.
PATIENT = "-c statement_timeout=0 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0"


def main() -> int:
    """Do what the command line says; 1 and a full sentence on stderr when it cannot."""
    Env.read_env(PROJECT / ".env")
    asked = _asked()
    try:
        match asked.do:
            case "key":
                print(new_key())
            case "backup":
                print(_backup(Path(asked.to).resolve() if asked.to else None))
            case "restore":
                print(
                    _restore(Path(asked.file), Path(asked.key), Path(asked.erased) if asked.erased else None)
                )
    except (CannotStart, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="config.backup", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("key", help="a new key: its public half for .env, its secret half to keep elsewhere")
    backup = commands.add_parser("backup", help="write a backup while everything goes on")
    backup.add_argument("--to", help="the folder to write it to; backups/ in the data folder")
    restore = commands.add_parser("restore", help="fill an empty database from a backup")
    restore.add_argument("file")
    restore.add_argument("--key", required=True, help="the file with the secret half of the key")
    restore.add_argument(
        "--erased", help="the list of who was erased; those in the data folder and beside the backup"
    )
    return parser.parse_args()


def new_key() -> str:
    """A new key as the text of its file, like age-keygen's: the public half in a comment."""
    identity = pyrage.x25519.Identity.generate()
    return (
        f"# Keep this file away from the machine that makes backups: it opens all of them.\n"
        f"# BACKUP_RECIPIENT={identity.to_public()}\n{identity}"
    )


# --- there ------------------------------------------------------------------------------------------


def _backup(folder: Path | None) -> str:
    recipient = os.environ.get("BACKUP_RECIPIENT", "")
    if not recipient:
        raise CannotStart(
            "BACKUP_RECIPIENT is not set: `make backup-key` makes a key. Put its public half into .env and keep "
            "the secret half away from this machine."
        )
    folder = folder or embedded.data_folder() / "backups"
    with _all_reading() as connection:
        secrets = {name: os.environ[name] for name in SECRETS if os.environ.get(name)}
        file = write(connection, to=folder, recipient=recipient, secrets=secrets)
    if (list_of_erased := embedded.data_folder() / erasing.FILE).exists():
        erasing.remember(folder, erasing.read(list_of_erased))
    return f"{file} ({file.stat().st_size / 1e6:.1f} MB)"


def write(connection: Connection, *, to: Path, recipient: str, secrets: Mapping[str, str]) -> Path:
    """Dump the database of `connection`, whose role reads past row-level security, into a new file in `to`.

    A backup that ends early leaves no file of that name. Raises CannotStart.
    """
    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        raise CannotStart(
            f"BACKUP_RECIPIENT is not the public half of an age key ({error}): `make backup-key` makes one."
        ) from error
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=to, prefix=".making-") as scratch:
            dump, archive, part = (Path(scratch, name) for name in (DUMP, "archive.tar", "archive.age"))
            options = ("--format=custom", "--no-owner", f"--exclude-table-data={SESSIONS}", f"--file={dump}")
            _run_tool(connection, "pg_dump", *options)
            with tarfile.open(archive, "w") as tar:
                tar.add(dump, DUMP)
                _add_text(tar, ENVIRONMENT, "".join(f"{name}={value}\n" for name, value in secrets.items()))
            dump.unlink()
            pyrage.encrypt_file(str(archive), str(part), [key])
            with part.open("rb") as written:
                os.fsync(written.fileno())
            return part.rename(to / f"amble-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.tar.age")
    except OSError as error:
        raise CannotStart(
            f"The backup could not be written to {to} ({error.strerror}): make room there, or name another folder."
        ) from error


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text.encode()), 0o600
    tar.addfile(member, io.BytesIO(text.encode()))


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


def _restore(file: Path, key_file: Path, erased: Path | None) -> str:
    identity = _identity(key_file)
    folder = embedded.data_folder()
    lists = [erased] if erased else [one / erasing.FILE for one in (folder, file.parent)]
    stones = [stone for one in lists if erased or one.exists() for stone in erasing.read(one)]
    folder.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restoring-") as name:
        scratch = Path(name)
        _open(file, identity, scratch)
        if os.environ.get("DATABASE_URL"):
            with _connect(os.environ.get("DATABASE_OWNER_URL", ""), "DATABASE_OWNER_URL") as connection:
                fill(connection, scratch / DUMP)
                kept = _keep_erased(connection, folder, stones)
            secrets = (scratch / ENVIRONMENT).rename(folder / "restored.env")
            return f"Restored. {kept} Set what {secrets} says in .env, then remove that file."
        with embedded.running(folder, valkey=False) as servers:
            owner = servers.environment["DATABASE_OWNER_URL"]
            with _connect(owner, "DATABASE_OWNER_URL") as connection:
                fill(connection, scratch / DUMP)
                kept = _keep_erased(connection, folder, stones)
            embedded.keep(folder, read_environment(scratch / ENVIRONMENT))
    return f"Restored into {folder}. {kept} `make run` goes on from here."


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


def _identity(file: Path) -> pyrage.x25519.Identity:
    try:
        lines = file.read_text().splitlines()
        return pyrage.x25519.Identity.from_str(
            next(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-"))
        )
    except OSError as error:
        raise CannotStart(f"The key {file} cannot be read ({error.strerror}).") from error
    except (StopIteration, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise CannotStart(f"{file} does not hold the secret half of an age key.") from error


def _open(file: Path, identity: pyrage.x25519.Identity, scratch: Path) -> None:
    """Decrypt and unpack all of it, before the database is touched: a file cut short fails here."""
    archive = scratch / "archive.tar"
    try:
        pyrage.decrypt_file(str(file), str(archive), [identity])
        with tarfile.open(archive) as tar:
            for name in (DUMP, ENVIRONMENT):
                _unpack(tar, name, scratch / name)
    except (OSError, KeyError, tarfile.TarError, pyrage.DecryptError) as error:
        raise CannotStart(
            f"{file} cannot be restored ({error}): it is damaged, cut short, of another key, or no backup. "
            "Nothing was changed."
        ) from error
    archive.unlink()


def _unpack(tar: tarfile.TarFile, name: str, to: Path) -> None:
    """Its bytes, for nobody else to read. `extract` has no safe way before Python 3.11.4, and Debian 12 has 3.11.2."""
    packed = tar.extractfile(name)
    if packed is None:
        raise tarfile.ExtractError(f"{name} is not a file")
    to.touch(mode=0o600)
    with packed, to.open("wb") as file:
        copyfileobj(packed, file)


def fill(connection: Connection, dump: Path) -> None:
    """All of `dump`, or nothing, into the empty database of `connection`, whose role owns it. Raises CannotStart."""
    if connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").rowcount:
        raise CannotStart(
            f"The database {connection.info.dbname} is not empty: restore into an empty one. Nothing was changed."
        )
    connection.commit()
    _run_tool(connection, "pg_restore", "--no-owner", "--single-transaction", "--exit-on-error", str(dump))


# --- the tools --------------------------------------------------------------------------------------------


def _connect(url: str, variable: str) -> Connection:
    try:
        return psycopg.connect(url, connect_timeout=3)
    except psycopg.Error as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise CannotStart(f"The database of {variable} cannot be used ({reason}).") from error


def _run_tool(connection: Connection, program: str, *options: str) -> None:
    """Run a tool of the server's own major version: another one refuses, or writes what cannot be read back."""
    place = connection.info.get_parameters()
    address = conninfo.make_conninfo(**{name: place[name] for name in place if name != "options"})
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [_tool(program, connection.info.server_version // 10_000), f"--dbname={address}", *options],
        env={"PATH": os.defpath, "PGPASSWORD": connection.info.password, "PGOPTIONS": PATIENT},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise CannotStart(f"{program} failed: {reason}")


def _tool(program: str, major: int) -> Path:
    if str(major) == MAJOR:
        return client_program(program)
    places = [Path(f"/usr/lib/postgresql/{major}/bin/{program}"), Path(which(program) or "/nowhere")]
    for place in places:
        if (
            place.exists()
            and f" {major}."
            in subprocess.run(  # noqa: S603
                [place, "--version"], capture_output=True, text=True
            ).stdout
        ):
            return place
    raise CannotStart(
        f"The server is PostgreSQL {major} and there is no {program} {major}: install its client tools."
    )


if __name__ == "__main__":
    sys.exit(main())
