from typing import Any

from rest_framework.permissions import SAFE_METHODS

from accounts.api.acting import Acting
from accounts.permissions import IsCaring
from recovery import access
from recovery.models.people import RowsOfPatients


def valid(serializer: Any) -> dict[str, Any]:
    """What was sent, checked; raises a ValidationError that names the fields."""
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


class Caring(Acting):
    """A view of therapists and clinicians. What they may see but not act on is a 403, what they may not see a 404."""

    permission_classes = (IsCaring,)

    @property
    def changing(self) -> bool:
        return self.request.method not in SAFE_METHODS

    def seen(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        return access.seen(rows, pk, by=self.actor, changing=self.changing)

    def in_care(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        return access.in_care(rows, pk, by=self.actor, changing=self.changing)
