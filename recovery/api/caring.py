from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied

from accounts.api.acting import Acting
from accounts.permissions import IsCaring
from recovery.models.people import RowsOfPatients


def valid(serializer: Any) -> dict[str, Any]:
    """What was sent, checked; raises a ValidationError that names the fields."""
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


class Caring(Acting):
    """A view of therapists and clinicians. What they may see but not act on is a 403, what they may not see a 404."""

    permission_classes = (IsCaring,)

    def seen(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        return get_object_or_404(rows.visible_to(self.actor), pk=pk)

    def in_care(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        row = self.seen(rows, pk)
        # Only a clinician sees more than is in their care.
        if self.actor.is_clinician and not rows.cared_for_by(self.actor).filter(pk=pk).exists():
            raise PermissionDenied("You may read this patient's record; only the care team may change it.")
        return row
