"""A message on the lock screen: shown, confirmed, answered, with the app open or not, with a network or not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.access import acting_for_all
from notifications.messages import message_for
from notifications.models import Notification, PushSubscription, Receipt
from notifications.transports import webpush
from recovery.models import Patient
from tests.browser.conftest import Phone, wait_until
from tests.browser.pushing import click, deliver, shown, take_messages_at, worker
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.notifications.receivers import Browser, PushService, push_service
from tests.people import Person

pytestmark = pytest.mark.whole_browser


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    with push_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service


@pytest.fixture
def secrets() -> Browser:
    """The secrets of the phone's subscription."""
    return Browser()


@pytest.fixture
def reached(phone: Phone, ana: Person, service: PushService, secrets: Browser) -> Phone:
    """Ana's phone, which takes messages; its worker has everything."""
    take_messages_at(phone, service, secrets)
    phone.sign_in(ana)
    phone.wait_for_worker()
    phone.page.reload()
    phone.unsent(0)
    return phone


def sent_to(person: Person, kind: str = "exercise", slot: str = "08:00") -> Notification:
    """A reminder that has just left for this person."""
    now = datetime.now(BERLIN)
    with acting_for_all():
        patient = Patient.objects.get(pk=person.user.pk)
        return Notification.objects.create(
            clinic=patient.clinic,
            recipient=person.user,
            patient=patient,
            kind=kind,
            local_date=now.date(),
            slot=slot,
            due_at=now,
            expires_at=now + timedelta(hours=2),
            next_attempt_at=now,
            state="sent",
            channel="webpush",
            sent_at=now,
        )


def arrives(phone: Phone, row: Notification) -> None:
    deliver(phone, webpush.payload(message_for(row)))
    wait_until(lambda: shown(phone))


def now_of(row: Notification) -> Notification:
    with acting_for_all():
        return Notification.objects.get(pk=row.pk)


def receipts() -> list[int]:
    with acting_for_all():
        return list(Receipt.objects.values_list("notification", flat=True))


def test_it_is_in_the_language_of_the_patient(reached: Phone, ana: Person):
    reached.open("help")
    reached.page.get_by_role("radio", name="Español").check(force=True)
    expect(reached.page.get_by_role("heading", level=1)).to_have_text("Ayuda")
    arrives(reached, sent_to(ana, "diary", "20:00"))
    (note,) = shown(reached)
    assert (note["title"], note["body"]) == ("Es hora de tu diario", "Abre Amble para ver más.")


def test_a_message_is_shown_once_heard_once_and_the_server_is_told(reached: Phone, ana: Person):
    row = sent_to(ana)
    arrives(reached, row)
    (note,) = shown(reached)
    assert (note["title"], note["body"]) == ("Time for your exercises", "Open Amble to see more.")
    assert (note["tag"], note["lang"]) == ("exercise-08:00", "en")
    assert note["actions"][:2] == ["done", "later"]
    wait_until(lambda: receipts() == [row.pk])
    assert note["renotify"]
    arrives(reached, row)
    wait_until(lambda: [note["renotify"] for note in shown(reached)] == [False])
    wait_until(lambda: receipts() == [row.pk])


def test_the_same_reminder_of_another_day_is_heard(reached: Phone, ana: Person):
    arrives(reached, sent_to(ana))
    tomorrow = sent_to(ana, slot="08:01")
    tomorrow.slot = "08:00"  # the tag of yesterday's, which nobody has touched
    deliver(reached, webpush.payload(message_for(tomorrow)))
    wait_until(lambda: [note["data"]["id"] for note in shown(reached)] == [tomorrow.pk])
    assert [note["renotify"] for note in shown(reached)] == [True]


def test_something_unreadable_still_shows_something(reached: Phone):
    deliver(reached, b"not json")
    wait_until(lambda: shown(reached))
    assert [note["title"] for note in shown(reached)] == ["Amble"]


def test_it_is_answered_from_the_lock_screen(reached: Phone, ana: Person):
    row = sent_to(ana)
    arrives(reached, row)
    click(reached, "later")
    wait_until(lambda: now_of(row).snoozed_for == "30_minutes")
    assert shown(reached) == []
    row = sent_to(ana, "walk", "17:00")
    arrives(reached, row)
    click(reached, "done")
    wait_until(lambda: now_of(row).done_at is not None)


