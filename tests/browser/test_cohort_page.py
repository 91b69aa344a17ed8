"""The cohort in a browser: for every body, empty and full, at each width, and as a file."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser, expect

from accounts.access import acting_for_all
from recovery.models import Episode, Progress
from tests import people
from tests.browser.conftest import sideways
from tests.browser.desk import Desk, desks
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person


@pytest.fixture
def new_desk(browser: Browser, server: Server, maria: Person) -> Iterator[Callable[..., Desk]]:
    """Open another window of Maria's: `new_desk(width=390, scripts=False)`."""
    with desks(browser, server) as open_one:
        yield partial(open_one, maria)


@pytest.fixture
def twelve(maria: Person) -> None:
    """As if twelve patients had been watched for ten weeks, and the first eight were relieved."""
    now = datetime.now(BERLIN)
    start = now.date() - timedelta(days=70)
    for n in range(12):
        someone = people.patient(maria, name=f"Ben {n}", now=now)
        with acting_for_all():
            Episode.objects.filter(patient=someone.user.pk).update(started_on=start)
            Progress.objects.filter(patient=someone.user.pk).update(
                left_out="",
                relieved_on=start + timedelta(days=20 + 7 * (n % 3)) if n < 8 else None,
                relapsed_on=start + timedelta(days=48) if n < 6 else None,
                valid_through=start + timedelta(days=69),
                last_entry_at=now,
            )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_empty_or_full(
    new_desk: Callable[..., Desk], request: pytest.FixtureRequest, scheme: str
):
    desk = new_desk(scheme=scheme)
    desk.visit("/cohort")
    assert desk.axe() == []
    request.getfixturevalue("twelve")
    desk.visit("/cohort")
    expect(desk.page.locator(".survival.wide").first).to_be_visible()
    assert desk.axe() == []
    desk.shoot(f"desk-cohort-{scheme}")
    desk.visit("/cohort?started_from=2026-02-02&started_to=2026-02-01")
    assert desk.axe() == []


@pytest.mark.usefixtures("twelve")
def test_nothing_is_wider_than_the_screen(new_desk: Callable[..., Desk]):
    desk = new_desk()
    for width in (1280, 768, 360, 320):
        desk.resize(width)
        desk.visit("/cohort")
        expect(desk.page.get_by_role("img").first).to_be_visible()
        assert sideways(desk.page) == 0, width
        desk.shoot(f"desk-cohort-{width}")


@pytest.mark.usefixtures("twelve")
def test_the_tables_are_taken_as_a_file_without_scripts(new_desk: Callable[..., Desk]):
    desk = new_desk(scripts=False)
    desk.visit("/cohort")
    with desk.page.expect_download() as download:
        desk.click("link", "Tables as a file (CSV)")
    assert download.value.suggested_filename == "cohort.csv"
