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
    desk = new_desk(boss, width=width)
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


def test_a_patient_reads_on_the_phone_who_looked(joined: Phone, ana: Person, maria: Person):
    look(maria, ana, times=3)
    joined.open("data")
    card: Any = joined.page.locator("section", has=joined.page.get_by_role("heading", name="Who has looked"))
    expect(card.get_by_role("listitem")).to_contain_text(["Maria, therapist"])
    expect(card.get_by_text("3 times")).to_be_visible()
    assert joined.axe_in_each_look() == []
    joined.shoot("readings")
