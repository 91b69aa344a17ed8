"""Progress: the sentence, the chart and its table say the same; a day without a number is not there."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from accounts.access import acting
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.records import read
from tests import people
from tests.browser.conftest import Phone, sideways
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person

# Leg and back by day, from the start on; None is a day without a number.
FIVE_WEEKS: Sequence[tuple[int, int] | None] = [
    *((8, 5), (8, 4), (7, 5), (7, 4), None, (8, 5), (7, 4)),
    *((7, 4), (6, 4), None, None, None, (6, 4), (6, 3)),
    *((6, 3), (7, 4), (5, 3), (6, 4), (5, 3), (6, 3), (5, 3)),
    *((5, 3), None, (4, 3), (5, 3), (4, 2), (5, 3), (4, 2)),
    *((4, 2), (4, 2), (3, 2), (4, 2), (4, 3), None, (3, 1)),
]


def person_with(days: Sequence[tuple[int, int] | None], by: Person, *, zone: str = BERLIN.key) -> Person:
    """A patient whose program began so many days ago, in whose second half the plan changed."""
    now = datetime.now(ZoneInfo(zone))
    start = now - timedelta(days=len(days))
    person = people.patient(by, name="Ana", now=start, zone=zone)
    people.plan_for(person, by, starts_on=start.date(), now=start, times_per_day=2)
    records = []
    for n, pain in enumerate(days):
        at = start + timedelta(days=n)
        if pain is None:
            continue
        for region, score in zip(("leg", "back"), pain, strict=True):
            records.append(record("pain", at, region=region, score=score, asked="now"))
        records.append(record("session", at, slot=1, results=[{"exercise": "bridge", "outcome": "done"}]))
        records.append(record("walk", at, minutes=20))
    with acting(person.actor):
        take(patient_id=person.user.pk, records=records, now=now)
    if days:
        middle = start + timedelta(days=len(days) // 2)
        people.plan_for(person, by, starts_on=middle.date(), now=middle, times_per_day=2)
    close_days(now=now)
    return person


def record(kind: str, at: datetime, **fields: Any) -> Any:
    return read(kind, str(uuid4()), {"revision": 1, "at": at.isoformat(), **fields})


@pytest.fixture
def five_weeks(maria: Person) -> Person:
    return person_with(FIVE_WEEKS, maria)


def open_progress(phone: Phone, person: Person) -> Page:
    phone.sign_in(person)
    phone.open("progress")
    return phone.page


def drawn(page: Page) -> dict[str, list[float | None]]:
    """What the chart was given to draw, day by day."""
    page.wait_for_selector(".plot canvas")
    given: dict[str, list[float | None]] = page.evaluate(
        """async () => {
            const { picture } = await import("/static/phone/charts/pain.js");
            const { heard } = await import("/static/phone/identity.js");
            return picture((await heard("progress")).trend, []);
        }"""
    )
    return given


def test_chart_and_table_have_the_numbers_that_were_logged(phone: Phone, five_weeks: Person):
    page = open_progress(phone, five_weeks)
    leg = [None if day is None else day[0] for day in FIVE_WEEKS]
    assert drawn(page)["leg"][: len(FIVE_WEEKS)] == leg
    page.get_by_text("Show as a table").click()
    cells = (
        page.locator("tbody")
        .first.locator("tr")
        .evaluate_all("rows => rows.map(row => row.cells[1].textContent)")
    )
    assert cells == ["none" if score is None else str(score) for score in reversed(leg)]


def test_no_line_crosses_a_day_without_a_number(phone: Phone, five_weeks: Person):
    given = drawn(open_progress(phone, five_weeks))
    for line in ("legLine", "backLine"):
        there = [value is not None for value in given[line][: len(FIVE_WEEKS)]]
        assert there == [day is not None for day in FIVE_WEEKS]


def test_a_gap_is_blank_on_the_canvas_itself(phone: Phone, five_weeks: Person):
    """The line's colour is in the columns of pixels before and after the three missing days, not between them."""
    page = open_progress(phone, five_weeks)
    page.wait_for_selector(".plot canvas")
    blue = page.evaluate(
        """() => {
            const canvas = document.querySelector(".plot canvas");
            const context = canvas.getContext("2d");
            const hex = getComputedStyle(canvas).getPropertyValue("--leg").trim();
            const rgb = [1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16));
            const over = document.querySelector(".u-over");
            const scale = canvas.width / canvas.clientWidth;
            const has = (day) => {
                const x = Math.round((over.offsetLeft + (day / 56) * over.clientWidth) * scale);
                const { data } = context.getImageData(x, 0, 1, canvas.height);
                for (let n = 0; n < data.length; n += 4) {
                    if (rgb.every((part, m) => Math.abs(part - data[n + m]) < 12)) return true;
                }
                return false;
            };
            return [7.5, 10.5, 12.5].map(has);
        }"""
    )
    assert blue == [True, False, True]


