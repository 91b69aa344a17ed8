"""How fast the writes of a phone are, beside a bare Django view doing one raw INSERT, and how fast days are closed.

    python -m tests.bench [--seconds 3] [--rounds 3] [--patients 10000]
    python -m tests.bench reminders        how fast due reminders are claimed (tests/bench/reminders.py)
    python -m tests.bench delivery         how many messages leave (tests/bench/delivery.py)
    python -m tests.bench phone            how long a slow phone takes (tests/bench/phone.py)
    python -m tests.bench worklist         what the start page of staff costs (tests/bench/worklist.py)

Starts a PostgreSQL of its own (durable: every commit waits for the disk) and one web process with production
settings, plays eight phones, each of another patient, and prints the median round of each case. The cases take
turns, so that what else this machine does meets all of them. CPU is what the web process and PostgreSQL used,
not the phones. Look at CPU and at ratios: requests per second and times are of this machine, of now.
Then the days of `patients` with 90 days each are closed as a worker does it; 0 leaves that out.
Exits 1 if an answer was not the expected one, or if a row is missing or too many.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import orjson
import psutil  # type: ignore[import-untyped]
from psycopg import sql

from config import embedded
from tests.bench import delivery, phone, reminders, worklist
from tests.bench.server import WEB_THREADS, configure, cpu, prepare, web

PHONES = 8
BATCH = 50
READ = "Fatima El Amrani"


@dataclass(frozen=True, slots=True)
class Phone:
    """It writes for its own patient and reads for one whom all share, whose day stays as it is."""

    clinic: int
    patient: int
    writes_as: str
    reads_as: str


class Request(NamedTuple):
    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request, made anew each time, and the status it has to have."""

    name: str
    make: Callable[[Phone], Request]
    status: int


@dataclass(frozen=True, slots=True)
class Round:
    """What `seconds` of one case came to. Times in milliseconds, CPU in milliseconds a request."""

    answers: int
    per_second: float
    p50: float
    p99: float
    web_cpu: float
    database_cpu: float

    @property
    def cpu(self) -> float:
        return self.web_cpu + self.database_cpu


def main() -> int:
    if sys.argv[1:2] == ["reminders"]:
        return reminders.main(sys.argv[2:])
    if sys.argv[1:2] == ["delivery"]:
        return delivery.main(sys.argv[2:])
    if sys.argv[1:2] == ["phone"]:
        return phone.main(sys.argv[2:])
    if sys.argv[1:2] == ["worklist"]:
        return worklist.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patients", type=int, default=10_000, help="whose days are closed")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="amble-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to pass through here
    try:
        with embedded.running(folder, valkey=False) as servers:
            configure(servers.environment)
            phones = _seed(folder)
            database = servers.children[0].process
            assert database is not None
            with web(folder) as (process, port):
                bench = Bench(port, phones, psutil.Process(process.pid), psutil.Process(database.pid))
                rounds = bench.run(seconds=given.seconds, rounds=given.rounds)
            _show(rounds, given.seconds)
            wrong = _verify(folder, rounds, bench.unexpected)
            if given.patients:
                _close_days(folder, given.patients, psutil.Process(database.pid))
            return wrong
    finally:
        shutil.rmtree(folder)


# --- a server of our own -----------------------------------------------------------------------------


def _seed(folder: Path) -> list[Phone]:
    """The demo clinic with its diaries, the table of the bare INSERT, and a phone of each of eight patients."""
    prepare()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from accounts.access import acting_for_all
    from accounts.actions import add_device
    from config.demo import make_clinic
    from recovery.models import Patient
    from tests.bench.urls import MAKE_TABLE

    call_command("load_catalog", verbosity=0, stdout=StringIO())
    now = timezone.now()
    make_clinic(now=now)
    with embedded.superuser(folder, database=embedded.DATABASE) as owner:
        owner.execute(MAKE_TABLE)
        owner.execute(f"GRANT ALL ON bench_painentry TO {embedded.APP}")
    with acting_for_all():
        clinic, read = Patient.objects.values_list("clinic", "pk").get(name=READ)
        written = Patient.objects.exclude(pk=read).order_by("pk").values_list("pk", flat=True)[:PHONES]

        def token(pk: int) -> str:
            return add_device(user_id=pk, clinic_id=clinic, name="bench", now=now)[1]

        phones = [Phone(clinic, pk, token(pk), token(read)) for pk in written]
    connection.close()
    return phones


# --- the cases ----------------------------------------------------------------------------------------


def _pain() -> dict[str, object]:
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return {"revision": 1, "at": at, "zone": "UTC", "region": "leg", "score": 4, "asked": "now"}


def _bare(phone: Phone) -> Request:
    return Request("POST", f"/bare/{phone.clinic}/{phone.patient}", b"{}")


def _put(phone: Phone) -> Request:
    return Request("PUT", f"/api/v1/pain/{uuid4()}", orjson.dumps(_pain()))


def _sync(phone: Phone) -> Request:
    records = [{"id": str(uuid4()), "kind": "pain", **_pain()} for _ in range(BATCH)]
    return Request("POST", "/api/v1/sync", orjson.dumps({"records": records}))


def _today(phone: Phone) -> Request:
    return Request("GET", "/api/v1/today")


