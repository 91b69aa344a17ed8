"""An update makes the new schema first: meanwhile the version before serves on it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.running import PROJECT
from tests.promises import Measured

# What a phone writes, what the desk shows, who gets in, and what leaves: by the tests of that version itself.
SMOKE = (
    "tests/phone/test_records.py",
    "tests/clinic/test_pages.py",
    "tests/accounts/test_joining.py",
    "tests/notifications/test_delivery.py",
)
# Its tests begin with an empty database: the newest code makes that one, and theirs nothing.
PLUGIN = """
import os, subprocess, sys
from django.core import management
call_command = management.call_command

def of_the_newest(name, *args, **options):
    if name != "prepare":
        return call_command(name, *args, **options)
    command = [sys.executable, "manage.py", "prepare", "--skip-checks", "--verbosity", "0"]
    subprocess.run(command, cwd=os.environ["NEWEST"], env=os.environ | {"AMBLE_ROLE": "owner"}, check=True)

management.call_command = of_the_newest
"""


def git(*command: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *command], cwd=PROJECT, capture_output=True, check=False)


@pytest.mark.trust
@pytest.mark.processes
@pytest.mark.timeout(900)
def test_the_version_before_the_newest_migration_serves_on_the_new_schema(tmp_path: Path, measured: Measured):
    newest = git("log", "-1", "--format=%H", "--", "*/migrations/*.py").stdout.decode().strip()
    before = git("archive", "--format=tar", f"{newest}^")
    if not newest or before.returncode:
        pytest.skip("There is no history here: this is an archive, or a shallow clone.")
    version = tmp_path / "before"
    version.mkdir()
    subprocess.run(["tar", "x"], cwd=version, input=before.stdout, check=True)
    (tmp_path / "newest_schema.py").write_text(PLUGIN)
    migrations = [len(list(place.glob("*/migrations/0*.py"))) for place in (version, PROJECT)]
    assert migrations[0] < migrations[1]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "newest_schema", "-p", "no:cacheprovider", *SMOKE],
        cwd=version,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        | {"PYTHONPATH": str(tmp_path), "NEWEST": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    measured(
        "P-11", f"the version before the newest migration: {passed[1]} of its tests pass on the new schema"
    )
