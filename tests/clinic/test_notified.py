"""One's own notifications: a browser at a desk that shows a red flag while no page is open."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import timezone

from accounts.access import Role
from accounts.actions import add_device
from accounts.models import Clinic
from notifications.models import PushSubscription
from notifications.red_flags import queue_messages
from notifications.urgent import deliver_urgent
from tests import people
from tests.clinic.conftest import answer_yes, staff
from tests.clinic.test_pages import text
from tests.moments import NOW
from tests.notifications import receivers
from tests.notifications.receivers import PushService, push_service
from tests.people import Person

Browser = Callable[[Person], Client]
PAGE = "/your-notifications"
SUBSCRIPTIONS = "/api/v1/push/subscriptions"

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def service(settings) -> Iterator[PushService]:
    with push_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service


def switch_on(desk: Client, url: str) -> receivers.Browser:
    """As the page's script does it."""
    screen = receivers.Browser()
    body = {"endpoint": url, "keys": screen.keys}
    assert desk.post(SUBSCRIPTIONS, body, content_type="application/json").status_code == 201
    return screen


def test_the_page_lists_ones_own_browsers_and_removes_them(
    hillside: Clinic, maria: Person, browser: Browser, service: PushService
):
    rao = staff(hillside, Role.CLINICIAN, name="Rao")
    assert "Until you switch on a browser, red flags reach you" in text(browser(maria).get(PAGE))
    switch_on(browser(maria), service.url("/maria"))
    switch_on(browser(rao), service.url("/rao"))
    page = text(browser(maria).get(PAGE))
    assert "Your browsers 1 Switched on today 13:00 this browser No message yet." in page
    hers, his = PushSubscription.objects.order_by("id")
    assert browser(maria).post(f"{PAGE}/{his.pk}/remove").status_code == 404
    assert "Removed." in text(browser(maria).post(f"{PAGE}/{hers.pk}/remove", follow=True))
    assert PushSubscription.objects.get() == his


def test_a_phone_of_the_same_person_is_not_a_browser_at_a_desk(
    hillside: Clinic, maria: Person, browser: Browser, service: PushService
):
    """It is removed where it was switched on, and the test of the desk does not ring it."""
    switch_on(browser(maria), service.url("/desk"))
    phone, _ = add_device(user_id=maria.user.pk, clinic_id=hillside.pk, name="phone", now=NOW)
    PushSubscription.objects.update(device=phone)
    assert "None yet" in text(browser(maria).get(PAGE))
    answer = browser(maria).post("/api/v1/push/test")
    assert (answer.status_code, service.received) == (409, [])


def test_the_test_reaches_all_of_ones_browsers(maria: Person, browser: Browser, service: PushService):
    assert browser(maria).post("/api/v1/push/test").status_code == 409
    desk, home = (switch_on(browser(maria), service.url(path)) for path in ("/desk", "/home"))
    assert browser(maria).post("/api/v1/push/test").status_code == 204
    opened = {
        push.path: json.loads(screen.open(push.body)) for push, screen in _newest_first(service, home, desk)
    }
    assert {path: one["notification"]["body"] for path, one in opened.items()} == {
        "/desk": "Messages reach this browser.",
        "/home": "Messages reach this browser.",
    }
    assert opened["/desk"]["notification"]["navigate"].endswith(PAGE)


def _newest_first(service: PushService, *screens: receivers.Browser):
    return zip(service.received, screens, strict=True)


def test_a_red_flag_reaches_the_desk_of_who_cares_and_says_nothing_of_the_patient(
    maria: Person, browser: Browser, service: PushService
):
    screen = switch_on(browser(maria), service.url("/desk"))
    ana = people.patient(maria, name="Ana Canary")
    answer_yes(ana, "foot_drop")
    now = timezone.now()
    assert queue_messages(now=now).queued == 2
    deliver_urgent(now=now)
    (push,) = service.received
    shown = json.loads(screen.open(push.body))["notification"]
    assert (shown["title"], shown["body"]) == ("Please open Amble now", "Open Amble to see more.")
    assert "Canary" not in str(shown)
    assert "Last message taken" in text(browser(maria).get(PAGE))


def test_without_keys_the_page_says_that_only_mail_is_left(maria: Person, browser: Browser, settings):
    settings.VAPID_PRIVATE_KEY = ""
    page = text(browser(maria).get(PAGE))
    assert "Notifications are not set up on this Amble." in page
    assert 'data-key=""' in browser(maria).get(PAGE).content.decode()


def test_the_worker_is_a_script_of_ours_for_whoever_asks(db: None):
    answer = Client().get(f"{PAGE}/worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert b'addEventListener("push"' in answer.content
