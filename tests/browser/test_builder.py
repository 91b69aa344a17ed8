"""The builder in a browser: few actions from a new patient to a plan, by keyboard alone, and without scripts."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from accounts.access import Role, acting_for_all
from recovery.models import Patient, Plan, PlanDraft
from tests import people
from tests.browser.conftest import sideways, wait_until
from tests.browser.desk import Desk, desks
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person

MOST_ACTIONS = 25


@pytest.fixture
def maria(server: Server) -> Person:
    call_command("load_catalog", verbosity=0)
    return people.member(people.clinic(), Role.THERAPIST, now=datetime.now(BERLIN))


@pytest.fixture
def new_desk(browser: Browser, server: Server, maria: Person) -> Iterator[Callable[..., Desk]]:
    """Open another window of Maria's: `new_desk(width=390, scripts=False)`."""
    with desks(browser, server) as open_one:
        yield partial(open_one, maria)


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    return new_desk()


def dose(n: int) -> int | None:
    """The repetitions of a line of the draft as the server has it."""
    with acting_for_all():
        repetitions: int | None = PlanDraft.objects.get().lines[n]["dosage"].get("repetitions")
    return repetitions


def expect_sent(desk: Desk) -> None:
    desk.page.wait_for_url(re.compile(r"/patients/\d+$"), timeout=30_000)
    expect(desk.page.get_by_role("status").first).to_contain_text("Version 1 is sent.")


def test_from_a_new_patient_to_a_plan_on_their_phone_in_few_actions(desk: Desk):
    desk.visit("/")
    desk.click("link", "Add patient")
    desk.fill("Name", "Ana Petrova")
    desk.fill("Year of birth", "1980")
    desk.fill("Weeks since this bout began", "5")
    desk.actions.append("choose the leg")
    desk.page.get_by_text("Left leg").click()
    assert desk.axe() == []
    desk.click("button", "Add patient")
    desk.click("button", "Make the code and card")
    expect(desk.page.locator(".card-sheet svg")).to_be_visible()
    assert desk.axe() == []
    desk.click("link", "Choose a program")
    assert desk.axe() == []
    desk.actions.append("take a program")
    desk.page.get_by_role("button", name="Settling and mobility").click()
    expect(desk.page.locator("#lines > .line")).to_have_count(8)
    assert desk.axe() == []
    for name in (
        "Bridge: Times, more",
        "Bridge: Times, more",
        "Graded walk: Minutes, more",
        "Cat-camel: remove",
    ):
        desk.click("button", name)
    desk.fill("Note to the patient", "Good week. We make the bridge a little longer.")
    expect(desk.page.locator("#changes")).not_to_contain_text("Cat-camel")
    desk.click("button", "Send to patient Ctrl ↵")
    expect_sent(desk)
    desk.shoot("patient-after-sending")
    with acting_for_all():
        plan = Plan.objects.get(patient=Patient.objects.get(name="Ana Petrova"))
        sent = {line.exercise.slug: line for line in plan.prescriptions.select_related("exercise")}
    assert "cat-camel" not in sent
    assert (sent["bridge"].dosage.repetitions, sent["graded-walk"].dosage.minutes) == (10, 11)
    assert plan.note == "Good week. We make the bridge a little longer."
    assert len(desk.actions) <= MOST_ACTIONS, desk.actions


def test_the_whole_builder_by_keyboard_alone(desk: Desk, maria: Person):
    ana = people.patient(maria, name="Ana", now=datetime.now(BERLIN))
    desk.visit(f"/patients/{ana.user.pk}/program")
    desk.page.get_by_role("button", name="Settling and mobility").focus()
    desk.key("Enter")
    expect(desk.page.locator("#lines > .line")).to_have_count(8)
    desk.page.locator("[id='0-repetitions']").focus()
    desk.key("ArrowDown")
    desk.key("Alt+ArrowDown")
    said = desk.page.locator("#said")
    expect(said).to_have_text("Single knee to chest moved to 2 of 8.")
    wait_until(lambda: dose(1) == 4)
    desk.key("/")
    desk.page.keyboard.type("heel raises")
    desk.key("Enter")
    expect(said).to_have_text("Heel raises is added as number 9.")
    expect(desk.page.locator("#line-8")).to_be_focused()
    desk.page.get_by_role("button", name="Press-up: remove").focus()
    desk.key("Enter")
    expect(said).to_have_text("Press-up is removed.")
    expect(desk.page.locator("#undo")).to_be_focused()
    desk.key("Enter")
    expect(said).to_have_text("Taken back.")
    expect(desk.page.locator("#lines > .line")).to_have_count(9)
    desk.key("Control+Enter")
    expect_sent(desk)


