"""What the app confirms, and what happens when no screen does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts.access import acting_for_all
from notifications import replies
from notifications.claims import claim
from notifications.delivery import deliver_ordinary
from notifications.models import DeliveryChoices, MessagePreferences, Notification, PushSubscription, Receipt
from notifications.receipts import repeat_unseen
from tests.notifications.conftest import NOON, World
from tests.notifications.receivers import Browser, MailServer, PushService

TEN = timedelta(minutes=10)


@pytest.fixture
def sent(committed_world: World, service: PushService, mails: MailServer) -> Notification:
    """One reminder that a push service took at noon."""
    with acting_for_all():
        row = Notification.objects.create(
            clinic=committed_world.clinic,
            recipient_id=committed_world.patient.pk,
            patient=committed_world.patient,
            kind="exercise",
            local_date=NOON.date(),
            slot="12:00",
            due_at=NOON,
            expires_at=NOON + timedelta(hours=2),
            next_attempt_at=NOON,
        )
        PushSubscription.objects.create(
            user_id=committed_world.patient.pk,
            endpoint=service.url("/a"),
            created_at=NOON,
            **Browser().keys,
        )
    deliver_ordinary(now=NOON)
    assert len(service.received) == 1
    return row


def chosen(world: World, **fields: Any) -> None:
    with acting_for_all():
        DeliveryChoices.objects.create(patient=world.patient, clinic=world.clinic, **fields)


def shown(row: Notification, *, at: Any = NOON) -> None:
    with acting_for_all():
        Receipt.objects.create(
            notification=row, clinic_id=row.clinic_id, recipient_id=row.patient_id, shown_at=at
        )


def later(minutes: float) -> Any:
    """Ten minutes after the push was taken is a moment more than ten after noon."""
    return NOON + timedelta(minutes=minutes, seconds=5)


def now_of(row: Notification) -> Notification:
    with acting_for_all():
        return Notification.objects.get(pk=row.pk)


def test_what_no_screen_confirmed_goes_by_mail_once_if_the_patient_chose_that(
    committed_world: World, sent: Notification, service: PushService, mails: MailServer
):
    chosen(committed_world, email_when_unseen=True)
    with acting_for_all():  # web push alone is for what is shown at once; this is the choice of its own
        MessagePreferences.objects.create(
            clinic=committed_world.clinic, patient=committed_world.patient, channels=["webpush"]
        )
    assert repeat_unseen(now=later(9)) == 0
    assert repeat_unseen(now=later(10)) == 1
    deliver_ordinary(now=later(10))
    assert (len(service.received), len(mails.received)) == (1, 1)
    row = now_of(sent)
    assert (row.state, row.channel) == ("sent", "email")
    assert row.first_sent_at is not None
    assert repeat_unseen(now=later(30)) == 0
    assert deliver_ordinary(now=later(30)) == 0


def test_without_that_choice_nothing_goes_by_mail(sent: Notification, mails: MailServer):
    assert repeat_unseen(now=later(10)) == 0
    assert mails.received == []


def test_a_phone_that_confirms_others_gets_the_push_once_more_in_the_place_of_the_first(
    committed_world: World, sent: Notification, service: PushService, mails: MailServer
):
    with acting_for_all():
        other = Notification.objects.create(
            clinic=committed_world.clinic,
            recipient_id=committed_world.patient.pk,
            patient=committed_world.patient,
            kind="diary",
            local_date=NOON.date(),
            slot="08:00",
            due_at=NOON,
            next_attempt_at=NOON,
            state="sent",
            sent_at=NOON - timedelta(hours=4),
        )
    shown(other, at=NOON - timedelta(hours=4))
    assert repeat_unseen(now=later(10)) == 1
    deliver_ordinary(now=later(10))
    assert repeat_unseen(now=later(40)) == 0
    first, second = service.received
    assert first.headers["Topic"] == second.headers["Topic"], "the same text would stand on a screen twice"
    assert mails.received == []


@pytest.mark.parametrize("change", [{"kind": "movement_break"}, {"expires_at": later(10)}])
def test_what_is_of_no_more_use_is_not_repeated(
    committed_world: World, sent: Notification, change: dict[str, Any]
):
    chosen(committed_world, email_when_unseen=True)
    with acting_for_all():
        Notification.objects.filter(pk=sent.pk).update(**change)
    assert repeat_unseen(now=later(10)) == 0


def test_a_confirmed_message_is_not_repeated(committed_world: World, sent: Notification):
    chosen(committed_world, email_when_unseen=True)
    shown(sent)
    assert repeat_unseen(now=later(10)) == 0


def test_a_repetition_that_fails_leaves_the_truth_that_it_was_sent(
    committed_world: World, sent: Notification, mails: MailServer
):
    chosen(committed_world, email_when_unseen=True)
    sent_at = now_of(sent).sent_at
    mails.refusal = "550 No such user"
    repeat_unseen(now=later(10))
    deliver_ordinary(now=later(10))
    row = now_of(sent)
    assert (row.state, row.channel, row.error, row.sent_at) == ("sent", "webpush", "email-recipient", sent_at)


@pytest.mark.parametrize("said", ["done", "today"])
def test_what_the_patient_answered_is_not_repeated(committed_world: World, sent: Notification, said: str):
    chosen(committed_world, email_when_unseen=True)
    with acting_for_all():
        row = Notification.objects.get(pk=sent.pk)
        if said == "done":
            replies.done(notification=row, now=later(1))
        else:
            replies.snooze(notification=row, patient=committed_world.patient, how_long=said, now=later(1))
    assert repeat_unseen(now=later(11)) == 0


def test_what_became_pointless_meanwhile_leaves_no_second_time(
    committed_world: World, sent: Notification, mails: MailServer
):
    chosen(committed_world, email_when_unseen=True)
    repeat_unseen(now=later(11))
    with acting_for_all():
        committed_world.raise_flag(at=later(11))
    deliver_ordinary(now=later(11))
    assert (now_of(sent).state, now_of(sent).channel, mails.received) == ("sent", "webpush", [])


def test_a_message_that_was_put_off_is_not_lost_with_its_sender(
    committed_world: World, sent: Notification, service: PushService
):
    shown(sent)
    with acting_for_all():
        row = Notification.objects.get(pk=sent.pk)
        replies.snooze(notification=row, patient=committed_world.patient, how_long="30_minutes", now=later(1))
    assert len(claim(urgent=False, now=later(32)).jobs) == 1  # and here the sender is killed
    deliver_ordinary(now=later(35))
    assert len(service.received) == 2


def test_a_sender_that_died_after_sending_is_believed_by_the_receipt(
    committed_world: World, sent: Notification
):
    with acting_for_all():
        Notification.objects.filter(pk=sent.pk).update(
            state="sending", sent_at=None, next_attempt_at=NOON + timedelta(seconds=60)
        )
    shown(sent)
    assert claim(urgent=False, now=NOON + timedelta(seconds=61)).jobs == []
    assert now_of(sent).state == "sent"


# --- as a phone says it -------------------------------------------------------------------------------


def phone(world: World, user_id: int) -> Callable[[int], int]:
    _, token = accounts.add_device(
        user_id=user_id, clinic_id=world.clinic.pk, name="Phone", now=timezone.now()
    )
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return lambda pk: client.post(f"/api/v1/notifications/{pk}/receipt").status_code


def test_a_receipt_counts_once_and_only_for_ones_own_message(committed_world: World, sent: Notification):
    with acting_for_all():
        stranger = phone(committed_world, committed_world.add_patient("Stranger").pk)
        own = phone(committed_world, committed_world.patient.pk)
    assert stranger(sent.pk) == own(999_999) == 204
    with acting_for_all():
        assert not Receipt.objects.exists()
    assert own(sent.pk) == 204
    with acting_for_all():
        first = Receipt.objects.get().shown_at
    assert own(sent.pk) == 204
    with acting_for_all():
        assert Receipt.objects.get().shown_at == first
    assert Client().post(f"/api/v1/notifications/{sent.pk}/receipt").status_code == 401


def test_who_takes_part_is_asked_and_may_end_it(committed_world: World):
    with acting_for_all():
        _, token = accounts.add_device(
            user_id=committed_world.patient.pk,
            clinic_id=committed_world.clinic.pk,
            name="P",
            now=timezone.now(),
        )
    client = Client(headers={"Authorization": f"Bearer {token}"})
    path = "/api/v1/delivery-choices"
    asked = {"email": True, "email_when_unseen": False, "measuring": None}
    assert client.get(path).json() == asked
    for measuring in (True, False):
        body = asked | {"measuring": measuring}
        assert client.put(path, body, content_type="application/json").json() == body
        assert client.get(path).json() == body
    with acting_for_all():
        row = DeliveryChoices.objects.get()
    assert row.measuring_decided_at is not None
    wrong = client.put(path, asked | {"measuring": "yes"}, content_type="application/json")
    assert wrong.status_code == 400
