"""The disk of the data folder is full: nothing that was answered is lost, and who makes room finds all running."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from config import embedded
from tests.config.running import running, signed_in, wait_until, write
from tests.faults.phones import Phone
from tests.promises import Measured

PHONES = 8
SIZE = "900m"  # the binaries that nobody may run lie there too


@pytest.fixture
def small_disk() -> Iterator[Path]:
    above = Path(tempfile.mkdtemp(prefix="amble-disk-"))
    above.chmod(0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", above], check=False
    )
    if mounted.returncode != 0:
        above.rmdir()
        pytest.skip("A full disk was not tried: this needs the right to mount one (root).")
    yield above
    subprocess.run(["umount", "-l", above], check=True)
    above.rmdir()


@pytest.mark.trust
@pytest.mark.processes
@pytest.mark.timeout(600)
def test_a_full_disk_loses_nothing_and_all_goes_on_when_there_is_room(small_disk: Path, measured: Measured):
    folder, ballast = small_disk / "data", small_disk / "ballast"
    with running(folder) as amble:
        phones = [Phone(amble.port, token, pause=0.5) for token in signed_in(folder, PHONES)]
        over = Event()
        with ThreadPoolExecutor(PHONES) as pool:
            writing = [pool.submit(write, phone, over, seed) for seed, phone in enumerate(phones)]
            try:
                time.sleep(3)
                fill(ballast, leave=30 * 2**20)
                wait_until(lambda: "no room left" in amble.screen.read_text(), 20)
                fill(ballast, leave=0)
                wait_until(lambda: not answers_go_on(phones, seconds=5), 180)
                full_for = time.monotonic()
                time.sleep(20)
                assert not answers_go_on(phones, seconds=1), "something is still stored: the disk is not full"
                assert amble.process.poll() is None, amble.screen.read_text()
                ballast.unlink()
                back = wait_until(lambda: answers_go_on(phones, seconds=1), 90)
                full_for = time.monotonic() - full_for
            finally:
                over.set()
        written = [record for one in writing for record in one.result()]
        with embedded.superuser(folder, database=embedded.DATABASE) as connection:
            stored = {
                (str(uuid), score)
                for uuid, score in connection.execute("SELECT client_uuid, score FROM recovery_painentry")
            }
    answered = {uuid for phone in phones for uuid, _ in phone.answers}
    missing = {(one["id"], one["score"]) for one in written if one["id"] in answered} - stored
    said = (
        f"disk full for {full_for:.0f} s: {len(missing)} missing of {len(answered)} answered, "
        f"stored again {back:.0f} s after there was room"
    )
    measured("P-1", said)
    print(said)
    statuses = set().union(*(phone.statuses for phone in phones))
    assert statuses <= {200, 201, 503}
    assert missing == set()


def fill(ballast: Path, *, leave: int) -> None:
    free = shutil.disk_usage(ballast.parent).free - leave
    with ballast.open("ab") as file:
        block = b"\0" * 2**20
        try:
            while free > 0:
                free -= file.write(block[:free])
        except OSError:  # full
            return
    os.sync()


def answers_go_on(phones: list[Phone], *, seconds: float) -> bool:
    before = sum(len(phone.answers) for phone in phones)
    time.sleep(seconds)
    return sum(len(phone.answers) for phone in phones) > before
