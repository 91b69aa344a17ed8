"""What the start page of staff costs, beside the bare SQL that fetches what it shows.

    python -m tests.bench worklist [--patients 200 2000 20000] [--days 14] [--pages 100]

Starts a PostgreSQL of its own and a web process with production settings. Each size is a clinic of its own in one
database: patients with a diary of `days` days, of whom some have a red flag, are worse, silent, waiting for an
answer or due for a review; the middle size once more with a diary of ninety days. A clinician, who sees everybody,
and a therapist of sixty ask for the page in turns, one request after the other.

Database time is what the page waits for PostgreSQL, the round trips included, as its statements see it in this
process; the bare SQL is hand-written, without row-level security, on the connection of a superuser. The two take turns,
so that what else this machine does meets both; each figure is the median. CPU is what the web process and PostgreSQL
used for a page. Exits 1 when an answer is not a full page, or a page takes more than eight statements.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil  # type: ignore[import-untyped]

from config import embedded
from tests.bench.server import configure, cpu, prepare, web

if TYPE_CHECKING:
    from psycopg import Connection

    from tests.people import Person

MOST_STATEMENTS = 8
PAGE = 51  # rows, the one that says whether there are more included
LONG_DIARY = 90
IN_CARE = 60  # of one therapist
WARM_UP = 10  # pages that nothing is measured of

# Of a hundred patients one has a red flag, some are worse, slow or silent; an eighth has written, or a review is due.
SPREAD = """
    UPDATE recovery_progress g SET
        status = s.status, rule = s.rule, numbers = s.numbers::jsonb, unread = g.patient_id / {stride} %% 8 = 1,
        review_due_on = CASE WHEN g.patient_id / {stride} %% 8 = 2 THEN date '2026-06-01' END,
        weeks = '[[1, 6.5], [2, 6.25], [3, 5.5], [4, null], [5, 5.0], [6, 4.75], [7, 4.5], [8, 4.25]]',
        last_entry_at = now(), waits_since = now() - g.patient_id / {stride} * interval '1 minute'
    FROM (VALUES (0, 1, 'alert', 'alert.red_flag', '{{}}'), (1, 4, 'worse', 'worse.recent', '{{}}'),
        (4, 12, 'review', 'review.week_4', '{{"week": 8}}'),
        (12, 22, 'no_data', 'no_data.silent', '{{"silent_days": 9}}'),
        (22, 40, 'watch', 'watch.above_band', '{{"week": 8}}'), (40, 100, 'on_track', 'on_track.in_band', '{{}}')
    ) AS s (least, below, status, rule, numbers)
    WHERE g.clinic_id = %s AND g.patient_id / {stride} %% 100 >= s.least AND g.patient_id / {stride} %% 100 < s.below
"""
FLAGS = """
    INSERT INTO recovery_redflag (clinic_id, patient_id, episode_id, rule, answer, tier, about_on, raised_at, raised_on,
        closed_because)
    SELECT clinic_id, patient_id, episode_id, 'foot_drop', 'yes', 'B', date '2026-06-01', waits_since,
        date '2026-06-01', ''
    FROM recovery_progress WHERE clinic_id = %s AND status = 'alert'
"""

# A therapist has so many patients, however large the clinic.
HAND_OVER = "DELETE FROM recovery_careteammember WHERE clinic_id = %s AND patient_id > %s"

BARE_ROWS = """
    SELECT g.patient_id, g.*, p.name, p.time_zone, e.region, e.onset_on, e.started_on FROM recovery_progress g
    JOIN recovery_patient p ON p.user_id = g.patient_id JOIN recovery_episode e ON e.id = g.episode_id
    WHERE g.clinic_id = %s AND NOT g.ended ORDER BY g.need, g.waits_since, g.episode_id LIMIT 51
"""
BARE_FLAGS = """
    SELECT f.*, p.name FROM recovery_redflag f JOIN recovery_patient p ON p.user_id = f.patient_id
    WHERE f.clinic_id = %s AND f.closed_at IS NULL AND f.patient_id = ANY(%s) ORDER BY f.tier, f.raised_at
