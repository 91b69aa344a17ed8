"""A backup of a running Amble, brought back somewhere else: every row, rule and secret is there again."""

import os
import resource
import shutil
import tarfile
import tempfile
import time
from pathlib import Path

import pyrage
import pytest

from config import embedded
from config.backup.sealed import seal
from config.embedded import CannotStart
from config.embedded.home import read_environment
from tests.config.running import backup, everything, run
from tests.promises import Measured

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("up")]


@pytest.fixture(scope="module")
def made(
    folder: Path, folders: Path, key: pyrage.x25519.Identity
) -> tuple[Path, dict[str, object], dict[str, str]]:
    """A backup of the demo clinic, made while the servers run; what lay there, and the secrets."""
    data = folder
    with embedded.running(data, valkey=False, durable=False) as servers:
        with embedded.superuser(data, database=embedded.DATABASE) as connection:
            connection.execute("INSERT INTO django_session VALUES ('a-key-that-opens-it', '', 'infinity')")
        done = backup("backup", "--to", str(folders), data=data, BACKUP_RECIPIENT=str(key.to_public()))
        assert done.returncode == 0, done.stderr
        with everything(data) as there:
            pass
        (file,) = folders.glob("amble-*.tar.age")
        assert str(file) in done.stdout
        return file, there, servers.environment


@pytest.mark.promise
def test_what_is_restored_is_what_was_there(
    made: tuple[Path, dict[str, object], dict[str, str]], folders: Path, measured: Measured
):
    file, there, secrets = made
    assert any(count[0] > 100 for count in there.values() if isinstance(count, tuple))
    data = folders / "back"
    done = backup("restore", str(file), "--key", str(folders / "key"), data=data)
    assert done.returncode == 0, done.stderr
    kept = read_environment(data / "environment")
    assert {name: kept[name] for name in ("SECRET_KEY", "VAPID_PRIVATE_KEY")} == {
        name: secrets[name] for name in ("SECRET_KEY", "VAPID_PRIVATE_KEY")
    }
    with embedded.running(data, valkey=False, durable=False):
        with everything(data) as back:
            assert back.keys() == there.keys()
            # Everybody signs in again: else who reads a backup could be whoever was signed in when it was made.
            differ = {name for name in there if there[name] != back[name]} - {"django_session"}
            rows = sum(count[0] for count in there.values() if isinstance(count, tuple))
            measured("P-13", f"{rows} rows and their walls restored, {len(differ)} tables differ")
            assert differ == set()
            assert there["django_session"] != (0, None)
            assert back["django_session"] == (0, None)
        again = run("manage.py", "prepare", data=data, AMBLE_ROLE="owner")
        assert again.returncode == 0, again.stderr
        # As a whole it is one again: the app role is bound by the walls it came with.
        blind = run("-c", COUNT_PATIENTS, data=data)
        assert blind.stdout.split() == ["0", "some"], blind.stderr
    full = backup("restore", str(file), "--key", str(folders / "key"), data=data)
    assert (full.returncode, "is not empty" in full.stderr) == (1, True)


@pytest.mark.parametrize("pieces", [1, 100])
def test_what_the_disk_had_no_room_for_is_no_sealed_file(
    tmp_path: Path, key: pyrage.x25519.Identity, pieces: int
):
    folder, blocks = tmp_path / "folder", pieces * tarfile.RECORDSIZE
    folder.mkdir()
    (folder / "rows").write_bytes(os.urandom(blocks - 8 * tarfile.BLOCKSIZE))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (blocks + 50, hard))  # the archive has room, sealed it has none
    try:
        with pytest.raises(CannotStart, match=r"could not be written to .* make room there"):
            seal(folder, tmp_path / "file", key.to_public())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]
    assert (folder / "archive.tar").stat().st_size == blocks


MANY = 300_000
TEN_GIGABYTES, AN_HOUR = 10e9, 3600.0


@pytest.mark.trust
@pytest.mark.timeout(900)
def test_three_hundred_thousand_rows_come_back_in_time(
    folders: Path, key: pyrage.x25519.Identity, measured: Measured
):
    there, back, files = (folders / f"many {name}" for name in ("there", "back", "files"))
    with embedded.running(there, valkey=False):
        for command in (("prepare",), ("load_catalog",), ("load_demo",)):
            role = "owner" if command == ("prepare",) else "app"
            assert run("manage.py", *command, data=there, AMBLE_ROLE=role).returncode == 0
        with embedded.superuser(there, database=embedded.DATABASE) as connection:
            connection.execute("SET session_replication_role = replica")  # nobody reads this audit
            connection.execute(MULTIPLY, [MANY])
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        with everything(there) as before:
            pass
        began = time.monotonic()
        done = backup("backup", "--to", str(files), data=there, BACKUP_RECIPIENT=str(key.to_public()))
        assert done.returncode == 0, done.stderr
        backed_up = time.monotonic() - began
    (file,) = files.glob("amble-*.tar.age")
    began = time.monotonic()
    done = backup("restore", str(file), "--key", str(folders / "key"), data=back)
    restored = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    with embedded.running(back, valkey=False), everything(back) as after:
        differ = {name for name in before if before[name] != after[name]}
    size = int(row[0]) if row else 0
    ten = restored * TEN_GIGABYTES / size
    measured(
        "P-13",
        f"{MANY} rows ({size / 1e6:.0f} MB): backup {backed_up:.1f} s, restore {restored:.1f} s, "
        f"{len(differ)} tables differ; 10 GB in {ten / 60:.0f} min",
    )
    assert differ == set()
    assert ten <= AN_HOUR


