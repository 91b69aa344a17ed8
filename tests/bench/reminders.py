"""How fast the reminders of a peak minute are claimed and sent, beside a raw SQL loop and Celery's empty tasks.

    python -m tests.bench reminders [--due 20000] [--rounds 3] [--messages 4000]

Starts a PostgreSQL of its own (durable) and a Valkey, fills it with 100,000 reminders and then with 1,000,000, of
which the same number is due, and lets four things take turns: a bare loop that claims the rows by SKIP LOCKED and
moves them a day on; the same loop that also writes a row of the ledger; the planner's claim, which moves each on its
patient's own clock; and the whole planner, which also looks at what each patient did before it writes. Then messages
go the whole way to a push receiver (see delivery), beside all these rows. Look at CPU and at ratios: the wall clock is
of this machine, of now. Exits 1 if a reminder was lost, planned twice or sent twice.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from config import embedded
from tests.bench.delivery import Way, floors, people, receiver, set_up_push
from tests.bench.server import PROJECT, configure, cpu, prepare

SIZES = (100_000, 1_000_000)
REMINDERS_EACH = 4  # of one patient: diary, exercise, walk, weekly check
FIRST = 1000  # number of the patients that are filled in; those with a phone come before
BATCH = 1000
NO_OPS = 2000
PEAK = datetime(2026, 6, 10, 18, tzinfo=UTC)  # 20:00 in Berlin

CLAIM = """
    WITH due AS (SELECT id FROM notifications_reminder WHERE enabled AND next_due_at <= %(now)s
        ORDER BY next_due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    UPDATE notifications_reminder r SET next_due_at = r.next_due_at + interval '1 day' FROM due WHERE r.id = due.id
"""
CLAIM_AND_WRITE = f"""
    WITH marked AS ({CLAIM} RETURNING r.*)
    INSERT INTO notifications_notification (clinic_id, recipient_id, patient_id, kind, local_date, slot, due_at,
        expires_at, next_attempt_at, state, attempts, channel, error)
    SELECT clinic_id, patient_id, patient_id, kind, %(now)s::date, '20:00', %(now)s, %(now)s, %(now)s, 'pending',
        0, '', ''
    FROM marked
"""  # noqa: S608 (made of the text above)

# Every patient has an open episode, a plan of two lines, a diary entry of yesterday and two messages behind them.
FILL = """
    INSERT INTO accounts_user (id, password, name, is_active) SELECT n, '', '', true
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;
    INSERT INTO recovery_patient (user_id, clinic_id, name, birth_year, email, time_zone, language, version,
            added_by_id, added_at)
        SELECT n, %(clinic)s, 'P' || n, 1980, '', 'Europe/Berlin', 'en', 0, %(clinic)s, %(day)s - interval '20 days'
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;
    INSERT INTO recovery_episode (id, clinic_id, patient_id, onset_on, side, region, exclusions_cleared, started_on,
            opened_by_id, opened_at, ended_because)
        SELECT n, %(clinic)s, n, %(day)s::date - 60, 'left', 'leg', '{}', %(day)s::date - 20, %(clinic)s, %(day)s, ''
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;
    INSERT INTO recovery_plan (id, clinic_id, patient_id, episode_id, number, starts_on, note, by_itself,
            published_by_id, published_at)
        SELECT n, %(clinic)s, n, n, 1, %(day)s::date - 20, '', false, %(clinic)s, %(day)s
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;
    INSERT INTO recovery_prescription (clinic_id, patient_id, plan_id, position, exercise_id, dosage_values, weekdays,
            side, note)
        SELECT %(clinic)s, n, n, line, %(exercise)s, '{"repetitions": 10, "times_per_day": 2}', '{}', '', ''
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n, generate_series(1, 2) AS line;
    INSERT INTO recovery_painentry (clinic_id, patient_id, client_uuid, revision, withdrawn, conflicted, happened_at,
            utc_offset_minutes, zone, "on", clock_suspect, body, received_at, region, score, asked, about_on, late)
        SELECT %(clinic)s, n, gen_random_uuid(), 1, false, false, %(day)s - interval '1 day', 120, '',
            %(day)s::date - 1, false, '{}', %(day)s, 'leg', 4, 'last_24_hours', %(day)s::date - 1, false
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;
    INSERT INTO notifications_messagepreferences (patient_id, clinic_id, quiet_start, quiet_end, channels, heard_at,
            silence_is_told)
        SELECT n, %(clinic)s, '21:00', '07:00', '{webpush,email}', %(day)s - interval '1 day', true
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;
    INSERT INTO notifications_reminder (clinic_id, patient_id, kind, times, weekdays, enabled, next_due_at)
        SELECT %(clinic)s, n, kind, ARRAY[at]::time[], '{1,2,3,4,5,6,7}', true,
            %(day)s + interval '1 day' + n %% 1000 * interval '1 second'
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
            unnest(ARRAY['diary', 'exercise', 'walk', 'weekly_check'], ARRAY['20:00', '20:00', '09:00', '12:00'])
            AS of_one (kind, at);
    INSERT INTO notifications_notification (clinic_id, recipient_id, patient_id, kind, local_date, slot, due_at,
            expires_at, next_attempt_at, state, sent_at, attempts, channel, error)
        SELECT %(clinic)s, n, n, 'diary', %(day)s::date - ago, '20:00', at, at, at, 'sent', at, 1, 'webpush', ''
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n, generate_series(1, 2) AS ago,
            LATERAL (SELECT %(day)s - ago * interval '1 day' AS at) AS sent;
"""
MAKE_DUE = """
    UPDATE notifications_reminder SET next_due_at = %(day)s + interval '1 day'
    WHERE next_due_at < %(day)s + interval '1 day';
    UPDATE notifications_reminder SET next_due_at = %(day)s
    WHERE id IN (SELECT id FROM notifications_reminder WHERE kind IN ('diary', 'exercise')
        ORDER BY patient_id LIMIT %(due)s);
"""


@dataclass(frozen=True, slots=True)
class Round:
    """All due reminders claimed once: seconds, and the CPU of ours and of PostgreSQL together."""

    seconds: float
    cpu: float


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench reminders")
    parser.add_argument("--due", type=int, default=20_000, help="reminders of the peak minute")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=4000, help="that go the whole way in each round")
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="amble-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to pass through here
    try:
        with embedded.running(folder) as servers, receiver() as port:
            configure(servers.environment)
            set_up_push(port)
            prepare()
            process = servers.children[0].process
            assert process is not None
            postgres = psutil.Process(process.pid)
            bench, way = Bench(folder, postgres, given.due), Way(port, people(port), postgres)
            cost: dict[int, float] = {}
            for size in SIZES:
                bench.fill(size)
                rounds = bench.run(given.rounds)
                bench.show(size, rounds)
                cost[size] = statistics.median(one.cpu for one in rounds["the whole planner"]) / given.due
                bench.forget_the_peak()
                print("\nThe whole way: claimed, rendered, encrypted, sent to a push receiver, written down.")
                for senders in (1, os.cpu_count() or 1):
                    print(f"  {way.go(senders=senders, messages=given.messages)}")
                print(f"  Celery runs {no_ops(folder):.0f} empty tasks a second on two worker processes.")
            few, many = SIZES
            print(f"\nA due reminder among {many:,} costs {cost[many] / cost[few]:.2f} of one among {few:,}.")
            print(floors(port))
            wrong = bench.wrong + way.wrong
            print("\n".join(wrong) or "No reminder was lost, and none was planned or sent twice.")
            return 1 if wrong else 0
    finally:
        shutil.rmtree(folder)


class Bench:
    def __init__(self, folder: Path, postgres: psutil.Process, due: int) -> None:
        self.folder, self.postgres, self.due = folder, postgres, due
        self.wrong: list[str] = []
        self.patients = 0
        from accounts.models import Clinic, User
        from tests import people

        self.clinic = Clinic.objects.create(
            pk=FIRST - 1, name="Bench", time_zone="Europe/Berlin", created_at=PEAK
        ).pk
        User.objects.create(pk=self.clinic, name="Therapist", email=None)
        self.exercise = people.exercise().pk

    def owner(self) -> Any:
        return embedded.superuser(self.folder, database=embedded.DATABASE)

    def fill(self, size: int) -> None:
        """Grow the tables to `size` reminders."""
        first, self.patients = self.patients + FIRST, size // REMINDERS_EACH
        values = {"clinic": self.clinic, "exercise": self.exercise, "day": PEAK}
        with self.owner() as owner:
            for statement in FILL.split(";\n"):
                if statement.strip():
                    owner.execute(statement, values | {"first": first, "last": self.patients + FIRST - 1})

    def run(self, rounds: int) -> dict[str, list[Round]]:
        """Each once to warm up, then `rounds` in turns."""
        from notifications import planner

        contestants: dict[str, Callable[[], int]] = {
            "raw claim and mark": lambda: self.loop(CLAIM),
            "raw claim, mark and ledger": lambda: self.loop(CLAIM_AND_WRITE),
            "our claim and reschedule": self.claim,
            "the whole planner": lambda: planner.plan(now=PEAK),
        }
        found: dict[str, list[Round]] = {name: [] for name in contestants}
        for number in range(rounds + 1):
            for name, claim in contestants.items():
                one = self.round(name, claim)
                if number:
                    found[name].append(one)
        return found

    def forget_the_peak(self) -> None:
        with self.owner() as owner:
            owner.execute("DELETE FROM notifications_notification WHERE due_at = %s", [PEAK])

    def round(self, name: str, claim: Callable[[], int]) -> Round:
        self.forget_the_peak()
        with self.owner() as owner:
            for statement in MAKE_DUE.split(";\n"):
                if statement.strip():
                    owner.execute(statement, {"day": PEAK, "due": self.due})
            owner.autocommit = True
            owner.execute("VACUUM ANALYZE")
            owner.execute("CHECKPOINT")
        began, before = time.perf_counter(), cpu(self.postgres) + time.process_time()
        claimed = claim()
        took, used = time.perf_counter() - began, cpu(self.postgres) + time.process_time() - before
        self.check(name, claimed)
        return Round(took, used)

    def loop(self, statement: str) -> int:
        """A thousand rows a transaction, as the app role, until none is due."""
        from django.db import connection

        from accounts.access import acting_for_all

        total = 0
        while True:
            with acting_for_all(), connection.cursor() as cursor:
                cursor.execute(statement, {"now": PEAK, "batch": BATCH})
                if not cursor.rowcount:
                    return total
                total += cursor.rowcount

    def claim(self) -> int:
        """The planner's own claim, with its rules on the patients' clocks, without what it then looks at and writes."""
        from django.db import connection

        from accounts.access import acting_for_all
        from notifications import planner

        total = 0
        while True:
            with acting_for_all(), connection.cursor() as cursor:
                claimed = planner.claim(cursor, now=PEAK)
                if claimed is None:
                    return total
                planner.reschedule(cursor, claimed)
                total += len(claimed)

    def check(self, name: str, claimed: int) -> None:
        with self.owner() as owner:
            (left,) = owner.execute(
                "SELECT count(*) FROM notifications_reminder WHERE next_due_at <= %s", [PEAK]
            ).fetchone()
            (rows,) = owner.execute(
                "SELECT count(*) FROM notifications_notification WHERE due_at = %s", [PEAK]
            ).fetchone()
        expected = 0 if name in ("raw claim and mark", "our claim and reschedule") else self.due
        if (claimed, left, rows) != (self.due, 0, expected):
            self.wrong.append(
                f"{name}: {claimed} of {self.due} claimed, {left} left, {rows} rows in the ledger."
            )

    def show(self, size: int, rounds: dict[str, list[Round]]) -> None:
        print(
            f"\n{size:,} reminders of {self.patients:,} patients, {self.due:,} of them due, median of "
            f"{len(rounds['the whole planner'])} rounds (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)\n"
        )
        print(f"{'':<28}{'seconds':>9}{'rows/s':>9}{'of raw':>8}{'CPU us a row':>14}{'CPU of raw':>12}")
        raw = rounds["raw claim and mark"]
        for name, found in rounds.items():
            seconds = statistics.median(one.seconds for one in found)
            used = statistics.median(one.cpu for one in found)
            # In pairs, which met the same other work on this machine.
            speed = statistics.median(r.seconds / one.seconds for r, one in zip(raw, found, strict=True))
            cost = statistics.median(one.cpu / max(r.cpu, 0.01) for r, one in zip(raw, found, strict=True))
            print(
                f"{name:<28}{seconds:>9.2f}{self.due / seconds:>9.0f}{speed:>8.2f}"
                f"{used / self.due * 1e6:>14.0f}{cost:>12.2f}"
            )


def no_ops(folder: Path) -> float:
    """Empty tasks a second, from the first that ran to the last, by a worker that was there before them."""
    from django.conf import settings
    from redis import Redis

    from tests.bench.empty import DONE, empty

    redis = Redis.from_url(settings.REDIS_URL, socket_timeout=None)  # it waits for the worker to start
    command = [sys.executable, "-m", "celery", "-A", "tests.bench.empty", "worker", "--concurrency", "2"]
    with (folder / "logs" / "celery.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
        try:
            empty.delay(last=True)
            if redis.blpop([DONE], timeout=60) is None:
                raise SystemExit("The Celery worker does not start.")
            began = time.perf_counter()
            for n in range(NO_OPS):
                empty.delay(last=n == NO_OPS - 1)
            if redis.blpop([DONE], timeout=120) is None:
                raise SystemExit("The Celery worker stopped.")
            return NO_OPS / (time.perf_counter() - began)
        finally:
            worker.terminate()
            worker.wait(30)
