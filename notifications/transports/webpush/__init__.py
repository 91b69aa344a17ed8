"""Web push (RFC 8030, 8188, 8291, 8292). The library encrypts and signs; who is called, and how, is ours."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
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
ANSWER_SECONDS, URGENT_ANSWER_SECONDS = 10.0, 5.0
# A subscription that only fails is dead, whatever its service says. Both must be met: a service that is away for a day
# must not cost anybody a subscription, however often a red flag was tried meanwhile.
MOST_FAILURES, FAILING_FOR = 50, timedelta(days=7)
MOST_REFUSALS = 3
OK_IS_NEWS_AFTER = timedelta(hours=1)  # a row is not rewritten for each message


def addresses(user_ids: Iterable[int], *, to_staff: bool = False) -> dict[int, list[PushSubscription]]:
    found: dict[int, list[PushSubscription]] = defaultdict(list)
    awake = PushSubscription.objects.filter(device__revoked_at=None, user__is_active=True)
    # The one that works and worked last is tried first, so that a red flag does not wait for an old phone.
    newest_first = awake.order_by("failures", F("last_ok_at").desc(nulls_last=True), "-pk")
    for subscription in newest_first.filter(user__in=list(user_ids)):
        found[subscription.user_id].append(subscription)
    return found


def send(message: Message, subscription: PushSubscription) -> None:
    if not keys.are_set():
        raise TransportError("push-no-key", permanent=True)  # an Amble without web push is set up right
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
        seconds = URGENT_ANSWER_SECONDS if message.urgent else ANSWER_SECONDS
        status, answer = connections.post(endpoint, sealed.encrypted, headers, seconds=seconds)
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
                "lang": message.language,
                "data": {"id": message.notification_id},  # what the receipt names
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
    return TransportError(
        reason, permanent=status in (400, 401, 403, 413), ours=status in (401, 403, 413) or status < 200
    )


def note(results: Sequence[tuple[PushSubscription, TransportError | None]], *, now: datetime) -> None:
    rows = PushSubscription.objects.filter
    ok = [
        one.pk
        for one, error in results
        if error is None
        and (one.failures or one.refusals or not one.last_ok_at or now - one.last_ok_at > OK_IS_NEWS_AFTER)
    ]
    if ok:
        rows(pk__in=ok).update(last_ok_at=now, failures=0, failing_since=None, refusals=0)
    for one, error in results:
        if error is None or error.ours or error.retry_after:
            continue  # nothing that this subscription is to blame for
        row = rows(pk=one.pk)
        if error.gone:
            row.delete()
            continue
        refusals = F("refusals") + 1 if error.reason == "push-400" else F("refusals")
        since = Coalesce("failing_since", Value(now))
        row.update(failures=F("failures") + 1, failing_since=since, refusals=refusals)
        dead = Q(refusals__gte=MOST_REFUSALS) | Q(
            failures__gte=MOST_FAILURES, failing_since__lte=now - FAILING_FOR
        )
        row.filter(dead).delete()


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
