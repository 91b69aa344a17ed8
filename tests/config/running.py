"""A running `python -m config.up` and its parts, its own commands, and phones of the clinic in its data folder."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from random import Random
from threading import Event

import redis

from config import embedded
from config.embedded.home import read_environment
from tests.faults.phones import Phone, Record, pain

PROJECT = Path(__file__).resolve().parents[2]
# Empty is unset, also for a developer's .env.
UNSET = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL"), "")
# The folder says the secrets, not the test run.
OWN = {"SECRET_KEY": "", "VAPID_PRIVATE_KEY": "", "AMBLE_ROLE": "app", "PUBLIC_URL": "http://localhost"}

# What the database is, beside its rows: the walls, the triggers, who may do what, and where counting goes on.
WALLS = {
    "policies": "SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies",
    "row-level security": "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
    " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT pg_get_functiondef(oid) FROM pg_proc"
    " WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'",
    # By name: PostgreSQL words an expression that it has read again a little otherwise.
    "constraints": "SELECT conrelid::regclass::text, conname, contype, convalidated FROM pg_constraint",
    "indexes": "SELECT indexrelid::regclass::text, indisunique, indisvalid, indpred IS NULL FROM pg_index"
    " WHERE indexrelid::regclass::text NOT LIKE 'pg_toast%'",
    "grants": "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants"
    " WHERE grantee LIKE 'amble%'",
    "sequences": "SELECT sequencename, last_value FROM pg_sequences",
}

PARTS = (
    "postgres -D",
    "valkey-server",
    "granian",
    "celery -A config worker",
    "celery -A config beat",
    "watch",
    "erase_expired",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    given = {"PATH": os.environ["PATH"], "DEBUG": "true", "SECRET_KEY": "s" * 60, "LOG_LEVEL": "INFO"}
    return given | UNSET | {"AMBLE_DATA": str(folder), "PORT": str(port)} | more


def wait_until(happens: Callable[[], object], seconds: float = 60) -> float:
    """How long it took, in seconds."""
    start = time.monotonic()
    while not happens():
        assert time.monotonic() < start + seconds, "waited in vain"
        time.sleep(0.1)
    return time.monotonic() - start


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descendants(pid: int) -> dict[int, str]:
    """The processes below `pid` and how they were called."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name, which stands in brackets and may hold anything: state, parent.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    below, found = {pid}, set()
    while below:
        below = {child for child, parent in parents.items() if parent in below}
        found |= below
    return {child: command_of(child) for child in found}


class Amble:
    """A running `python -m config.up`."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self.port = folder, free_port()
        self.screen = folder.with_name("screen")
        with self.screen.open("w") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.up"],
                env=environment(folder, self.port, **more),
                cwd=PROJECT,
                stdout=screen,
                stderr=subprocess.STDOUT,
                # A run in the background, as CI may be, ignores Ctrl-C and would hand that down.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )

    def wait_for_the_screen(self) -> None:
        self.started_in = wait_until(lambda: self.is_up or self.process.poll() is not None, 100)
        assert self.is_up, self.screen.read_text()

    @property
    def is_up(self) -> bool:
        return "Ctrl-C" in self.screen.read_text()

    @property
    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(read_environment(self.folder / "environment")["REDIS_URL"])

    def status(self, path: str = "/api/docs/") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def part(self, name: str) -> int:
        """The process of that name which this one started itself."""
        return min(
            (pid for pid, called in descendants(self.process.pid).items() if name in called), default=0
        )

    def has_another(self, part: str, old: int) -> bool:
        return self.part(part) not in (0, old)

    def end(self, signum: signal.Signals) -> dict[int, str]:
        """End it and wait until nothing of it is left; what there was before."""
        wait_until(lambda: all(self.part(part) for part in PARTS))  # proof that there was something to end
        before = descendants(self.process.pid)
        self.process.send_signal(signum)
        self.process.wait(30)
        wait_until(lambda: not any(command_of(pid) == called for pid, called in before.items()), 30)
        return before


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Amble]:
    amble = Amble(folder, **more)
    try:
        amble.wait_for_the_screen()
        yield amble
    finally:
        if amble.process.poll() is None:
            amble.process.terminate()
            amble.process.wait(30)


def run(*command: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=os.environ | UNSET | OWN | {"AMBLE_DATA": str(data)} | environment,
        capture_output=True,
        text=True,
        timeout=110,
    )


def refusal(folder: Path, **more: str) -> str:
    """The one sentence with which it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "config.up"],
        env=environment(folder, free_port(), **more),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def backup(do: str, *options: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "config.backup", do, *options, data=data, **environment)


@contextmanager
def everything(data: Path) -> Iterator[dict[str, object]]:
    """What lies in the database of a data folder: rows by table, as their hashes in order, and the walls."""
    with embedded.superuser(data, database=embedded.DATABASE) as connection:
        tables = [
            str(name)
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        rows = {
            table: connection.execute(
                f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM {table} t"  # noqa: S608
            ).fetchone()
            for table in tables
        }
        yield rows | {name: sorted(map(str, connection.execute(asked))) for name, asked in WALLS.items()}


def signed_in(folder: Path, count: int) -> list[str]:
    """Tokens of new phones of the demo clinic's patients."""
    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    with embedded.superuser(folder, database=embedded.DATABASE) as connection:
        patients = connection.execute("SELECT user_id, clinic_id FROM recovery_patient ORDER BY 1").fetchall()
        for token, (user, clinic) in zip(tokens, cycle(patients[: count // 2]), strict=False):
            connection.execute(
                "INSERT INTO accounts_device (user_id, clinic_id, name, token_digest, created_at, last_used_on)"
                " VALUES (%s, %s, 'phone', %s, now(), now())",
                [user, clinic, sha256(token.encode()).digest()],
            )
    return tokens


def write(phone: Phone, over: Event, seed: int) -> list[Record]:
    """One rating by itself, then some by sync, and now and then what was answered already; all it ever wrote."""
    random = Random(seed)  # noqa: S311 (the same each time)
    written: list[Record] = []
    while not over.is_set():
        one = pain(random)
        phone.put(one, until=over.is_set)
        some = [pain(random) for _ in range(random.randint(1, 6))]
        again = random.sample(written, min(len(written), 1))
        phone.outbox += some + again
        phone.send(until=over.is_set)
        written += [one, *some]
        time.sleep(0.02)
    phone.close()
    return written
