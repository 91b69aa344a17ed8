"""What the administrator chooses for the care of all the clinic's patients."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from recovery.models import CareSettings
from wire.problems import PreconditionFailed


@transaction.atomic
def change_care_settings(
    *, clinic_id: int, seen_version: int, chosen: Mapping[str, Any], by: int, now: datetime
) -> CareSettings:
    """Change what is `chosen`, a column's value by its name. Raises PreconditionFailed if `seen_version` is old."""
    settings, _ = CareSettings.objects.select_for_update().get_or_create(clinic_id=clinic_id)
    if settings.version != seen_version:
        raise PreconditionFailed
    for name, value in chosen.items():
        setattr(settings, name, value)
    settings.version += 1
    settings.changed_by_id = by
    settings.changed_at = now
    settings.save()
    return settings
