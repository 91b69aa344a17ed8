"""Who cares for the patients of a colleague who is away, goes on to other work, or has left."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest

from accounts import actions
from accounts.access import CARING_ROLES
from accounts.models import Clinic
from recovery.models import CareTeamMember


@transaction.atomic
def change_roles(*, clinic_id: int, user_id: int, roles: Collection[str], today: date, now: datetime) -> None:
    """A colleague has exactly these roles from now on. Without any they have left: their devices, codes and sessions
    are void. Without one that treats, they are on no care team any more; the rows stay, to hand over from.

    `today` is the clinic's date. Raises Conflict for the last administrator.
    """
    actions.change_roles(clinic_id=clinic_id, user_id=user_id, roles=roles, now=now)
    if not CARING_ROLES & set(roles):
        rows = CareTeamMember.objects.filter(clinic=clinic_id, user=user_id).not_over(on=today)
        rows.filter(from_on__gt=today).delete()
        rows.update(until_on=Greatest(F("from_on"), Value(today - timedelta(days=1))))


@transaction.atomic
def hand_over(
    *, clinic_id: int, patients: Collection[int], of: int, to: int, by: int, today: date, now: datetime
) -> int:
    """From today `to` cares for these patients in place of `of`; how many they are.

    Only patients for whom `of` cares, or did, are handed over, and nobody gets their own record.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)  # a second click finds it done
    teams = CareTeamMember.objects.filter(clinic=clinic_id, patient__in=patients).exclude(patient=to)
    theirs = set(teams.filter(user=of).values_list("patient", flat=True))
    new = teams.filter(user=to, patient__in=theirs)
    _end(new.exclude(until_on=None).not_over(on=today), today=today)  # no longer only a cover
    new.filter(until_on=None, from_on__gt=today).update(from_on=today)
    CareTeamMember.objects.bulk_create(
        [
            CareTeamMember(
                clinic_id=clinic_id, patient_id=pk, user_id=to, from_on=today, added_by_id=by, added_at=now
            )
            for pk in theirs - set(new.filter(until_on=None).values_list("patient", flat=True))
        ]
    )
    _end(teams.filter(user=of, patient__in=theirs).not_over(on=today), today=today)
    return len(theirs)


@transaction.atomic
def cover(
    *, clinic_id: int, of: int, colleague: int, from_on: date, until_on: date, by: int, now: datetime
) -> int:
    """`colleague` is on the care teams of all patients of `of`, from a date until one; for how many that is new."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    teams = CareTeamMember.objects.filter(clinic=clinic_id)
    then = teams.not_over(on=from_on).filter(from_on__lte=until_on)
    there = then.filter(Q(until_on=None) | Q(until_on__gte=until_on), from_on__lte=from_on, user=colleague)
    patients = (
        then.filter(user=of)
        .exclude(patient=colleague)
        .exclude(patient__in=there.values("patient"))
        .values_list("patient", flat=True)
    )
    rows = [
        CareTeamMember(
            clinic_id=clinic_id,
            patient_id=pk,
            user_id=colleague,
            from_on=from_on,
            until_on=until_on,
            added_by_id=by,
            added_at=now,
        )
        for pk in sorted(set(patients))
    ]
    return len(CareTeamMember.objects.bulk_create(rows))


def _end(rows: QuerySet[CareTeamMember], *, today: date) -> None:
    """They cared until yesterday; who never cared for a whole day leaves no row."""
    rows.filter(from_on__gte=today).delete()
    rows.update(until_on=today - timedelta(days=1))
