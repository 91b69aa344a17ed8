"""The system's Chromium. Nothing here downloads a browser of its own."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# As root Chromium has no sandbox; in a container /dev/shm is small.
FLAGS = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@cache
def chromium() -> str:
    """Its path. Where there is none and we may, Debian's is installed; else the test is skipped, and in CI it fails."""
    return _found() or _installed() or _missing()


def _found() -> str | None:
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [*filter(None, map(shutil.which, NAMES)), *PLACES]
    return next((place for place in candidates if Path(place).exists()), None)


def _installed() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("\nThe browser tests need Chromium: installing Debian's …", file=sys.__stderr__, flush=True)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "--quiet", *command], env=environment, capture_output=True, check=False)
    return _found()


def _missing() -> str:
    sentence = "NO BROWSER, SO NO BROWSER TEST: install Chromium, or name it with CHROMIUM=/path/to/chromium."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    print(f"\n{sentence}", file=sys.__stderr__, flush=True)
    pytest.skip(sentence)
