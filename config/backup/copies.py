"""While `make run` runs: the newest state of PostgreSQL on another disk, at most five minutes behind.

Once a day all of its files (a base backup), and every two minutes what has changed in them since (an incremental
backup, which replaces the one before it). So two files make a restore. An archive of PostgreSQL's log would need every
piece since the base, and keeps on this disk what the other one does not take, until this one is full.

The files are of one version of PostgreSQL and one kind of processor, and the last base of each of seven days is kept.
`make backup` makes what opens anywhere and lasts.
"""

import json
import os
import re
import secrets
import shutil
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn, Self

import psycopg
import pyrage

from config import embedded, erasing
from config.backup.sealed import public_half, scratch, seal, unseal
from config.backup.tools import ToolFailed, run, run_alone
from config.disk import spare
from config.embedded import CannotStart
from config.embedded.home import read_environment, write_environment
from config.embedded.postgresql import MAJOR, client_program

EVERY_SECONDS = (
    120.0  # an incremental backup may wait half a minute more until PostgreSQL has gone through its log
)
AGAIN_AFTER_SECONDS = 30.0  # when one has failed
LATE_AFTER = timedelta(minutes=5)
NEW_BASE_AFTER = timedelta(days=1)
DAYS_KEPT, INCREMENTS_KEPT = 7, 2

State = Literal["off", "on time", "late"]

# What a sealed copy holds. The password of the superuser is part of PostgreSQL's files, and so of the copy.
FILES, LOG, MANIFEST = "base.tar.gz", "pg_wal.tar.gz", "backup_manifest"
ENVIRONMENT, SUPERUSER = "environment", "superuser"

STAMP, DATE = "%Y-%m-%dT%H%M%SZ", len("2026-11-23")
_STAMP = r"\d{4}-[01]\d-[0-3]\dT[0-2]\d[0-5]\d[0-5]\dZ"
NAME = re.compile(rf"amble-([0-9a-f]{{16}})-({_STAMP})(?:\+({_STAMP}))?\.copy\.age")


