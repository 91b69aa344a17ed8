"""How many reminders go the whole way in a second: claimed, rendered, encrypted, sent to a push service, written down.

    python -m tests.bench delivery [--messages 4000] [--senders 1 2]

Starts a PostgreSQL of its own (durable: every commit waits for the disk), a push receiver in a process of its own
that answers 201 at once, and senders as the worker runs them. CPU is what the senders and PostgreSQL used, per
message; a core does as many messages a second as fit into its second of the senders' CPU. Beside it what the
encryption of one message alone costs, the floor that nothing here can go below. Exits 1 unless every message
arrived exactly once and is written down as sent.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
ENCRYPTIONS = 2000


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
        with embedded.running(folder, valkey=False) as servers, _receiver() as port:
            configure(servers.environment)
            os.environ.update(
                VAPID_PRIVATE_KEY=vapid_private_key(),
                VAPID_SUBJECT="mailto:bench@example.org",
                PUSH_EXTRA_HOSTS=f"127.0.0.1:{port}",
            )
            patients = _people(port)
            database = servers.children[0].process
            assert database is not None
            print(
                f"\n{given.messages} reminders a round; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores.\n"
            )
            print(
                f"{'':<12}{'messages/s':>11}{'sender CPU ms':>15}{'PG CPU ms':>11}{'messages/s a core':>19}"
            )
            wrong = [
                problem
                for round_, senders in enumerate(given.senders)
                for problem in _round(
                    round_, senders, given.messages, patients, port, psutil.Process(database.pid)
                )
            ]
            print(f"\nThe encryption of one message alone takes {_encryption() * 1000:.2f} ms of CPU.")
            print("\n".join(wrong) or "Every message arrived once, and is written down as sent.")
            return 1 if wrong else 0
    finally:
        shutil.rmtree(folder)


def _round(
    number: int,
    senders: int,
    messages: int,
    patients: "list[Patient]",
    port: int,
    database: psutil.Process,
) -> Iterator[str]:
    """Send so many, print what it came to, and yield what was wrong."""
    from tests.faults.house import due_now, states

    before_sent, before_received = states()["sent"], _received(port)
    due_now(patients, each=messages // len(patients), first_slot=number * 100)
    command = [sys.executable, "-m", "tests.bench", "delivery", "send"]
    processes = [
        subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(senders)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready: the imports are no part of the way
    before, began = cpu(database), time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    spent = sum(float(process.communicate()[0]) for process in processes)
    took, database_cpu = time.perf_counter() - began, cpu(database) - before
    sent, received = states()["sent"] - before_sent, _received(port) - before_received
    per_message = spent / max(sent, 1)
    print(
        f"{senders} sender{'s' if senders > 1 else ' '}   {sent / took:>11.0f}{per_message * 1000:>15.2f}"
        f"{database_cpu / max(sent, 1) * 1000:>11.2f}{1 / per_message:>19.0f}"
    )
    if not messages == sent == received:
        yield f"{messages} were due, {received} arrived, and {sent} are written down as sent."


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


def _people(port: int) -> "list[Patient]":
    """A clinic of patients, each with a browser at the receiver."""
    prepare()
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


def _encryption() -> float:
    """CPU seconds of what the library does for one message."""
    from django.conf import settings
    from pydantic import AnyHttpUrl
    from webpush import WebPushSubscription  # type: ignore[import-untyped]
    from webpush.types import WebPushKeys  # type: ignore[import-untyped]

    from notifications.transports import webpush

    library = webpush._library(settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT)
    browser = Browser()
    keys = WebPushKeys(auth=browser.keys["auth"], p256dh=browser.keys["p256dh"])
    subscription = WebPushSubscription(endpoint=AnyHttpUrl("http://127.0.0.1/x"), keys=keys)
    began = time.process_time()
    for _ in range(ENCRYPTIONS):
        library.get(b"x" * 200, subscription)
    return (time.process_time() - began) / ENCRYPTIONS


# --- the receiver -------------------------------------------------------------------------------------


@contextmanager
def _receiver() -> Iterator[int]:
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
