"""The send outcome table: what each answer of a push service does to subscription, reminder and red flag."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.access import acting_for_all
from notifications.delivery import deliver_ordinary
from notifications.models import Notification, PushSubscription
from notifications.red_flags import queue_messages
from notifications.transports import TransportError, webpush
from notifications.urgent import deliver_urgent
from tests.notifications.conftest import NOON, World
from tests.notifications.moods import ANSWERS, STRANGE, Moody, moody_service
from tests.notifications.receivers import Browser, MailServer
from tests.notifications.test_delivery import due, now_of

DEADLINE = 1.5  # enough for a good service on a busy machine, and far below the minute of one that hangs
KEPT, GONE = True, False
SENT = ("sent", "webpush", None)
NEXT_CHANNEL = ("pending", "email", 0)


def again(least: float, most: float | None = None) -> tuple[str, str, object]:
    return ("pending", "webpush", (least, most or least))


# mood: the subscription afterwards, the reminder after one try, whether the operator is told
TABLE: dict[str, tuple[bool, tuple[str, str, object], bool]] = {
    "201": (KEPT, SENT, False),
    "200": (KEPT, SENT, False),
    "202": (KEPT, SENT, False),
    "204": (KEPT, SENT, False),
    "10-megabytes": (KEPT, SENT, False),
    "dripping-headers": (KEPT, SENT, False),  # the word itself had come
    "400": (KEPT, NEXT_CHANNEL, False),  # gone at the third in a row
    "401": (KEPT, NEXT_CHANNEL, True),
    "403": (KEPT, NEXT_CHANNEL, True),
    "404": (GONE, NEXT_CHANNEL, False),
    "410": (GONE, NEXT_CHANNEL, False),
    "413": (KEPT, NEXT_CHANNEL, True),
    "redirect": (GONE, NEXT_CHANNEL, False),
    "429": (KEPT, again(120, 144), False),
    "429-absurd": (KEPT, again(3600, 4320), False),
    "503": (KEPT, again(30, 36), False),
    "500": (KEPT, again(10), False),
    "502": (KEPT, again(10), False),
    "hang": (KEPT, again(10), False),
    "drip": (KEPT, again(10), False),
    "reset": (KEPT, again(10), False),
    "garbage": (KEPT, again(10), False),
}


@pytest.fixture
def service(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moody]:
    monkeypatch.setattr(webpush, "ANSWER_SECONDS", DEADLINE)
    monkeypatch.setattr(webpush, "URGENT_ANSWER_SECONDS", DEADLINE)
    with moody_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service


def subscribe(user_id: int, url: str, **fields: object) -> PushSubscription:
    return PushSubscription.objects.create(
        user_id=user_id, endpoint=url, created_at=NOON, **Browser().keys, **fields
    )


def test_the_table_names_every_mood():
    assert set(TABLE) == {*ANSWERS, *STRANGE}


@pytest.mark.parametrize("mood", TABLE)
def test_a_reminder_goes_by_the_table(
    committed_world: World, service: Moody, mails: MailServer, mood: str, caplog
):
    kept, (state, channel, wait), told = TABLE[mood]
    subscribe(committed_world.patient.pk, service.url(mood))
    row = due(committed_world)
    began = time.monotonic()
    deliver_ordinary(now=NOON)
    took = time.monotonic() - began
    assert service.calls[mood] == 1, "the service was not called, so its mood proves nothing"
    assert service.calls["stolen"] == 0
    assert took < 10, "nothing is waited for longer than its deadline"
    after = now_of(row)
    assert (after.state, after.channel) == (state, channel)
    if isinstance(wait, tuple):
        waits = (after.next_attempt_at - NOON).total_seconds()
        assert wait[0] <= waits <= wait[1] + took
    assert PushSubscription.objects.exists() is kept
    assert ("set-up" in caplog.text) is told
    if (state, channel) == ("pending", "email"):
        deliver_ordinary(now=NOON + timedelta(seconds=5))
        assert len(mails.received) == 1
        assert now_of(row).state == "sent"


@pytest.mark.parametrize("mood", TABLE)
def test_a_red_flag_leaves_by_mail_in_any_mood_and_the_push_is_tried_on(
    committed_world: World, service: Moody, mails: MailServer, mood: str
):
    kept, (state, *_), _ = TABLE[mood]
    subscribe(committed_world.therapist.pk, service.url(mood))
    with acting_for_all():
        committed_world.raise_flag(at=NOON)
        queue_messages(now=NOON)
    deliver_urgent(now=NOON)
    assert service.calls[mood] == 1
    assert [address for address, _ in mails.received] == ["therapist@example.org"]
    with acting_for_all():
        rows = dict(Notification.objects.values_list("channel", "state"))
        push = Notification.objects.get(channel="webpush")
    assert rows == {"email": "sent", "webpush": "sent" if state == "sent" else "pending"}
    if state != "sent":
        assert push.next_attempt_at - NOON <= timedelta(seconds=75), "a red flag waits an hour for nobody"
    assert PushSubscription.objects.exists() is kept


def test_a_certificate_that_nobody_signed_is_not_spoken_to(committed_world: World, settings, tmp_path: Path):
    with moody_service(tmp_path) as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        subscribe(committed_world.patient.pk, service.url("201", "https"))
        row = due(committed_world)
        deliver_ordinary(now=NOON)
        assert service.calls.total() == 0
    after = now_of(row)
    assert (after.state, after.error) == ("pending", "push-SSLError")
    assert PushSubscription.objects.exists()


def test_the_third_refusal_in_a_row_ends_a_subscription_and_a_success_between_starts_again(
    committed_world: World, service: Moody
):
    row = subscribe(committed_world.patient.pk, service.url("400"))
    refused = TransportError("push-400", permanent=True)
    for error in (refused, refused, None, refused, refused):
        row.refresh_from_db()
        webpush.note([(row, error)], now=NOON)
    assert PushSubscription.objects.exists()
    webpush.note([(row, refused)], now=NOON)
    assert not PushSubscription.objects.exists()


def test_fifty_failures_over_a_week_end_a_subscription_and_a_bad_day_does_not(committed_world: World):
    row = subscribe(committed_world.patient.pk, "https://fcm.googleapis.com/x")
    broken = TransportError("push-500", permanent=False)
    for minute in range(200):  # as a red flag that is tried each minute would
        webpush.note([(row, broken)], now=NOON + timedelta(minutes=minute))
    assert PushSubscription.objects.exists(), "a service that was away for hours cost a subscription"
    busy = TransportError("push-503", permanent=False, retry_after=60)
    webpush.note([(row, busy)], now=NOON + timedelta(days=8))
    assert PushSubscription.objects.exists(), "a busy service is not the fault of who is subscribed"
    webpush.note([(row, broken)], now=NOON + timedelta(days=8))
    assert not PushSubscription.objects.exists()


def test_our_own_wrong_key_costs_nobody_a_subscription(committed_world: World):
    row = subscribe(committed_world.patient.pk, "https://fcm.googleapis.com/x")
    for day in range(100):
        error = webpush.refusal(403, retry_after=None, date=None)
        webpush.note([(row, error)], now=NOON + timedelta(days=day))
    row.refresh_from_db()
    assert row.failures == 0


def test_a_busy_service_is_asked_until_the_reminder_is_too_late_and_then_it_is_missed(
    committed_world: World, service: Moody
):
    subscribe(committed_world.patient.pk, service.url("503"))
    row, now = due(committed_world), NOON
    while now_of(row).state == "pending":
        deliver_ordinary(now=now)
        now = now_of(row).next_attempt_at
    assert now_of(row).state == "missed"
    assert 5 < service.calls["503"] < 12
