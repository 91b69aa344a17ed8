import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connections

from accounts.access import acting_for_all
from accounts.models import Device
from notifications import delivery, replies
from notifications.claims import claim
from notifications.delivery import deliver_ordinary, judge, write_down
from notifications.models import MessagePreferences, Notification, PushSubscription
from notifications.red_flags import queue_messages
from notifications.transports import TransportError
from notifications.urgent import deliver_urgent
from notifications.words import WORDS
from recovery.models import Patient
from tests.notifications.conftest import NOON, World
from tests.notifications.receivers import Browser, MailServer, PushService, mail_server

LATER = timedelta(seconds=61)


def due(world: World, *, at: datetime = NOON, kind: str = "exercise", **fields: object) -> Notification:
    with acting_for_all():
        return Notification.objects.create(
            clinic=world.clinic,
            recipient_id=world.patient.pk,
            patient=world.patient,
            kind=kind,
            local_date=at.date(),
            due_at=at,
            expires_at=at + timedelta(hours=2),
            next_attempt_at=at,
            **{"slot": f"{at:%H:%M}"} | fields,
        )


def subscribe(user_id: int, service: PushService, path: str, **fields: object) -> PushSubscription:
    return PushSubscription.objects.create(
        user_id=user_id, endpoint=service.url(path), created_at=NOON, **Browser().keys, **fields
    )


def deliver_until_idle(*, now: datetime) -> None:
    """As the task does: batch after batch, each a moment later."""
    while deliver_ordinary(now=now):
        now += timedelta(seconds=1)


def now_of(row: Notification) -> Notification:
    with acting_for_all():
        return Notification.objects.get(pk=row.pk)


def test_a_patient_without_web_push_gets_a_plain_mail_with_a_link(committed_world: World, mails: MailServer):
    row = due(committed_world)
    deliver_until_idle(now=NOON)
    ((address, mail),) = mails.received
    assert address == "ada@example.org"
    assert mail["Subject"] == "A message from Amble"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for part in mail.iter_parts():
        assert "Time for your exercises" in part.get_content()
        assert "http://localhost:8000/app/" in part.get_content()
    sent = now_of(row)
    assert (sent.state, sent.channel, sent.attempts, sent.error) == ("sent", "email", 2, "")
    assert sent.sent_at is not None


def test_a_mail_that_is_sent_twice_has_one_name_and_one_that_was_put_off_another(
    committed_world: World, mails: MailServer
):
    """Mailboxes drop the second mail of one name; a push would only take the place of the first."""
    row = due(committed_world)
    deliver_until_idle(now=NOON)
    with acting_for_all():  # its sender was killed before it could write that down
        lease = NOON + timedelta(seconds=60)
        Notification.objects.filter(pk=row.pk).update(state="sending", sent_at=None, next_attempt_at=lease)
    deliver_until_idle(now=NOON + timedelta(minutes=2))
    with acting_for_all():
        later, patient = NOON + timedelta(minutes=3), committed_world.patient
        replies.snooze(notification=now_of(row), patient=patient, how_long="30_minutes", now=later)
    deliver_until_idle(now=NOON + timedelta(minutes=34))
    first, second, put_off = [mail["Message-ID"] for _, mail in mails.received]
    assert first == second != put_off


def test_nothing_of_the_patient_is_in_any_mail_or_push(
    committed_world: World, mails: MailServer, service: PushService
):
    browser = Browser()
    for kind in ("exercise", "diary", "walk", "movement_break"):
        due(committed_world, kind=kind)
    PushSubscription.objects.create(
        user_id=committed_world.patient.pk, endpoint=service.url("/a"), created_at=NOON, **browser.keys
    )
    deliver_ordinary(now=NOON)
    PushSubscription.objects.all().delete()
    due(committed_world, at=NOON + timedelta(minutes=1))
    deliver_until_idle(now=NOON + timedelta(minutes=1))
    said = [json.loads(browser.open(push.body))["notification"] for push in service.received]
    assert {words["title"] for words in said} < set(WORDS["en"].titles.values())
    assert len(said) == 4
    assert len(mails.received) == 1
    everything = json.dumps(said) + mails.received[0][1].as_string().replace("ada@example.org", "")
    for canary in ("Ada", "Canary", "sciatica", "pain", "Practice", str(committed_world.patient.birth_year)):
        assert canary not in everything


