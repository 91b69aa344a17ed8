"""Web push on a test's phone: a subscription at our own push service, and messages put in by the debugging protocol."""

import json
from typing import Any

from playwright.sync_api import Worker

from tests.browser.conftest import Phone
from tests.notifications.receivers import Browser, PushService

# Chromium subscribes at Google's service only. This one is ours, and stays through a reload as a real one does.
SUBSCRIBES = """
    const made = () => ({
        endpoint: ENDPOINT, options: {},
        toJSON: () => ({ endpoint: ENDPOINT, expirationTime: null, keys: KEYS }),
        unsubscribe: async () => { localStorage.removeItem("subscribed"); return true; },
    });
    PushManager.prototype.getSubscription = async () => localStorage.getItem("subscribed") ? made() : null;
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
        if (!applicationServerKey) throw new TypeError("no key");
        localStorage.setItem("subscribed", applicationServerKey);
        return made();
    };
"""


def take_messages_at(phone: Phone, service: PushService, browser: Browser, *, path: str = "/push/1") -> None:
    """From the next page on this phone can subscribe, with the browser's yes."""
    phone.context.grant_permissions(["notifications"], origin=phone.server.address)
    given = f"const ENDPOINT = {json.dumps(service.url(path))}, KEYS = {json.dumps(browser.keys)};"
    phone.context.add_init_script(f"if ('PushManager' in window) {{ {given} {SUBSCRIBES} }}")


def deliver(phone: Phone, payload: bytes) -> None:
    """What a push service would bring, already opened by the browser.

    The session stays: a browser whose last one ends may drop the message that is on its way.
    """
    cdp = phone.context.new_cdp_session(phone.page)
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(
            one["registrationId"]
            for one in event["registrations"]
            if one["scopeURL"].startswith(phone.server.address)
        ),
    )
    cdp.send("ServiceWorker.enable")
    while not found:  # the test's own time limit ends it
        phone.page.wait_for_timeout(20)
    cdp.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": phone.server.address, "registrationId": found[-1], "data": payload.decode()},
    )


def shown(phone: Phone) -> list[dict[str, Any]]:
    """The notifications that stand on the screen."""
    notes: list[dict[str, Any]] = phone.page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready;
            return (await registration.getNotifications()).map(
                ({ title, body, tag, lang, data, actions, renotify }) =>
                    ({ title, body, tag, lang, data, renotify, actions: actions.map((one) => one.action) }));
        }"""
    )
    return notes


def worker(phone: Phone) -> Worker:
    return phone.context.service_workers[0]


def click(phone: Phone, action: str = "") -> None:
    """Tap the notification that stands on the screen, or one of its buttons: the event that a browser makes of it."""
    worker(phone).evaluate(
        """async (action) => {
            const [notification] = await registration.getNotifications();
            self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
        }""",
        action,
    )
