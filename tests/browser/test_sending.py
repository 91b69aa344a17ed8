"""The way to the server at its worst: everything twice and in the wrong order, and a clock that is a day off."""

import json
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
