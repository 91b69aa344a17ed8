"""What the tests of this folder share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from config import embedded
from tests.config.running import run


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A data folder with the demo clinic, of all tests of the group "up": each starts after the end of another one."""
    above = Path(tempfile.mkdtemp(prefix="amble-up-"))
    above.chmod(0o755)  # as root the servers run as nobody, who has to pass through here
    data = above / "data"
    with embedded.running(data, valkey=False, durable=False):
        for command, role in (("prepare", "owner"), ("load_catalog", "app"), ("load_demo", "app")):
            done = run("manage.py", command, "--skip-checks", data=data, AMBLE_ROLE=role)
            assert done.returncode == 0, done.stderr
    yield data
    shutil.rmtree(above)


@pytest.fixture(scope="module")
def folders() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="amble-backup-") as name:
        Path(name).chmod(0o755)  # as root the servers run as nobody
        yield Path(name)


@pytest.fixture(scope="module")
def key(folders: Path) -> pyrage.x25519.Identity:
    identity = pyrage.x25519.Identity.generate()
    (folders / "key").write_text(f"# a comment\n{identity}\n")
    return identity