class Copy(NamedTuple):
    """A file of copies. Those of one data folder (`of`) are ordered by time; `since` is "" for a base."""

    of: str
    base: str
    since: str = ""

    @classmethod
    def named(cls, name: str) -> Self | None:
        found = NAME.fullmatch(name)
        return cls(found[1], found[2], found[3] or "") if found else None

    @property
    def name(self) -> str:
        return f"amble-{self.of}-{self.base}{self.since and '+'}{self.since}.copy.age"

    @property
    def taken_at(self) -> datetime:
        return datetime.strptime(self.since or self.base, STAMP).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """What a data folder knows of its copies, in `copies/known` there. A restored folder has another `of`.

    `base` is the one to build on in the folder `to`, "" when a new one is due.
    """

    of: str
    to: str
    base: str = ""

    @classmethod
    def read(cls, data: Path) -> Self | None:
        try:
            return cls(**json.loads((data / "copies" / "known").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, data: Path) -> None:
        new = data / "copies" / "known.new"
        new.write_text(json.dumps(asdict(self)))
        new.replace(new.with_name("known"))


def asked_for() -> Path | None:
    """The folder of BACKUP_FOLDER, None without one. Raises CannotStart where no copies can be made."""
    named = os.environ.get("BACKUP_FOLDER", "")
    if not named:
        return None
    public_half()
    if os.environ.get("DATABASE_URL"):
        raise CannotStart(
            "BACKUP_FOLDER is for the PostgreSQL that Amble brings, and DATABASE_URL is set: remove BACKUP_FOLDER, and "
            "let your own server archive its log."
        )
    return Path(os.path.abspath(Path(named).expanduser()))  # asks no disk, which may hang


def state(data: Path) -> State:
    """Whether the newest copy was begun in the last five minutes."""
    if not os.environ.get("BACKUP_FOLDER"):
        return "off"
    try:
        age = time.time() - _copied(data).stat().st_mtime
    except FileNotFoundError:
        return "late"
    return "on time" if abs(age) <= LATE_AFTER.total_seconds() else "late"


def _copied(data: Path) -> Path:
    """Its time is when the newest copy began."""
    return data / "copies" / "copied"


# --- there --------------------------------------------------------------------------------------------------


def keep_up(data: Path, to: Path, values: Mapping[str, str]) -> NoReturn:
    """Make one copy after the other, until this process is ended; say why when one cannot be made."""
    key = public_half()
    while True:
        began = time.monotonic()
        try:
            print(take(data, to, key, values), flush=True)
        except Exception as error:  # whatever it is, Amble goes on, and this tries again
            print(f"No copy was made ({type(error).__name__}): {error}", flush=True)
            time.sleep(AGAIN_AFTER_SECONDS)
        else:
            time.sleep(max(0.0, began + EVERY_SECONDS - time.monotonic()))


def take(data: Path, to: Path, key: pyrage.x25519.Recipient, values: Mapping[str, str]) -> Path:
    """Copy the running server of the data folder `data` into a new file in `to`, and delete what it replaces there.

    `values` are the secrets that the data need. Raises CannotStart and OSError.
    """
    if not to.is_dir():  # and it is not made: below an empty mount point it would be on this disk
        raise CannotStart(f"There is no folder {to}: mount its disk, or make the folder.")
    began = time.time()
    (data / "copies").mkdir(mode=0o700, exist_ok=True)
    known = Known.read(data)
    if not known or known.to != str(to):
        known = Known(known.of if known else secrets.token_hex(8), str(to))
        known.write(data)
    copy = _next(known, _in(to, known.of))
    manifest = data / "copies" / f"{copy.base}.manifest"
    # Now as well, or a disk that is nearly full never takes it.
    _forget_older(to, known, days=DAYS_KEPT if copy.since else DAYS_KEPT - 1)
    with scratch(data) as folder:
        try:
            _take_files(data, folder, manifest if copy.since else None)
        except ToolFailed:
            # Whatever the base is no good for, the next copy is a whole one.
            replace(known, base="").write(data)
            raise
        if not copy.since:
            shutil.copyfile(folder / MANIFEST, manifest)
        write_environment(folder / ENVIRONMENT, values)
        shutil.copyfile(data / SUPERUSER, folder / SUPERUSER)
        seal(folder, to / copy.name, key)
    known = replace(known, base=copy.base)
    known.write(data)
    for older in set((data / "copies").glob("*.manifest")) - {manifest}:
        older.unlink()
    _forget_older(to, known, days=DAYS_KEPT)
    erasing.copy(data, to)
    _copied(data).touch(mode=0o600)
    os.utime(_copied(data), (began, began))
    return to / copy.name


def _next(known: Known, there: list[Copy]) -> Copy:
    """The copy that is due: newer than all that are there, also when this machine's clock has gone back."""
    newest = max((copy.taken_at for copy in there), default=datetime.min.replace(tzinfo=UTC))
    now = max(datetime.now(UTC), newest + timedelta(seconds=1))
    base = Copy(known.of, known.base)
    if known.base and base not in there:
        raise CannotStart(
            f"{base.name} is not in {known.to}: mount its disk. If it is gone for good, name another folder."
        )
    if known.base and now - base.taken_at < NEW_BASE_AFTER:
        return base._replace(since=f"{now:{STAMP}}")
    return Copy(known.of, f"{now:{STAMP}}")


def _take_files(data: Path, folder: Path, manifest: Path | None) -> None:
    """Pack PostgreSQL's files in `folder`: all of them, or what is no longer as in the `manifest` of a base."""
    options = ["--format=tar", "--compress=gzip:1", "--wal-method=stream", "--checkpoint=fast"]
    if manifest:
        options.append(f"--incremental={manifest}")
    try:
        with embedded.superuser(data) as connection:
            run(connection, "pg_basebackup", *options, f"--pgdata={folder}", most_bytes=spare(data) // 2)
    except psycopg.OperationalError as error:
        raise CannotStart(f"PostgreSQL does not answer ({error}).") from error


def _forget_older(to: Path, known: Known, *, days: int) -> None:
    """Keep the last base of each of so many days and the one in use, and of each what came last.

    By days: where one incremental backup after the other fails, each next copy is a base, and seven are soon made.
    """
    copies = sorted(_in(to, known.of), reverse=True)
    last = {copy.base[:DATE]: copy.base for copy in reversed(copies) if not copy.since}  # of each day
    kept: list[Copy] = []
    for base in {known.base, *sorted(last.values())[-days:]}:
        built_on = [copy for copy in copies if copy.since and copy.base == base]
        kept += [Copy(known.of, base), *built_on[:INCREMENTS_KEPT]]
    for copy in copies:
        if copy not in kept:
            (to / copy.name).unlink(missing_ok=True)
    for unfinished in to.glob(f".amble-{known.of}-*.part"):
        unfinished.unlink(missing_ok=True)


def _in(folder: Path, of: str = "") -> list[Copy]:
    found = [copy for file in folder.iterdir() if (copy := Copy.named(file.name))]
    return [copy for copy in found if of in ("", copy.of)]


# --- and back ---------------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """A copy that was unsealed: of when it is, PostgreSQL's files, the password of their superuser, the secrets."""

    taken_at: datetime
    files: Path
    superuser: str
    values: dict[str, str]


@contextmanager
def opened(asked: Path, key: pyrage.x25519.Identity, data: Path) -> Iterator[Opened]:
    """A copy, unsealed below the data folder `data` for as long as the `with` lasts.

    `asked` is one file, or a folder, of which the newest is meant. Raises CannotStart.
    """
    folder = asked if asked.is_dir() else asked.parent
    copy = _meant(asked)
    copies = [copy] if not copy.since else [copy._replace(since=""), copy]
    for each in copies:
        if not (folder / each.name).exists():
            raise CannotStart(
                f"{copy.name} goes with {each.name}, which is not beside it. Nothing was changed."
            )
    with scratch(data) as place:
        parts = [place / str(number) for number in range(len(copies))]
        for each, part in zip(copies, parts, strict=True):
            _open(folder / each.name, key, part)
        files = parts[0] / "files"
        if len(parts) > 1:
            files = place / "whole"
            run_alone(
                client_program("pg_combinebackup"),
                *(str(part / "files") for part in parts),
                f"--output={files}",
            )
        if (major := (files / "PG_VERSION").read_text().strip()) != MAJOR:
            raise CannotStart(
                f"{copy.name} is of PostgreSQL {major}, and this Amble brings {MAJOR}: restore it with the Amble that "
                "made it. Nothing was changed."
            )
        newest = parts[-1]
        yield Opened(
            copy.taken_at, files, (newest / SUPERUSER).read_text(), read_environment(newest / ENVIRONMENT)
        )


def _meant(asked: Path) -> Copy:
    there = _in(asked) if asked.is_dir() else [one for one in _in(asked.parent) if one.name == asked.name]
    if not there:
        raise CannotStart(f"There is no copy of Amble's data in {asked}. Nothing was changed.")
    there.sort(key=lambda copy: copy.taken_at)  # a base may have come and not become the one to build on
    newest = {copy.of: copy for copy in there}
    if len(newest) > 1:  # as when Amble was started anew before it was restored
        names = ", ".join(sorted(copy.name for copy in newest.values()))
        raise CannotStart(
            f"There are copies of {len(newest)} data folders in {asked}: name the file. The newest of each are "
            f"{names}. Nothing was changed."
        )
    return there[-1]


def _open(file: Path, key: pyrage.x25519.Identity, part: Path) -> None:
    part.mkdir()
    unseal(file, key, (FILES, LOG, MANIFEST, ENVIRONMENT, SUPERUSER), part)
    files = part / "files"
    try:
        _unpack(part / FILES, files)
        _unpack(part / LOG, files / "pg_wal")
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise CannotStart(
            f"{file} is sealed, but holds no files of PostgreSQL ({error}). Nothing was changed."
        ) from error
    (part / MANIFEST).rename(files / MANIFEST)


def _unpack(packed: Path, to: Path) -> None:
    """Only files and folders below `to`: whoever has the public half of the key can seal anything."""
    to.mkdir(mode=0o700, exist_ok=True)
    with tarfile.open(packed, "r:gz") as tar:
        for member in tar:
            name = Path(member.name)
            bytes_ = tar.extractfile(member) if member.isfile() else None
            if name.is_absolute() or ".." in name.parts or not (bytes_ or member.isdir()):
                raise tarfile.ExtractError(f"{member.name} is out of place")
            if bytes_ is None:
                (to / name).mkdir(mode=0o700, parents=True, exist_ok=True)
                continue
            (to / name).touch(mode=0o600)
            with bytes_, (to / name).open("wb") as file:
                shutil.copyfileobj(bytes_, file)
    packed.unlink()
