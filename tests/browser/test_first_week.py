"""A whole first week, as it is lived: from the link behind the QR code to the first chart.

The clock is moved on both sides. AMBLE_SCREENSHOTS names a folder for its pictures: light and dark, on a usual and
on a small phone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from recovery.actions.days import close_days
from recovery.models import ExerciseSession, OutcomeMeasure, PainEntry, Walk
from tests import people
from tests.browser.conftest import Phone, stored
from tests.browser.test_measures import THINGS, name_things
from tests.people import Person

SILENT, OFFLINE = 4, 5  # days of the week, from 1
EVENINGS = {1: (8, 4), 2: (7, 4), 3: (7, 3), 5: (6, 3), 6: (6, 3), 7: (5, 2)}  # leg, back
SESSIONS = {1: (1, 2), 2: (1,), 3: (1, 2), 5: (1, 2), 6: (2,), 7: (1, 2)}
WALKS = {2: 10, 5: 12, 7: 15}
LOOKS: dict[str, dict[str, Any]] = {
    "360-light": {},
    "360-dark": {"color_scheme": "dark"},
    "320-light": {"width": 320, "height": 640},
    "320-dark": {"width": 320, "height": 640, "color_scheme": "dark"},
}


@dataclass
class Week:
    """Day 1 is tomorrow, so that nothing of the test lies after the present of its story."""

    monkeypatch: pytest.MonkeyPatch
    start: date

    def at(self, day: int, hour: int, *phones: Phone) -> datetime:
        """It is this hour of this day, in UTC, for the server and for the phones."""
        now = datetime.combine(self.start + timedelta(days=day - 1), time(hour, 30), tzinfo=UTC)
        self.monkeypatch.setattr(timezone, "now", lambda: now)
        for phone in phones:
            phone.page.clock.set_system_time(now)
        return now


@pytest.fixture
def week(monkeypatch: pytest.MonkeyPatch) -> Week:
    return Week(monkeypatch, datetime.now(UTC).date() + timedelta(days=1))


def test_the_first_week_from_the_qr_code_to_the_chart(
    new_phone: Callable[..., Phone], maria: Person, week: Week
):
    ana = people.patient(maria, name="Ana", now=datetime.now(UTC))
    phone = new_phone()
    page = phone.page
    page.clock.install(time=week.at(1, 7))
    people.plan_for(ana, maria, starts_on=week.start, now=week.at(1, 7), times_per_day=2)
    first_morning(phone, ana, maria)
    for day in range(1, 8):
        if day != SILENT:
            live(phone, week, day)
        close_days(now=week.at(day + 1, 3))
    week.at(8, 8, phone)
    phone.offline(False)
    phone.open()
    phone.unsent(0)
    nothing_was_lost(ana)
    chart_says_it(phone)
    for name, look in LOOKS.items():
        pictures(new_phone(**look), name, ana, maria, week)


def first_morning(phone: Phone, ana: Person, maria: Person) -> None:
    """The link, the year of birth, the agreement; then the first number is two taps away."""
    phone.join(ana, maria)
    page = phone.page
    phone.wait_for_worker()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good morning, Ana")
    phone.tap_and_wait("leg", 8)
    phone.tap_and_wait("back", 4)
    phone.shoot("week-1-first-pain")
    page.get_by_role("link", name="Answer What is hard for you").click()
    name_things(page)
    for thing, score in zip(THINGS, (3, 5, 1), strict=True):
        page.get_by_role("button", name=f"{thing} {score} of 10").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Roland-Morris questionnaire")
    phone.open("progress")
    expect(page.get_by_text("Your chart starts on the day after your first number.")).to_be_visible()
    phone.shoot("week-1-no-chart-yet")


def live(phone: Phone, week: Week, day: int) -> None:
    """The sessions and walks of a day, and its evening diary; one of the days is spent without a network."""
    week.at(day, 9, phone)
    phone.offline(day == OFFLINE)
    phone.open()
    for slot in SESSIONS[day]:
        note(phone.page, "session", {"slot": slot, "results": [{"exercise": "bridge", "outcome": "done"}]})
    if day in WALKS:
        note(phone.page, "walk", {"minutes": WALKS[day]})
    week.at(day, 18, phone)
    phone.open()
    phone.page.get_by_role("link", name="Fill in the evening diary").click()
    for region, score in zip(("Leg", "Back"), EVENINGS[day], strict=True):
        phone.page.get_by_role("button", name=f"{region} pain, last 24 hours {score} of 10").click()
    expect(phone.page.locator(".keys [aria-pressed=true]")).to_have_count(2)
    phone.page.get_by_role("link", name="Back to today").click()
    expect(phone.page.get_by_text("Today's diary is filled in.")).to_be_visible()
    if day == OFFLINE:
        phone.unsent(len(SESSIONS[day]) + 3)
        phone.shoot("week-5-offline")
    else:
        phone.unsent(0)


def note(page: Page, kind: str, body: dict[str, Any]) -> None:
    """What the player and the walking timer save at their end."""
    page.evaluate(
        """async ([kind, body]) => {
            const { save } = await import("/static/phone/records.js");
            await save(kind, body);
        }""",
        [kind, body],
    )


def nothing_was_lost(ana: Person) -> None:
    asked = stored(ana, PainEntry, "asked", "region", "score")
    evenings = [(region, score) for asked, region, score in asked if asked == "last_24_hours"]
    assert evenings == [
        (region, score)
        for day in EVENINGS.values()
        for region, score in zip(("leg", "back"), day, strict=True)
    ]
    assert [row[0] for row in stored(ana, ExerciseSession, "slot")] == [
        slot for day in SESSIONS.values() for slot in day
    ]
    assert [row[0] for row in stored(ana, Walk, "minutes")] == list(WALKS.values())
    assert [row[0] for row in stored(ana, OutcomeMeasure, "instrument")] == ["psfs"]


def chart_says_it(phone: Phone) -> None:
    """Six days have a number and one has none; the line has a gap there."""
    page = phone.page
    phone.open("progress")
    page.locator(".plot canvas").wait_for()
    tile = page.locator(".fact")
    expect(tile.filter(has_text="Days logged")).to_contain_text("6 / 7")
    expect(tile.filter(has_text="Sessions, 7 days")).to_contain_text("10 / 14")
    expect(tile.filter(has_text="Walking")).to_contain_text("37 min")
    page.get_by_text("Show as a table").click()
    cells = (
        page.locator("tbody")
        .first.locator("tr")
        .evaluate_all("rows => rows.map(row => [1, 3].map(n => row.cells[n].textContent))")
    )
    lived = [EVENINGS.get(day, ("none", "none")) for day in range(7, 0, -1)]
    assert cells == [[str(leg), str(back)] for leg, back in lived]
    expect(page.locator(".sentence")).to_contain_text("week 1")


def pictures(phone: Phone, name: str, ana: Person, maria: Person, week: Week) -> None:
    phone.page.clock.install(time=week.at(8, 8))
    phone.join(ana, maria)
    phone.page.get_by_role("heading", name="A few questions").wait_for()
    phone.shoot(f"week-8-today-{name}")
    phone.open("progress")
    phone.page.locator(".plot canvas").wait_for()
    phone.shoot(f"week-8-progress-{name}")
    assert phone.axe() == []
    phone.open("program")
    phone.shoot(f"week-8-program-{name}")
