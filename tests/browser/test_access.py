"""Every screen for every body: axe, 320 pixels, 200 % text, large keys, the keyboard, the other language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.access import acting_for_all
from recovery.models import Patient
from tests.browser.conftest import Phone, code_for, sideways, title_of, wait_until
from tests.browser.test_keeping import spoil
from tests.people import Person

SCREENS = [
    "",
    "check",
    "check?q=1",
    "check?advice",
    "data",
    "evening",
    "events",
    "help",
    "install",
    "measures",
    "messages",
    "not-saved",
    "pain",
    "program",
    "progress",
    "reminders",
    "session?line=1",
    "walk",
]


def test_axe_finds_nothing_serious_on_any_screen(new_phone: Callable[..., Phone], ana: Person, maria: Person):
    phone = new_phone(reduced_motion="reduce")
    phone.open("join")
    assert phone.axe_in_each_look() == []
    phone.page.get_by_role("button", name="Next").click()
    expect(phone.page.get_by_role("alert")).to_be_focused()
    assert phone.axe_in_each_look() == []
    phone.join(ana, maria)
    for screen in SCREENS:
        phone.open(screen)
        assert phone.axe_in_each_look() == [], screen
    phone.open()
    phone.tap_and_wait("leg", 4)
    assert phone.axe_in_each_look() == []
    phone.page.get_by_role("link", name="Add details").click()
    expect(phone.page.get_by_role("button", name="Save")).to_be_visible()
    assert phone.axe_in_each_look() == []


def test_axe_finds_nothing_serious_while_something_is_under_way(
    new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    phone = new_phone(reduced_motion="reduce")
    page = phone.page
    phone.open("join")
    page.get_by_label("Code").fill(code_for(ana, maria))
    page.get_by_label("Year of birth").fill("1980")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name="Before you start").wait_for()
    assert phone.axe_in_each_look() == [], "consent"
    page.get_by_role("button", name="I agree, start").click()
    phone.unsent(0)
    phone.offline()
    phone.tap_and_wait("leg", 4)
    phone.tap_and_wait("back", 5)
    assert phone.axe_in_each_look() == [], "two entries wait"
    spoil(phone, "leg", {"score": 11})
    phone.offline(False)
    page.get_by_role("link", name="1 entry could not be saved").click()
    page.get_by_role("heading", name="leg pain 11").wait_for()
    assert phone.axe_in_each_look() == [], "something was refused"
    phone.open("walk")
    page.get_by_role("button", name="Start a walk").click()
    page.get_by_role("timer").wait_for()
    assert phone.axe_in_each_look() == [], "a walk"
    page.get_by_role("button", name="Stop").click()
    page.get_by_label("Minutes walked").wait_for()
    assert phone.axe_in_each_look() == [], "a walk that has ended"
    phone.open("check?q=1")
    page.get_by_role("radio", name="Yes").check()
    assert phone.axe_in_each_look() == [], "half a check"
    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name="Get help now").wait_for()
    assert phone.axe_in_each_look() == [], "advice"
    phone.open()
    page.get_by_role("heading", name="Your exercises are stopped").wait_for()
    assert phone.axe_in_each_look() == [], "an open red flag"
    page.route("**/api/v1/plan", lambda route: route.fulfill(json={"plan": None}))
    phone.open("program")
    page.get_by_text("Your therapist has not").wait_for()
    assert phone.axe() == [], "no program"


def language_of(person: Person) -> str:
    """In which the server writes to them."""
    with acting_for_all():
        return Patient.objects.get(pk=person.user.pk).language


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_wider_than_a_small_phone_with_text_twice_as_large(
    new_phone: Callable[..., Phone], ana: Person, language: str
):
    phone = new_phone(width=320, height=568)
    phone.sign_in(ana)
    if language == "es":
        phone.open("help")
        phone.page.get_by_role("radio", name="Español").check(force=True)
    for screen in SCREENS:
        phone.open(screen)
        assert sideways(phone.page) == 0, screen
        phone.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways(phone.page) == 0, f"{screen} at 200 %"


def test_a_screen_that_opens_has_a_title_and_its_heading_is_read_first(joined: Phone):
    titles = set()
    for name in ("Progress", "Program", "Help", "Today"):
        joined.page.get_by_role("navigation").get_by_role("link", name=name).click()
        heading = joined.page.get_by_role("heading", level=1)
        expect(heading).to_be_focused()
        expect(joined.page.locator("#tabs [aria-current=page]")).to_have_accessible_name(name)
        titles.add(title_of(joined.page))
        assert joined.page.get_by_role("heading", level=1).count() == 1
    assert len(titles) == 4


def test_a_saved_tap_is_said_to_a_screen_reader(joined: Phone):
    joined.tap_and_wait("back", 7)
    expect(joined.page.get_by_role("status")).to_have_text("Saved: back 7. You can undo this.")


def test_large_keys_are_48_pixels_and_stay_after_a_restart(joined: Phone):
    joined.open("help")
    joined.page.get_by_label("Large keys").check()
    joined.open()
    for key in joined.page.locator("#pad [data-score]").all():
        box = key.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48


def test_the_usual_keys_are_no_smaller_than_24_pixels_on_the_smallest_phone(
    new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    phone = new_phone(width=320)
    phone.join(ana, maria)
    box = phone.page.locator("#pad [data-score='10']").first.bounding_box()
    assert box is not None
    assert box["width"] >= 24
    assert box["height"] >= 44


def test_the_language_changes_at_once_and_stays_and_the_clinic_hears_of_it_with_the_network(
    joined: Phone, ana: Person
):
    joined.offline()
    joined.open("help")
    joined.page.get_by_role("radio", name="Español").check(force=True)
    expect(joined.page.get_by_role("heading", level=1)).to_have_text("Ayuda")
    joined.open()
    assert language_of(ana) == "en"
    joined.offline(False)
    # A browser does not always say that the network is back; then it is tried again after 30 s.
    wait_until(lambda: language_of(ana) == "es", seconds=45)
    expect(joined.page.get_by_text("Dolor de pierna ahora")).to_be_visible()
    expect(joined.page.get_by_text("Leg pain now")).to_be_hidden()
    joined.tap("leg", 2)
    expect(joined.page.locator("#saved")).to_contain_text("Guardado: pierna 2")


def test_a_language_that_the_server_did_not_hear_is_told_again_within_half_a_minute(
    joined: Phone, ana: Person
):
    page, silence = joined.page, "**/api/v1/language"
    page.clock.install()
    joined.open("help")
    page.route(silence, lambda route: route.abort())
    page.get_by_role("radio", name="Español").check(force=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ayuda")
    page.clock.fast_forward(31_000)
    assert language_of(ana) == "en"
    page.unroute(silence)
    page.clock.fast_forward(31_000)
    wait_until(lambda: language_of(ana) == "es")


def test_nothing_moves_under_the_thumb_between_the_leg_and_the_back(joined: Phone):
    key = joined.page.locator("#pad [data-region=back] [data-score='5']")
    before = key.bounding_box()
    joined.tap_and_wait("leg", 4)
    assert key.bounding_box() == before
