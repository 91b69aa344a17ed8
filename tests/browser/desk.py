"""A desk for the tests: Chromium with a signed-in member of staff, and a count of what their hands do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import Phone
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person


@dataclass
class Desk(Phone):
    """A Phone's page of the staff's. `actions` are what the person did: a field filled, a key or a button pressed."""

    actions: list[str] = field(default_factory=list)

    def visit(self, path: str) -> None:
        self.page.goto(self.server.address + path)

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})

    def fill(self, label: str, text: str) -> None:
        self.actions.append(f"fill {label}")
        self.page.get_by_label(label, exact=True).fill(text)

    def click(self, role: str, name: str) -> None:
        self.actions.append(f"click {name}")
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    def key(self, keys: str) -> None:
        self.actions.append(f"press {keys}")
        self.page.keyboard.press(keys)


def desk_of(
    browser: Browser,
    server: Server,
    person: Person,
    *,
    width: int = 1280,
    scripts: bool = True,
    scheme: str = "light",
) -> Desk:
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900},
        locale="en-GB",
        timezone_id=BERLIN.key,
        java_script_enabled=scripts,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    client = Client()
    client.force_login(person.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.address}])
    desk = Desk.of(context, server)
    assert isinstance(desk, Desk)
    return desk


@contextmanager
def desks(browser: Browser, server: Server) -> Iterator[Callable[..., Desk]]:
    """Opens windows, as `open_one(person, width=390, scripts=False)`; at the end none may have had an error."""
    made: list[Desk] = []

    def open_one(person: Person, **options: Any) -> Desk:
        made.append(desk_of(browser, server, person, **options))
        return made[-1]

    yield open_one
    for desk in made:
        desk.context.close()
    for desk in made:
        assert desk.violations == []
        assert desk.errors == []
