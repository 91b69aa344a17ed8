"""Pain is logged in one tap: with and without a network, before the scripts are there, once and not twice."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Route, expect

from recovery.models import PainEntry
from tests.browser.conftest import Phone, stored, wait_until
from tests.browser.server import Server
from tests.browser.test_session import press_to
from tests.people import Person

SYNC = "/api/v1/sync"


def test_a_tap_is_saved_and_reaches_the_server_once(joined: Phone, ana: Person):
    joined.tap_and_wait("leg", 4)
    joined.unsent(0)
    assert stored(ana) == [("leg", 4, False)]


def test_taps_without_a_network_wait_and_arrive_once_each(joined: Phone, ana: Person):
    joined.offline()
    joined.tap_and_wait("leg", 4)
    joined.tap_and_wait("back", 2)
    joined.unsent(2)
    assert stored(ana) == []
    joined.offline(False)
    joined.unsent(0)
    assert stored(ana) == [("leg", 4, False), ("back", 2, False)]


def test_the_app_starts_without_a_network_and_logs_pain(joined: Phone, ana: Person):
    joined.wait_for_worker()
    joined.page.reload()  # from here on the worker answers
    joined.offline()
    joined.open()
    expect(joined.page.get_by_role("heading", level=1)).to_contain_text("Ana")
    joined.tap_and_wait("leg", 7)
    joined.offline(False)
    joined.unsent(0)
    assert stored(ana) == [("leg", 7, False)]


def test_taps_before_the_modules_have_loaded_are_saved(new_phone: Callable[..., Phone], ana: Person):
    phone = new_phone(service_workers="block")  # the worker would have the modules at once
    phone.sign_in(ana)
    page = phone.page
    held: list[Route] = []
    page.route(re.compile(r"/main\.js$"), lambda route: held.append(route))
    page.goto(f"{phone.server.address}/app/", wait_until="commit")
    phone.tap("leg", 6)
    phone.tap("back", 3)
    assert page.locator("html[data-ready]").count() == 0
    expect(page.locator("#saved")).not_to_contain_text("Saved")
    while held:
        held.pop().continue_()
    expect(page.locator("#saved")).to_contain_text("Saved: back 3")
    phone.unsent(0)
    assert sorted(stored(ana)) == [("back", 3, False), ("leg", 6, False)]


def test_undo_withdraws_and_nothing_is_deleted(joined: Phone, ana: Person):
    joined.tap_and_wait("leg", 9)
    joined.page.get_by_role("button", name="Undo").click()
    expect(joined.page.locator("#saved")).to_contain_text("Undone")
    joined.unsent(0)
    assert stored(ana) == [("leg", 9, True)]
    assert joined.page.locator("#pad [aria-pressed=true]").count() == 0


def test_undo_goes_after_ten_seconds(joined: Phone):
    joined.page.clock.install()
    joined.tap_and_wait("leg", 9)
    joined.page.clock.fast_forward(9_000)
    expect(joined.page.get_by_role("button", name="Undo")).to_be_visible()
    joined.page.clock.fast_forward(1_500)
    expect(joined.page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(joined.page.get_by_role("link", name="Add details")).to_be_visible()


def test_another_key_within_two_minutes_corrects_and_later_is_new(joined: Phone, ana: Person):
    joined.page.clock.install()
    joined.tap_and_wait("leg", 4)
    joined.tap_and_wait("leg", 5)
    joined.unsent(0)
    assert stored(ana) == [("leg", 5, False)]
    joined.page.clock.fast_forward(121_000)
    joined.tap_and_wait("leg", 2)
    joined.unsent(0)
    assert [row[1] for row in stored(ana)] == [5, 2]
    joined.page.clock.set_system_time(datetime.now(UTC) - timedelta(days=1))  # a clock that is put right
    joined.tap_and_wait("leg", 3)
    joined.unsent(0)
    assert [row[1] for row in stored(ana)] == [3, 5, 2]


def test_two_tabs_send_each_record_once(joined: Phone, ana: Person, server: Server):
    other = joined.context.new_page()
    joined.open(page=other)
    joined.offline()
    joined.tap_and_wait("leg", 3)
    joined.tap_and_wait("back", 1, page=other)
    joined.unsent(2)
    joined.unsent(2, page=other)
    before = server.times("POST", SYNC)
    joined.offline(False)
    joined.unsent(0)
    joined.unsent(0, page=other)
    assert sorted(stored(ana)) == [("back", 1, False), ("leg", 3, False)]
    assert (
        server.times("POST", SYNC) - before <= 2
    )  # the tabs take turns, and what one sent the other finds gone
    joined.page.get_by_role("link", name="Help").click()
    joined.page.get_by_role("button", name="Sign out on this phone").click()
    joined.page.get_by_role("button", name="Yes, sign out").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Join Amble")
    expect(other.locator("#pad")).to_be_hidden()


def test_a_reply_that_was_lost_after_the_commit_doubles_nothing(joined: Phone, ana: Person, server: Server):
    server.drop_reply(SYNC, times=4)  # the browser itself tries a broken connection again, more than once
    joined.page.clock.install()
    joined.tap_and_wait("leg", 8)
    wait_until(lambda: stored(ana))
    joined.wait_out()
    assert stored(ana) == [("leg", 8, False)]
    assert server.times("POST", SYNC) >= 5


def test_what_may_pass_keeps_the_record(joined: Phone, ana: Person, server: Server):
    joined.page.clock.install()
    passing = ("500 Oops", "503 Away", "429 Slowly", "408 Late", "404 Gone", "403 No")
    for score, status in enumerate(passing):
        before = server.times("POST", SYNC)
        # After a 408 Chromium itself asks again, more than once.
        server.answer_with(SYNC, status, times=5 if status == "408 Late" else 1)
        joined.tap_and_wait("leg", score)
        wait_until(lambda: server.times("POST", SYNC) > before)  # noqa: B023
        joined.unsent(1)
        joined.wait_out()
        joined.page.clock.fast_forward(121_000)  # another key is another rating, not a correction
    assert stored(ana) == [("leg", score, False) for score in range(len(passing))]


def test_a_batch_that_is_too_large_is_sent_in_halves(joined: Phone, ana: Person, server: Server):
    joined.offline()
    joined.tap_and_wait("leg", 1)
    joined.tap_and_wait("back", 2)
    server.answer_with(SYNC, "413 Too large")
    joined.offline(False)
    joined.unsent(0)
    assert sorted(stored(ana)) == [("back", 2, False), ("leg", 1, False)]
    assert server.times("POST", SYNC) == 3


def test_one_tap_for_the_leg_and_another_for_the_back_is_all(joined: Phone, ana: Person):
    joined.tap("leg", 4)
    joined.tap("back", 3)
    expect(joined.page.locator("#saved")).to_contain_text("Saved: back 3")
    joined.unsent(0)
    assert len(stored(ana)) == 2


def test_details_become_the_next_revision(joined: Phone, ana: Person):
    joined.tap_and_wait("leg", 4)
    page = joined.page
    page.get_by_role("link", name="Add details").click()
    page.get_by_role("radio", name="Calf").check(force=True)
    page.get_by_role("group", name="Did the pain wake you?").get_by_role("radio", name="Yes").check(
        force=True
    )
    page.get_by_label("A note for your therapist").fill("After the <b>stairs</b>")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#pad")).to_be_visible()
    joined.unsent(0)
    ((body, revision),) = stored(ana, PainEntry, "body", "revision")
    assert revision == 2
    assert (body["reach"], body["woken"], body["tingling"]) == ("calf", True, None)
    assert body["note"] == "After the <b>stairs</b>"


def test_the_evening_diary_asks_for_the_last_24_hours(joined: Phone, ana: Person):
    joined.open("evening?about=yesterday")
    joined.page.get_by_role("button", name="Leg pain, last 24 hours 5 of 10").click()
    joined.page.get_by_role("button", name="Back pain, last 24 hours 0 of 10").click()
    expect(joined.page.locator(".keys [aria-pressed=true]")).to_have_count(2)
    joined.page.get_by_role("button", name="Leg pain, last 24 hours 6 of 10").click()
    joined.unsent(0)
    rows = stored(ana, PainEntry, "region", "score", "asked", "revision")
    assert sorted(rows) == [("back", 0, "last_24_hours", 1), ("leg", 6, "last_24_hours", 2)]


def test_pain_is_logged_by_keyboard_alone_and_arrows_save_nothing(joined: Phone, ana: Person):
    joined.open()
    press_to(joined.page, "Leg pain now 0 of 10")
    for _ in range(3):
        joined.page.keyboard.press("ArrowRight")
    expect(joined.page.locator(":focus")).to_have_accessible_name("Leg pain now 3 of 10")
    expect(joined.page.locator("#saved")).not_to_contain_text("Saved")
    joined.page.keyboard.press("Enter")
    expect(joined.page.locator("#saved")).to_contain_text("Saved: leg 3")
    press_to(joined.page, "Back pain now 0 of 10")
    joined.page.keyboard.press("Space")
    expect(joined.page.locator("#saved")).to_contain_text("Saved: back 0")
    press_to(joined.page, "Undo")
    joined.page.keyboard.press("Enter")
    expect(joined.page.locator("#saved")).to_contain_text("Undone")
    expect(joined.page.locator(":focus")).to_have_accessible_name("Back pain now 0 of 10")
    joined.unsent(0)
    assert stored(ana) == [("leg", 3, False), ("back", 0, True)]
