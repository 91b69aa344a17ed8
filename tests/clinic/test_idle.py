"""A session ends after 15 minutes in which nobody did anything, and after twelve hours; what was sent is not lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import Clinic
from accounts.tasks import forget_sessions
from recovery.models import StaffMessage
from tests import people
from tests.clinic.conftest import PASSWORD, staff
from tests.moments import NOW
from tests.people import Person

Browser = Callable[[Person], Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def maria(clock: time_machine.Traveller, hillside: Clinic) -> Person:
    return staff(hillside, Role.THERAPIST, name="Maria")


def said(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def hidden(page: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    return {name: unescape(value) for name, value in found}


def test_who_does_something_stays_and_who_does_nothing_for_15_minutes_is_out(
    clock: time_machine.Traveller, maria: Person, browser: Browser
):
    client = browser(maria)
    for _ in range(5):
        clock.shift(14 * MINUTE)
        assert client.get("/").status_code == 200
    clock.shift(17 * MINUTE)
    out = client.get("/reviews", follow=True)
    assert out.redirect_chain[-1][0] == "/sign-in?next=/reviews"
    assert "You were signed out, because nothing was done here for 15 minutes." in said(out)
    assert client.get("/").headers["Location"] == "/sign-in?next=/"


def test_a_poll_is_no_sign_of_a_person(clock: time_machine.Traveller, maria: Person, browser: Browser):
    client = browser(maria)
    for _ in range(15):
        clock.shift(MINUTE)
        assert client.get("/", headers={"HX-Request": "true", "HX-Trigger": "poll"}).status_code == 200
    clock.shift(MINUTE)
    poll = client.get("/", headers={"HX-Request": "true", "HX-Trigger": "poll"})
    assert (poll.status_code, poll.content) == (401, b"")
    assert client.get("/").status_code == 302


def test_reading_and_typing_are_told_and_count(
    clock: time_machine.Traveller, maria: Person, browser: Browser
):
    client = browser(maria)
    for _ in range(4):
        clock.shift(10 * MINUTE)
        assert client.post("/stay-signed-in").status_code == 204
    clock.shift(10 * MINUTE)
    assert client.get("/").status_code == 200
    clock.shift(17 * MINUTE)
    assert client.post("/stay-signed-in").status_code == 401


def test_after_twelve_hours_everybody_signs_in_again(
    clock: time_machine.Traveller, maria: Person, browser: Browser
):
    client = browser(maria)
    for _ in range(71):
        clock.shift(10 * MINUTE)
        assert client.get("/").status_code == 200
    clock.shift(10 * MINUTE)
    assert client.get("/").status_code == 302


def test_a_session_that_is_over_is_forgotten_with_what_was_typed_in_it(
    clock: time_machine.Traveller, maria: Person, browser: Browser
):
    browser(maria).get("/")
    clock.shift(timedelta(hours=11))
    browser(maria).get("/")
    clock.shift(timedelta(hours=2))
    assert Session.objects.count() == 2
    forget_sessions()
    assert Session.objects.count() == 1


def test_the_api_does_not_know_an_idle_session_either(
    clock: time_machine.Traveller, maria: Person, browser: Browser
):
    client = browser(maria)
    clock.shift(14 * MINUTE)
    assert client.get("/api/v1/me").status_code == 200
    clock.shift(14 * MINUTE)
    assert client.get("/").status_code == 200
    clock.shift(17 * MINUTE)
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_from_before_has_no_moments_and_is_over(maria: Person, browser: Browser):
    client = browser(maria)
    session = client.session
    del session["seen"]
    session.save()
    assert client.get("/").status_code == 302


def test_most_pages_write_nothing(clock: time_machine.Traveller, maria: Person, browser: Browser):
    client = browser(maria)
    clock.shift(59)
    client.get("/")
    assert client.session["seen"] == int(NOW.timestamp())
    clock.shift(2)
    client.get("/")
    assert client.session["seen"] == int((NOW + timedelta(seconds=61)).timestamp())


def test_a_form_that_comes_too_late_is_offered_again_after_signing_in(
    clock: time_machine.Traveller, maria: Person, browser: Browser
):
    ana = people.patient(maria, name="Ana")
    client = browser(maria)
    path = f"/patients/{ana.user.pk}/messages"
    clock.shift(20 * MINUTE)
    text = 'Rest today.\r\n"Then" <b>walk</b> & tell me.'
    late = client.post(path, {"text": text, "to_patient": "yes"})
    assert late.status_code == 401
    assert "What you wrote is kept: sign in, and send it." in said(late)
    assert "Rest today" not in late.content.decode()
    assert "no-store" in late.headers["Cache-Control"]
    with acting_for_all():
        assert not StaffMessage.objects.exists()
    held = hidden(late)["held"]
    wrong = client.post("/sign-in", {"email": "maria@example.org", "password": "no", "held": held})
    assert hidden(wrong)["held"] == held
    again = client.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD, "held": held})
    assert "It is still here." in said(again)
    fields = hidden(again)
    fields.pop("csrfmiddlewaretoken")
    assert fields == {"text": text, "to_patient": "yes"}
    assert f'action="{path}"' in again.content.decode()
    client.post(path, fields)
    with acting_for_all():
        assert StaffMessage.objects.get().text.splitlines() == text.splitlines()


def test_what_one_person_wrote_is_not_offered_to_another_nor_what_we_did_not_seal(
    clock: time_machine.Traveller, maria: Person, hillside: Clinic, browser: Browser
):
    staff(hillside, Role.THERAPIST, name="Noor")
    ana = people.patient(maria, name="Ana")
    client = browser(maria)
    clock.shift(20 * MINUTE)
    late = client.post(f"/patients/{ana.user.pk}/messages", {"text": "Secret"})
    held = hidden(late)["held"]
    for email, sealed in (("noor", held), ("maria", held[:-3] + "AAA"), ("maria", "x")):
        signed_in = client.post(
            "/sign-in", {"email": f"{email}@example.org", "password": PASSWORD, "held": sealed}
        )
        assert signed_in.headers["Location"] == "/"


def test_the_page_that_was_left_alone_signs_out_and_comes_back(maria: Person, browser: Browser):
    client = browser(maria)
    out = client.post("/sign-out", {"idle": "/reviews?x=1"}, follow=True)
    assert out.redirect_chain[-1][0] == "/sign-in?next=/reviews%3Fx%3D1"
    assert "nothing was done here for 15 minutes" in said(out)
    request = HttpRequest()
    request.session = client.session
    assert not get_user(request).is_authenticated
