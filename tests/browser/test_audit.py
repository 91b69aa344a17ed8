"""Who read and who changed what, at the desk of an administrator and on the patient's phone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.access import Role, acting
from accounts.models import Clinic
from recovery.models import Patient
from tests import people
from tests.browser.conftest import Phone, sideways
from tests.browser.test_desk import Desk
from tests.browser.test_desk import new_desk as new_desk
from tests.people import Person


def look(by: Person, at: Person, times: int = 1) -> None:
    client = Client()
    client.force_login(by.user)
    for _ in range(times):
        assert client.get(f"/patients/{at.user.pk}").status_code == 200


@pytest.mark.parametrize("width", [1280, 320])
def test_an_administrator_narrows_the_audit_by_keyboard(
    new_desk: Callable[..., Desk], ana: Person, maria: Person, width: int
):
    boss = people.member(Clinic.objects.get(), Role.ADMINISTRATOR, name="Boss")
    look(maria, ana, times=3)
    with acting(maria.actor):
        Patient.objects.update(email="ana@example.org")
    desk = new_desk(boss, width=width, reduced_motion="reduce")
    desk.open("audit")
    page = desk.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit")
    page.get_by_label("Patient", exact=True).focus()
    page.keyboard.type("an")
    desk.press("Enter")
    expect(page).to_have_url(f"{desk.phone.server.address}/audit?patient=an&person=&on=")
    expect(page.get_by_text("the patient’s details: email")).to_be_visible()
    expect(page.get_by_text("patient, at the desk")).to_have_count(3)
    assert desk.phone.axe_in_each_look() == []
    assert sideways(page) == 0
    desk.phone.shoot(f"audit-{width}")


def test_a_record_is_opened_in_an_emergency_and_an_administrator_finds_it(
    new_desk: Callable[..., Desk], ana: Person
):
    noor = people.member(Clinic.objects.get(), Role.THERAPIST, name="Noor")
    desk = new_desk(noor, width=360, reduced_motion="reduce")
    page = desk.page
    desk.open(f"patients/{ana.user.pk}")
    page.get_by_role("link", name="Open a record in an emergency").click()
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    assert desk.phone.axe() == []
    page.emulate_media(color_scheme="dark")
    assert desk.phone.axe(only="color-contrast") == []
    page.get_by_label("Full name").fill("Ana")
    page.get_by_label("Year of birth").fill("1980")
    page.get_by_label("Why you need it now").fill("She fell at the door.")
    desk.phone.shoot("open-record")
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_text("Open for four hours.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana")
    boss = new_desk(
        people.member(Clinic.objects.get(), Role.ADMINISTRATOR, name="Boss"), reduced_motion="reduce"
    )
    boss.open("audit")
    expect(boss.page.get_by_text("She fell at the door.")).to_be_visible()
    assert boss.phone.axe_in_each_look() == []
    boss.phone.shoot("audit-opened")


def test_a_patient_reads_on_the_phone_who_looked(joined: Phone, ana: Person, maria: Person):
    look(maria, ana, times=3)
    joined.open("data")
    card: Any = joined.page.locator("section", has=joined.page.get_by_role("heading", name="Who has looked"))
    expect(card.get_by_role("listitem")).to_contain_text(["Maria, therapist"])
    expect(card.get_by_text("3 times")).to_be_visible()
    assert joined.axe_in_each_look() == []
    joined.shoot("readings")