def test_a_patient_who_reads_spanish_gets_a_spanish_mail(committed_world: World, mails: MailServer):
    with acting_for_all():
        Patient.objects.filter(pk=committed_world.patient.pk).update(language="es")
    due(committed_world)
    deliver_until_idle(now=NOON)
    mail = mails.received[0][1]
    assert mail["Subject"] == "Un mensaje de Amble"
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        text = body.get_content()
        for said in ("Es hora de tus ejercicios.", "Abre Amble para ver más.", "No recibir más correos"):
            assert said in text
        assert "Time for" not in text


def test_every_browser_of_the_patient_gets_the_push_and_one_is_enough(
    committed_world: World, service: PushService, mails: MailServer
):
    good = subscribe(committed_world.patient.pk, service, "/good")
    bad = subscribe(committed_world.patient.pk, service, "/bad")
    service.answers["/bad"] = (500, {}, b"")
    row = due(committed_world)
    deliver_ordinary(now=NOON)
    assert {push.path for push in service.received} == {"/good", "/bad"}
    assert now_of(row).state == "sent"
    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.last_ok_at is not None
    assert (good.failures, bad.failures, bad.last_ok_at) == (0, 1, None)
    assert mails.received == []


@pytest.mark.parametrize("status", [404, 410, 302])
def test_a_browser_that_is_gone_is_forgotten_and_the_mail_goes_at_once(
    committed_world: World, service: PushService, mails: MailServer, status: int
):
    subscribe(committed_world.patient.pk, service, "/gone")
    service.answers["/gone"] = (status, {}, b"")
    row = due(committed_world)
    deliver_until_idle(now=NOON)
    assert len(service.received) == 1
    assert not PushSubscription.objects.exists()
    assert len(mails.received) == 1
    assert now_of(row).state == "sent"


def test_a_busy_service_is_asked_again_when_it_said(
    committed_world: World, service: PushService, mails: MailServer
):
    subscribe(committed_world.patient.pk, service, "/busy")
    service.answers["/busy"] = (429, {"Retry-After": "120"}, b"")
    row = due(committed_world)
    deliver_ordinary(now=NOON)
    waiting = now_of(row)
    assert (waiting.state, waiting.channel, waiting.error) == ("pending", "webpush", "push-429")
    assert 120 <= (waiting.next_attempt_at - NOON).total_seconds() < 150
    assert deliver_ordinary(now=NOON + timedelta(seconds=119)) == 0
    del service.answers["/busy"]
    assert deliver_ordinary(now=NOON + timedelta(seconds=150)) == 1
    assert (now_of(row).state, now_of(row).attempts) == ("sent", 2)
    assert mails.received == []


def test_a_service_that_stays_broken_gets_five_tries_and_then_the_mail_goes(
    committed_world: World, service: PushService, mails: MailServer
):
    subscribe(committed_world.patient.pk, service, "/broken")
    service.answers["/broken"] = (500, {}, b"<html>")
    row = due(committed_world)
    waits = []
    now = NOON
    for _ in range(5):
        assert deliver_ordinary(now=now) == 1
        waits.append(round((now_of(row).next_attempt_at - now).total_seconds(), -1))
        now = now_of(row).next_attempt_at
    assert waits[:4] == [10, 30, 120, 600]
    assert (now_of(row).state, now_of(row).channel) == ("pending", "email")
    mails.refusal = "451 Try again"
    for _ in range(4):
        now = now_of(row).next_attempt_at
        assert deliver_ordinary(now=now) == 1
    assert now_of(row).state == "failed", "the mail, too, had its tries"
    assert len(service.received) == 5


def test_after_an_outage_of_the_senders_a_patient_gets_the_latest_message_and_what_they_put_off(
    committed_world: World,
):
    minutes = timedelta(minutes=1)
    rows = {
        name: due(committed_world, at=NOON + at * minutes, kind="diary")
        for name, at in {"old": -90, "put off": -60, "tried": -50, "latest": -6}.items()
    }
    with acting_for_all():
        Notification.objects.filter(pk=rows["put off"].pk).update(snoozed_for="30_minutes", snoozed_at=NOON)
        Notification.objects.filter(pk=rows["tried"].pk).update(attempts=1)
    leaving = [job.notification.pk for job in claim(urgent=False, now=NOON).jobs]
    assert set(leaving) == {rows[name].pk for name in ("put off", "tried", "latest")}
    assert now_of(rows["old"]).state == "missed"


