"""A message that only shows that messages arrive. It is in no ledger and wants no receipt."""

from datetime import datetime

from accounts.access import Actor, acting
from accounts.limits import FailureLimit
from notifications.messages import trial_message
from notifications.models import PushSubscription
from notifications.transports import TransportError, webpush
from notifications.words import FOR_STAFF
from recovery.models import Patient
from wire.problems import Conflict

OFTEN = FailureLimit("push-trial", failures=5, seconds=3600)  # for one device, or for one of the staff


def send_trial(*, actor: Actor, now: datetime) -> None:
    """Send one to the browser of the device that asks, or to all browsers of a person at a desk; no transaction is
    open while a push service is called.

    Raises Conflict when there is none, or the service of none took it, Throttled when they have tried too often.
    """
    at_desk = actor.device_id is None
    who = f"user {actor.user_id}" if at_desk else str(actor.device_id)
    with acting(actor):
        OFTEN.check(who, now=now)
        OFTEN.count(who, now=now)
        language = Patient.objects.filter(pk=actor.user_id).values_list("language", flat=True).first()
        own = PushSubscription.objects.filter(user=actor.user_id, device=actor.device_id)
        found = list(own.order_by("-created_at", "-pk")[: None if at_desk else 1])
    if not found:
        raise Conflict(
            "No browser of yours takes messages yet. Switch them on first."
            if at_desk
            else "This phone takes no messages yet. Switch them on first."
        )
    message = trial_message(FOR_STAFF if at_desk else language or FOR_STAFF, at_desk=at_desk)
    results: list[tuple[PushSubscription, TransportError | None]] = []
    for subscription in found:
        try:
            webpush.send(message, subscription)
        except TransportError as failure:
            results.append((subscription, failure))
        else:
            results.append((subscription, None))
    with acting(actor):
        webpush.note(results, now=now)
    if all(error for _, error in results):
        raise Conflict(
            "No push service of your browsers took the message. Remove them, and switch messages on again."
            if at_desk
            else "The push service of this phone did not take the message. Switch messages off and on again."
        )
