"""A browser at a desk is switched on for red flags, and shows what comes, from the click to the screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from notifications.models import PushSubscription
from tests.browser.conftest import wait_until
from tests.browser.desk import Desk, desks
from tests.browser.pushing import deliver, take_messages_at
from tests.browser.server import Server
from tests.notifications.receivers import Browser, PushService, push_service
from tests.people import Person

pytestmark = pytest.mark.whole_browser


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    with push_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service


def shown(desk: Desk) -> list[str]:
    """The bodies of the notifications that stand on the screen."""
    bodies: list[str] = desk.page.evaluate(
        """async () => {
            const all = await navigator.serviceWorker.getRegistrations();
            const notes = await Promise.all(all.map((one) => one.getNotifications()));
            return notes.flat().map(({ body }) => body);
        }"""
    )
    return bodies


def test_switched_on_tested_and_removed(
    browser: Chromium, server: Server, maria: Person, service: PushService
):
    secrets = Browser()
    with desks(browser, server) as open_one:
        desk = open_one(maria)
        take_messages_at(desk, service, secrets)
        desk.visit("/your-notifications")
        desk.click("button", "Switch on in this browser")
        expect(desk.page.get_by_text("Notifications are on in this browser.")).to_be_visible()
        expect(desk.page.get_by_text("this browser", exact=True)).to_be_visible()
        desk.click("button", "Send a test to all of them")
        expect(desk.page.get_by_role("status")).to_contain_text("Sent.")
        (push,) = service.received
        deliver(desk, secrets.open(push.body))
        wait_until(lambda: shown(desk) == ["Messages reach this browser."])
        desk.page.get_by_role("button", name="Remove").click()
        expect(desk.page.get_by_role("button", name="Switch on in this browser")).to_be_visible()
        assert not PushSubscription.objects.exists()
