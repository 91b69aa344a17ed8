"""How many reminders go the whole way in a second: claimed, rendered, encrypted, sent to a push service, written down.

    python -m tests.bench delivery [--messages 4000] [--senders 1 2]

Starts a PostgreSQL of its own (durable: every commit waits for the disk), a push receiver in a process of its own
that answers 201 at once, and senders as the worker runs them. CPU is what the senders and PostgreSQL used, per
message; a core does as many messages a second as fit into its second of the senders' CPU. Beside it what the
encryption of one message costs, alone and with its sending: floors that nothing here can go below. Exits 1
unless every message arrived exactly once and is written down as sent.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from config import embedded
from config.embedded.home import vapid_private_key
from tests.bench.server import PROJECT, configure, cpu, prepare
from tests.notifications.receivers import Browser, free_port

if TYPE_CHECKING:
    from recovery.models import Patient

PATIENTS = 200
ENCRYPTIONS = 1000


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["receive"]:
        asyncio.run(_receive(int(arguments[1])))
        return 0
    if arguments[:1] == ["send"]:
        return _send()
    parser = argparse.ArgumentParser(prog="python -m tests.bench delivery")
    parser.add_argument("--messages", type=int, default=4000, help="of each round")
    parser.add_argument("--senders", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="amble-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to pass through here
    try:
        with embedded.running(folder, valkey=False) as servers, receiver() as port:
            configure(servers.environment)
            set_up_push(port)
            prepare()
            process = servers.children[0].process
            assert process is not None
            way = Way(port, people(port), psutil.Process(process.pid))
            print(
                f"\n{given.messages} reminders a round; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores."
            )
            for senders in given.senders:
                print(f"\n{way.go(senders=senders, messages=given.messages)}")
            print(f"\n{floors(port)}")
            print("\n".join(way.wrong) or "Every message arrived once, and is written down as sent.")
            return 1 if way.wrong else 0
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Went:
    """What one round came to. CPU in seconds a message, of the senders and of PostgreSQL."""

    senders: int
    per_second: float
    sender_cpu: float
    database_cpu: float

    def __str__(self) -> str:
        return (
            f"{self.senders} sender{'s' if self.senders > 1 else ''}: {self.per_second:.0f} messages a second, "
            f"{1 / self.sender_cpu:.0f} a core; a message takes {self.sender_cpu * 1000:.2f} ms of a sender's CPU and "
            f"{self.database_cpu * 1000:.2f} ms of PostgreSQL's"
        )


class Way:
    """The whole way of reminders to a receiver, as often as one likes. `wrong` says what was lost or doubled."""

    def __init__(self, port: int, patients: "list[Patient]", database: psutil.Process) -> None:
        self.port, self.patients, self.database = port, patients, database
        self.rounds = 0
        self.wrong: list[str] = []

    def go(self, *, senders: int, messages: int) -> Went:
        from tests.faults.house import due_now, states

        before_sent, before_received = states()["sent"], _received(self.port)
        each = messages // len(self.patients)
        due_now(self.patients, each=each, first_slot=self.rounds * each)
        self.rounds += 1
        command = [sys.executable, "-m", "tests.bench", "delivery", "send"]
        processes = [
            subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(senders)
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()  # it is ready: the imports are no part of the way
        before, began = cpu(self.database), time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        spent = sum(float(process.communicate()[0]) for process in processes)
        took, database_cpu = time.perf_counter() - began, cpu(self.database) - before
        sent, received = states()["sent"] - before_sent, _received(self.port) - before_received
        if not each * len(self.patients) == sent == received:
            self.wrong.append(
                f"{messages} were due, {received} arrived, and {sent} are written down as sent."
            )
        return Went(senders, sent / took, spent / max(sent, 1), database_cpu / max(sent, 1))


def set_up_push(port: int) -> None:
    os.environ.update(
        VAPID_PRIVATE_KEY=vapid_private_key(),
        VAPID_SUBJECT="mailto:bench@example.org",
        PUSH_EXTRA_HOSTS=f"127.0.0.1:{port}",
    )


def _send() -> int:
    """One sender, as the worker's task runs it, until nothing is due. Prints its CPU seconds."""
    import django

    django.setup()
    from notifications.clock import database_now
    from notifications.delivery import deliver_ordinary

    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    while deliver_ordinary(now=database_now()):
        pass
    print(time.process_time() - began)
    return 0


def people(port: int) -> "list[Patient]":
    """A clinic of patients, each with a browser at the receiver."""
    from accounts.access import acting_for_all
    from notifications.models import PushSubscription
    from tests.notifications.conftest import make_world

    with acting_for_all():
        world = make_world()
        patients = [world.add_patient(f"P{n}") for n in range(PATIENTS)]
        PushSubscription.objects.bulk_create(
            PushSubscription(
                user_id=patient.pk,
                endpoint=f"http://127.0.0.1:{port}/{patient.pk}",
                created_at=patient.added_at - timedelta(days=1),
                **Browser().keys,
            )
            for patient in patients
        )
    return patients


def floors(port: int) -> str:
    """CPU of what no sender can go below: the encryption of one message, and its encryption and sending."""
    from django.conf import settings
    from pydantic import AnyHttpUrl
    from webpush import WebPushSubscription  # type: ignore[import-untyped]
    from webpush.types import WebPushKeys  # type: ignore[import-untyped]

    from notifications.messages import trial_message
    from notifications.models import PushSubscription
    from notifications.transports import webpush

    browser, endpoint = Browser(), f"http://127.0.0.1:{port}/floor"
    library = webpush._library(settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT)
    keys = WebPushKeys(auth=browser.keys["auth"], p256dh=browser.keys["p256dh"])
    subscription = WebPushSubscription(endpoint=AnyHttpUrl(endpoint), keys=keys)
    address, message = PushSubscription(endpoint=endpoint, **browser.keys), trial_message("en")
    encrypting = _cpu_of(lambda: library.get(b"x" * 200, subscription))
    sending = _cpu_of(lambda: webpush.send(message, address))
    return (
        f"The encryption of one message alone takes {encrypting * 1000:.2f} ms of CPU, "
        f"its encryption and sending alone {sending * 1000:.2f} ms."
    )


def _cpu_of(work: Callable[[], object]) -> float:
    work()
    began = time.process_time()
    for _ in range(ENCRYPTIONS):
        work()
    return (time.process_time() - began) / ENCRYPTIONS


# --- the receiver -------------------------------------------------------------------------------------


@contextmanager
def receiver() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench", "delivery", "receive", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT)
    try:
        until = time.monotonic() + 10
        while True:
            try:
                _received(port)
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _received(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/")
    count = int(connection.getresponse().read())
    connection.close()
    return count


async def _receive(port: int) -> None:
    """201 for each POST as soon as it is read, and for a GET how many came. As cheap as Python can."""
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                if head.startswith(b"get"):
                    body = str(count).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                    continue
                length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                count += 1
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()
