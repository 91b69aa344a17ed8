"""Copies of a running Amble on another disk: what they hold, what is lost with the first disk, and who hears of it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pyrage
import pytest
from django.test import Client

from config import embedded
from config.backup import copies
from config.backup.copies import STAMP, Copy, Known
from config.embedded import CannotStart
from config.embedded.home import read_environment
from config.up import _say_of_the_copies
from tests.config.running import (
    OWN,
    PROJECT,
    UNSET,
    backup,
    everything,
    refusal,
    run,
    running,
    signed_in,
    wait_until,
)
from tests.faults.phones import Phone, pain
from tests.promises import Measured

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("up")]


@contextmanager
def keeping_up(data: Path, to: Path, key: pyrage.x25519.Identity) -> Iterator[Path]:
    """The process beside `make run`; what it says, as a file."""
    to.mkdir(exist_ok=True)
    said = to.with_name(f"{to.name}.log")
    with said.open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.backup", "copies"],
            cwd=PROJECT,
            env=os.environ | UNSET | OWN | asked(data, to, key),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield said
        assert process.poll() is None, said.read_text()
    finally:
        process.kill()
        process.wait()


def asked(data: Path, to: Path, key: pyrage.x25519.Identity) -> dict[str, str]:
    return {"AMBLE_DATA": str(data), "BACKUP_FOLDER": str(to), "BACKUP_RECIPIENT": str(key.to_public())}


def in_(to: Path) -> list[str]:
    """The copies there by their age; an incremental one has a plus in its name."""
    return sorted(file.name for file in to.glob("*.age"))


@pytest.fixture(scope="module")
def copied(
    folder: Path, folders: Path, key: pyrage.x25519.Identity
) -> tuple[Path, dict[str, object], dict[str, str]]:
    """A base of the demo clinic and an incremental backup of what came after it; what lay there, and the secrets."""
    to = folders / "elsewhere"
    with embedded.running(folder, valkey=False) as servers:
        with keeping_up(folder, to, key) as said:
            # Not for the file alone: killed before it has noted that base, it makes another one.
            wait_until(lambda: ".copy.age" in said.read_text())
        with embedded.superuser(folder, database=embedded.DATABASE) as connection:
            connection.execute(
                "INSERT INTO django_session VALUES ('another-key-that-opens-it', '', 'infinity')"
            )
            connection.execute("UPDATE recovery_painentry SET score = 10 - score")
        (base,) = in_(to)
        with everything(folder) as there, keeping_up(folder, to, key):
            wait_until(lambda: len(in_(to)) == 2)
    assert in_(to)[0].startswith(base.removesuffix(".copy.age") + "+")
    return to, there, servers.environment


@pytest.mark.promise
def test_two_files_are_all_that_was_there(
    copied: tuple[Path, dict[str, object], dict[str, str]], folders: Path, measured: Measured
):
    to, there, secrets = copied
    data = folders / "from copies"
    done = backup("restore", str(to), "--key", str(folders / "key"), data=data)
    assert done.returncode == 0, done.stderr
    kept = read_environment(data / "environment")
    assert kept["SECRET_KEY"] == secrets["SECRET_KEY"]
    with embedded.running(data, valkey=False, durable=False):
        with everything(data) as back:
            differ = {name for name in there if there[name] != back[name]}
            measured("P-13", f"from two copies: {len(differ - {'django_session'})} tables differ")
            assert there.keys() == back.keys()
            assert differ == {"django_session"}  # everybody signs in again
            assert back["django_session"] == (0, None)
        assert run("manage.py", "prepare", data=data, AMBLE_ROLE="owner").returncode == 0
    full = backup("restore", str(to), "--key", str(folders / "key"), data=data)
    assert (full.returncode, "is not empty" in full.stderr) == (1, True)


@pytest.mark.promise
@pytest.mark.parametrize("minutes", [0.05, pytest.param(7, marks=pytest.mark.trust)], ids=["short", "long"])
@pytest.mark.timeout(900)
def test_a_lost_disk_costs_at_most_what_five_minutes_have_written(
    folder: Path, folders: Path, key: pyrage.x25519.Identity, minutes: float, measured: Measured
):
    """The disk goes while a phone writes: all that was answered more than five minutes before is in the copies."""
    to, back = folders / f"lost after {minutes}", folders / f"back after {minutes}"
    to.mkdir()
    answered: dict[str, float] = {}
    random = Random(1)  # noqa: S311 (the same each time)

    def write(phone: Phone, seconds: float) -> None:
        until = time.time() + seconds
        while time.time() < until:
            record = pain(random)
            phone.put(record, until=lambda: time.time() > until + 60)
            answered[record["id"]] = time.time()
            time.sleep(0.05)

    with running(folder, **asked(folder, to, key)) as amble:
        wait_until(lambda: in_(to))
        assert amble.status("/health/backup") == 200
        token, _ = signed_in(folder, 2)
        phone = Phone(amble.port, token)
        write(phone, 2)
        os.kill(amble.part("config.backup copies"), signal.SIGKILL)  # the next one begins with a copy
        wait_until(lambda: len(in_(to)) > 1)
        write(phone, 60 * minutes)
        phone.close()
        amble.end(signal.SIGKILL)
    copied_at = (folder / "copies" / "copied").stat().st_mtime
    lost_at = time.time()
    folder.rename(folder.with_name("lost"))
    try:
        done = backup("restore", str(to), "--key", str(folders / "key"), data=back)
        assert done.returncode == 0, done.stderr
    finally:
        folder.with_name("lost").rename(folder)
    with (
        embedded.running(back, valkey=False, durable=False),
        embedded.superuser(back, database=embedded.DATABASE) as connection,
    ):
        stored = {str(pk) for (pk,) in connection.execute("SELECT client_uuid FROM recovery_painentry")}
    missing = [at for pk, at in answered.items() if pk not in stored]
    oldest = max((lost_at - at for at in missing), default=0.0)
    measured("P-13", f"disk lost: {len(missing)} of {len(answered)} missing, the oldest {oldest:.0f} s old")
    assert missing
    assert any(at < copied_at for at in answered.values())
    assert all(at >= copied_at for at in missing)
    assert oldest <= 300


def test_the_bases_of_seven_days_are_kept_and_what_came_last_of_each(tmp_path: Path):
    mine, another = "a" * 16, Copy("b" * 16, "2026-10-01T020000Z")
    for day in range(10, 20):
        for since in ("", *(f"2026-11-{day}T0{hour}0000Z" for hour in range(3, 7))):
            (tmp_path / Copy(mine, f"2026-11-{day}T020000Z", since).name).touch()
    dump = "amble-2026-11-01T020000Z.tar.age"
    others = {dump, f".{dump}.part", "erased", "amble-notes.copy.age", another.name, f".{another.name}.part"}
    for name in (*others, f".{Copy(mine, '2026-11-20T020000Z').name}.part"):
        (tmp_path / name).touch()
    copies._forget_older(tmp_path, Known(mine, str(tmp_path), "2026-11-19T020000Z"), days=7)
    assert {file.name for file in tmp_path.iterdir()} - others == {
        Copy(mine, f"2026-11-{day}T020000Z", since and f"2026-11-{day}T{since}Z").name
        for day in range(13, 20)
        for since in ("", "050000", "060000")
    }
    for minute in range(10, 20):  # each next copy a base, for one after the other was refused
        (tmp_path / Copy(mine, f"2026-11-19T09{minute}00Z").name).touch()
    copies._forget_older(tmp_path, Known(mine, str(tmp_path), "2026-11-19T091800Z"), days=7)
    bases = {copy.base for copy in copies._in(tmp_path, mine) if not copy.since}
    assert bases - {f"2026-11-{day}T020000Z" for day in range(13, 19)} == {
        "2026-11-19T091800Z",  # it is built on
        "2026-11-19T091900Z",
    }
    assert len(bases) == 8
    for minute in (18, 19):
        (tmp_path / Copy(mine, f"2026-11-19T09{minute}00Z").name).unlink()
    with pytest.raises(CannotStart, match="copies of 2 data folders .* name the file"):
        copies._meant(tmp_path)
    assert copies._meant(tmp_path / another.name) == another
    (tmp_path / another.name).unlink()
    (tmp_path / Copy(mine, "2026-11-18T053000Z").name).touch()
    assert copies._meant(tmp_path).since == "2026-11-18T060000Z"


@pytest.mark.parametrize("hours", [-10, 10])
def test_a_clock_that_was_ahead_or_goes_back_hides_no_newer_copy(hours: int):
    newest = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)
    base = Copy("a" * 16, f"{newest - timedelta(hours=3):{STAMP}}")
    there = [base, base._replace(since=f"{newest:{STAMP}}")]
    known = Known(base.of, "/somewhere", base.base)
    due = copies._next(known, there)
    assert due.base == base.base
    assert due > max(there)
    assert due.taken_at > newest
    assert copies._next(replace(known, base=""), there) > max(there)
    assert copies._next(known, [base._replace(base="2026-01-01T000000Z"), base]).base == base.base


def test_a_copy_that_cannot_be_made_is_said_and_amble_goes_on(
    folder: Path, folders: Path, key: pyrage.x25519.Identity, monkeypatch: pytest.MonkeyPatch
):
    to, public = folders / "not mounted", key.to_public()
    for name, value in asked(folder, to, key).items():
        monkeypatch.setenv(name, value)
    with embedded.running(folder, valkey=False):
        shutil.rmtree(folder / "copies", ignore_errors=True)
        with keeping_up(folder, to, key) as said:
            to.rmdir()
            wait_until(lambda: "No copy was made" in said.read_text())
        with pytest.raises(CannotStart, match="There is no folder .*: mount its disk, or make the folder"):
            copies.take(folder, to, public, {})
        assert (copies.state(folder), to.exists()) == ("late", False)
        to.mkdir()
        with monkeypatch.context() as patch:
            patch.setattr(copies, "spare", lambda _: 10_000)
            with pytest.raises(CannotStart, match=r"has no room for what pg_basebackup writes .* make some"):
                copies.take(folder, to, public, {})
        base = copies.take(folder, to, public, {})
        assert copies.state(folder) == "on time"
        mounted = to.rename(to.with_name("elsewhere mounted"))
        to.mkdir()
        with pytest.raises(CannotStart, match=f"{re.escape(base.name)} is not in .*: mount its disk"):
            copies.take(folder, to, public, {})
        to.rmdir()
        mounted.rename(to)
        known = Known.read(folder)
        assert known is not None
        assert copies._next(known, copies._in(to)).since  # it goes on where it was
        assert not list(folder.glob(".scratch-*"))
    with pytest.raises(CannotStart, match="PostgreSQL does not answer"):
        copies.take(folder, to, public, {})


def test_when_postgresql_refuses_the_base_the_next_copy_is_a_whole_one(
    folder: Path, folders: Path, key: pyrage.x25519.Identity
):
    to, public = folders / "two bases", key.to_public()
    to.mkdir()
    with embedded.running(folder, valkey=False):
        copies.take(folder, to, public, {})
        (manifest,) = (folder / "copies").glob("*.manifest")
        manifest.write_text("{}")
        with pytest.raises(CannotStart, match="pg_basebackup failed"):
            copies.take(folder, to, public, {})
        second = copies.take(folder, to, public, {})
    assert "+" not in second.name
    assert in_(to) == [second.name]  # of one day the last base stays


def test_a_backup_is_made_beside_the_copies_or_where_it_is_told(
    folder: Path, folders: Path, key: pyrage.x25519.Identity
):
    to, other = folders / "beside", folders / "other"
    to.mkdir()
    with embedded.running(folder, valkey=False):
        for told, place in (((), to), (("--to", str(other)), other)):
            done = backup("backup", *told, data=folder, **asked(folder, to, key))
            assert done.returncode == 0, done.stderr
            assert len(list(place.glob("amble-*.tar.age"))) == 1
    (folder / "unfinished").touch()
    try:
        refused = backup("backup", data=folder, BACKUP_RECIPIENT=str(key.to_public()))
    finally:
        (folder / "unfinished").unlink()
    assert (refused.returncode, "did not come to its end" in refused.stderr) == (1, True)


def test_a_restore_that_was_cut_off_is_not_taken_for_whole(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), embedded.unfinished(tmp_path):
        raise ZeroDivisionError
    assert "did not come to its end: remove that folder" in refusal(tmp_path)
    with embedded.unfinished(tmp_path):
        pass
    embedded.refuse_unfinished(tmp_path)


def test_late_copies_are_a_503_and_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AMBLE_DATA", str(tmp_path))
    monkeypatch.delenv("BACKUP_FOLDER", raising=False)
    assert (Client().get("/health/backup").status_code, copies.state(tmp_path)) == (200, "off")
    monkeypatch.setenv("BACKUP_FOLDER", "/somewhere")
    copied = tmp_path / "copies" / "copied"
    copied.parent.mkdir()
    copied.touch()
    assert (Client().get("/health/backup").status_code, copies.state(tmp_path)) == (200, "on time")
    for late in (-copies.LATE_AFTER.total_seconds() - 1, 3600):  # a clock may go back
        os.utime(copied, (time.time() + late, time.time() + late))
        assert copies.state(tmp_path) == "late"
    answer = Client().get("/health/backup")
    assert (answer.status_code, answer.json(), answer["Cache-Control"]) == (
        503,
        {"status": "late"},
        "no-store",
    )
    said = False
    for _ in range(3):
        said = _say_of_the_copies(tmp_path, said)
    assert capsys.readouterr().err.count("no copy was made in BACKUP_FOLDER") == 1
    assert timedelta(seconds=2 * copies.EVERY_SECONDS) < copies.LATE_AFTER  # one may fail


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("no base", "which is not beside it"),
        ("cut short", "cannot be restored"),
        ("no copy", "There is no copy of Amble's data"),
    ],
)
def test_a_copy_that_is_not_whole_changes_nothing(
    copied: tuple[Path, dict[str, object], dict[str, str]], folders: Path, damage: str, said: str
):
    broken = folders / damage
    shutil.copytree(copied[0], broken)
    since, base = (broken / name for name in in_(broken))
    if damage == "no base":
        base.unlink()
    elif damage == "cut short":
        base.write_bytes(base.read_bytes()[:-100])
    else:
        base.unlink()
        since.unlink()
    data = folders / f"data of {damage}"
    done = backup("restore", str(broken), "--key", str(folders / "key"), data=data)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert "Nothing was changed." in done.stderr
    assert list(data.iterdir()) == []
