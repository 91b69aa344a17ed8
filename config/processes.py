"""Child processes that never outlive this one, not even when it is killed with -9."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Looked up before any fork: loading a library between fork and exec may deadlock.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

# macOS has no parent-death signal: a small process whose standard input ends with us (untested).
_GUARD = "import os, sys; sys.stdin.read(); os.kill(int(sys.argv[1]), int(sys.argv[2]))"


def die_with_parent(parent: int, signum: int = signal.SIGTERM) -> None:
    """Ask the kernel for `signum` when the process `parent` ends. Linux only, elsewhere nothing."""
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signum))
        if os.getppid() != parent:  # it ended before we asked
            os.kill(os.getpid(), signum)


@dataclass
class Child:
    """One process of ours: its output goes to `log`, `stop_signal` ends it in good order."""

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    owner: tuple[int, int] | None = None  # user and group to run as; only root may say so
    directory: Path | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _guard: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only us and we stop it in order."""
        user, group = self.owner or (None, None)
        if self.process is None and self.log.exists():
            self.log.replace(
                self.log.with_name(self.log.name + ".1")
            )  # of the run before, for who wonders why
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - every command is written in this package
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.directory,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if group is None else [group],
                # Runs after the change of user, which would clear the parent-death signal.
                preexec_fn=partial(die_with_parent, os.getpid(), self.stop_signal),
            )
        if not _libc:
            self._guard = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _GUARD, str(self.process.pid), str(int(self.stop_signal))],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self) -> str:
        """The last line of its log, for the sentence that says why it ended."""
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1].strip() if lines else "nothing"


def stop(children: Sequence[Child], *, seconds: float = 15) -> None:
    """End all of them together in good order; after `seconds`, by force. Their own children end with them."""
    for child in children:
        if child.process and child.is_running:
            child.process.send_signal(child.stop_signal)
    deadline = time.monotonic() + seconds
    for child in children:
        if not child.process:
            continue
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        sweep(child)


def sweep(child: Child) -> None:
    """End what a child that has ended left in its process group, and its guard."""
    if child.process:
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except PermissionError:  # macOS says so of a group of which only zombies are left
            pass
    if child._guard:
        child._guard.kill()
        child._guard.communicate()
        child._guard = None