def test_the_latest_message_after_an_outage_is_known_over_batches(committed_world: World):
    for minute in (10, 9, 8):
        due(committed_world, at=NOON - timedelta(minutes=minute))
    taken = [len(claim(urgent=False, now=NOON, most=1).jobs) for _ in range(3)]
    assert taken == [0, 0, 1]


def test_two_messages_that_are_on_time_both_leave(committed_world: World):
    for minute in (4, 3):
        due(committed_world, at=NOON - timedelta(minutes=minute))
    assert len(claim(urgent=False, now=NOON).jobs) == 2


def test_a_reminder_that_waited_too_long_is_missed(committed_world: World, service: PushService):
    subscribe(committed_world.patient.pk, service, "/push")
    row = due(committed_world)
    assert deliver_ordinary(now=NOON + timedelta(hours=2)) == 1
    assert now_of(row).state == "missed"
    assert service.received == []


@pytest.mark.parametrize(
    ("answer", "state"), [("550 5.1.1 No such user", "failed"), ("451 4.7.1 Later", "pending")]
)
def test_a_mail_server_says_never_or_later(
    committed_world: World, mails: MailServer, answer: str, state: str
):
    mails.refusal = answer
    with acting_for_all():
        MessagePreferences.objects.create(
            clinic=committed_world.clinic, patient=committed_world.patient, channels=["email"]
        )
    row = due(committed_world)
    deliver_ordinary(now=NOON)
    assert (now_of(row).state, now_of(row).error) == (state, "email-recipient")


def test_a_mail_server_that_is_away_is_tried_later(committed_world: World, settings):
    with mail_server() as gone:
        pass
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", gone.port
    row = due(committed_world, channel="email")
    deliver_ordinary(now=NOON)
    assert (now_of(row).state, now_of(row).error) == ("pending", "email-ConnectionRefusedError")


def test_somebody_whom_nothing_reaches_is_written_down_as_failed(committed_world: World):
    with acting_for_all():
        Patient.objects.update(email="")
    row = due(committed_world)
    deliver_until_idle(now=NOON)
    assert (now_of(row).state, now_of(row).error) == ("failed", "no-address")


def test_a_phone_that_was_signed_out_shows_nothing_more(committed_world: World, service: PushService):
    user_id = committed_world.patient.pk
    device = Device.objects.create(
        user_id=user_id,
        clinic=committed_world.clinic,
        name="Phone",
        token_digest=b"x" * 32,
        created_at=NOON,
        last_used_on=NOON.date(),
    )
    subscribe(user_id, service, "/phone", device=device)
    due(committed_world)
    deliver_ordinary(now=NOON)
    assert len(service.received) == 1
    Device.objects.update(revoked_at=NOON)
    due(committed_world, at=NOON + timedelta(minutes=1))
    deliver_ordinary(now=NOON + timedelta(minutes=1))
    assert len(service.received) == 1


def test_what_somebody_claimed_is_not_claimed_twice(committed_world: World):
    due(committed_world)
    assert len(claim(urgent=False, now=NOON).jobs) == 1
    assert claim(urgent=False, now=NOON + timedelta(seconds=59)).rows == 0


def test_a_sender_whose_lease_ran_out_cannot_finish(committed_world: World, service: PushService):
    row = due(committed_world)
    browser = subscribe(committed_world.patient.pk, service, "/slow")
    (stale,) = claim(urgent=False, now=NOON).jobs
    (fresh,) = claim(urgent=False, now=NOON + LATER).jobs
    nothing_there = delivery.Tried([])
    assert not write_down([(stale, delivery.Tried([(browser, None)]))], now=NOON + LATER)
    assert (now_of(row).state, now_of(row).attempts) == ("sending", 2)
    assert write_down([(fresh, nothing_there)], now=NOON + LATER) == {row.pk}
    assert now_of(row).channel == "email"
    assert not write_down([(fresh, nothing_there)], now=NOON + LATER), "finished twice"


def test_a_message_that_kills_its_sender_is_given_up(committed_world: World):
    row = due(committed_world)
    now = NOON
    for _ in range(5):
        assert len(claim(urgent=False, now=now).jobs) == 1  # and then the sender died
        now += LATER
    assert claim(urgent=False, now=now).jobs == []
    assert (now_of(row).state, now_of(row).error) == ("failed", "no-outcome")


