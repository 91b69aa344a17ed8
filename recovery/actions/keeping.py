"""The end of a record: which are over by what the clinic chose, the notice of 30 days, and who keeps one all the same.

Nothing is erased here: the app role may not. `manage.py erase_expired` does it, as the owner of the tables, and asks
EXPIRED again.
"""

from datetime import datetime, timedelta

from django.db import connection

from accounts.access import acting_for_all
from recovery.models import Expiry
from recovery.models.keeping import NOTICE_DAYS
from wire.problems import Conflict

# Patients whose every bout ended longer ago than the clinic keeps records, who have let nothing be heard since by phone
# or on paper, and for whom nothing waits. Who never had a bout stays: there is no end to count from. The column
# `ended_on` is that of the last bout.
EXPIRED = """
    SELECT p.clinic_id, p.user_id, last.ended_on, s.keep_years
    FROM recovery_caresettings s
    JOIN recovery_patient p ON p.clinic_id = s.clinic_id
    CROSS JOIN LATERAL (
        SELECT max(e.ended_on) AS ended_on, bool_or(e.ended_on IS NULL) AS going_on
        FROM recovery_episode e WHERE e.patient_id = p.user_id) last
    WHERE last.ended_on + make_interval(years => s.keep_years) <= %(today)s AND NOT last.going_on
        AND NOT EXISTS (SELECT 1 FROM accounts_device d
            WHERE d.user_id = p.user_id AND d.last_used_on + make_interval(years => s.keep_years) > %(today)s)
        AND NOT EXISTS (SELECT 1 FROM recovery_painentry r
            WHERE r.patient_id = p.user_id AND r."on" + make_interval(years => s.keep_years) > %(today)s)
        AND NOT EXISTS (SELECT 1 FROM accounts_invitation i
            WHERE i.user_id = p.user_id AND i.revoked_at IS NULL AND i.expires_at > %(today)s)
        AND NOT EXISTS (SELECT 1 FROM recovery_redflag f WHERE f.patient_id = p.user_id AND f.closed_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM recovery_message m
            WHERE m.patient_id = p.user_id AND m.read_at IS NULL AND NOT m.private AND NOT m.withdrawn)
"""
LIST = f"""
    INSERT INTO recovery_expiry (clinic_id, patient_id, ended_on, listed_on, erase_on, kept_because)
    SELECT clinic_id, user_id, ended_on, %(today)s, %(erase_on)s, '' FROM ({EXPIRED}) AS expired
    ON CONFLICT (patient_id) DO NOTHING
"""  # noqa: S608 (made of the text above)
# Who came back, wrote, or is kept for longer now.
TAKE_OFF = f"""
    DELETE FROM recovery_expiry
    WHERE kept_at IS NULL AND patient_id NOT IN (SELECT user_id FROM ({EXPIRED}) AS expired)
"""  # noqa: S608


def list_expired(*, now: datetime) -> int:
    """Put each record whose time is over on the list of its clinic, 30 days before it is erased, and take off whose
    time is not over any more. How many are new.
    """
    today = now.date()
    asked = {"today": today, "erase_on": today + timedelta(days=NOTICE_DAYS)}
    with acting_for_all(), connection.cursor() as cursor:
        cursor.execute(TAKE_OFF, asked)
        cursor.execute(LIST, asked)
        new: int = cursor.rowcount
        return new


def keep(*, expiry: Expiry, because: str, by: int, now: datetime) -> None:
    """Keep a record until somebody lets it go. Raises Conflict when a colleague was first, or when it is erased."""
    rows = Expiry.objects.to_be_erased().filter(pk=expiry.pk)
    if not rows.update(kept_because=because, kept_by=by, kept_at=now):
        raise Conflict("This record is kept already, or has just been erased.")


def let_go(*, expiry: Expiry, now: datetime) -> None:
    """Keep it no longer: the 30 days begin anew. Raises Conflict when nobody keeps it."""
    today = now.date()
    rows = Expiry.objects.kept().filter(pk=expiry.pk)
    if not rows.update(
        kept_because="",
        kept_by=None,
        kept_at=None,
        listed_on=today,
        erase_on=today + timedelta(days=NOTICE_DAYS),
    ):
        raise Conflict("Nobody keeps this record.")
