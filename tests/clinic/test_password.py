"""A password that is lost, or that somebody else knows: changed by its owner, or reset; who knew the old one is out."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import actions
from accounts.access import Role
from accounts.models import Clinic, Invitation, SecondFactor, User
from tests import people
from tests.clinic.conftest import PASSWORD, staff
from tests.clinic.test_pages import text
from tests.moments import NOW
from tests.people import Person

Browser = Callable[[Person], Client]

NEW = "four patient herons wade"


@pytest.fixture
def maria(clock: time_machine.Traveller, hillside: Clinic) -> Person:
    return staff(hillside, Role.THERAPIST, name="Maria")


@pytest.fixture
def helena(clock: time_machine.Traveller, hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")


def sign_in(person: Person, password: str) -> Client:
    client = Client()
    client.post("/sign-in", {"email": person.user.email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def joins(code: str, person: Person, password: str = NEW) -> int:
    said = {"code": code, "email": person.user.email, "password": password}
    return Client().post("/clinic/join", said).status_code


def reset(client: Client, person: Person) -> Any:
    return client.post(f"/clinic/staff/{person.user.pk}/password/reset")


def test_ones_own_is_changed_and_everybody_else_who_is_signed_in_is_out(
    maria: Person, browser: Browser, clock: time_machine.Traveller
):
    mine, elsewhere = browser(maria), browser(maria)
    assert "Change your password" in text(mine.get("/account"))
    clock.shift(timedelta(minutes=1))
    for weak in ("short", "password1234"):
        assert mine.post("/account/password/new", {"password": weak}).status_code == 422
    assert mine.post("/account/password/new", {"password": NEW}).headers["Location"] == "/account"
    assert "Your password is changed." in text(mine.get("/account"))
    assert not is_in(elsewhere)
    assert Client().get("/api/v1/me", headers=maria.headers).status_code == 401
    assert not is_in(sign_in(maria, PASSWORD))
    assert is_in(sign_in(maria, NEW))


def test_a_desk_that_was_left_alone_changes_no_password(
    maria: Person, browser: Browser, clock: time_machine.Traveller
):
    mine = browser(maria)
    clock.shift(timedelta(minutes=6))
    asked = "/account/password?next=/account/password/new"
    assert mine.get("/account/password/new").headers["Location"] == asked
    assert mine.post("/account/password/new", {"password": NEW}).headers["Location"] == asked
    assert mine.post(asked, {"password": PASSWORD}).headers["Location"] == "/account/password/new"
    assert mine.post("/account/password/new", {"password": NEW}).headers["Location"] == "/account"


def test_who_was_about_to_give_the_second_factor_begins_anew(
    maria: Person, browser: Browser, clock: time_machine.Traveller
):
    """With a password that is another one now they get no further."""
    SecondFactor.objects.create(user=maria.user, kind="app", name="x", secret=b"", counter=0, added_at=NOW)
    half = sign_in(maria, PASSWORD)
    assert half.get("/sign-in/second").status_code == 200
    clock.shift(timedelta(minutes=1))
    actions.change_password(user_id=maria.user.pk, password=NEW, now=NOW + timedelta(minutes=1))
    assert half.get("/sign-in/second").headers["Location"] == "/sign-in"


def test_an_administrator_resets_one_and_the_colleague_chooses_another(
    maria: Person,
    helena: Person,
    browser: Browser,
    clock: time_machine.Traveller,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
):
    settings.EMAIL_IS_SET = True
    hers, desk = browser(maria), browser(helena)
    clock.shift(timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        page = reset(desk, maria)
    code = page.context["issued"].secret
    assert code in text(page)
    assert not is_in(hers)
    assert not is_in(sign_in(maria, PASSWORD))
    [told] = mail.outbox
    assert (told.to, code in str(told.message())) == (["maria@example.org"], False)
    assert "Helena at Hillside made your password void" in str(told.body)
    assert joins(code, helena) == 422
    assert joins(code, maria) == 302
    assert is_in(sign_in(maria, NEW))
    assert joins(code, maria) == 422
    row = next(
        one for one in desk.get("/audit").context["lines"] if one.columns == "password, sessions since"
    )
    assert (row.who, row.did, row.patients) == ("Helena", "Changed", "Maria")


def test_nobody_resets_without_their_own_password_their_own_or_somebody_of_another_clinic(
    maria: Person, helena: Person, browser: Browser, clock: time_machine.Traveller
):
    desk = browser(helena)
    assert reset(desk, helena).status_code == 404
    assert (
        reset(browser(staff(people.clinic("Lakeside"), Role.ADMINISTRATOR, name="Stan")), maria).status_code
        == 404
    )
    assert reset(browser(maria), helena).status_code == 403
    people.member(people.clinic("Seaside"), Role.THERAPIST, user=maria.user)
    assert reset(desk, maria).status_code == 403
    clock.shift(timedelta(minutes=6))
    assert reset(desk, maria).headers["Location"] == f"/account/password?next=/clinic/staff/{maria.user.pk}"
    assert is_in(sign_in(maria, PASSWORD))
    assert not Invitation.objects.exists()


def test_another_clinics_code_gives_no_password_to_somebody_whose_own_was_reset(
    maria: Person, helena: Person, browser: Browser
):
    """Its administrator knows the code: they would choose the password, and sign in here."""
    lake = people.clinic("Lakeside")
    stan = staff(lake, Role.ADMINISTRATOR, name="Stan")

    def invited() -> str:
        return actions.invite_staff(
            clinic_id=lake.pk,
            name="M",
            email="maria@example.org",
            role=Role.THERAPIST,
            by=stan.user.pk,
            now=NOW,
        ).secret

    before = invited()
    code = reset(browser(helena), maria).context["issued"].secret
    assert joins(before, maria, "what the stranger chose") == 422
    assert joins(invited(), maria, "what the stranger chose") == 422
    assert not User.objects.get(pk=maria.user.pk).has_usable_password()
    assert joins(code, maria) == 302
    assert joins(invited(), maria) == 302  # with her own password she joins the other clinic, too


def test_whoever_runs_amble_resets_it_for_somebody_of_two_clinics(
    maria: Person, helena: Person, browser: Browser
):
    people.member(people.clinic("Seaside"), Role.THERAPIST, user=maria.user)
    out = StringIO()
    call_command("reset_password", "Maria@example.org", stdout=out)
    said = out.getvalue()
    assert "Maria is signed out everywhere" in said
    assert not is_in(sign_in(maria, PASSWORD))
    code = said.split("with the code ")[1].split()[0]
    assert joins(code, maria) == 302
    assert is_in(sign_in(maria, NEW))
    lines = browser(helena).get("/audit").context["lines"]
    assert ("Whoever runs Amble", "an account", "command reset_password") in [
        (line.who, line.what, line.through) for line in lines
    ]
    with pytest.raises(CommandError, match=r"signs in with the email otto@example\.org"):
        call_command("reset_password", "otto@example.org")