def test_what_could_not_begin_in_time_is_given_back_with_its_attempt(
    committed_world: World, service: PushService, monkeypatch
):
    subscribe(committed_world.patient.pk, service, "/push")
    row = due(committed_world)
    monkeypatch.setattr(delivery, "START_WITHIN_SECONDS", -1.0)
    assert deliver_ordinary(now=NOON) == 1
    assert (now_of(row).state, now_of(row).attempts) == ("pending", 0)
    assert service.received == []


def test_four_senders_at_once_send_each_message_once(committed_world: World, service: PushService):
    browser = Browser()
    PushSubscription.objects.create(
        user_id=committed_world.patient.pk, endpoint=service.url("/a"), created_at=NOON, **browser.keys
    )
    for minute in range(110):
        due(committed_world, slot=f"{minute // 60:02}:{minute % 60:02}")

    def send(_: int) -> int:
        try:
            return deliver_ordinary(now=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(send, range(4))) == 110
    tags = [json.loads(browser.open(push.body))["notification"]["tag"] for push in service.received]
    assert len(tags) == len(set(tags)) == 110


def flag_message(world: World, channel: str) -> Notification:
    """The message by this channel; that by the other is called off."""
    with acting_for_all():
        world.raise_flag(at=NOON)
        queue_messages(now=NOON)
        Notification.objects.urgent().exclude(channel=channel).delete()
        return Notification.objects.urgent().get(channel=channel)


def test_a_red_flag_leaves_by_every_channel_and_waits_for_none(
    committed_world: World, service: PushService, mails: MailServer, caplog
):
    subscribe(committed_world.therapist.pk, service, "/busy")
    service.answers["/busy"] = (503, {"Retry-After": "3600"}, b"")
    with acting_for_all():
        committed_world.raise_flag(at=NOON)
        queue_messages(now=NOON)
    deliver_urgent(now=NOON)
    assert [address for address, _ in mails.received] == ["therapist@example.org"]
    with acting_for_all():
        busy, sent = Notification.objects.urgent().order_by("-channel")
    assert (sent.channel, sent.state) == ("email", "sent")
    assert (busy.channel, busy.state, busy.error) == ("webpush", "pending", "push-503")
    assert busy.next_attempt_at - NOON <= timedelta(seconds=73)
    assert "push-503" in caplog.text


def test_a_red_flag_that_nothing_takes_is_tried_for_ever_and_never_fails(committed_world: World, caplog):
    row = flag_message(committed_world, "webpush")
    now = NOON
    for _ in range(40):
        assert deliver_urgent(now=now) == 1
        later = now_of(row)
        assert (later.state, later.error) == ("pending", "no-address")
        assert later.next_attempt_at - now <= timedelta(seconds=61)
        now = later.next_attempt_at
    assert caplog.text.count("did not leave") == 1, "said once, not every minute"


def test_reminders_and_red_flags_have_queues_of_their_own(committed_world: World):
    due(committed_world, kind="diary")  # a red flag calls off what asks people to move
    assert deliver_urgent(now=NOON) == 0
    flag_message(committed_world, "webpush")
    assert [job.notification.kind for job in claim(urgent=True, now=NOON).jobs] == ["red_flag"]
    assert [job.notification.kind for job in claim(urgent=False, now=NOON).jobs] == ["diary"]


def busy(seconds: float | None = None) -> TransportError:
    return TransportError("push-503", permanent=False, retry_after=seconds)


def test_a_patient_who_wants_push_only_gets_no_mail():
    dead = TransportError("push-410", permanent=True, gone=True)
    verdict = judge(dead, attempts=1, channel="webpush", channels=["webpush"], urgent=False)
    assert verdict.state == "failed"


def test_a_reminder_waits_and_a_red_flag_goes_on():
    channels = ["webpush", "email"]
    reminder = judge(busy(90), attempts=1, channel="webpush", channels=channels, urgent=False)
    assert (reminder.state, reminder.channel, reminder.wait_seconds) == ("pending", "webpush", 90)
    flag = judge(busy(90), attempts=1, channel="webpush", channels=channels, urgent=True)
    assert (flag.state, flag.channel, flag.wait_seconds) == ("pending", "email", 0)
    again = judge(busy(90), attempts=9, channel="email", channels=channels, urgent=True)
    assert (again.state, again.channel, again.wait_seconds) == ("pending", "webpush", 60)
