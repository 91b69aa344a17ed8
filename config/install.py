"""Makes .venv and fills it from the hashed lock: `python3 config/install.py [dev]`.

Whatever python3 a machine has runs this, so it keeps to what Python 3.6 understands. A second call finds the
stamp of the first and costs nothing. What stands in the way is one sentence and exit 1.
"""

# ruff: noqa: UP021, UP022 - capture_output and text came with Python 3.7

import hashlib
import os
import shutil
import subprocess
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(PROJECT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed-lock")
OLDEST = (3, 11)
COMMANDS = ["python3.14", "python3.13", "python3.12", "python3.11"]


class CannotInstall(Exception):
    """A full sentence that says what stands in the way and what to do."""


def main() -> int:
    locks = ["requirements.txt"]
    if "dev" in sys.argv[1:]:
        locks.insert(0, "requirements-dev.txt")  # which holds the other one too
    try:
        if not is_installed(locks[0]):
            install(locks)
    except CannotInstall as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def is_installed(lock: str) -> bool:
    """The stamp holds the hash of each lock as it was installed."""
    try:
        with open(STAMP) as stamp:
            stamps = stamp.read().split()
    except OSError:
        return False
    return digest(lock) in stamps and version_of(VENV_PYTHON) >= OLDEST


def install(locks: "list[str]") -> None:
    if not os.access(VENV if os.path.isdir(VENV) else PROJECT, os.W_OK):
        raise CannotInstall(
            f"Amble installs its parts into {VENV}, where you may not write: make the folder yours, "
            "or clone Amble into a folder of your own."
        )
    if version_of(VENV_PYTHON) < OLDEST:
        make_venv(find_python())
    # Not among what is asked for: `make backup-key > file`.
    print("Installing into .venv; the first time this downloads about 200 MB.", file=sys.stderr, flush=True)
    done = run(
        *(VENV_PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"),
        *("--require-hashes", "--only-binary", ":all:", "-r", os.path.join(PROJECT, locks[0])),
    )
    if done.returncode != 0:
        raise CannotInstall(
            f"The parts in {locks[0]} could not be installed: see that this machine reaches its package "
            f"index and has disk space, then run the same again. pip ended with: {last_line(done)}"
        )
    with open(STAMP, "w") as stamp:
        stamp.writelines(digest(lock) + "\n" for lock in locks)


def find_python() -> str:
    """The PYTHON of the environment, else this one, else the newest on the PATH that is new enough."""
    wanted = os.environ.get("PYTHON")
    if wanted:
        found = shutil.which(wanted)
        if not found or version_of(found) < OLDEST:
            raise CannotInstall(
                f"PYTHON is '{wanted}', which is no Python 3.11 or newer: set it to one, for instance "
                "`make run PYTHON=python3.12`."
            )
        return found
    for candidate in [sys.executable, *filter(None, map(shutil.which, COMMANDS))]:
        if version_of(candidate) >= OLDEST:
            return candidate
    this = ".".join(map(str, sys.version_info[:2]))
    raise CannotInstall(
        f"Amble needs Python 3.11 or newer and found only {this}: install a newer one, or "
        "name it with `make run PYTHON=/path/to/python3.12`."
    )


def version_of(python: str) -> "tuple[int, ...]":
    """(3, 11) and so on; () when it does not run: a broken .venv, a version manager's empty shim."""
    try:
        done = run(python, "-c", "import sys; print('%d %d' % sys.version_info[:2])")
    except OSError:
        return ()
    return tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else ()


def make_venv(python: str) -> None:
    if run(python, "-c", "import ensurepip, venv").returncode != 0:
        raise CannotInstall(
            f"{python} comes without venv: install it (Debian, Ubuntu: `apt install python3-venv`), or "
            "name another Python with `make run PYTHON=/path/to/python3.12`."
        )
    done = run(python, "-m", "venv", "--clear", VENV)
    if done.returncode != 0:
        raise CannotInstall(
            f"{python} could not make {VENV}: see that the folder is writable and the disk has space. "
            f"It ended with: {last_line(done)}"
        )


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - a Python that was found, with arguments written here
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )


def last_line(done: "subprocess.CompletedProcess[str]") -> str:
    return (done.stdout.strip().splitlines() or ["no output"])[-1].strip()


def digest(lock: str) -> str:
    with open(os.path.join(PROJECT, lock), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
