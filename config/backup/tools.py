"""PostgreSQL's own tools, of the version of the server: another one refuses, or writes what cannot be read back."""

import errno
import os
import resource
import subprocess
from functools import partial
from pathlib import Path
from shutil import which

from psycopg import conninfo

from config.embedded import CannotStart
from config.embedded.postgresql import MAJOR, Connection, client_program

# One backup may take longer than any request, and waits for no lock of a migration.
PATIENT = "-c statement_timeout=0 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0"


class ToolFailed(CannotStart):
    """A tool said no."""


def run(
    connection: Connection, program: str, *options: str, most_bytes: int = resource.RLIM_INFINITY
) -> None:
    """Run `program` on the server of `connection`; no file that it writes gets larger than `most_bytes`.

    Raises ToolFailed with the first line that it says, and CannotStart for a file too large.
    """
    place = connection.info.get_parameters()
    address = conninfo.make_conninfo(**{name: place[name] for name in place if name != "options"})
    tool = _tool(program, connection.info.server_version // 10_000)
    environment = {"PATH": os.defpath, "PGPASSWORD": connection.info.password, "PGOPTIONS": PATIENT}
    run_alone(tool, f"--dbname={address}", *options, most_bytes=most_bytes, **environment)


def run_alone(
    tool: Path, *options: str, most_bytes: int = resource.RLIM_INFINITY, **environment: str
) -> None:
    """Run a tool that needs no server."""
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [tool, *options],
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
        restore_signals=False,  # SIGXFSZ stays ignored: who writes too much says so, and ends its second process
    )
    if done.returncode != 0 and os.strerror(errno.EFBIG) in done.stderr:
        raise CannotStart(
            f"The disk of Amble's data has no room for what {tool.name} writes ({most_bytes / 1e6:.0f} MB would do no "
            "harm): make some."
        )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ToolFailed(f"{tool.name} failed: {reason}")


def _tool(program: str, major: int) -> Path:
    if str(major) == MAJOR:
        return client_program(program)
    places = [Path(f"/usr/lib/postgresql/{major}/bin/{program}"), Path(which(program) or "/nowhere")]
    for place in places:
        if (
            place.exists()
            and f" {major}."
            in subprocess.run(  # noqa: S603
                [place, "--version"], capture_output=True, text=True
            ).stdout
        ):
            return place
    raise CannotStart(
        f"The server is PostgreSQL {major} and there is no {program} {major}: install its client tools."
    )
