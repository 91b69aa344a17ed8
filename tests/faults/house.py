"""Amble as real processes: a broker behind a proxy, two beats, two workers, and what a test asks for besides."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connections

from accounts.access import Actor, Role, acting, acting_for_all
from notifications import receipts
from notifications.clock import database_now
from notifications.models import Notification, PushSubscription
from recovery.models import Patient
from tests.faults.proxy import Proxy, proxy
from tests.notifications.conftest import World
from tests.notifications.receivers import Browser, PushService, free_port, push_service
from tests.notifications.test_processes import Broker


@dataclass
class House:
    broker: Broker
    proxy: Proxy
    service: PushService
    log: Path
    commands: dict[str, list[str]]
    environment: dict[str, str]
    web_port: int
    control_port: int
    different: dict[str, dict[str, str]] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str) -> None:
        with self.log.open("ab") as output:
            self.running[name] = subprocess.Popen(
                self.commands[name],
                env=self.environment | self.different.get(name, {}) | {"AMBLE_PROCESS": name.split()[0]},
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that a kill takes the pool of a worker with it
            )

    def keep_alive(self) -> None:
        """What ends is started again, as by any supervisor."""
        for name in self.commands:
            if name not in self.running or self.running[name].poll() is not None:
                self.start(name)

    def kill(self, name: str) -> None:
        """kill -9 of a process and all below it. Proves that it is dead."""
        victim = self.running[name]
        assert victim.poll() is None, f"{name} had ended by itself: {self.log.read_text()[-3000:]}"
        os.killpg(victim.pid, signal.SIGKILL)
        assert victim.wait(10) == -signal.SIGKILL

    def wait_for(self, condition: Callable[[], object], *, seconds: float) -> float:
        """How long it took; what ends meanwhile is started again."""
        began = time.monotonic()
        while not condition():
            waited = time.monotonic() - began
            assert waited < seconds, f"not in {seconds} s: {self.log.read_text()[-5000:]}"
            self.keep_alive()
            time.sleep(0.05)
        return time.monotonic() - began

    def received(self) -> Counter[tuple[str, str]]:
        """How often each message came: a browser and a topic of its own."""
        return Counter((push.path, push.headers["Topic"]) for push in list(self.service.received))

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def house(folder: Path, *names: str, app: str, tasks: bool = True, database: str = "") -> Iterator[House]:
    """Started, with two beats, two workers unless not `tasks`, and `names` ("web", "control", "watch") beside.

    "control" is the same process as "web" with a broker of its own, which no test touches: what else the machine does
    meets both alike. `database` is another way to the database of the test.
    """
    web_port, control_port = free_port(), free_port()
    python = sys.executable

    def celery(*command: str) -> list[str]:
        return [python, "-m", "celery", "-A", app, *command, "--loglevel", "WARNING"]

    web = [python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws"]
    web += ["--workers", "1", "--blocking-threads", "2"]
    commands = {
        "worker one": celery("worker", "--concurrency", "2", "-n", "one@%h"),
        "worker two": celery("worker", "--concurrency", "2", "-n", "two@%h"),
        "beat one": celery("beat", "--schedule", str(folder / "one"), "--pidfile", ""),
        "beat two": celery("beat", "--schedule", str(folder / "two"), "--pidfile", ""),
        "watch": [python, "manage.py", "watch"],
        "web": [*web, "--port", str(web_port), "config.wsgi:application"],
        "control": [*web, "--port", str(control_port), "config.wsgi:application"],
    }
    broker = Broker(folder, free_port())
    broker.start()
    with ExitStack() as stack:
        stack.callback(lambda: broker.kill() if broker.answers() else None)
        before = stack.enter_context(proxy(broker.port))
        service = stack.enter_context(push_service())
        environment = os.environ | {
            "REDIS_URL": f"redis://127.0.0.1:{before.port}/0",
            "PUSH_EXTRA_HOSTS": service.host,
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        if database:
            environment["DATABASE_URL"] = database
        beside = ("watch", "web", "control")
        kept = {n: c for n, c in commands.items() if (n in names if n in beside else tasks)}
        one = House(broker, before, service, folder / "log", kept, environment, web_port, control_port)
        one.log.touch()
        stack.callback(one.stop)
        own = {"WEB_THREADS": "2"}
        one.different = {"web": own}
        if "control" in kept:
            (folder / "control").mkdir()
            untouched = Broker(folder / "control", free_port())
            untouched.start()
            stack.callback(untouched.kill)
            one.different["control"] = own | {"REDIS_URL": f"redis://127.0.0.1:{untouched.port}/0"}
        one.keep_alive()
        ports = {"web": web_port, "control": control_port}
        one.wait_for(lambda: all(_listens(ports[name]) for name in ports.keys() & kept.keys()), seconds=60)
        yield one


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def reachable(
    world: World, service: PushService, names: int, *, browser: Browser | None = None
) -> list[Patient]:
    """So many patients, each with a subscription of their own. Whoever gives a browser can open what comes."""
    with acting_for_all():
        patients = [world.add_patient(f"P{n}") for n in range(names)]
        PushSubscription.objects.bulk_create(
            PushSubscription(
                user_id=patient.pk,
                endpoint=service.url(f"/{patient.pk}"),
                created_at=patient.added_at,
                **(browser or Browser()).keys,
            )
            for patient in patients
        )
    return patients


@contextmanager
def confirming(service: PushService, browser: Browser, patients: list[Patient]) -> Iterator[None]:
    """The phones of these patients say what they have shown, as the app does from its service worker."""
    today = database_now().date()
    actors = {
        f"/{patient.pk}": Actor(patient.pk, patient.clinic_id, frozenset({Role.PATIENT}), today)
        for patient in patients
    }
    over = threading.Event()

    def confirm() -> None:
        known = 0
        try:
            while not over.wait(0.02):
                come = service.received[known:]
                known += len(come)
                for push in come:
                    if actor := actors.get(push.path):
                        shown = json.loads(browser.open(push.body))["notification"]["data"]["id"]
                        with acting(actor):
                            receipts.confirm(notification_id=shown, by=actor, now=database_now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(confirm)
        try:
            yield
        finally:
            over.set()
            running.result()


def due_now(patients: list[Patient], *, each: int, first_slot: int = 0) -> datetime:
    """So many messages to each, in the ledger and due."""
    with acting_for_all():
        now = database_now()
        Notification.objects.bulk_create(
            (
                Notification(
                    clinic_id=patient.clinic_id,
                    recipient_id=patient.pk,
                    patient=patient,
                    kind="exercise",
                    local_date=now.date(),
                    slot=f"{slot // 60:02}:{slot % 60:02}",
                    due_at=now,
                    expires_at=now + timedelta(hours=2),
                    next_attempt_at=now,
                )
                for slot in range(first_slot, first_slot + each)
                for patient in patients
            ),
            batch_size=2000,
        )
    return now


def states() -> Counter[str]:
    with acting_for_all():
        return Counter(Notification.objects.ordinary().values_list("state", flat=True))