# One patient's rating, so often, each with an id of its own.
MULTIPLY = """
    INSERT INTO recovery_painentry
    SELECT many.* FROM (SELECT p FROM recovery_painentry p LIMIT 1) AS first(one), generate_series(1, %s) n,
        LATERAL jsonb_populate_record(
            one, jsonb_build_object('id', 1000000 + n, 'client_uuid', gen_random_uuid())
        ) many
"""


def test_who_was_erased_stays_erased_by_an_older_backup(
    made: tuple[Path, dict[str, object], dict[str, str]], folders: Path, key: pyrage.x25519.Identity
):
    """Erased in one folder; what was backed up before is restored into another, with the list beside the backups."""
    file, recipient = made[0], str(key.to_public())
    secret = str(folders / "key")
    data, with_list, without = (folders / name for name in ("first", "with the list", "half"))
    done = backup("restore", str(file), "--key", secret, data=data)
    assert "There was no list of erased patients" in done.stdout, done.stderr
    with embedded.running(data, valkey=False, durable=False):
        assert run("manage.py", "prepare", data=data, AMBLE_ROLE="owner").returncode == 0
        erased = min(patients(data))
        done = run(
            "manage.py", "erase_patient", str(erased), "--by=Ada", "--reason=Asked.", "--yes", data=data
        )
        assert done.returncode == 0, done.stderr
        left = patients(data)
        done = backup("backup", "--to", str(folders / "later"), data=data, BACKUP_RECIPIENT=recipient)
        assert done.returncode == 0, done.stderr
    older = shutil.copy(file, folders / "later" / "older.tar.age")
    done = backup("restore", str(older), "--key", secret, data=with_list)
    assert "Erased again: 1 of 1" in done.stdout, done.stderr
    assert (with_list / "erased").read_text() == (data / "erased").read_text()
    with embedded.running(with_list, valkey=False, durable=False):
        assert patients(with_list) == left
    (folders / "half a list").write_text((data / "erased").read_text()[:-30])
    half = str(folders / "half a list")
    done = backup("restore", str(file), "--key", secret, "--erased", half, data=without)
    assert (done.returncode, "Nothing was changed." in done.stderr) == (1, True)


def patients(data: Path) -> set[int]:
    with embedded.superuser(data, database=embedded.DATABASE) as connection:
        return {int(pk) for (pk,) in connection.execute("SELECT user_id FROM recovery_patient")}


COUNT_PATIENTS = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from accounts.access import acting_for_all
from recovery.models import Patient
print(Patient.objects.count())
with acting_for_all():
    print("some" if Patient.objects.exists() else "none")
"""


@pytest.mark.parametrize("damage", ["cut short", "one bit", "another key", "no backup"])
def test_a_file_that_is_not_whole_changes_nothing(
    made: tuple[Path, dict[str, object], dict[str, str]], folders: Path, damage: str
):
    whole = made[0].read_bytes()
    bent = folders / "bent.tar.age"
    bent.write_bytes(
        {
            "cut short": whole[: len(whole) // 2],
            "one bit": whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:],
            "another key": whole,
            "no backup": b"something else",
        }[damage]
    )
    key = folders / "key"
    if damage == "another key":
        key = folders / "other key"
        key.write_text(str(pyrage.x25519.Identity.generate()))
    data = folders / "untouched"
    done = backup("restore", str(bent), "--key", str(key), data=data)
    assert done.returncode == 1
    assert "Nothing was changed." in done.stderr
    assert "Traceback" not in done.stderr
    assert list(data.iterdir()) == []


def test_a_file_cut_at_its_last_piece_is_refused(
    made: tuple[Path, dict[str, object], dict[str, str]], folders: Path
):
    """The archive ends with a piece that says it is the last: without it nothing counts."""
    bent = folders / "bent.tar.age"
    whole = made[0].read_bytes()
    bent.write_bytes(whole[: -(len(whole) % 65_536 or 65_536)])
    done = backup("restore", str(bent), "--key", str(folders / "key"), data=folders / "untouched")
    assert "Nothing was changed." in done.stderr


def test_without_a_key_no_backup_is_made(folders: Path):
    done = backup("backup", data=folders / "nothing", BACKUP_RECIPIENT="")
    assert (done.returncode, "`make backup-key` makes a key" in done.stderr) == (1, True)
    wrong = backup("backup", data=folders / "nothing", BACKUP_RECIPIENT="age1no")
    assert (wrong.returncode, "is not the public half of an age key" in wrong.stderr) == (1, True)


def test_without_data_no_backup_is_made(folders: Path, key: pyrage.x25519.Identity):
    done = backup("backup", data=folders / "nothing", BACKUP_RECIPIENT=str(key.to_public()))
    assert (done.returncode, "There are no data" in done.stderr) == (1, True)


def test_a_new_key_opens_what_its_public_half_closed():
    lines = run("-m", "config.backup", "key", data=Path(tempfile.gettempdir())).stdout.splitlines()
    recipient = next(line for line in lines if "BACKUP_RECIPIENT=" in line).partition("=")[2]
    closed = pyrage.encrypt(b"rows", [pyrage.x25519.Recipient.from_str(recipient)])
    assert pyrage.decrypt(closed, [pyrage.x25519.Identity.from_str(lines[-1])]) == b"rows"
