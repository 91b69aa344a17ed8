"""`make run` as a process: what it starts, how it ends, and what it says when it cannot start."""

import os
import signal
import socket
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import psycopg
import pytest
import redis

from config import embedded
from tests.config.running import (
    Amble,
    command_of,
    free_port,
    refusal,
    running,
    signed_in,
    wait_until,
    write,
)
from tests.faults.phones import Phone
from tests.promises import Measured

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("up"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]


def test_a_second_one_on_the_same_data_is_refused_and_sigterm_ends_everything_in_good_order(folder):
    with running(folder) as amble:
        assert amble.status() == 200
        assert "Another `make run` is using" in refusal(folder)
        amble.end(signal.SIGTERM)
        assert amble.process.returncode == 0
    assert "database system is shut down" in (folder / "logs/postgresql.log").read_text()


def test_ctrl_c_ends_everything_in_good_order(folder):
    with running(folder) as amble:
        amble.end(signal.SIGINT)
        assert amble.process.returncode == 0


def test_kill_9_leaves_no_process_and_the_next_start_finds_everything(folder):
    with running(folder) as amble:
        with embedded.superuser(folder, database=embedded.DATABASE) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'before the kill' AS text")
        with amble.broker as broker:
            broker.lpush("kept", "before the kill")
        amble.end(signal.SIGKILL)
        assert amble.process.returncode == -signal.SIGKILL

    with running(folder) as amble:
        assert amble.started_in < 15  # 10 on a machine of its own; here other tests run beside it
        assert amble.status() == 200
        with embedded.superuser(folder, database=embedded.DATABASE) as connection:
            assert connection.execute("SELECT text FROM kept").fetchone() == ("before the kill",)
            connection.execute("DROP TABLE kept")
        with amble.broker as broker:
            assert broker.lpop("kept") == b"before the kill"


VICTIMS = ("postgres -D", "granian", "celery -A config worker", "valkey-server")
PHONES = 8
AWAY_AT_MOST = 30  # seconds; PostgreSQL reads its log again


@pytest.mark.parametrize(
    ("kills", "records"), [(4, 600), pytest.param(20, 10_000, marks=pytest.mark.trust)], ids=["short", "long"]
)
@pytest.mark.timeout(900)
def test_what_is_killed_is_started_again_and_nothing_that_was_answered_is_lost_or_doubled(
    folder: Path, kills: int, records: int, measured: Measured
):
    """kill -9 of each part in turn, while phones send, and send again what they had no answer to."""
    with running(folder) as amble:
        phones = [Phone(amble.port, token, pause=0.2) for token in signed_in(folder, PHONES)]
        over = Event()

        def answered() -> int:
            return sum(len(phone.answers) for phone in phones)

        with ThreadPoolExecutor(PHONES) as pool:
            writing = [pool.submit(write, phone, over, seed) for seed, phone in enumerate(phones)]
            try:
                for n in range(kills):
                    began = time.monotonic()
                    kill(amble, VICTIMS[n % 4])
                    enough = answered() + 2 * PHONES
                    wait_until(lambda: answered() > enough, AWAY_AT_MOST)  # noqa: B023
                    if kills > 4:  # three ends of one part within a minute would end everything
                        time.sleep(max(0.0, began + 8 - time.monotonic()))
                wait_until(lambda: answered() >= records, 120)
            finally:
                over.set()
        written = [record for one in writing for record in one.result()]
        with embedded.superuser(folder, database=embedded.DATABASE) as connection:
            stored = Counter(
                (str(uuid), score, conflicted)
                for uuid, score, conflicted in connection.execute(
                    "SELECT client_uuid, score, conflicted FROM recovery_painentry"
                )
            )
    acknowledged = {uuid for phone in phones for uuid, _ in phone.answers}
    statuses = sum((phone.statuses for phone in phones), Counter[int]())
    wanted = {(one["id"], one["score"], False) for one in written if one["id"] in acknowledged}
    missing, doubled = wanted - stored.keys(), stored.total() - len(stored)
    said = f"{len(missing)} missing of {len(acknowledged)} answered, {kills} kills, {dict(statuses)}"
    measured("P-1", said)
    measured("P-2", f"{doubled} doubled of {len(acknowledged)}, sent {statuses.total()} times")
    print(said)
    assert [line for phone in phones for line in phone.wrong] == []
    assert statuses.keys() <= {200, 201, 503}
    assert len(acknowledged) == len(wanted) >= records
    assert (missing, doubled) == (set(), 0)


