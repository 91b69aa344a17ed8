"""The whole of Amble as a stranger starts it, and eight weeks of a clinic over HTTP."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.notifications.receivers import free_port

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    address: str
    push_port: int
    environment: dict[str, str]


@contextmanager
def amble(folder: Path) -> Iterator[Running]:
    """`make run` with everything of its own, from the moment its screen says that it runs."""
    port, push_port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(folder)),
        "AMBLE_DATA": str(folder / "data"),
        "PORT": str(port),
        "PUSH_EXTRA_HOSTS": f"127.0.0.1:{push_port}",
        # The developer's .env gives way to what is said here.
        **dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_URL"), ""),
        "DEBUG": "true",
        "HOST": "127.0.0.1",
    }
    screen = folder / "screen"
    with screen.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.up"], cwd=PROJECT, env=environment, stdout=out, stderr=out
        )
    try:
        deadline = time.monotonic() + 90
        while "Amble runs at" not in screen.read_text():
            assert process.poll() is None, screen.read_text()
            assert time.monotonic() < deadline, screen.read_text()
            time.sleep(0.2)
        yield Running(f"http://127.0.0.1:{port}", push_port, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="amble-story-"))
    path.chmod(0o755)  # as root the servers run as nobody, who has to pass through here
    yield path
    shutil.rmtree(path)


@pytest.mark.processes
@pytest.mark.timeout(330)
def test_the_story_counts_right_on_what_make_run_starts(folder: Path) -> None:
    with amble(folder) as running:
        told = subprocess.run(
            [sys.executable, "-m", "tests.story", running.address, "--push-port", str(running.push_port)],
            cwd=PROJECT,
            env=running.environment,
            capture_output=True,
            text=True,
            timeout=200,
        )
    assert told.returncode == 0, told.stdout + told.stderr
