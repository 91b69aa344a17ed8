"""A clinic asks its staff for a second factor: who has none adds one before anything else."""

from datetime import timedelta

from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import Clinic, SecondFactor
from recovery.models import StaffMessage
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.second_factor.browsing import API, HOME, Browser, Clock, add_app, ask_for_it, sign_in
from tests.clinic.test_clinic_settings import fields
from tests.clinic.test_idle import hidden, said
from tests.moments import NOW
from tests.people import Person


def test_who_has_none_adds_one_before_anything_else(hillside: Clinic, maria: Person, browser: Browser):
    ask_for_it(hillside)
    client = sign_in(maria)
    for path in (HOME, "/reviews", "/cover", "/patients/1"):
        assert client.get(path).headers["Location"] == "/account"
        assert client.post(path).headers["Location"] == "/account"
    assert client.get("/", headers={"HX-Request": "true"}).status_code == 401
    assert client.get(API).status_code == 401
    assert Client().get(API, headers=maria.headers).status_code == 401
    page = client.get("/account")
    assert "Your clinic asks for one since 2 March 2026. Then you can go on." in said(page)
    assert "Patients" not in said(page)
    assert client.post("/stay-signed-in").status_code == 204
    add_app(client)
    assert client.get(HOME).status_code == 200
    assert client.get(API).status_code == 200


def test_what_was_written_when_it_began_is_offered_once_there_is_one(
    hillside: Clinic, maria: Person, browser: Browser
):
    ana = people.patient(maria, name="Ana")
    desk = browser(maria)
    ask_for_it(hillside)
    path = f"/patients/{ana.user.pk}/messages"
    assert desk.post(path, {"text": "Rest today.", "to_patient": "yes"}).headers["Location"] == "/account"
    assert "Your clinic asks for one" in said(desk.get("/account"))
    add_app(desk)
    page = desk.get("/account")
    assert "It is still here." in said(page)
    desk.post(path, hidden(page))
    with acting_for_all():
        assert StaffMessage.objects.get().text == "Rest today."
    assert "Save what you wrote" not in said(desk.get("/account"))


def test_the_last_one_stays_while_the_clinic_asks_for_it(hillside: Clinic, maria: Person, browser: Browser):
    desk = browser(maria)
    add_app(desk)
    ask_for_it(hillside)
    app = SecondFactor.objects.get()
    page = desk.post(f"/account/second-factors/{app.pk}/remove", follow=True)
    assert "add another one before you remove this one" in said(page)
    assert SecondFactor.objects.exists()


def test_from_tomorrow_on_means_tomorrow(hillside: Clinic, maria: Person, clock: Clock):
    ask_for_it(hillside, days=1)
    assert sign_in(maria).get(HOME).status_code == 200
    clock.shift(timedelta(days=1))
    assert sign_in(maria).get(HOME).status_code == 302


def test_a_patient_who_works_here_too_stays_a_patient_on_the_phone(hillside: Clinic, helena: Person):
    someone = people.patient(staff(hillside, Role.THERAPIST, name="Noor"))
    people.member(hillside, Role.THERAPIST, user=someone.user)
    answer = Client().get(API, headers=someone.headers)
    assert answer.json()["roles"] == ["patient", "therapist"]
    ask_for_it(hillside)
    answer = Client().get(API, headers=someone.headers)
    assert answer.json()["roles"] == ["patient"]


def test_an_administrator_asks_for_it_and_goes_first(hillside: Clinic, helena: Person, browser: Browser):
    desk = browser(helena)
    sent = fields(desk.get("/clinic")) | {"second_factor_from": NOW.date().isoformat()}
    assert desk.post("/clinic", sent).status_code == 302
    hillside.refresh_from_db()
    assert hillside.second_factor_from == NOW.date()
    assert desk.get("/clinic").headers["Location"] == "/account"
    add_app(desk)
    page = desk.get("/clinic")
    assert fields(page)["second_factor_from"] == "2026-03-02"
    assert "Nobody is locked out" in said(page)
    sent = fields(page) | {"second_factor_from": ""}
    desk.post("/clinic", sent)
    hillside.refresh_from_db()
    assert hillside.second_factor_from is None