def kill(amble: Amble, part: str) -> None:
    """-9, the proof that it is gone and refuses, and that another has come. Its supervisor sleeps during the proof."""
    wait_until(lambda: amble.part(part), AWAY_AT_MOST)
    old = amble.part(part)
    called = command_of(old)
    amble.process.send_signal(signal.SIGSTOP)
    try:
        os.killpg(old, signal.SIGKILL)
        wait_until(lambda: command_of(old) != called, 5)
        wait_until(lambda: refuses(amble, part), 10)
    finally:
        amble.process.send_signal(signal.SIGCONT)
    wait_until(partial(amble.has_another, part, old), AWAY_AT_MOST)


def refuses(amble: Amble, part: str) -> bool:
    """Whether nobody takes a connection there; a worker takes none anyway."""
    try:
        if part.startswith("postgres"):
            embedded.superuser(amble.folder).close()
        elif part.startswith("valkey"):
            with amble.broker as broker:
                broker.ping()
        elif part == "granian":
            socket.create_connection(("127.0.0.1", amble.port), timeout=5).close()
    except (psycopg.OperationalError, redis.ConnectionError, ConnectionRefusedError):
        return True
    return "worker" in part


def test_what_dies_again_and_again_ends_everything_with_a_sentence(folder):
    with running(folder) as amble:
        for _ in range(3):
            wait_until(lambda: amble.part("watch"), 15)
            os.kill(amble.part("watch"), signal.SIGKILL)
            wait_until(lambda: not amble.part("watch"), 15)
        assert amble.process.wait(30) == 1
        assert "watch ended three times within a minute" in amble.screen.read_text().splitlines()[-1]


def test_a_busy_port_is_refused_with_the_next_one_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"make run PORT={port + 1}" in refusal(tmp_path / "data", PORT=str(port))


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "８０"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    assert f"PORT is '{port}'" in refusal(tmp_path / "data", PORT=port)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path):
    url = f"postgresql://amble:secret@127.0.0.1:{free_port()}/amble"
    said = refusal(tmp_path / "data", DATABASE_URL=url, DATABASE_OWNER_URL=url, REDIS_URL="redis://127.0.0.1")
    assert "The database of DATABASE_URL cannot be used" in said
    assert "secret" not in said


def test_a_database_without_its_owner_is_refused(tmp_path):
    said = refusal(tmp_path / "data", DATABASE_URL=os.environ["DATABASE_URL"], REDIS_URL="redis://127.0.0.1")
    assert "DATABASE_OWNER_URL is not" in said


def test_a_role_that_row_level_security_does_not_bind_is_refused(folder, tmp_path):
    with embedded.running(folder, valkey=False, durable=False) as servers:
        password = (folder / "superuser").read_text()
        place = servers.environment["DATABASE_URL"].partition("@")[2]
        url = f"postgresql://postgres:{password}@{place}"
        said = refusal(
            tmp_path / "data", DATABASE_URL=url, DATABASE_OWNER_URL=url, REDIS_URL="redis://127.0.0.1"
        )
    assert "Row-level security does not bind the role postgres" in said


def test_a_broker_that_cannot_be_reached_is_refused(folder):
    said = refusal(folder, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert "The broker of REDIS_URL cannot be used" in said


def test_a_broker_that_throws_keys_away_is_refused(folder, tmp_path):
    with embedded.running(folder, durable=False) as servers:
        own = {
            name: servers.environment[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
        }
        with redis.Redis.from_url(own["REDIS_URL"]) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        said = refusal(tmp_path / "data", **own)
    assert "set maxmemory-policy to noeviction" in said


def test_a_folder_that_cannot_be_written_is_refused():
    assert "set AMBLE_DATA" in refusal(Path("/proc/amble"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as somebody else")
def test_as_root_a_folder_that_others_cannot_enter_is_refused_and_left_as_it_is(tmp_path):
    tmp_path.chmod(0o700)
    assert f"who may not enter {tmp_path}" in refusal(tmp_path / "data")
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert not any(tmp_path.iterdir())


def test_data_of_another_postgresql_are_refused(folder):
    version = folder / "postgresql" / "PG_VERSION"
    if not version.exists():
        with embedded.running(folder, valkey=False):
            pass
    version.write_text("17\n")
    try:
        assert "written by PostgreSQL 17" in refusal(folder)
    finally:
        version.write_text("18\n")
