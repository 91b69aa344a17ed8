"""The page of one patient in a browser: the chart by keyboard, without scripts and on paper, for every body."""

import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from accounts.access import acting, acting_for_all
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.events import add_event
from recovery.models import Episode, PainEntry, Progress, RedFlag
from recovery.records import read
from tests import people
from tests.browser.conftest import sideways
from tests.browser.desk import Desk, desks
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person

WEEKS = (6, 6, 5, 4)


@pytest.fixture
def new_desk(browser: Browser, server: Server, maria: Person) -> Iterator[Callable[..., Desk]]:
    """Open another window of Maria's: `new_desk(width=390, scripts=False)`."""
    with desks(browser, server) as open_one:
        yield partial(open_one, maria)


@pytest.fixture
def ben(maria: Person) -> Person:
    """Four weeks of pain in leg and back, one changed plan, one event, one unread message."""
    now = datetime.now(BERLIN)
    start = now - timedelta(weeks=len(WEEKS))
    someone = people.patient(maria, name="Ben", now=start)
    people.plan_for(someone, maria, starts_on=start.date(), now=start)
    people.plan_for(someone, maria, starts_on=now.date(), times_per_day=2, now=now)
    with acting_for_all():
        episode = Episode.objects.select_related("patient").get(patient=someone.user.pk)
    with acting(maria.actor):
        about_on = (now - timedelta(days=9)).date()
        add_event(episode=episode, what="injection", about_on=about_on, note="", by=maria.user.pk, now=now)
    asked = {"revision": 1, "asked": "last_24_hours"}
    records = [
        read(
            "pain",
            str(uuid4()),
            asked | {"at": at, "region": region, "score": level, "about_on": str(at.date())},
        )
        for week, level in enumerate(WEEKS)
        for day in range(7)
        if (at := start + timedelta(days=7 * week + day)) < now
        for region in ("leg", "back")
    ]
    records.append(
        read("message", str(uuid4()), {"revision": 1, "at": now, "text": "May I swim?", "private": False})
    )
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=records, now=now)
    with acting_for_all():
        close_days(now=now)
    return someone


