"""Signing in, signing out and joining, as a browser does it."""

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.access import Role
from accounts.actions import end_membership, invite_staff
from accounts.models import Clinic, Membership, User
from tests import people
from tests.clinic.conftest import PASSWORD, staff
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(autouse=True)
def nobody_was_wrong_before(db: None) -> None:
    cache.clear()


def without_token(page: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.decode())


def test_a_stranger_is_sent_to_the_sign_in_page_and_back_to_where_they_wanted(maria: Person):
    ana = people.patient(maria)
    wanted = reverse("clinic:patient", args=[ana.user.pk])
    client = Client()
    door = client.get(wanted)
    assert door.headers["Location"] == f"/sign-in?next={wanted}"
    inside = client.post(door.headers["Location"], {"email": "Maria@Example.org", "password": PASSWORD})
    assert inside.headers["Location"] == wanted
    assert client.get(wanted).status_code == 200


def test_the_way_back_is_never_another_site(maria: Person):
    answer = Client().post(
        "/sign-in?next=https://elsewhere.example/", {"email": "maria@example.org", "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_email_are_the_same_page(maria: Person):
    pages = [
        Client().post("/sign-in", {"email": email, "password": "not the one"})
        for email in ("maria@example.org", "wendy@example.org")
    ]
    wrong, unknown = (without_token(page.content).replace("wendy", "maria") for page in pages)
    assert [page.status_code for page in pages] == [422, 422]
    assert wrong == unknown
    assert "Password: This email and password do not belong together." in wrong


def test_somebody_who_left_is_out_at_the_next_request_and_cannot_come_back(maria: Person):
    client = Client()
    client.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD})
    assert client.get("/").status_code == 200
    end_membership(membership=Membership.objects.get(user=maria.user), now=NOW)
    assert client.get("/").headers["Location"] == "/sign-in?next=/"
    again = client.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD})
    assert again.status_code == 422


def test_somebody_switched_off_is_out_at_the_next_request(maria: Person, browser: Callable[[Person], Client]):
    client = browser(maria)
    User.objects.filter(pk=maria.user.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_a_patient_has_no_place_at_the_desk(maria: Person, browser: Callable[[Person], Client]):
    assert browser(people.patient(maria)).get("/").status_code == 302


def test_signing_out_ends_the_session_and_takes_a_post(maria: Person, browser: Callable[[Person], Client]):
    client = browser(maria)
    assert client.get("/sign-out").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_after_ten_wrong_tries_the_right_password_waits_too(maria: Person):
    for _ in range(10):
        Client().post("/sign-in", {"email": "maria@example.org", "password": "not the one"})
    page = Client().post("/sign-in", {"email": "maria@example.org", "password": PASSWORD})
    assert page.status_code == 429
    assert "Wait 15 minutes" in page.content.decode()


def test_a_colleague_joins_with_a_typed_code_and_signs_in(hillside: Clinic):
    boss = staff(hillside, Role.ADMINISTRATOR, name="Helena")
    issued = invite_staff(
        clinic_id=hillside.pk,
        name="Noor",
        email="noor@example.org",
        role="therapist",
        by=boss.user.pk,
        now=NOW,
    )
    client = Client()
    joined = client.post(
        "/clinic/join", {"code": issued.secret.lower(), "email": "noor@example.org", "password": PASSWORD}
    )
    assert joined.headers["Location"] == "/sign-in"
    client.post("/sign-in", {"email": "noor@example.org", "password": PASSWORD})
    assert "Noor" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "2222-2222"}, "Code: This code does not work."),
        ({"email": "noor"}, "Email: Enter a valid email address."),
        ({"password": "short"}, "New password: This password is too short."),
        ({"code": "\x00"}, "Code: Null characters are not allowed."),
    ],
)
def test_an_error_names_its_field(db: None, wrong: dict[str, str], said: str):
    fields = {"code": "ABCD-EFGH", "email": "noor@example.org", "password": PASSWORD}
    page = Client().post("/clinic/join", fields | wrong)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert PASSWORD not in page.content.decode()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/clinic/join"])
def test_a_form_without_its_token_is_refused(db: None, path: str):
    assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403
