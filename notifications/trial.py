"""A message that only shows that messages arrive on this phone. It is in no ledger and wants no receipt."""

from datetime import datetime

from accounts.access import Actor, acting
from accounts.limits import FailureLimit
from notifications.messages import trial_message
from notifications.models import PushSubscription
from notifications.transports import TransportError, webpush
from notifications.words import FOR_STAFF
from recovery.models import Patient
from wire.problems import Conflict

OFTEN = FailureLimit("push-trial", failures=5, seconds=3600)  # for one device


def send_trial(*, actor: Actor, now: datetime) -> None:
    """Send one to the browser of the device that asks; no transaction is open while its push service is called.

    Raises Conflict when this device takes no messages or its service does not want this one, Throttled when it has
    tried too often.
    """
    with acting(actor):
        OFTEN.check(str(actor.device_id), now=now)
        OFTEN.count(str(actor.device_id), now=now)
        own = PushSubscription.objects.filter(user=actor.user_id, device=actor.device_id)
        language = Patient.objects.filter(pk=actor.user_id).values_list("language", flat=True).first()
        subscription = own.exclude(device=None).order_by("-created_at", "-pk").first()
    if subscription is None:
        raise Conflict("This phone takes no messages yet. Switch them on first.")
    error = None
    try:
        webpush.send(trial_message(language or FOR_STAFF), subscription)
    except TransportError as failure:
        error = failure
    with acting(actor):
        webpush.note([(subscription, error)], now=now)
    if error:
        raise Conflict(
            "The push service of this phone did not take the message. Switch messages off and on again."
        )