def test_the_chart_is_read_day_by_day_with_keys_and_by_pointing_and_widened_again(
    new_desk: Callable[..., Desk], ben: Person
):
    desk = new_desk()
    desk.visit(f"/patients/{ben.user.pk}")
    day, reading = desk.page.get_by_role("slider", name="Day"), desk.page.locator(".reading")
    expect(reading).to_have_text(
        re.compile(r"^Day 28, .*: leg 4\.0, back 4\.0, expected \d\.\d to \d\.\d\. Plan version 1 \(A\)\.$")
    )
    day.focus()
    desk.key("Home")
    expect(reading).to_contain_text("Day 1, ")
    expect(reading).to_contain_text("leg 6.0")
    desk.key("ArrowRight")
    expect(reading).to_contain_text("Day 2, ")
    expect(day).to_have_attribute("aria-valuetext", re.compile(r"^Day 2, .*leg 6\.0"))
    plot = desk.page.locator(".u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    at = box["x"] + box["width"] * 10.5 / 56, box["y"] + 40
    desk.page.mouse.move(*at)
    expect(reading).to_contain_text("Day 11, ")
    whole = desk.page.get_by_role("button", name="Whole course", include_hidden=True)
    expect(whole).to_be_disabled()
    desk.page.mouse.down()
    desk.page.mouse.move(at[0] + 90, at[1] + 5, steps=3)
    desk.page.mouse.up()
    expect(whole).to_be_enabled()
    whole.press("Enter")
    expect(whole).to_be_disabled()
    expect(day).to_be_focused()


def test_paper_and_a_browser_without_scripts_have_the_drawing(new_desk: Callable[..., Desk], ben: Person):
    plain = new_desk(scripts=False)
    plain.visit(f"/patients/{ben.user.pk}")
    expect(plain.page.locator("svg.trend.wide")).to_be_visible()
    expect(plain.page.locator(".plot")).to_be_hidden()
    desk = new_desk()
    desk.visit(f"/patients/{ben.user.pk}")
    expect(desk.page.locator(".plot canvas")).to_be_visible()
    expect(desk.page.locator("svg.trend.wide")).to_be_hidden()
    desk.page.emulate_media(media="print")
    expect(desk.page.locator("svg.trend.wide")).to_be_visible()
    expect(desk.page.locator(".plot")).to_be_hidden()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_report_of_a_whole_year_is_one_page(new_desk: Callable[..., Desk], maria: Person, paper: str):
    """Twelve months of leg and back, three plan versions, twenty events, a red flag that was closed at length."""
    now = datetime.now(BERLIN)
    first = now - timedelta(days=365)
    cleo = people.patient(maria, name="Cleo", now=first)
    for times_a_day in (1, 2, 3):
        begins = first + timedelta(days=100 * (times_a_day - 1))
        people.plan_for(cleo, maria, starts_on=begins.date(), times_per_day=times_a_day, now=begins)
    with acting_for_all():
        episode = Episode.objects.select_related("patient").get(patient=cleo.user.pk)
        for n in range(20):
            about_on = (first + timedelta(days=18 * n)).date()
            add_event(episode=episode, what="flare", about_on=about_on, note="", by=maria.user.pk, now=now)
        RedFlag.objects.create(
            clinic_id=episode.clinic_id,
            patient_id=cleo.user.pk,
            episode=episode,
            rule="foot_drop",
            tier="B",
            about_on=first,
            raised_at=first,
            raised_on=first,
            closed_at=now,
            closed_on=now,
            closed_by=maria.user,
            closed_because="Seen the same day. " * 12,
        )
    rates_every_evening(cleo, first, now)
    desk = new_desk()
    desk.visit(f"/patients/{cleo.user.pk}/report")
    expect(desk.page.get_by_text("before them are in Amble")).to_be_visible()
    assert len(re.findall(rb"/Type /Page\b", desk.page.pdf(format=paper))) == 1


def rates_every_evening(someone: Person, first: datetime, now: datetime) -> None:
    """One entry as a phone sends it, and the others as its copies."""
    asked = {"revision": 1, "asked": "last_24_hours", "region": "leg", "score": 5}
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[read("pain", str(uuid4()), asked | {"at": first})], now=now)
    with acting_for_all():
        one = PainEntry.objects.get(patient=someone.user.pk)
        rows = []
        for at in (first + timedelta(days=n) for n in range(365)):
            for region in ("leg", "back"):
                row = copy(one)
                row.pk, row.client_uuid, row.region = None, uuid4(), region
                row.on, row.about_on, row.happened_at = at.date(), at.date(), at
                rows.append(row)
        PainEntry.objects.bulk_create(rows[1:])
        Progress.objects.filter(patient=someone.user.pk).update(reopen_from=first)
        close_days(now=now)


def test_nothing_is_wider_than_the_screen_and_each_part_is_one_click_away(
    new_desk: Callable[..., Desk], ben: Person
):
    desk = new_desk()
    for width in (1280, 768, 360, 320):
        desk.resize(width)
        desk.visit(f"/patients/{ben.user.pk}")
        expect(desk.page.locator(".plot canvas")).to_be_visible()
        assert sideways(desk.page) == 0, width
        desk.shoot(f"desk-patient-full-{width}")
        parts = desk.page.get_by_role("navigation", name="On this page").get_by_role("link")
        assert parts.count() >= 6
        for part in parts.all():
            part.click()
            assert desk.page.locator(":target").count() == 1, part.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_a_full_and_on_an_empty_page(
    new_desk: Callable[..., Desk], ben: Person, maria: Person, scheme: str
):
    desk = new_desk(scheme=scheme)
    new = people.patient(maria, name="Nora", now=datetime.now(BERLIN))
    for someone in (ben, new):
        desk.visit(f"/patients/{someone.user.pk}")
        for closed in desk.page.locator("main summary").all():
            closed.click()
        assert desk.axe() == [], someone.user.name
        desk.shoot(f"desk-patient-{someone.user.name}-{scheme}")


def test_a_message_is_answered_on_the_page_without_scripts(new_desk: Callable[..., Desk], ben: Person):
    desk = new_desk(scripts=False)
    desk.visit(f"/patients/{ben.user.pk}")
    desk.page.get_by_text("Write a message or a note").click()
    desk.fill("Write", "Yes, gently.")
    desk.click("button", "Send")
    expect(desk.page.get_by_text("Yes, gently.")).to_be_visible()
    expect(desk.page).to_have_url(f"{desk.server.address}/patients/{ben.user.pk}")