def test_a_tap_on_it_opens_what_it_is_about_also_in_the_app_that_is_open(reached: Phone, ana: Person):
    reached.open("help")
    arrives(reached, sent_to(ana, "diary", "20:00"))
    click(reached)
    expect(reached.page.get_by_role("heading", name="Evening diary")).to_be_visible()
    reached.open("help")
    wait_until(lambda: not shown(reached))
    arrives(reached, sent_to(ana, "diary", "20:01"))
    click(reached, "log")
    expect(reached.page.locator("#pad")).to_be_visible()


def test_what_is_answered_without_a_network_waits_for_one(reached: Phone, ana: Person, server: Server):
    row = sent_to(ana)
    path = f"/api/v1/notifications/{row.pk}"
    arrives(reached, row)
    wait_until(lambda: receipts() == [row.pk])
    server.answer_with(f"{path}/done", "503 Away", times=1)
    click(reached, "done")
    wait_until(lambda: server.times("POST", f"{path}/done") == 1)
    assert now_of(row).done_at is None
    reached.page.reload()  # as a start or a network that is back
    wait_until(lambda: now_of(row).done_at is not None)
    wait_until(lambda: waiting(reached) == [])  # the answer is taken off the list after it was heard


def waiting(phone: Phone) -> Any:
    return worker(phone).evaluate("kept('answers')")


def test_a_later_that_is_sent_too_late_is_let_go(reached: Phone, ana: Person, server: Server):
    row = sent_to(ana)
    path = f"/api/v1/notifications/{row.pk}/snooze"
    arrives(reached, row)
    server.answer_with(path, "503 Away", times=1)
    click(reached, "later")
    wait_until(lambda: server.times("POST", path) == 1)
    worker(reached).evaluate(
        "kept('answers', (all) => all.map((one) => ({ ...one, until: Date.now() - 1 })))"
    )
    worker(reached).evaluate("sendAnswers()")
    assert waiting(reached) == []
    assert now_of(row).snoozed_for == ""
    assert server.times("POST", path) == 1


def test_an_answer_is_never_sent_as_another_person(reached: Phone, ana: Person, server: Server):
    row = sent_to(ana)
    arrives(reached, row)
    wait_until(lambda: receipts() == [row.pk])
    worker(reached).evaluate("kept('identity', (before) => ({ ...before, person: before.person + 1 }))")
    click(reached, "done")
    wait_until(lambda: len(waiting(reached)) == 1)
    worker(reached).evaluate("sendAnswers()")
    assert server.times("POST", f"/api/v1/notifications/{row.pk}/done") == 0
    assert [one["person"] for one in waiting(reached)] == [ana.user.pk]


def test_a_browser_that_changed_its_subscription_says_so(reached: Phone, ana: Person, service: PushService):
    keys = Browser().keys
    worker(reached).evaluate(
        """([endpoint, keys]) => {
            PushManager.prototype.subscribe = async () => ({ toJSON: () => ({ endpoint, keys, old: 1 }) });
            self.dispatchEvent(new ExtendableEvent("pushsubscriptionchange"));
        }""",
        [service.url("/new"), keys],
    )
    wait_until(lambda: PushSubscription.objects.filter(user=ana.user, endpoint=service.url("/new")).exists())


def test_switched_on_and_tested_from_end_to_end(
    reached: Phone, ana: Person, service: PushService, secrets: Browser
):
    """The screen subscribes, the server sends, our push service takes it, the worker shows it and the screen knows."""
    page = reached.page
    reached.open("reminders")
    page.get_by_role("button", name="Switch on messages").click()
    expect(page.get_by_text("Messages reach this phone")).to_be_visible()
    expect(page.locator("#screen strong").first).to_be_visible()  # the first reminders have come with it
    page.get_by_role("button", name="Send me a test").click()
    wait_until(lambda: service.received)
    (push,) = service.received
    deliver(reached, secrets.open(push.body))
    expect(page.locator("#screen").get_by_text("It arrived.")).to_be_visible()
    page.get_by_role("button", name="Switch off here").click()
    page.get_by_role("button", name="Switch on messages").wait_for()
    assert not PushSubscription.objects.filter(user=ana.user).exists()
    page.get_by_role("button", name="Switch on messages").click()
    page.get_by_role("button", name="Send me a test").wait_for()
    reached.open("help")
    reached.offline()  # so that only the browser can end it
    page.get_by_role("button", name="Sign out on this phone").click()
    page.get_by_role("button", name="Yes, sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Join Amble")
    wait_until(lambda: page.evaluate("localStorage.getItem('subscribed')") is None)
