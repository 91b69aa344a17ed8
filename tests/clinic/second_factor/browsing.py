"""What a person does at the desk with a second factor, and what is on the page."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Clinic
from tests.authenticators import Passkey, app_code
from tests.clinic.conftest import PASSWORD
from tests.moments import NOW
from tests.people import Person

Browser = Callable[[Person], Client]
Clock = time_machine.Traveller
MINUTE = timedelta(minutes=1)
STEP = timedelta(seconds=30)
HOME, DOOR, SECOND = "/", "/sign-in", "/sign-in/second"
API = "/api/v1/me"


now = timezone.now


def sign_in(person: Person, **more: str) -> Client:
    """A browser after the password."""
    client = Client()
    client.post(DOOR, {"email": person.user.email, "password": PASSWORD, **more})
    return client


def key_on(page: Any) -> str:
    found = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.content.decode())
    assert found is not None
    return found[1]


def codes_on(page: Any) -> list[str]:
    return re.findall(r"<li><code>([A-Z2-9-]+)</code></li>", page.content.decode())


def options_on(page: Any) -> dict[str, Any]:
    found = re.search(r'data-(?:new-)?passkey="([^"]+)"', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


def add_app(client: Client) -> tuple[str, list[str]]:
    """The key of a new app, and the recovery codes if it is the first second factor."""
    key = key_on(client.get("/account/app"))
    page = client.post("/account/app", {"name": "My phone", "code": app_code(key, now())}, follow=True)
    assert page.status_code == 200
    return key, codes_on(page)


def add_passkey(client: Client, passkey: Passkey) -> Any:
    answer = passkey.create(options_on(client.get("/account/passkey")))
    return client.post("/account/passkey", {"name": "Blue key", "passkey": answer}, follow=True)


def ask_for_it(clinic: Clinic, *, days: int = 0) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(second_factor_from=NOW.date() + timedelta(days=days))


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200