BARE = Case("bare INSERT", _bare, 201)
PUT = Case("PUT of one pain entry", _put, 201)
SYNC = Case(f"sync of {BATCH}", _sync, 200)
TODAY = Case("today, 200", _today, 200)
KNOWN = Case("today, 304", _today, 304)
CASES = (BARE, PUT, SYNC, TODAY, KNOWN)


@dataclass
class Bench:
    port: int
    phones: list[Phone]
    web: psutil.Process
    database: psutil.Process

    def __post_init__(self) -> None:
        self.unexpected: list[str] = []

    def run(self, *, seconds: float, rounds: int) -> dict[Case, list[Round]]:
        """A short round of each case to warm up, which counts for the rows only, then `rounds` in turns."""
        found = {case: [self._round(case, 0.5)] for case in CASES}
        for _ in range(rounds):
            for case in CASES:
                found[case].append(self._round(case, seconds))
        return found

    def _round(self, case: Case, seconds: float) -> Round:
        times: list[float] = []
        began, web, database = time.perf_counter(), cpu(self.web), cpu(self.database)
        threads = [
            threading.Thread(target=self._phone, args=(phone, case, began + seconds, times))
            for phone in self.phones
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took, answers = time.perf_counter() - began, max(len(times), 1)
        marks = statistics.quantiles(times, n=100) if len(times) > 1 else [0.0] * 99
        return Round(
            answers=len(times),
            per_second=len(times) / took,
            p50=marks[49] * 1000,
            p99=marks[98] * 1000,
            web_cpu=(cpu(self.web) - web) * 1000 / answers,
            database_cpu=(cpu(self.database) - database) * 1000 / answers,
        )

    def _phone(self, phone: Phone, case: Case, until: float, times: list[float]) -> None:
        """One phone on one connection, a request after the other. Only expected answers get a time."""
        token = phone.reads_as if case in (TODAY, KNOWN) else phone.writes_as
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            if case is KNOWN:
                connection.request("GET", "/api/v1/today", headers=headers)
                known = connection.getresponse()
                known.read()
                headers["If-None-Match"] = known.headers["ETag"]
            while time.perf_counter() < until:
                request = case.make(phone)
                began = time.perf_counter()
                connection.request(request.method, request.path, body=request.body, headers=headers)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status == case.status:
                    times.append(time.perf_counter() - began)
                else:
                    self.unexpected.append(f"{case.name}: {answer.status} {body[:200]!r}")
        except (OSError, HTTPException) as error:
            self.unexpected.append(f"{case.name}: {error!r}")
        finally:
            connection.close()


# --- what came of it -----------------------------------------------------------------------------------


def _show(rounds: dict[Case, list[Round]], seconds: float) -> None:
    counted = {case: found[1:] for case, found in rounds.items()}
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(
        f"\n{len(counted[BARE])} rounds of {seconds:g} s a case in turns, {PHONES} phones, one web process with "
        f"{WEB_THREADS} threads.\nPhones, web and PostgreSQL share {cores} cores with whatever else runs here "
        f"(load {load:.1f}): trust the ratios.\n"
    )
    print(
        f"{'':<24}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'web':>7}{'PG':>7}{'CPU / bare':>12}"
    )
    bare = _median(counted[BARE], "cpu")
    for case, found in counted.items():
        cpu = _median(found, "cpu")
        print(
            f"{case.name:<24}{_median(found, 'per_second'):>11.0f}{_median(found, 'p50'):>9.1f}"
            f"{_median(found, 'p99'):>9.1f}{cpu:>9.2f}{_median(found, 'web_cpu'):>7.2f}"
            f"{_median(found, 'database_cpu'):>7.2f}{cpu / bare:>12.2f}"
        )
    record = _median(counted[SYNC], "cpu") / BATCH
    print(f"\nOne record of a sync costs {record:.2f} ms of CPU, {record / bare:.2f} of a bare INSERT.")


def _median(rounds: list[Round], name: str) -> float:
    return float(statistics.median(getattr(one, name) for one in rounds))


def _verify(folder: Path, rounds: dict[Case, list[Round]], unexpected: list[str]) -> int:
    answers = {case: sum(one.answers for one in found) for case, found in rounds.items()}
    expected = {
        "recovery_painentry": answers[PUT] + BATCH * answers[SYNC],
        "bench_painentry": answers[BARE],
    }
    wrong = unexpected[:5]
    with embedded.superuser(folder, database=embedded.DATABASE) as connection:
        for table, rows in expected.items():
            # The demo diaries are in the zone of their clinic.
            query = sql.SQL("SELECT count(*) FROM {} WHERE zone = 'UTC'").format(sql.Identifier(table))
            found = connection.execute(query).fetchone()
            if found != (rows,):
                wrong.append(f"{table} has {found} rows, and {rows} were answered with success.")
    print(
        "\n".join(wrong)
        or f"Every row was found again: {sum(expected.values())} of {sum(expected.values())}."
    )
    return 1 if wrong else 0


def _close_days(folder: Path, patients: int, database: psutil.Process) -> None:
    from tests.bench import days

    with embedded.superuser(folder, database=embedded.DATABASE) as owner:
        days.seed(owner, patients)
    print(f"\nThe days of {patients:,} patients, {days.DAYS} each, closed by one worker.\n")
    print(f"{'':<28}{'patients/s':>11}{'statements / 1,000':>20}{'worker ms':>11}{'PG ms':>7}")
    for close in days.run(database):
        print(close, flush=True)


if __name__ == "__main__":
    sys.exit(main())
