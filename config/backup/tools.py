"""PostgreSQL's own tools, of the version of the server: another one refuses, or writes what cannot be read back."""

import os
import subprocess
from pathlib import Path
from shutil import which

from psycopg import conninfo

from config.embedded import CannotStart
from config.embedded.postgresql import MAJOR, Connection, client_program

# One backup may take longer than any request, and waits for no lock of a migration.
PATIENT = "-c statement_timeout=0 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0"


def run(connection: Connection, program: str, *options: str) -> None:
    """Run `program` on the server of `connection`. Raises CannotStart with the first line that it says."""
    place = connection.info.get_parameters()
    address = conninfo.make_conninfo(**{name: place[name] for name in place if name != "options"})
    tool = _tool(program, connection.info.server_version // 10_000)
    environment = {"PATH": os.defpath, "PGPASSWORD": connection.info.password, "PGOPTIONS": PATIENT}
    run_alone(tool, f"--dbname={address}", *options, **environment)


def run_alone(tool: Path, *options: str, **environment: str) -> None:
    """Run a tool that needs no server."""
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [tool, *options], env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise CannotStart(f"{tool.name} failed: {reason}")


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
