"""What every bench starts with: production's settings, migrated tables, and the CPU of a process tree."""

import os
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]

PROJECT = Path(__file__).resolve().parents[2]


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
