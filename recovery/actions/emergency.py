"""Opening a record in an emergency: for hours, with a reason, and never unnoticed."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.access import Actor
from accounts.limits import OPENING_A_RECORD
from accounts.models import User
from recovery.actions.tasks import open_task
from recovery.models import CareTeamMember
from recovery.models.tasks import TaskKind
from wire.problems import Conflict

OPEN_FOR = timedelta(hours=4)  # P: a shift's worth of an emergency; a policy of the database holds it too
WHY = "{name} opened this record for four hours without being on the care team, because: {because}"


def open_record(*, called: str, birth_year: int, because: str, by: Actor, now: datetime) -> int:
    """Let `by` read the record of the clinic's patient of this name and year of birth, and return the patient's id.

    Who treats may also act on it meanwhile. The care team gets a task, the administrators read it on the audit's page;
    `notifications.notices` writes to them all.
    Raises Conflict when there is no such patient, or more than one, and Throttled after too many of these, which a
    transaction around it must not undo.
    """
    OPENING_A_RECORD.check(str(by.user_id), now=now)
    try:
        patient_id = _the_one_called(called, birth_year, by)
    except Conflict:
        OPENING_A_RECORD.count(str(by.user_id), now=now)
        raise
    with transaction.atomic():
        _open(patient_id, because=because, by=by, now=now)
    return patient_id


def _the_one_called(name: str, birth_year: int, by: Actor) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT amble_patients_called(%s, %s)", [name, birth_year])
        found = [patient for patient in cursor.fetchone()[0] if patient != by.user_id]
    if len(found) != 1:
        raise Conflict(
            "Two patients have this name and this year of birth: ask an administrator."
            if found
            else "No patient of your clinic has this name and this year of birth."
        )
    return int(found[0])


def _open(patient_id: int, *, because: str, by: Actor, now: datetime) -> None:
    CareTeamMember.objects.create(
        clinic_id=by.clinic_id,
        patient_id=patient_id,
        user_id=by.user_id,
        from_on=by.today,
        until_on=by.today + timedelta(days=1),
        until_at=Now() + OPEN_FOR,
        opened_because=because,
        added_by_id=by.user_id,
        added_at=now,
    )
    open_task(
        clinic_id=by.clinic_id,
        patient_id=patient_id,
        episode_id=None,
        kind=TaskKind.OPENED,
        cause=str(by.user_id),
        why=WHY.format(name=User.objects.get(pk=by.user_id).name, because=because),
        now=now,
    )