def test_what_is_typed_saves_itself_and_a_second_writer_is_shown_both(
    desk: Desk, new_desk: Callable[..., Desk], maria: Person
):
    ana = people.patient(maria, name="Ana", now=datetime.now(BERLIN))
    desk.visit(f"/patients/{ana.user.pk}/program")
    desk.page.get_by_role("button", name="Settling and mobility").click()
    other = new_desk()
    other.visit(f"/patients/{ana.user.pk}/program")
    desk.page.locator("[id='2-repetitions']").fill("40")
    expect(desk.page.locator("#wrong-2")).to_contain_text("Use 8 to 12.")
    desk.page.locator("[id='2-repetitions']").fill("10")
    expect(desk.page.locator("#wrong-2 .error")).to_have_count(0)
    wait_until(lambda: dose(2) == 10)
    # A line is dragged by its handle.
    grip, last = desk.page.locator(".grip").nth(2), desk.page.locator(".grip").nth(4)
    box, to = grip.bounding_box(), last.bounding_box()
    assert box is not None
    assert to is not None
    desk.page.mouse.move(box["x"] + 8, box["y"] + 8)
    desk.page.mouse.down()
    desk.page.mouse.move(to["x"] + 8, to["y"] + 30, steps=8)
    desk.page.mouse.up()
    expect(desk.page.locator("#said")).to_have_text("Cat-camel moved to 5 of 8.")
    wait_until(lambda: dose(4) == 10)
    # The other window still shows what was there before.
    other.page.locator("#note, [name=note]").first.fill("From the other window.")
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Somebody else changed this meanwhile")
    expect(other.page.locator("main")).to_contain_text("From the other window.")
    assert other.axe() == []
    other.page.get_by_role("button", name="Go on with yours").click()
    expect(other.page.get_by_label("Note to the patient", exact=True)).to_have_value("From the other window.")


def test_the_builder_works_without_scripts(new_desk: Callable[..., Desk], maria: Person):
    ana = people.patient(maria, name="Ana", now=datetime.now(BERLIN))
    desk = new_desk(scripts=False)
    desk.visit(f"/patients/{ana.user.pk}/program")
    desk.page.get_by_role("button", name="Settling and mobility").click()
    desk.page.get_by_role("button", name="Bridge: Times, more").click()
    expect(desk.page.locator("[id='5-repetitions']")).to_have_value("9")
    desk.page.get_by_role("button", name="Bridge: move up").click()
    expect(desk.page.get_by_role("status").first).to_contain_text("Bridge moved to 5 of 8.")
    desk.page.get_by_role("button", name="Bridge: remove").click()
    desk.page.get_by_role("button", name="Undo").click()
    expect(desk.page.locator("[id='4-repetitions']")).to_have_value("9")
    desk.page.get_by_label("Find an exercise").fill("heel")
    desk.page.get_by_role("button", name="Find", exact=True).click()
    desk.page.get_by_role("button", name="Add Heel raises").click()
    expect(desk.page.locator("#lines > .line")).to_have_count(9)
    desk.page.get_by_role("button", name="Send to patient").click()
    expect_sent(desk)


def test_no_page_is_wider_than_its_window(new_desk: Callable[..., Desk], maria: Person):
    ana = people.patient(maria, name="Ana", now=datetime.now(BERLIN))
    desk = new_desk()
    desk.visit(f"/patients/{ana.user.pk}/program")
    desk.page.get_by_role("button", name="Settling and mobility").click()
    pages = ["program", "handout", "report", "paper-diary", "invitation"]
    for path in [
        *(f"/patients/{ana.user.pk}/{one}" for one in pages),
        "/patients/new",
        "/exercises",
        "/figures",
        "/exercises/new",
        "/programs/new",
        "/invitations",
    ]:
        desk.visit(path)
        for width in (320, 1280):
            desk.resize(width)
            assert sideways(desk.page) == 0, f"{path} at {width}"
            assert desk.axe() == [], f"{path} at {width}"
