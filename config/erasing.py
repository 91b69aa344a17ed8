"""Erasing a patient, and keeping them erased when an older backup is restored.

By what the catalog of the database says and not by models: the schema of a backup may be older than they are. Who was
erased is known by a tombstone: a fingerprint that only that patient's row in an older backup fits. It lies as a line in
the file `erased` of the data folder, because a restored database knows nothing of what came after its backup, and as
a row in `recovery_erasure`.

    erase(connection, patient_id)   every row of a patient, in one transaction
    Tombstone.of(...), bury(...)    what is left
    again(connection, stones)       after a restore: who was erased is erased again
"""

import json
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from config.embedded import CannotStart

FILE = "erased"

Connection = psycopg.Connection[tuple[Any, ...]]

# Every table of the schema with a column of this name.
WITH_COLUMN = """
SELECT c.relname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attname = %s AND NOT a.attisdropped AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
ORDER BY 1
"""
# Every reference by one column: table, column, table it leads to, column there.
REFERENCES = """
SELECT child.relname::text, own.attname::text, parent.relname::text, theirs.attname::text
FROM pg_constraint k
JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = k.conkey[1]
JOIN pg_attribute theirs ON theirs.attrelid = k.confrelid AND theirs.attnum = k.confkey[1]
WHERE k.contype = 'f' AND child.relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""
# What a person is in a row that is theirs; other references to a person say who did something.
ONESELF = ("user_id", "recipient_id")


class NoSuchPatient(Exception):
    """There is no patient with this number."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That somebody was erased, when, by whom and why. It names nobody: a number alone would be given anew by a
    database that was restored, so the fingerprint is of the number and of the moment the patient was added.
    """

    salt: str
    fingerprint: str
    at: str
    by: str
    reason: str

    @classmethod
    def of(cls, patient_id: int, added_at: datetime, *, by: str, reason: str, now: datetime) -> Self:
        salt = secrets.token_hex(16)
        return cls(
            salt, _fingerprint(salt, patient_id, added_at), now.astimezone(UTC).isoformat(), by, reason
        )

    def fits(self, patient_id: int, added_at: datetime) -> bool:
        return self.fingerprint == _fingerprint(self.salt, patient_id, added_at)


def _fingerprint(salt: str, patient_id: int, added_at: datetime) -> str:
    return sha256(f"{salt} {patient_id} {added_at.astimezone(UTC).isoformat()}".encode()).hexdigest()


# --- erasing ------------------------------------------------------------------------------------------------


def added_at(connection: Connection, patient_id: int) -> datetime:
    """When the patient was added; their row is locked, so that nothing of theirs comes in meanwhile."""
    reach_all(connection)
    found = connection.execute(
        "SELECT added_at FROM recovery_patient WHERE user_id = %s FOR UPDATE", [patient_id]
    ).fetchone()
    if found is None:
        raise NoSuchPatient
    moment: datetime = found[0]
    return moment


def erase(connection: Connection, patient_id: int) -> dict[str, int]:
    """Delete every row of this patient in the open transaction, as the owner of the tables; how many, by table.

    Who works at a clinic as well stays a person of its staff. Raises CannotStart when a row that is not the patient's
    own still names them; then nothing is to be committed.
    """
    reach_all(connection)
    is_staff = connection.execute(
        "SELECT FROM accounts_membership WHERE user_id = %s AND role <> 'patient' LIMIT 1", [patient_id]
    ).rowcount
    of_patient = _tables_with(connection, "patient_id")
    references = connection.execute(REFERENCES).fetchall()
    erased: dict[str, int] = {}

    def delete(table: str, where: sql.Composable) -> None:
        done = connection.execute(
            sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(table), where), {"patient": patient_id}
        )
        if done.rowcount:
            erased[table] = erased.get(table, 0) + done.rowcount

    for table, column, parent, key in references:
        if parent in of_patient and table not in of_patient:
            where = sql.SQL("{} IN (SELECT {} FROM {} WHERE patient_id = %(patient)s)")
            delete(table, where.format(*map(sql.Identifier, (column, key, parent))))
    for table in of_patient:
        delete(table, sql.SQL("patient_id = %(patient)s"))
    delete("recovery_patient", sql.SQL("user_id = %(patient)s"))
    if is_staff:
        delete("accounts_membership", sql.SQL("user_id = %(patient)s AND role = 'patient'"))
    else:
        for table, column, parent, _ in references:
            if parent == "accounts_user" and column in ONESELF:
                delete(table, sql.SQL("{} = %(patient)s").format(sql.Identifier(column)))
        delete("accounts_user", sql.SQL("id = %(patient)s"))
    try:
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.errors.ForeignKeyViolation as error:
        raise CannotStart(
            f"Nothing was erased: a row of {error.diag.table_name} names the patient in what is not their own record."
        ) from error
    if _tables_with(connection, "changes_digest"):
        _empty_audit(connection, patient_id)
    return erased


def _empty_audit(connection: Connection, patient_id: int) -> None:
    """That something was done stays, who did it and when; old and new values go, and seals hold by their digest."""
    # Its policies let not even the owner change an entry.
    connection.execute("ALTER TABLE accounts_auditentry NO FORCE ROW LEVEL SECURITY")
    connection.execute("UPDATE accounts_auditentry SET changes = NULL WHERE %s = ANY(about)", [patient_id])
    connection.execute("ALTER TABLE accounts_auditentry FORCE ROW LEVEL SECURITY")


def reach_all(connection: Connection) -> None:
    """For this transaction: past row-level security, which binds the owner too, and past the limits of a request."""
    settings = {"amble.reach": "all", "statement_timeout": "0", "lock_timeout": "60s"}
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])


def _tables_with(connection: Connection, column: str) -> list[str]:
    return [table for (table,) in connection.execute(WITH_COLUMN, [column])]


# --- what is left ---------------------------------------------------------------------------------------------


def bury(connection: Connection, folder: Path, stone: Tombstone) -> None:
    """Keep a tombstone in the file first, on the disk, then as a row of the open transaction.

    Should the transaction fail, the line stays: it says what was asked for, and fits a restore all the same.
    """
    remember(folder, [stone])
    _note(connection, stone)


def remember(folder: Path, stones: Iterable[Tombstone]) -> None:
    """Add those of the tombstones that the file in `folder` does not have yet. Raises OSError."""
    file = folder / FILE
    known = read(file) if file.exists() else []
    if missing := [stone for stone in stones if stone not in known]:
        _append(file, missing)


def _append(file: Path, stones: Iterable[Tombstone]) -> None:
    lines = "".join(f"{json.dumps(asdict(stone))}\n" for stone in stones)
    with open(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w", encoding="utf-8") as opened:
        opened.write(lines)
        opened.flush()
        os.fsync(opened.fileno())


def copy(data: Path, to: Path) -> None:
    """Keep the list of the data folder beside the backups in `to`, where a restore finds it.

    Whole or not at all, for a disk that is full. Raises OSError and CannotStart.
    """
    stones = read(data / FILE) if (data / FILE).exists() else []
    known = read(to / FILE) if (to / FILE).exists() else []
    if missing := [stone for stone in stones if stone not in known]:
        new = to / f".{FILE}.new"
        new.unlink(missing_ok=True)
        _append(new, known + missing)
        new.replace(to / FILE)


def read(file: Path) -> list[Tombstone]:
    """The tombstones of a file. Raises CannotStart for one that cannot be read to its end."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [Tombstone(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise CannotStart(
            f"{file} is not a whole list of who was erased ({error}). Nothing was changed."
        ) from error


def again(connection: Connection, stones: Iterable[Tombstone]) -> int:
    """Erase whom the tombstones fit, in one transaction; how many that were."""
    stones = list(stones)
    with connection.transaction():
        reach_all(connection)
        patients = connection.execute("SELECT user_id, added_at FROM recovery_patient").fetchall()
        found = [
            patient for patient, added in patients if any(stone.fits(patient, added) for stone in stones)
        ]
        for patient in found:
            erase(connection, patient)
        for stone in stones:
            _note(connection, stone)
    return len(found)


def _note(connection: Connection, stone: Tombstone) -> None:
    # A backup may be older than the table.
    with suppress(psycopg.errors.UndefinedTable), connection.transaction():
        connection.execute(
            "INSERT INTO recovery_erasure (salt, fingerprint, erased_at, by, reason) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (fingerprint) DO NOTHING",
            [stone.salt, stone.fingerprint, stone.at, stone.by, stone.reason],
        )
