"""While `make run` runs: the newest state of PostgreSQL on another disk, never more than five minutes behind.

Once a day all of its files (a base backup), and every two minutes what has changed in them since (an incremental
backup, which replaces the one before it). So two files make a restore. An archive of PostgreSQL's log would need every
piece since the base, and keeps on this disk what the other one does not take, until this one is full.

The files are of one version of PostgreSQL and one kind of processor, and a week of them is kept. `make backup` makes
what opens anywhere and lasts.
"""

import os
import re
import shutil
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple, NoReturn, Self

import psycopg
import pyrage

from config import embedded, erasing
from config.backup.sealed import public_half, seal, unseal
from config.backup.tools import run, run_alone
from config.disk import room
from config.embedded import CannotStart
from config.embedded.home import read_environment, write_environment
from config.embedded.postgresql import Connection, client_program

EVERY_SECONDS = 120.0
AGAIN_AFTER_SECONDS = 30.0  # when one has failed
LATE_AFTER = timedelta(minutes=5)
NEW_BASE_AFTER = timedelta(days=1)
BASES_KEPT, INCREMENTS_KEPT = 7, 2

State = Literal["off", "on time", "late"]

# What a sealed copy holds. The password of the superuser is part of PostgreSQL's files, and so of the copy.
FILES, MANIFEST, ENVIRONMENT, SUPERUSER = "base.tar.gz", "backup_manifest", "environment", "superuser"
COPIED = "copied"  # in the data folder: its time is when the newest copy began
SCRATCH = ".copying-"

STAMP = "%Y-%m-%dT%H%M%SZ"
NAME = re.compile(
    r"amble-(?P<cluster>[0-9a-f]{16})-(?P<base>[0-9TZ-]+?)(?:\+(?P<since>[0-9TZ-]+))?\.copy\.age"
)


class Copy(NamedTuple):
    """A file of copies. Those of one `cluster`, PostgreSQL's identifier of its files, are ordered by time.

    `since` is "" for a base.
    """

    cluster: str
    base: str
    since: str
    file: Path

    @classmethod
    def of(cls, file: Path) -> Self | None:
        found = NAME.fullmatch(file.name)
        return cls(found["cluster"], found["base"], found["since"] or "", file) if found else None

    @classmethod
    def name(cls, cluster: str, base: str, since: str = "") -> str:
        return f"amble-{cluster}-{base}{since and '+'}{since}.copy.age"

    @property
    def taken_at(self) -> datetime:
        return datetime.strptime(self.since or self.base, STAMP).replace(tzinfo=UTC)


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
    return Path(named).expanduser().resolve()


def state(data: Path) -> State:
    """Whether the newest copy is at most five minutes old."""
    if not os.environ.get("BACKUP_FOLDER"):
        return "off"
    try:
        age = time.time() - (data / COPIED).stat().st_mtime
    except FileNotFoundError:
        return "late"
    return "on time" if age <= LATE_AFTER.total_seconds() else "late"


# --- there --------------------------------------------------------------------------------------------------


def keep_up(data: Path, to: Path, secrets: Mapping[str, str]) -> NoReturn:
    """Make one copy after the other, until this process is ended; say why when one cannot be made."""
    key = public_half()
    for unfinished in data.glob(f"{SCRATCH}*"):  # of a process that was killed
        shutil.rmtree(unfinished)
    while True:
        began = time.time()
        try:
            print(take(data, to, key, secrets), flush=True)
        except Exception as error:  # whatever it is, Amble goes on, and this tries again
            print(f"No copy was made ({type(error).__name__}): {error}", flush=True)
            time.sleep(AGAIN_AFTER_SECONDS)
        else:
            time.sleep(max(0.0, began + EVERY_SECONDS - time.time()))


def take(data: Path, to: Path, key: pyrage.x25519.Recipient, secrets: Mapping[str, str]) -> Path:
    """Copy the running server of the data folder `data` into a new file in `to`, and delete what it replaces there.

    Raises CannotStart and OSError.
    """
    if room(data) in ("very low", "none"):
        raise CannotStart(f"The disk of {data} has no room to prepare one: make some.")
    if not to.is_dir():  # and is not made: below an empty mount point it would be on this disk
        raise CannotStart(f"There is no folder {to}: mount its disk, or make the folder.")
    now = datetime.now(UTC)
    stamp = f"{now:{STAMP}}"
    with TemporaryDirectory(dir=data, prefix=SCRATCH) as name, _superuser(data) as connection:
        folder = Path(name)
        cluster = _cluster(connection)
        base = _to_build_on(data, to, cluster, now)
        _take_files(connection, folder, _manifest(data, base) if base else None)
        manifest = (folder / MANIFEST).read_bytes()
        write_environment(folder / ENVIRONMENT, secrets)
        shutil.copyfile(data / SUPERUSER, folder / SUPERUSER)
        file = to / (Copy.name(cluster, base, stamp) if base else Copy.name(cluster, stamp))
        seal(folder, file, key)
    if not base:
        _forget_bases(data)
        _manifest(data, stamp).write_bytes(manifest)
    erasing.copy(data, to)
    _forget_older(to, cluster)
    (data / COPIED).touch(mode=0o600)
    os.utime(data / COPIED, (now.timestamp(), now.timestamp()))
    return file


@contextmanager
def _superuser(data: Path) -> Iterator[Connection]:
    try:
        connection = embedded.superuser(data)
    except psycopg.OperationalError as error:
        raise CannotStart(f"PostgreSQL does not answer ({error}).") from error
    with connection:
        yield connection


