"""What every bench starts with: production's settings, migrated tables, and the CPU of a process tree."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.notifications.receivers import free_port

PROJECT = Path(__file__).resolve().parents[2]
WEB_THREADS = 4


def configure(environment: dict[str, str]) -> None:
    """Production's settings, whatever the developer has in .env."""
    os.environ.update(environment)
    os.environ.update(DEBUG="false", MAILBOX_DIR="", EMAIL_URL="consolemail://", LOG_LEVEL="ERROR")
    os.environ.update(PUBLIC_URL="http://localhost", ALLOWED_HOSTS="127.0.0.1", WEB_THREADS="0")
    os.environ.update(DJANGO_SETTINGS_MODULE="config.settings")


def prepare() -> None:
    """Migrate as the owner role, and start Django as the app role."""
    subprocess.run(
        [sys.executable, "manage.py", "prepare", "--verbosity", "0"],
        cwd=PROJECT,
        env={**os.environ, "AMBLE_ROLE": "owner"},
        check=True,
    )
    import django

    django.setup()


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU of a process and all below it, those that have ended included."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def web(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """One web process with production's settings, and its port; its log is in the folder of the databases."""
    port = free_port()
    granian = ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws")
    threads = ("--workers", "1", "--blocking-threads", str(WEB_THREADS))
    with (folder / "logs" / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *granian, *threads, "tests.bench.wsgi:application"],
            cwd=PROJECT,
            env={**os.environ, "WEB_THREADS": str(WEB_THREADS), "AMBLE_PROCESS": "web"},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_up(process, port, folder)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_until_up(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).request("HEAD", "/")
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(
                    f"The web server does not start: {(folder / 'logs' / 'web.log').read_text()}"
                ) from None
            time.sleep(0.2)
