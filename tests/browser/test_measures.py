"""Outcome measures on the phone: asked when due, answered in their own words, with or without a network."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from recovery.models import OutcomeMeasure
from recovery.rules.measures.instruments import STATEMENTS
from tests.browser.conftest import Phone, sideways, stored
from tests.browser.test_progress import person_with
from tests.people import Person

THINGS = ("Put on socks", "Sit at work", "Lift my child")


def answers(person: Person) -> list[tuple[str, Any]]:
    rows = stored(person, OutcomeMeasure, "body")
    return [(body["instrument"], body["activities"] or body["ticked"] or body["effect"]) for (body,) in rows]


@pytest.fixture
def page(joined: Phone) -> Page:
    expect(joined.page.get_by_role("heading", name="A few questions")).to_be_visible()
    return joined.page


def begin(page: Page, title: str) -> None:
    page.get_by_role("link", name=f"Answer {title}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def name_things(page: Page) -> None:
    for n, thing in enumerate(THINGS, 1):
        page.get_by_label(f"Thing {n}").fill(thing)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("group")).to_have_count(3)


def test_what_is_hard_is_named_and_rated_and_asked_no_more(page: Page, joined: Phone, ana: Person):
    begin(page, "What is hard for you")
    name_things(page)
    for thing, score in zip(THINGS, (2, 0, 10), strict=True):
        page.get_by_role("button", name=f"{thing} {score} of 10").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Roland-Morris questionnaire")
    joined.unsent(0)
    rated = [{"name": thing, "ability": score} for thing, score in zip(THINGS, (2, 0, 10), strict=True)]
    assert answers(ana) == [("psfs", rated)]
    joined.open()
    expect(page.get_by_role("link", name="Answer Roland-Morris")).to_be_visible()
    expect(page.get_by_role("link", name="Answer What is hard")).to_have_count(0)


def test_nothing_is_chosen_for_the_patient_and_each_thing_needs_a_number(page: Page, ana: Person):
    begin(page, "What is hard for you")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_have_text("Name at least 3 things.")
    expect(page.get_by_role("alert")).to_be_focused()
    name_things(page)
    assert page.locator("#screen [aria-pressed=true]").count() == 0
    page.get_by_role("button", name=f"{THINGS[0]} 4 of 10").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a number for each of them.")
    expect(page.get_by_role("button", name=f"{THINGS[0]} 4 of 10")).to_have_attribute("aria-pressed", "true")
    assert answers(ana) == []


def test_statements_are_ticked_without_a_network(page: Page, joined: Phone, ana: Person):
    joined.wait_for_worker()
    page.reload()
    joined.offline()
    joined.open("measures?instrument=rmdq")
    assert page.get_by_role("checkbox").count() == STATEMENTS
    page.get_by_label("I walk more slowly than usual because of my back.").check()
    page.get_by_label("I sleep less well because of my back.").check()
    expect(page.locator("#screen").get_by_text("2 are ticked.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    joined.unsent(1)
    joined.offline(False)
    joined.unsent(0)
    assert answers(ana) == [("rmdq", [3, 18])]


def test_none_ticked_is_an_answer(page: Page, joined: Phone, ana: Person):
    begin(page, "Roland-Morris questionnaire")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is hard for you")
    joined.unsent(0)
    ((body,),) = stored(ana, OutcomeMeasure, "body")
    assert (body["instrument"], body["ticked"], body["language"]) == ("rmdq", [], "en")


def test_how_it_is_all_in_all_is_one_of_seven(new_phone: Callable[..., Phone], maria: Person):
    ana = after(days=9, by=maria)
    phone = new_phone()
    phone.sign_in(ana)
    phone.open("measures?instrument=gpe")
    page = phone.page
    assert page.get_by_role("radio").count() == 7
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("Choose one answer.")
    page.get_by_role("radio", name="A little better").check(force=True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is hard for you")
    phone.unsent(0)
    assert answers(ana) == [("gpe", "slightly_better")]


def after(*, days: int, by: Person) -> Person:
    """A patient whose program began so many days ago."""
    return person_with([None] * days, by)


def test_the_weekly_check_is_asked_until_it_is_answered(page: Page, joined: Phone):
    expect(page.get_by_role("link", name="Answer This week's symptom check")).to_be_visible()
    page.evaluate(
        """async () => {
            const { save } = await import("/static/phone/records.js");
            await save("symptom_check", { answers: { bladder: "no" } });
        }"""
    )
    joined.unsent(0)
    expect(page.get_by_role("link", name="Answer This week's symptom check")).to_have_count(0)
    expect(page.get_by_role("link", name="Answer What is hard for you")).to_be_visible()


def test_it_is_read_in_every_look(new_phone: Callable[..., Phone], maria: Person):
    phone = new_phone(width=320, height=568, reduced_motion="reduce")
    phone.sign_in(after(days=9, by=maria))
    page = phone.page
    page.get_by_role("heading", name="A few questions").wait_for()
    phone.shoot("today-questions")
    assert phone.axe_in_each_look() == []
    for instrument in ("psfs", "rmdq", "gpe"):
        phone.open(f"measures?instrument={instrument}")
        if instrument == "psfs":
            name_things(page)
        phone.shoot(f"measures-{instrument}")
        assert phone.axe_in_each_look() == [], instrument
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways(page) == 0, instrument