def test_the_tiles_say_what_was_done_of_what_was_asked(phone: Phone, five_weeks: Person):
    page = open_progress(phone, five_weeks)
    tile = page.locator(".fact")
    logged = sum(day is not None for day in FIVE_WEEKS)
    last_week = sum(day is not None for day in FIVE_WEEKS[-7:])
    expect(tile.filter(has_text="Days logged")).to_contain_text(f"{logged} / 35")
    expect(tile.filter(has_text="Sessions, 7 days")).to_contain_text(f"{last_week} / 14")
    expect(tile.filter(has_text="Walking")).to_contain_text(f"{last_week * 20} min")


def test_where_nothing_was_asked_no_share_is_shown(phone: Phone, maria: Person):
    page = open_progress(phone, person_with([], maria))
    expect(page.locator(".fact").filter(has_text="Sessions, 7 days")).to_contain_text("Nothing was asked.")
    expect(page.get_by_text("Your chart starts on the day after your first number.")).to_be_visible()
    assert page.locator(".plot").count() == 0


def test_a_new_program_has_a_letter_in_the_list(phone: Phone, five_weeks: Person):
    page = open_progress(phone, five_weeks)
    expect(page.locator(".changes li")).to_have_text([r"B New program from " + day_in_words(18)])


def day_in_words(days_ago: int) -> str:
    on: date = (datetime.now(BERLIN) - timedelta(days=days_ago)).date()
    return f"{on:%A} {on.day} {on:%B}"


def test_the_chart_is_there_without_a_network(phone: Phone, five_weeks: Person):
    page = open_progress(phone, five_weeks)
    phone.wait_for_worker()
    page.reload()
    phone.offline()
    phone.open("progress")
    page.wait_for_selector(".plot canvas")
    expect(page.get_by_text("29 of 35 days have a number.")).to_be_visible()


def test_uplot_is_asked_for_with_this_screen_and_not_before(
    new_phone: Callable[..., Phone], server: Server, five_weeks: Person
):
    phone = new_phone(service_workers="block")
    phone.sign_in(five_weeks)
    uplot = ("GET", "/static/phone/vendor/uplot.js")
    assert server.times(*uplot) == 0
    phone.open("progress")
    phone.page.wait_for_selector(".plot canvas")
    assert server.times(*uplot) == 1


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"color_scheme": "dark"},
        {"forced_colors": "active"},
        {"width": 320, "height": 568},
        {"width": 320, "height": 568, "color_scheme": "dark"},
    ],
    ids=lambda look: "-".join(map(str, look.values())) or "light",
)
def test_it_is_read_in_every_look(new_phone: Callable[..., Phone], five_weeks: Person, look: dict[str, Any]):
    phone = new_phone(**look)
    page = open_progress(phone, five_weeks)
    page.wait_for_selector(".plot canvas")
    phone.shoot("progress-" + "-".join(map(str, look.values())))
    assert phone.axe() == []
    page.get_by_text("Show as a table").click()
    assert phone.axe() == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways(page) == 0
