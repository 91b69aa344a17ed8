"""What the administrator chooses of how the clinic speaks."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import Clinic
from notifications.models import Listener, MessageSettings


def set_message_settings(
    *, clinic_id: int, chosen: Mapping[str, Any], listeners: Iterable[Listener]
) -> MessageSettings:
    """Set them all, the clinic's list for red flags too. Of two who set them at once, the second waits."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    settings = MessageSettings(clinic_id=clinic_id, **chosen)
    MessageSettings.objects.bulk_create(
        [settings], update_conflicts=True, unique_fields=["clinic"], update_fields=list(chosen)
    )
    Listener.objects.filter(clinic=clinic_id).delete()
    Listener.objects.bulk_create(listeners)
    return settings