"""
# Each number of the page, counted to a thousand as the page does.
COUNTED = (
    *(f"recovery_progress WHERE clinic_id = %(clinic)s AND NOT ended AND need = {need}" for need in range(9)),
    "recovery_progress WHERE clinic_id = %(clinic)s AND NOT ended",
    "recovery_redflag WHERE clinic_id = %(clinic)s AND closed_at IS NULL",
    "recovery_message WHERE clinic_id = %(clinic)s AND read_at IS NULL AND NOT private AND NOT withdrawn",
    "recovery_review WHERE clinic_id = %(clinic)s AND answered_by_id IS NULL AND lapsed_at IS NULL",
    "recovery_task WHERE clinic_id = %(clinic)s AND done_at IS NULL",
    "recovery_proposal WHERE clinic_id = %(clinic)s AND state = 'open'",
)
_COUNTS = ", ".join(f"(SELECT count(*) FROM (SELECT FROM {one} LIMIT 1000) x)" for one in COUNTED)  # noqa: S608
BARE_COUNTS = f"SELECT {_COUNTS}"


class Seeded(NamedTuple):
    patients: int
    days: int
    clinic: int
    staff: "dict[str, Person]"


class Cost(NamedTuple):
    """Of one page. Times and CPU in milliseconds."""

    statements: int
    bare: float
    database: float
    web_cpu: float
    database_cpu: float


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench worklist")
    parser.add_argument("--patients", type=int, nargs="+", default=[200, 2_000, 20_000])
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--pages", type=int, default=100, help="of each kind of staff at each size")
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="amble-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to pass through here
    try:
        with embedded.running(folder, valkey=False) as servers:
            configure(servers.environment)
            database = servers.children[0].process
            assert database is not None
            with embedded.superuser(folder, database=embedded.DATABASE) as owner:
                clinics = list(_seed(owner, given.patients, given.days))
                with web(folder) as (process, port):
                    processes = psutil.Process(process.pid), psutil.Process(database.pid)
                    return _measure(owner, clinics, given.pages, port, *processes)
    finally:
        shutil.rmtree(folder)


# --- clinics ---------------------------------------------------------------------------------------------


def _seed(owner: "Connection[Any]", sizes: Sequence[int], days: int) -> Iterator[Seeded]:
    prepare()
    from django.core.management import call_command

    call_command("load_catalog", verbosity=0, stdout=StringIO())
    call_command(
        "collectstatic", interactive=False, verbosity=0
    )  # the pages as they are served in production
    middle = sorted(sizes)[len(sizes) // 2]
    for patients, long in [*((size, days) for size in sizes), (middle, LONG_DIARY)]:
        yield _clinic(owner, patients, long)
    owner.execute("SET session_replication_role = DEFAULT")
    owner.execute("VACUUM ANALYZE")


def _clinic(owner: "Connection[Any]", patients: int, days: int) -> Seeded:
    """One patient as in life, the others as copies, then each with a status as in a clinic."""
    from uuid import uuid4

    from django.utils import timezone

    from accounts.access import Role, acting, acting_for_all
    from recovery.actions.diary import take
    from recovery.models import Episode
    from recovery.records import read
    from tests import people
    from tests.bench.days import STRIDE, copy_patient

    now = timezone.now()
    clinic = people.clinic(f"{patients} patients, {days} days", now=now)
    therapist = people.member(clinic, Role.THERAPIST, name="Maria", now=now)
    clinician = people.member(clinic, Role.CLINICIAN, name="Rao", now=now)
    ana = people.patient(therapist, now=now - timedelta(days=days))
    records = [
        read(
            "pain",
            str(uuid4()),
            {
                "revision": 1,
                "at": now - timedelta(days=n + 1),
                "region": region,
                "score": 4,
                "asked": "last_24_hours",
            },
        )
        for n in range(days)
        for region in ("leg", "back")
    ]
    with acting_for_all():
        Episode.objects.filter(patient=ana.user.pk).update(started_on=(now - timedelta(days=57)).date())
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=records, now=now)
    copy_patient(owner, ana.user.pk, patients - 1)
    owner.execute(SPREAD.format(stride=STRIDE).encode(), [clinic.pk])
    owner.execute(FLAGS, [clinic.pk])
    owner.execute(HAND_OVER, [clinic.pk, STRIDE * IN_CARE])
    return Seeded(patients, days, clinic.pk, {"clinician": clinician, "therapist": therapist})


# --- what a page costs -----------------------------------------------------------------------------------


def _measure(
    owner: "Connection[Any]",
    clinics: Sequence[Seeded],
    pages: int,
    port: int,
    web: psutil.Process,
    database: psutil.Process,
) -> int:
    print(
        f"\nThe worklist, {pages} pages each, one after the other. Milliseconds a page. Whatever else runs here shares "
        f"the cores:\ntrust the ratios inside a line.\n\n"
        f"{'':<38}{'statements':>11}{'database':>10}{'bare SQL':>10}{'ratio':>7}{'CPU':>8}{'web':>7}{'PG':>7}"
    )
    worst = 0
    for seeded in clinics:
        for role, person in seeded.staff.items():
            cost = _page(owner, seeded.clinic, person, port, pages, web, database)
            worst = max(worst, cost.statements)
            print(
                f"{f'{seeded.patients:,} patients, {seeded.days} days, {role}':<38}{cost.statements:>11}"
                f"{cost.database:>10.2f}{cost.bare:>10.2f}{cost.database / cost.bare:>7.2f}"
                f"{cost.web_cpu + cost.database_cpu:>8.2f}{cost.web_cpu:>7.2f}{cost.database_cpu:>7.2f}",
                flush=True,
            )
    if worst > MOST_STATEMENTS:
        print(f"\nA page took {worst} statements, and {MOST_STATEMENTS} are allowed.")
    return int(worst > MOST_STATEMENTS)


def _bare(owner: "Connection[Any]", clinic: int) -> float:
    """The same rows, red flags and numbers, by three statements written by hand: how long it took, in milliseconds."""
    began = perf_counter()
    rows = owner.execute(BARE_ROWS, [clinic]).fetchall()
    owner.execute(BARE_FLAGS, [clinic, [row[0] for row in rows]]).fetchall()
    owner.execute(BARE_COUNTS.encode(), {"clinic": clinic}).fetchall()
    return 1000 * (perf_counter() - began)


def _page(
    owner: "Connection[Any]",
    clinic: int,
    person: "Person",
    port: int,
    pages: int,
    web: psutil.Process,
    database: psutil.Process,
) -> Cost:
    from django.db import connection
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person.user)
    cookie = client.cookies["sessionid"].value
    bare: list[float] = []
    waited: list[float] = []
    counted: list[int] = []
    for n in range(pages + WARM_UP):
        took = _bare(owner, clinic)
        with _timed() as times:
            answer = client.get("/")
        if answer.status_code != 200 or answer.content.count(b"data-row ") != PAGE - 1:
            raise SystemExit(f"The worklist answered {answer.status_code}, or not a full page.")
        if n >= WARM_UP:
            bare.append(took)
            waited.append(1000 * sum(times))
            counted.append(len(times))
    connection.close()
    asked = HTTPConnection("127.0.0.1", port, timeout=60)
    _ask(asked, cookie, 5)
    before_web, before_database = cpu(web), cpu(database)
    _ask(asked, cookie, pages)
    used_web, used_database = cpu(web) - before_web, cpu(database) - before_database
    asked.close()
    return Cost(
        statements=max(counted),
        bare=statistics.median(bare),
        database=statistics.median(waited),
        web_cpu=1000 * used_web / pages,
        database_cpu=1000 * used_database / pages,
    )


@contextmanager
def _timed() -> Iterator[list[float]]:
    """How long each statement took, in seconds."""
    from django.db import connection

    times: list[float] = []

    def time(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            times.append(perf_counter() - began)

    with connection.execute_wrapper(time):
        yield times


def _ask(connection: HTTPConnection, cookie: str, times: int) -> None:
    for _ in range(times):
        connection.request("GET", "/", headers={"Cookie": f"sessionid={cookie}"})
        answer = connection.getresponse()
        if answer.status != 200 or answer.read().count(b"data-row ") != PAGE - 1:
            raise SystemExit(f"The worklist answered {answer.status}, or not a full page.")
