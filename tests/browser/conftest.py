"""A phone for the tests: Chromium with the app, against the real server. See docs/phone.md."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from accounts.access import Role, acting, acting_for_all
from config import database
from config.up import WEB_THREADS
from recovery import consents
from recovery.actions.people import invite_patient
from recovery.models import Consent, PainEntry, Patient
from recovery.models.diary import PhoneRecord
from tests import people
from tests.browser.chromium import FLAGS, chromium
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person

WIDTH, HEIGHT = 360, 740
LOOKS: tuple[dict[str, Any], ...] = ({"color_scheme": "dark"}, {"forced_colors": "active"})
AXE = Path(__file__).with_name("vendor") / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.processes)
            if item.get_closest_marker("whole_browser"):
                item.add_marker(pytest.mark.xdist_group("whole_browser"))  # so that one worker starts it


# How many records of the person who is signed in here are in the outbox.
OWN_WAITING = """() => new Promise((resolve, reject) => {
    const open = indexedDB.open("amble");
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
        const transaction = open.result.transaction(["kept", "outbox"]);
        const identity = transaction.objectStore("kept").get("identity");
        const waiting = transaction.objectStore("outbox").getAll();
        transaction.oncomplete = () => {
            const own = waiting.result.filter((one) => one.person === identity.result?.person);
            resolve(new Set(own.map((one) => one.id)).size);
            open.result.close();
        };
    };
})"""

# By the app's own scripts, so that it lies where they look for it.
KEEPS_IDENTITY = """async (identity) => {
    const { keep } = await import("/static/phone/store.js");
    const { hint } = await import("/static/phone/identity.js");
    await keep("identity", identity);
    hint({ joined: true });
}"""


def wait_until(happens: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@dataclass
class Phone:
    """One browser context with one page. `violations` and `errors` of any of its pages fail the test at its end."""

    context: BrowserContext
    page: Page
    server: Server
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext, server: Server) -> "Phone":
        phone = cls(context, context.pages[0] if context.pages else context.new_page(), server)
        context.set_default_timeout(10_000)
        context.expose_binding("sayViolation", lambda _, said: phone.violations.append(said))
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (e) =>"
            " sayViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
        )
        phone.watch(phone.page)
        context.on("page", phone.watch)
        return phone

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, screen: str = "", *, page: Page | None = None) -> None:
        """Open /app/<screen> from cold and wait until its scripts are there."""
        page = page or self.page
        page.goto(f"{self.server.address}/app/{screen}")
        page.wait_for_selector("html[data-ready]")

    def join(self, person: Person, by: Person) -> None:
        """The whole way: the link of an invitation, year of birth, agreement, and the first screen."""
        code = code_for(person, by)
        self.page.goto(f"{self.server.address}/app/join#{code}")
        expect(self.page.get_by_label("Code")).to_have_value(code)
        self.page.get_by_label("Year of birth").fill("1980")
        self.page.get_by_role("button", name="Next").click()
        self.page.get_by_role("button", name="I agree, start").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(person.user.name)

    def sign_in(self, person: Person) -> None:
        """What `join` leaves behind, without its way: this phone is `person`'s device, with their agreement."""
        with acting(person.actor):
            Consent.objects.create(
                clinic_id=person.actor.clinic_id,
                patient_id=person.user.pk,
                version=consents.text()["version"],
                given=True,
                answered_at=timezone.now(),
                device_id=person.actor.device_id,
            )
        identity = {
            "person": person.user.pk,
            "clinic": person.actor.clinic_id,
            "device": person.actor.device_id,
            "token": person.token,
            "signed_out": False,
        }
        blank = f"{self.server.address}/app/blank"
        self.page.route(blank, lambda route: route.fulfill(content_type="text/html", body=""))
        self.page.goto(blank)
        self.page.evaluate(KEEPS_IDENTITY, identity)
        self.page.unroute(blank)
        self.open()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(person.user.name)

    def tap(self, region: str, score: int, *, page: Page | None = None) -> None:
        """Tap a key of the pad, as soon as it is there."""
        (page or self.page).locator(f"#pad [data-region={region}] [data-score='{score}']").click()

    def tap_and_wait(self, region: str, score: int, *, page: Page | None = None) -> None:
        self.tap(region, score, page=page)
        expect((page or self.page).locator("#saved")).to_contain_text(f"Saved: {region} {score}")

    def wait_for_worker(self) -> None:
        """Until the service worker has everything, and answers this page too."""
        self.page.evaluate(
            """() => navigator.serviceWorker.controller ? true : new Promise((resolve) =>
                navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true)))"""
        )

    def offline(self, yes: bool = True) -> None:
        """Cut the network, or give it back. A phone that has just joined first gets all of the app."""
        if yes:
            self.wait_for_worker()
        self.context.set_offline(yes)

    def unsent(self, number: int, *, page: Page | None = None) -> None:
        """Wait until so many wait on the disk, and until the line at the top says so.

        The disk comes first: the line is drawn a moment after a number was shown as saved.
        """
        page = page or self.page
        wait_until(lambda: page.evaluate(OWN_WAITING) == number)
        expect(page.locator("#sending [data-unsent]")).to_have_attribute("data-unsent", str(number))

    def wait_out(self) -> None:
        """Let minutes pass on the phone, whose clock is installed, until it has sent everything.

        Short steps: a long one would also time out the request that is under way.
        """

        def sent() -> bool:
            self.page.clock.fast_forward(5_000)
            self.page.wait_for_timeout(200)
            return self.page.locator("#sending [data-unsent='0']").count() == 1

        wait_until(sent, seconds=40)

    def kept(self, store: str) -> list[Any]:
        """All rows of a store of the phone's database."""
        rows: list[Any] = self.page.evaluate(
            """(store) => new Promise((resolve, reject) => {
                const open = indexedDB.open("amble");
                open.onerror = () => reject(open.error);
                open.onsuccess = () => {
                    const all = open.result.transaction(store).objectStore(store).getAll();
                    all.onsuccess = () => { resolve(all.result); open.result.close(); };
                };
            })""",
            store,
        )
        return rows

    def shoot(self, name: str) -> None:
        """A picture of the whole page, into the folder that AMBLE_SCREENSHOTS names. Without one, none."""
        if folder := os.environ.get("AMBLE_SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def axe(self, *, within: str = "document", only: str = "") -> list[str]:
        """What axe finds serious or critical on the page as it stands, a line each."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8") + "\n;0")
        rules = f", runOnly: ['{only}']" if only else ""
        found = self.page.evaluate(f"axe.run({within}, {{resultTypes: ['violations']{rules}}})")
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def axe_in_each_look(self) -> list[str]:
        """The same, with the contrast of the dark page and of forced colours."""
        found = self.axe()
        for look in LOOKS:
            self.page.emulate_media(**look)
            found += [f"{look} {one}" for one in self.axe(only="color-contrast")]
        self.page.emulate_media(color_scheme="light", forced_colors="none")
        return found


def code_for(person: Person, by: Person) -> str:
    """A new code of this patient's, as it stands on the card."""
    with acting(by.actor):
        patient = Patient.objects.select_related("user").get(pk=person.user.pk)
        return invite_patient(patient=patient, by=by.user.pk, now=timezone.now()).secret


def stored(person: Person, model: type[PhoneRecord] = PainEntry, *fields: str) -> list[tuple[Any, ...]]:
    """What the server has of this person, in the order it happened."""
    with acting_for_all():
        rows = model.objects.filter(patient=person.user.pk).order_by("happened_at", "id")
        return list(rows.values_list(*(fields or ("region", "score", "withdrawn"))))


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """The headless shell, which does all but push; a module that needs that too has the mark `whole_browser`."""
    whole = request.node.get_closest_marker("whole_browser")
    return cast(Browser, request.getfixturevalue("whole" if whole else "headless"))


@pytest.fixture(scope="session")
def whole(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield browser
    browser.close()


@contextmanager
def pooled() -> Iterator[None]:
    """Connections to the database from a pool, as in production."""
    settings = connection.settings_dict
    before = settings.copy()
    connection.close()
    settings.update(OPTIONS=settings["OPTIONS"] | {"pool": database.pool(WEB_THREADS)}, CONN_MAX_AGE=0)
    yield
    connection.close()
    settings.update(before)


@pytest.fixture(scope="session")
def kept_pool(django_db_setup: None) -> Iterator[None]:
    """One pool for all tests of a worker: a connection that has planned its statements is quick."""
    yield
    with pooled():
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's


@pytest.fixture
def pool(kept_pool: None) -> Iterator[None]:
    with pooled():
        yield


@pytest.fixture
def server(browser: Browser, pool: None, committed: None) -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def maria(server: Server) -> Person:
    """A therapist."""
    return people.member(people.clinic(), Role.THERAPIST, now=datetime.now(BERLIN))


@pytest.fixture
def ana(maria: Person) -> Person:
    """A patient with a plan since three days: one exercise, twice a day."""
    return patient_with_plan(maria, "Ana")


def patient_with_plan(maria: Person, name: str) -> Person:
    now = datetime.now(BERLIN)
    start = now - timedelta(days=3)
    person = people.patient(maria, name=name, now=start)
    people.plan_for(person, maria, starts_on=start.date(), now=start, times_per_day=2)
    return person


@pytest.fixture
def new_phone(browser: Browser, server: Server) -> Iterator[Callable[..., Phone]]:
    """Make another phone: `new_phone(width=320, color_scheme="dark")` takes what a Playwright context takes."""
    made: list[Phone] = []

    def make(*, width: int = WIDTH, height: int = HEIGHT, **options: Any) -> Phone:
        usual: dict[str, Any] = {"locale": "en-GB", "timezone_id": BERLIN.key, "has_touch": True}
        made.append(
            Phone.of(
                browser.new_context(viewport={"width": width, "height": height}, **usual | options), server
            )
        )
        return made[-1]

    yield make
    for phone in made:
        phone.context.close()
    for phone in made:
        assert phone.violations == []
        assert phone.errors == []


@pytest.fixture
def phone(new_phone: Callable[..., Phone]) -> Phone:
    """A phone that nobody has used."""
    return new_phone()


@pytest.fixture
def joined(phone: Phone, ana: Person) -> Phone:
    """Ana's phone, on its first screen, with everything sent."""
    phone.sign_in(ana)
    phone.unsent(0)
    return phone


def sideways(page: Page) -> int:
    """How many pixels the page is wider than the phone."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def title_of(page: Page) -> str:
    return re.sub(r" · Amble$", "", page.title())
