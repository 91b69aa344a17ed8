"""The system's Chromium, and the same engine without windows. Nothing here downloads a browser of its own."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
SHELL = "chromium-headless-shell"
# As root Chromium has no sandbox; in a container /dev/shm is small.
FLAGS = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@cache
def chromium() -> str:
    """Its path. Where there is none and we may, Debian's is installed; else the test is skipped, and in CI it fails."""
    return _found() or _installed("chromium", _found) or _missing()


@cache
def headless_shell() -> str:
    """The path of Chromium's headless shell, Debian's if we may install it; where there is none, `chromium()`.

    It has no windows, and a page of it costs two thirds of the processor's time; it has no push service either.
    """
    if os.environ.get("CHROMIUM"):
        return chromium()
    return shutil.which(SHELL) or _installed(SHELL, lambda: shutil.which(SHELL)) or chromium()


def _found() -> str | None:
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [*filter(None, map(shutil.which, NAMES)), *PLACES]
    return next((place for place in candidates if Path(place).exists()), None)


def _installed(package: str, found: Callable[[], str | None]) -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    install = ["install", "--yes", "--no-install-recommends", package]
    with (Path(tempfile.gettempdir()) / "amble-tests-install").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker installs, the others find it
        for command in (install, ["update"], install):
            if path := found():
                return path
            print(
                f"\nThe browser tests need {package}: apt-get {command[0]} …", file=sys.__stderr__, flush=True
            )
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(
                ["apt-get", "--quiet", *command], env=environment, capture_output=True, check=False
            )
        return found()


def _missing() -> str:
    sentence = "NO BROWSER, SO NO BROWSER TEST: install Chromium, or name it with CHROMIUM=/path/to/chromium."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    print(f"\n{sentence}", file=sys.__stderr__, flush=True)
    pytest.skip(sentence)
