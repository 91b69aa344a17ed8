"""Web push (RFC 8030, 8188, 8291, 8292). The library encrypts and signs; who is called, and how, is ours."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.db.models import F
from pydantic import AnyHttpUrl
from urllib3.exceptions import HTTPError
from webpush import WebPush, WebPushSubscription  # type: ignore[import-untyped]
from webpush.types import WebPushKeys  # type: ignore[import-untyped]

from notifications.models import PushSubscription
from notifications.transports import Message, TransportError
from notifications.transports.webpush import connections, endpoints, keys

LARGEST_PAYLOAD = 2048  # bytes; services promise to take 4096 encrypted
VAPID_LASTS_SECONDS = 12 * 3600
WITHOUT_RETRY_AFTER = 60.0
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 3600.0


def addresses(user_ids: Iterable[int]) -> dict[int, list[PushSubscription]]:
    found: dict[int, list[PushSubscription]] = defaultdict(list)
    awake = PushSubscription.objects.filter(device__revoked_at=None, user__is_active=True)
    for subscription in awake.filter(user__in=list(user_ids)):
        found[subscription.user_id].append(subscription)
    return found


def send(message: Message, subscription: PushSubscription) -> None:
    if not keys.are_set():
        raise TransportError("push-no-key", permanent=True)
    try:
        endpoint = endpoints.checked(subscription.endpoint)
    except ValueError:
        raise TransportError("push-endpoint", permanent=True, gone=True) from None
    sealed = _library(settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT).get(
        payload(message),
        WebPushSubscription(
            endpoint=AnyHttpUrl(endpoint.origin),
            keys=WebPushKeys(auth=subscription.auth, p256dh=subscription.p256dh),
        ),
    )
    headers = {
        "Authorization": sealed.headers["authorization"],
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(message.lasts_seconds),
        "Topic": topic(message.tag, subscription.auth),
        "Urgency": "high" if message.urgent else "normal",
    }
    try:
        status, answer = connections.post(endpoint, sealed.encrypted, headers)
    except HTTPError as failure:
        raise TransportError(f"push-{type(failure).__name__}"[:40], permanent=False) from None
    if not 200 <= status < 300:
        raise refusal(status, retry_after=answer.get("Retry-After"), date=answer.get("Date"))


def payload(message: Message) -> bytes:
    """Declarative web push: a browser can show it by itself, and `mutable` lets our code confirm it."""
    body = json.dumps(
        {
            "web_push": 8030,
            "mutable": True,
            "notification": {
                "title": message.title,
                "body": message.body,
                "navigate": message.url,
                "tag": message.tag,
                "lang": "en",
            },
        },
        separators=(",", ":"),
    ).encode()
    if len(body) > LARGEST_PAYLOAD:
        raise TransportError("push-too-long", permanent=True)
    return body


def topic(tag: str, auth: str) -> str:
    """32 characters (the limit of RFC 8030) by which the service replaces an older message, and no more."""
    return keys.encoded(sha256(f"{auth} {tag}".encode()).digest()[:24])


def refusal(status: int, *, retry_after: str | None, date: str | None) -> TransportError:
    """What an answer other than 2xx means for the message and the subscription."""
    reason = f"push-{status}"
    if status in (404, 410) or 300 <= status < 400:
        return TransportError(reason, permanent=True, gone=True)
    if status in (429, 503):
        return TransportError(reason, permanent=False, retry_after=_wait(retry_after, date))
    return TransportError(reason, permanent=status in (400, 401, 403, 413))


def note(subscription: PushSubscription, error: TransportError | None, *, now: datetime) -> None:
    row = PushSubscription.objects.filter(pk=subscription.pk)
    if error is None:
        row.update(last_ok_at=now, failures=0)
    elif error.gone:
        row.delete()
    else:
        row.update(failures=F("failures") + 1)


def _wait(retry_after: str | None, date: str | None) -> float:
    """Seconds to wait. A date is read against the answer's own clock, which may not be ours."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(date or "")).total_seconds()
        except (ValueError, TypeError):
            return WITHOUT_RETRY_AFTER
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


@lru_cache(maxsize=1)
def _library(private_key: str, subject: str) -> WebPush:
    """Shared by all threads, so it must keep nothing of one message: give `get` no ttl and no subscriber."""
    pems = keys.pems(private_key)
    library = WebPush(*pems, subscriber=subject.removeprefix("mailto:"), expiration=VAPID_LASTS_SECONDS)
    library.vapid = keys.Signer(*pems)
    return library
