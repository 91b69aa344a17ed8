"""Erasing the records whose time and whose 30 days of notice are over, by the one road of `config.erasing`."""

import logging
from datetime import datetime
from pathlib import Path

import psycopg

from config import erasing
from config.embedded import CannotStart
from recovery.actions.keeping import EXPIRED

BY = "manage.py erase_expired"
REASON = "The last bout ended {years} years ago, as long as the clinic keeps records."

DUE = "SELECT patient_id FROM recovery_expiry WHERE kept_at IS NULL AND erase_on <= %(today)s ORDER BY 1"
# Asked again of one patient, whose row is locked, so that nothing of theirs comes in after the answer. The list's row
# is locked as well: who keeps the record is heard before, or is told that it is gone.
STILL = f"""
    SELECT expired.keep_years FROM ({EXPIRED}) AS expired
    JOIN recovery_expiry e ON e.patient_id = expired.user_id AND e.kept_at IS NULL AND e.erase_on <= %(today)s
    WHERE expired.user_id = %(patient)s
    FOR UPDATE OF e
"""  # noqa: S608 (made of our own text)

log = logging.getLogger(__name__)


def erase_expired(connection: erasing.Connection, folder: Path, *, now: datetime) -> int:
    """Erase them, each in a transaction of its own, as the owner of the tables. How many that were.

    Whom a row of somebody else still names, or PostgreSQL refuses for whatever reason, stays and is tried again the
    next time, and the others do not wait for that. Raises OSError when `folder` takes no tombstone, and psycopg.Error
    when nobody can be erased: under another role, or without a connection.
    """
    today = now.date()
    erasing.reach_all(connection)
    due = [patient for (patient,) in connection.execute(DUE, {"today": today})]
    connection.rollback()
    number = 0
    for patient in due:
        try:
            with connection.transaction():
                number += _erase(connection, folder, patient, now=now)
        except psycopg.errors.InsufficientPrivilege:
            raise
        except (CannotStart, erasing.NoSuchPatient, psycopg.Error):
            if connection.broken:
                raise
            log.exception("A record whose time is over was not erased; the others are.")
    return number


def _erase(connection: erasing.Connection, folder: Path, patient: int, *, now: datetime) -> bool:
    added_at = erasing.added_at(connection, patient)
    asked = {"today": now.date(), "patient": patient}
    found = connection.execute(STILL, asked).fetchone()
    if found is None:
        return False
    erasing.erase(connection, patient)
    reason = REASON.format(years=found[0])
    erasing.bury(connection, folder, erasing.Tombstone.of(patient, added_at, by=BY, reason=reason, now=now))
    return True
