"""The desk in a real browser: by keyboard alone, for every body, without scripts, and when the server goes away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.access import acting, acting_for_all
from accounts.models import Clinic
from recovery.actions.diary import take
from recovery.actions.tasks import open_task
from recovery.models import Episode, RedFlag, Review, Task
from recovery.models.tasks import TaskKind
from recovery.records import read
from recovery.rules.red_flags import symptom_check
from tests import people
from tests.browser.conftest import Phone, sideways, wait_until
from tests.clinic.test_desk import many
from tests.moments import BERLIN
from tests.people import Person

LISTS = ("", "red-flags", "messages", "tasks", "reviews")
ALONE = ("patients/open", "your-notifications")  # pages that no list leads to
POLL = 31_000  # milliseconds


def sends(someone: Person, kind: str, **fields: Any) -> None:
    now = datetime.now(BERLIN)
    record = read(kind, str(uuid4()), {"revision": 1, "at": now, **fields})
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[record], now=now)


def raises_a_flag(someone: Person, question: str = "foot_drop") -> None:
    sends(someone, "symptom_check", answers=dict.fromkeys(symptom_check(), "no") | {question: "yes"})


def work_for(someone: Person) -> Episode:
    """A message, a task and a review."""
    sends(someone, "message", text="May I swim on Sunday?", private=False)
    now = datetime.now(BERLIN)
    with acting_for_all():
        episode = Episode.objects.get(patient=someone.user.pk)
        of_episode = {"clinic_id": episode.clinic_id, "patient_id": episode.patient_id}
        why = "Two exercises hurt too much: ask what happened."
        kind = TaskKind.CHECK_BY_HAND
        open_task(**of_episode, episode_id=episode.pk, kind=kind, cause="x", why=why, now=now)
        due = now.date() - timedelta(days=9)
        Review.objects.create(
            **of_episode, episode=episode, cause="week_2", due_on=due, opened_at=now, opened_on=due
        )
    return episode


@dataclass
class Desk:
    """A signed-in browser at a desk."""

    phone: Phone

    @property
    def page(self) -> Page:
        return self.phone.page

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.phone.server.address}/{path}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def new_desk(new_phone: Callable[..., Phone]) -> Callable[..., Desk]:
    def make(person: Person, *, width: int = 1280, height: int = 900, **options: Any) -> Desk:
        phone = new_phone(width=width, height=height, has_touch=False, **options)
        client = Client()
        client.force_login(person.user)
        cookie = client.cookies["sessionid"].value
        phone.context.add_cookies([{"name": "sessionid", "value": cookie, "url": phone.server.address}])
        return Desk(phone)

    return make


def test_of_500_patients_the_one_with_a_red_flag_is_found_and_acknowledged_by_keyboard_alone(
    new_desk: Callable[..., Desk], ana: Person, maria: Person
):
    many(Clinic.objects.get(), maria, 499)
    raises_a_flag(ana)
    desk = new_desk(maria)
    desk.open()
    expect(desk.page.get_by_text("500 patients")).to_be_visible()
    desk.press("j")
    expect(desk.page.get_by_role("link", name="Ana")).to_be_focused()
    desk.press("a")
    expect(desk.page.get_by_text("Acknowledged. The red flag stays open")).to_be_visible()
    with acting_for_all():
        assert RedFlag.objects.get().acknowledged_by_id == maria.user.pk
    desk.press("g", "f")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Red flags")
    expect(desk.page.get_by_text("Nobody else is told.")).to_be_visible()
    desk.press("j", "Enter")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Ana")


def test_somebody_is_found_by_typing_and_the_keys_are_told(
    new_desk: Callable[..., Desk], ana: Person, maria: Person
):
    many(Clinic.objects.get(), maria, 60)
    desk = new_desk(maria)
    desk.open()
    desk.press("?")
    expect(desk.page.get_by_role("dialog", name="Keys")).to_be_visible()
    desk.press("Escape", "/")
    desk.page.keyboard.type("an")
    rows = desk.page.locator("[data-row]")
    expect(rows).to_have_count(1)
    expect(desk.page.get_by_role("searchbox")).to_be_focused()
    expect(desk.page).to_have_url(f"{desk.phone.server.address}/?q=an")
    desk.press("Escape", "j", "Enter")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Ana")
    desk.page.go_back()
    expect(rows).to_have_count(1)
    desk.press("j", "m")
    expect(desk.page).to_have_url(f"{desk.phone.server.address}/patients/{ana.user.pk}/messages")


def test_axe_finds_nothing_serious_empty_or_full(new_desk: Callable[..., Desk], ana: Person, maria: Person):
    desk = new_desk(maria, reduced_motion="reduce")
    for place in LISTS:
        desk.open(place)
        assert desk.phone.axe_in_each_look() == [], f"/{place}, empty"
    raises_a_flag(ana)
    episode = work_for(ana)
    of_ana = (
        f"patients/{ana.user.pk}/messages",
        f"patients/{ana.user.pk}/timeline",
        f"episodes/{episode.pk}/review",
    )
    places = [*LISTS, *of_ana, *ALONE, "patients/0"]
    for place in places:
        desk.open(place)
        for closed in desk.page.locator("summary").all():
            closed.click()
        assert desk.phone.axe_in_each_look() == [], f"/{place}"
        desk.phone.shoot(f"desk-{place.replace('/', '-') or 'worklist'}")
    desk.page.get_by_role("link", name="Go to your patients").click()
    desk.open(f"episodes/{episode.pk}/review")
    desk.page.get_by_role("button", name="Record").click()
    expect(desk.page.get_by_role("alert").last).to_contain_text("Say what follows.")
    assert desk.phone.axe_in_each_look() == []
    desk.press("?")
    assert desk.phone.axe_in_each_look() == []


def test_nothing_is_wider_than_the_screen_and_all_places_are_reached(
    new_desk: Callable[..., Desk], ana: Person, maria: Person
):
    raises_a_flag(ana)
    episode = work_for(ana)
    desk = new_desk(maria)
    of_ana = (
        f"patients/{ana.user.pk}/messages",
        f"patients/{ana.user.pk}/timeline",
        f"episodes/{episode.pk}/review",
    )
    for place in (*LISTS, *of_ana, *ALONE):
        desk.open(place)
        for width in (768, 320):
            desk.page.set_viewport_size({"width": width, "height": 900})
            assert sideways(desk.page) == 0, f"/{place} at {width}"
            desk.phone.shoot(f"desk-{place.replace('/', '-') or 'worklist'}-{width}")
    for width in (768, 320):
        desk.page.set_viewport_size({"width": width, "height": 900})
        for name in ("Patients", "Flags", "Messages", "Reviews", "Tasks"):
            desk.page.get_by_role("navigation", name="Clinic").get_by_role("link", name=name).click()
            expect(desk.page.locator("#places [aria-current=page]")).to_contain_text(name)
        desk.page.get_by_role("button", name="More").click()
        desk.page.get_by_role("link", name="Reminders").click()
        expect(desk.page.get_by_role("heading", level=1)).to_have_text("What reminders do")
        desk.press("Tab")
        expect(desk.page.get_by_role("link", name="Skip to the main part")).to_be_focused()


def test_a_new_flag_comes_by_itself_is_said_aloud_and_leaves_the_focus_where_it_was(
    new_desk: Callable[..., Desk], ana: Person, maria: Person
):
    ben = people.patient(maria, name="Ben", now=datetime.now(BERLIN))
    desk = new_desk(maria)
    desk.page.clock.install()
    desk.open()
    desk.press("j")
    focused = desk.page.locator(":focus").inner_text()
    raises_a_flag(ana if focused == "Ben" else ben)
    desk.page.clock.fast_forward(POLL)
    expect(desk.page.locator("#news")).to_have_text("A new red flag. 1 open now.")
    expect(desk.page.locator("[data-row]").first).to_contain_text("Cannot lift the foot")
    expect(desk.page.locator("#places a", has_text="Flags").locator(".urgent")).to_have_text("1")
    expect(desk.page.get_by_role("link", name=focused)).to_be_focused()


def test_a_page_says_how_old_it_is_and_when_it_could_not_look_again(
    new_desk: Callable[..., Desk], ana: Person, maria: Person
):
    desk = new_desk(maria)
    desk.page.clock.install()
    desk.open("red-flags")
    told = desk.page.locator(".updated")
    expect(told).to_have_text("updated just now")
    desk.phone.server.answer_with("/red-flags", "503 Service Unavailable")
    desk.page.clock.fast_forward(POLL)
    expect(told).to_contain_text("no connection, trying again")
    desk.page.clock.fast_forward(POLL)
    expect(told).to_have_text("updated just now")


def test_a_poll_takes_nothing_from_who_is_writing(new_desk: Callable[..., Desk], ana: Person, maria: Person):
    raises_a_flag(ana)
    desk = new_desk(maria)
    desk.page.clock.install()
    desk.open("red-flags")
    desk.page.get_by_text("Close with a reason").click()
    reason = desk.page.get_by_label("What was done")
    reason.fill("Called her, seen at")
    asked = desk.phone.server.times("GET", "/red-flags")
    desk.page.clock.fast_forward(2 * POLL)
    desk.page.wait_for_timeout(300)
    assert desk.phone.server.times("GET", "/red-flags") == asked
    expect(reason).to_have_value("Called her, seen at")


def test_every_action_works_without_scripts(new_desk: Callable[..., Desk], ana: Person, maria: Person):
    raises_a_flag(ana)
    work_for(ana)
    desk = new_desk(maria, java_script_enabled=False)
    page = desk.page
    desk.open()
    page.get_by_role("searchbox").fill("an")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page).to_have_url(f"{desk.phone.server.address}/?q=an")
    desk.open("red-flags")
    page.get_by_text("Close with a reason").click()
    page.get_by_label("What was done").fill("Seen the same day.")
    page.get_by_role("button", name="Close this red flag").click()
    expect(page.get_by_text("No red flag is open")).to_be_visible()
    page.get_by_role("link", name="Messages").click()
    page.get_by_role("link", name="Ana").click()
    page.get_by_label("Write").fill("Yes, gently.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Yes, gently.")).to_be_visible()
    desk.open("tasks")
    page.locator("summary").click()
    page.get_by_label("What was done").fill("Asked her.")
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    wait_until(lambda: _done() == "Asked her.")


def _done() -> str:
    with acting_for_all():
        return Task.objects.get().how
