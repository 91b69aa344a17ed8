"""Walking: timed through a reload, corrected before it is saved, noted afterwards, and this week's goal."""

from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import expect

from recovery.models import Walk
from tests import people
from tests.browser.conftest import Phone, sideways, stored
from tests.people import Person


def test_a_walk_goes_on_through_a_reload_and_its_minutes_can_be_corrected(joined: Phone, ana: Person):
    page = joined.page
    page.clock.install()
    joined.open("walk")
    page.get_by_role("button", name="Start a walk").click()
    page.clock.fast_forward(11 * 60_000)
    joined.open()
    expect(page.get_by_text("You are walking")).to_be_visible()
    page.get_by_role("link", name="Walking").click()
    expect(page.get_by_role("timer")).to_contain_text("11:")
    page.clock.run_for(60_000)
    expect(page.get_by_role("timer")).to_contain_text("12:")
    page.evaluate("new BroadcastChannel('amble').postMessage('changed')")  # as another tab does
    page.clock.run_for(60_000)
    expect(page.get_by_role("timer")).to_contain_text("13:")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_label("Minutes walked")).to_have_value("13")
    expect(page.get_by_label("Minutes walked")).to_be_focused()
    page.get_by_label("Minutes walked").fill("9")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#screen").get_by_text("Saved: 9 minutes.")).to_be_visible()
    expect(page.get_by_text("9 minutes today")).to_be_visible()
    joined.unsent(0)
    assert stored(ana, Walk, "minutes") == [(9,)]


def test_a_walk_of_yesterday_is_noted_without_a_network(joined: Phone, ana: Person):
    page = joined.page
    joined.open("walk")
    joined.offline()
    page.get_by_text("Note a walk you took").click()
    page.get_by_label("Minutes walked").fill("25")
    page.get_by_role("radio", name="Yesterday").check(force=True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#screen").get_by_text("Saved: 25 minutes.")).to_be_visible()
    expect(page.get_by_text("0 minutes today")).to_be_visible()
    joined.unsent(1)
    joined.offline(False)
    joined.unsent(0)
    ((minutes, on, at),) = stored(ana, Walk, "minutes", "on", "happened_at")
    assert minutes == 25
    assert timedelta(hours=22) < datetime.now(UTC) - at < timedelta(hours=26)
    assert on < page_date(joined)


def page_date(phone: Phone) -> object:
    return date.fromisoformat(phone.page.evaluate("new Date().toLocaleDateString('sv')"))


def test_nothing_is_saved_of_a_walk_that_was_not_one(joined: Phone, ana: Person):
    joined.open("walk")
    joined.page.get_by_role("button", name="Start a walk").click()
    joined.page.get_by_role("button", name="Stop").click()
    joined.page.get_by_role("button", name="Do not save it").click()
    expect(joined.page.get_by_role("button", name="Start a walk")).to_be_visible()
    assert stored(ana, Walk, "minutes") == []


def test_the_goal_of_the_week_counts_what_was_not_sent_yet(phone: Phone, maria: Person):
    now = datetime.now(UTC)
    cleo = people.patient(maria, name="Cleo", now=now - timedelta(days=3))
    people.plan_for(
        cleo,
        maria,
        starts_on=(now - timedelta(days=2)).date(),
        now=now - timedelta(days=3),
        program=people.program("staying-well"),
    )
    phone.sign_in(cleo)
    phone.unsent(0)
    phone.open("walk")
    expect(phone.page.get_by_text("0 of 15 minutes")).to_be_visible()
    expect(phone.page.get_by_text("For example 5 walks of 3 minutes.")).to_be_visible()
    assert phone.axe() == []
    assert sideways(phone.page) == 0
    phone.offline()
    phone.page.get_by_text("Note a walk you took").click()
    phone.page.get_by_label("Minutes walked").fill("6")
    phone.page.get_by_role("button", name="Save", exact=True).click()
    expect(phone.page.get_by_text("6 of 15 minutes")).to_be_visible()
    phone.offline(False)
    phone.unsent(0)
    expect(phone.page.get_by_text("6 of 15 minutes")).to_be_visible()
