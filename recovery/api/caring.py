from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS

from accounts.api.acting import Acting
from accounts.permissions import IsCaring
from recovery.models.people import Patient, RowsOfPatients


def valid(serializer: Any) -> dict[str, Any]:
    """What was sent, checked; raises a ValidationError that names the fields."""
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


class Caring(Acting):
    """A view of therapists and clinicians. What they may see but not act on is a 403, what they may not see a 404."""

    permission_classes = (IsCaring,)

    def seen(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        row = get_object_or_404(rows.visible_to(self.actor), pk=pk)
        patient_id = row.pk if isinstance(row, Patient) else row.patient_id
        if patient_id == self.actor.user_id and self.request.method not in SAFE_METHODS:
            raise PermissionDenied("This is your own record: a colleague has to do this.")
        return row

    def in_care(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        row = self.seen(rows, pk)
        # Only a clinician sees more than is in their care.
        if self.actor.is_clinician and not rows.cared_for_by(self.actor).filter(pk=pk).exists():
            raise PermissionDenied("You may read this patient's record; only the care team may change it.")
        return row
