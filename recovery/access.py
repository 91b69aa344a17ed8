"""Which rows of patients a person reaches: what they do not see is a 404, what they see but may not change a 403."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied

from accounts.access import Actor
from recovery.models.people import CareTeamMember, Patient, RowsOfPatients


def seen(rows: RowsOfPatients[Any], pk: int, *, by: Actor, changing: bool) -> Any:
    """One of the rows that `by` sees."""
    row = get_object_or_404(rows.visible_to(by), pk=pk)
    if changing and not by.is_caring:
        raise PermissionDenied(
            "You may read this record until the time is over; only those who treat change it."
        )
    patient_id = row.pk if isinstance(row, Patient) else row.patient_id
    if changing:
        refuse_own(patient_id, by=by)
    return row


def refuse_own(patient_id: int, *, by: Actor) -> None:
    """Nobody decides about their own record."""
    if patient_id == by.user_id:
        raise PermissionDenied("This is your own record: a colleague has to do this.")


def in_care(rows: RowsOfPatients[Any], pk: int, *, by: Actor, changing: bool) -> Any:
    """One of the rows of the patients in the care of `by`."""
    row = seen(rows, pk, by=by, changing=changing)
    # Only a clinician sees more than is in their care.
    if by.is_clinician and not rows.cared_for_by(by).filter(pk=pk).exists():
        raise PermissionDenied("You may read this patient's record; only the care team may change it.")
    return row


def is_on_care_team(patient_id: int, *, by: Actor) -> bool:
    """Whether `by` cares for the patient today, and has not only opened the record in an emergency."""
    return CareTeamMember.objects.current(on=by.today).filter(patient=patient_id, user=by.user_id).exists()


def refuse_opened(patient_id: int, *, by: Actor) -> None:
    """What outlasts the four hours of an emergency is for the care team: who is on it, and whose phone joins."""
    if not is_on_care_team(patient_id, by=by):
        raise PermissionDenied("You have opened this record in an emergency: only its care team may do this.")
