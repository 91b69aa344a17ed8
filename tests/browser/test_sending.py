"""The way to the server at its worst: everything twice and in the wrong order, and a clock that is a day off."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import Request, Route, expect

from recovery.models import PainEntry
from tests.browser.conftest import Phone, stored, wait_until
from tests.people import Person

SYNC = "/api/v1/sync"


def test_what_was_sent_arrives_again_in_any_order_and_changes_nothing(joined: Phone, ana: Person):
    sent: list[Request] = []
    joined.page.on("request", lambda one: sent.append(one) if one.url.endswith(SYNC) else None)
    joined.tap_and_wait("leg", 3)
    joined.unsent(0)
    joined.tap_and_wait("leg", 6)  # a correction: the second revision
    joined.unsent(0)
    joined.tap_and_wait("back", 4)
    joined.unsent(0)
    joined.page.get_by_role("button", name="Undo").click()
    expect(joined.page.locator("#saved")).to_contain_text("Undone")
    joined.unsent(0)
    before = stored(ana, PainEntry, "client_uuid", "revision", "region", "score", "withdrawn")
    assert [row[1:] for row in before] == [(2, "leg", 6, False), (2, "back", 4, True)]
    posts = [(one.post_data or "", one.headers["authorization"]) for one in sent]
    assert len(posts) == 4
    for body, token in [*reversed(posts), *posts]:
        answer = Client().post(SYNC, body, "application/json", headers={"Authorization": token})
        assert {one["answer"] for one in answer.json()["answers"]} == {"same"}
    assert stored(ana, PainEntry, "client_uuid", "revision", "region", "score", "withdrawn") == before


def test_revisions_that_overtake_each_other_end_with_the_newest(joined: Phone, ana: Person):
    joined.offline()
    joined.tap_and_wait("leg", 3)
    joined.tap_and_wait("leg", 6)
    joined.unsent(1)
    first, second = sorted((one["record"] for one in joined.kept("outbox")), key=lambda one: one["revision"])
    for record in (second, first):
        Client().post(SYNC, json.dumps({"records": [record]}), "application/json", headers=ana.headers)
    joined.offline(False)
    joined.unsent(0)
    assert stored(ana, PainEntry, "revision", "score") == [(2, 6)]


def test_an_answer_that_this_version_does_not_know_is_not_asked_for_in_a_loop(joined: Phone, ana: Person):
    page = joined.page
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        route.fulfill(json={"answers": [{"answer": "maybe"}]})

    page.route(f"**{SYNC}", answer)
    page.clock.install()
    joined.tap_and_wait("leg", 3)
    wait_until(lambda: page.evaluate("true") and asked)
    page.wait_for_timeout(500)
    assert len(asked) <= 3
    page.unroute(f"**{SYNC}")
    joined.wait_out()
    assert stored(ana) == [("leg", 3, False)]


def test_the_next_try_comes_soon_however_much_was_noted_and_sooner_when_the_network_is_back(
    new_phone: Callable[..., Phone], ana: Person
):
    """What may be an emergency waits no longer because the phone has tried in vain a few times before."""
    phone = new_phone(service_workers="block")  # what goes through the worker is hidden from the route below
    phone.sign_in(ana)
    page = phone.page
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=503)

    def has_tried(times: int) -> None:
        wait_until(lambda: page.evaluate("true") and len(asked) >= times)
        page.wait_for_timeout(300)  # until it has heard that it was in vain
        assert len(asked) == times

    page.route(f"**{SYNC}", answer)
    page.clock.install()
    for score in range(5):
        phone.tap_and_wait("leg", score)
        has_tried(score + 1)
    page.clock.fast_forward(7_500)  # 5 s, half more or less
    has_tried(6)
    page.clock.fast_forward(3_000)  # and then 10
    has_tried(6)
    page.evaluate("dispatchEvent(new Event('online'))")
    has_tried(7)
    page.clock.fast_forward(1_500)
    has_tried(8)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off_loses_nothing(joined: Phone, ana: Person, days: int):
    wrong = datetime.now(UTC) + timedelta(days=days, minutes=5)
    joined.page.clock.install(time=wrong)
    joined.open()
    joined.tap_and_wait("leg", 3)
    joined.unsent(0)
    joined.offline()
    joined.tap_and_wait("back", 4)
    joined.unsent(1)
    joined.page.clock.set_system_time(datetime.now(UTC))  # the patient puts it right
    joined.offline(False)
    joined.unsent(0)
    rows = stored(ana, PainEntry, "region", "score", "clock_suspect")
    assert sorted(rows) == [("back", 4, days == 1), ("leg", 3, days == 1)]