def _cluster(connection: Connection) -> str:
    row = connection.execute("SELECT to_hex(system_identifier) FROM pg_control_system()").fetchone()
    return str(row[0]).rjust(16, "0") if row else ""


def _to_build_on(data: Path, to: Path, cluster: str, now: datetime) -> str:
    """The stamp of a base that is there, known here and of the last day; "" when a new one is due."""
    usable = (
        copy.base
        for copy in _in(to, cluster)
        if not copy.since
        and timedelta(0) <= now - copy.taken_at < NEW_BASE_AFTER
        and _manifest(data, copy.base).exists()
    )
    return max(usable, default="")


def _manifest(data: Path, base: str) -> Path:
    """Of a base: with it PostgreSQL finds what has changed since."""
    return data / f"base-{base}.manifest"


def _forget_bases(data: Path) -> None:
    for manifest in data.glob("base-*.manifest"):
        manifest.unlink()


def _take_files(connection: Connection, folder: Path, manifest: Path | None) -> None:
    options = ["--format=tar", "--gzip", "--wal-method=fetch", "--checkpoint=fast", f"--pgdata={folder}"]
    if not manifest:
        return run(connection, "pg_basebackup", *options)
    try:
        run(connection, "pg_basebackup", *options, f"--incremental={manifest}")
    except CannotStart:
        manifest.unlink()  # whatever it is no good for, the next copy is a whole one
        raise


def _forget_older(to: Path, cluster: str) -> None:
    """Keep the bases of a week, and of each what came last."""
    copies = sorted(_in(to, cluster), reverse=True)
    bases = [copy for copy in copies if not copy.since][:BASES_KEPT]
    kept = {*bases}
    for base in bases:
        kept |= {*[copy for copy in copies if copy.since and copy.base == base.base][:INCREMENTS_KEPT]}
    for copy in copies:
        if copy not in kept:
            copy.file.unlink()
    for unfinished in to.glob(f".amble-{cluster}-*.part"):
        unfinished.unlink()


def _in(folder: Path, cluster: str = "") -> list[Copy]:
    found = [copy for file in folder.glob("amble-*.copy.age") if (copy := Copy.of(file))]
    return [copy for copy in found if cluster in ("", copy.cluster)]


# --- and back ---------------------------------------------------------------------------------------------------


def put_back(asked: Path, key: pyrage.x25519.Identity, data: Path) -> tuple[datetime, dict[str, str]]:
    """Put a copy where the server of the new data folder `data` finds its files; of when it is, and its secrets.

    `asked` is one file, or a folder, of which the newest is meant. Raises CannotStart, and then nothing is there.
    """
    if (data / "postgresql").exists():
        raise CannotStart(
            f"{data} is not empty: restore into a new folder (AMBLE_DATA). Nothing was changed."
        )
    meant = _meant(asked)
    files = _with_its_base(meant)
    with TemporaryDirectory(dir=data, prefix=".restoring-") as name:
        scratch = Path(name)
        parts = [scratch / str(number) for number in range(len(files))]
        for file, part in zip(files, parts, strict=True):
            _open(file, key, part)
        whole = parts[0] / "files"
        if len(parts) > 1:
            combine = client_program("pg_combinebackup")
            whole = scratch / "whole"
            run_alone(combine, *(str(part / "files") for part in parts), f"--output={whole}")
        embedded.adopt(data, whole, (parts[-1] / SUPERUSER).read_text())
        return meant.taken_at, read_environment(parts[-1] / ENVIRONMENT)


def _meant(asked: Path) -> Copy:
    copies = _in(asked if asked.is_dir() else asked.parent)
    found = [copy for copy in copies if asked.is_dir() or copy.file.name == asked.name]
    if not found:
        raise CannotStart(f"There is no copy of Amble's data in {asked}. Nothing was changed.")
    newest = {copy.cluster: str(copy.file) for copy in sorted(found)}
    if len(newest) > 1:  # as when Amble was started anew before it was restored
        raise CannotStart(
            f"There are copies of {len(newest)} databases in {asked}: name the file. The newest of each are "
            f"{', '.join(newest.values())}. Nothing was changed."
        )
    return max(found)


def _with_its_base(copy: Copy) -> list[Path]:
    if not copy.since:
        return [copy.file]
    base = copy.file.with_name(Copy.name(copy.cluster, copy.base))
    if not base.exists():
        raise CannotStart(f"{copy.file} goes with {base.name}, which is not beside it. Nothing was changed.")
    return [base, copy.file]


def _open(file: Path, key: pyrage.x25519.Identity, part: Path) -> None:
    part.mkdir()
    unseal(file, key, (FILES, MANIFEST, ENVIRONMENT, SUPERUSER), part)
    files = part / "files"
    files.mkdir(mode=0o700)
    try:
        with tarfile.open(part / FILES, "r|gz") as tar:
            for member in tar:
                _unpack(tar, member, files)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise CannotStart(f"{file} is sealed, but holds no files of PostgreSQL ({error}).") from error
    (part / FILES).unlink()
    (part / MANIFEST).rename(files / MANIFEST)


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    """Only files and folders below `to`: whoever has the public half of the key can seal anything."""
    name = Path(member.name)
    packed = tar.extractfile(member) if member.isfile() else None
    if name.is_absolute() or ".." in name.parts or not (packed or member.isdir()):
        raise tarfile.ExtractError(f"{member.name} is out of place")
    if packed is None:
        (to / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    (to / name).touch(mode=0o600)
    with packed, (to / name).open("wb") as file:
        shutil.copyfileobj(packed, file)
