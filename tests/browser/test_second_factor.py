"""The second factor in a real browser: a passkey is made and signs in, and the pages of it are for every body."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, expect

from accounts.models import Clinic, SecondFactor
from tests.authenticators import app_code
from tests.browser.conftest import sideways
from tests.browser.desk import Desk, desks
from tests.browser.server import Server
from tests.people import Person

PASSWORD = "three calm herons"
SECURITY_KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def new_desk(browser: Browser, server: Server) -> Iterator[Callable[..., Desk]]:
    with desks(browser, server) as open_one:
        yield open_one


def look(desk: Desk, name: str) -> None:
    """Wide and narrow, light and dark: nothing serious, and no scrolling sideways."""
    for width, scheme in ((390, "dark"), (1280, "light")):
        desk.page.set_viewport_size({"width": width, "height": 900})
        desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        desk.shoot(f"second-factor-{name}-{width}-{scheme}")
        assert sideways(desk.page) == 0, name
        assert desk.axe() == [], f"{name}, {scheme}"


def sign_in(desk: Desk, address: str) -> None:
    desk.page.goto(f"{address}/sign-in")
    desk.fill("Email", "maria@example.org")
    desk.fill("Password", PASSWORD)
    desk.click("button", "Sign in")


def test_a_passkey_is_made_and_signs_in(new_desk: Callable[..., Desk], maria: Person):
    maria.user.email, maria.user.password = "maria@example.org", make_password(PASSWORD)
    maria.user.save()
    Clinic.objects.update(second_factor_from=datetime.now(UTC).date().replace(day=1))
    desk = new_desk(maria)
    desk.context.clear_cookies()
    address = desk.server.address.replace("127.0.0.1", "localhost")  # a passkey belongs to a name
    devtools = desk.context.new_cdp_session(desk.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": SECURITY_KEY})
    heading = desk.page.get_by_role("heading", level=1)

    sign_in(desk, address)
    expect(desk.page.get_by_role("heading", name="Add a second factor first")).to_be_visible()
    look(desk, "first")
    desk.click("link", "Add a passkey")
    desk.fill("Name", "This computer")
    look(desk, "add-passkey")
    desk.click("button", "Make the passkey")
    expect(heading).to_have_text("Your recovery codes")
    assert desk.page.locator(".codes li").count() == 10
    look(desk, "recovery-codes")
    desk.click("link", "I have them")
    expect(desk.page.locator(".rows")).to_contain_text("This computer")

    desk.click("link", "Add a passkey")
    desk.fill("Name", "Again")
    desk.click("button", "Make the passkey")
    expect(desk.page.locator("[data-passkey-said]")).to_have_text("This passkey is added already.")
    desk.page.goto(f"{address}/account/app")
    look(desk, "add-app")
    key = desk.page.locator(".key").inner_text()
    desk.fill("Code that the app shows now", app_code(key, datetime.now(UTC)))
    desk.click("button", "Add the app")
    expect(desk.page.locator(".rows li")).to_have_count(2)
    look(desk, "account")
    desk.page.goto(f"{address}/account/password")
    look(desk, "password")

    desk.click("button", "Sign out")
    sign_in(desk, address)
    expect(heading).to_have_text("Is it you?")
    look(desk, "second-step")
    desk.click("button", "Use a passkey")
    expect(heading).to_have_text("Who needs you")
    assert SecondFactor.objects.get(kind="passkey").last_used_at is not None
