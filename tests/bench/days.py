"""The close of the day as a worker does it, for many patients with 90 days each."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from time import perf_counter, process_time
from typing import Any, NamedTuple
from uuid import uuid4

import psutil  # type: ignore[import-untyped]
from django.db import connection
from psycopg import Connection

from accounts.access import Role, acting, acting_for_all
from exercises.models import Program
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.plan import draft_plan, publish_plan
from recovery.models import Episode, Plan, Progress
from recovery.records import Incoming, read
from tests import people
from tests.bench import server

DAYS = 90
NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
START = NOW.date() - timedelta(days=DAYS)
STRIDE = 1_000_000  # between the ids of one patient's rows and of the next one's

# One patient's rows, copied for each of the others with their ids moved on. Where nothing is said of a column it stays.
OF_A_PATIENT = {
    "accounts_user": ["id"],
    "recovery_patient": ["user_id"],
    "recovery_careteammember": ["id", "patient_id"],
    "recovery_episode": ["id", "patient_id"],
    "recovery_progress": ["episode_id", "patient_id"],
    "recovery_plan": ["id", "patient_id", "episode_id"],
    "recovery_prescription": ["id", "patient_id", "plan_id"],
    "recovery_painentry": ["id", "patient_id"],
    "recovery_exercisesession": ["id", "patient_id", "plan_id"],
    "recovery_exerciseresult": ["id", "patient_id", "session_id"],
}
COLUMNS = (
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'"
)
# No two courses alike, and a quarter of the days missing.
SHAKE = """
    DELETE FROM recovery_painentry WHERE hashint8(id) % 4 = 0;
    UPDATE recovery_painentry SET score = greatest(0, least(10, score + hashint8(id) % 3));
    ANALYZE;
"""


class Close(NamedTuple):
    """What closing the days of `patients` came to. CPU in milliseconds a patient."""

    name: str
    patients: int
    seconds: float
    statements: int
    cpu: float
    database_cpu: float

    def __str__(self) -> str:
        return (
            f"{self.name:<28}{self.patients / self.seconds:>11.0f}{1000 * self.statements / self.patients:>20.0f}"
            f"{self.cpu:>11.2f}{self.database_cpu:>7.2f}"
        )


def seed(owner: "Connection[Any]", patients: int) -> None:
    """One patient as in life, then the others. `owner` is a superuser's connection, which no policy holds."""
    maria = people.member(people.clinic(), Role.THERAPIST, now=NOW)
    ana = people.patient(maria, now=NOW - timedelta(days=DAYS))
    with acting(maria.actor):
        episode = Episode.objects.select_related("patient").get(patient=ana.user.pk)
        program = Program.objects.order_by("slug").first()
        draft = draft_plan(episode=episode, program=program, starts_on=START, by=maria.user.pk, now=NOW)
        plan = publish_plan(episode=episode, seen_version=draft.version, by=maria.user.pk, now=NOW)
    with acting(ana.actor):
        answers = take(patient_id=ana.user.pk, records=list(_diary(plan)), now=NOW)
    if {answer.verdict for answer in answers} != {"stored"}:
        raise SystemExit("The diary to copy was not stored.")
    copy_patient(owner, ana.user.pk, patients - 1)
    owner.execute(SHAKE)


def copy_patient(owner: "Connection[Any]", patient: int, copies: int) -> None:
    """So many more patients with the rows of this one."""
    # A copy keeps to the constraints by itself; having them checked takes minutes.
    owner.execute("SET session_replication_role = replica")
    for table, moved in OF_A_PATIENT.items():
        columns = [name for (name,) in owner.execute(COLUMNS, [table])]
        values = [f't."{name}" + n * {STRIDE}' if name in moved else f't."{name}"' for name in columns]
        user = "patient_id" if "patient_id" in moved else moved[0]
        names = ", ".join(f'"{name}"' for name in columns)
        copy = (
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "  # noqa: S608 (names of our tables)
            f"FROM {table} t, generate_series(1, %s::bigint) n WHERE t.{user} = %s"
        )
        owner.execute(copy.encode(), [copies, patient])


def _diary(plan: Plan) -> Iterator[Incoming]:
    """Leg and back each evening, slowly better, and a session each day."""
    exercise = plan.prescriptions.select_related("exercise").order_by("position")[0].exercise
    for n in range(DAYS):
        day = START + timedelta(days=n)
        for region, score in (("leg", 7 - n // 18), ("back", 5 - n // 30)):
            yield _record("pain", day, region=region, score=score, asked="last_24_hours")
        yield _record(
            "session", day, plan=plan.pk, slot=1, results=[{"exercise": exercise.slug, "outcome": "done"}]
        )


def _record(kind: str, day: date, **fields: Any) -> Incoming:
    return read(kind, str(uuid4()), {"revision": 1, "at": f"{day}T18:00:00+00:00", **fields})


def run(database: psutil.Process) -> Iterator[Close]:
    yield _close(f"first close, {DAYS} days", database, NOW)
    yield _close("the next day", database, NOW + timedelta(days=1))
    with acting_for_all():
        Progress.objects.update(reopen_from=START)
    yield _close("again from the first day", database, NOW + timedelta(days=1))


def _close(name: str, database: psutil.Process, now: datetime) -> Close:
    before, cpu, began = server.cpu(database), process_time(), perf_counter()
    with _counted() as statements:
        patients = close_days(now=now)
    took, cpu = perf_counter() - began, process_time() - cpu
    return Close(
        name,
        patients,
        took,
        len(statements),
        cpu * 1000 / patients,
        (server.cpu(database) - before) * 1000 / patients,
    )


@contextmanager
def _counted() -> Iterator[list[None]]:
    statements: list[None] = []

    def count(execute: Any, *args: Any) -> Any:
        statements.append(None)
        return execute(*args)

    with connection.execute_wrapper(count):
        yield statements
