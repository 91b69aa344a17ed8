"""The reminders screen: what was chosen stands at the server, and a no is a sentence that can be read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.access import acting, acting_for_all
from notifications.actions import set_first_reminders
from notifications.models import DeliveryChoices, MessagePreferences, Notification, Reminder
from recovery.models import Patient
from tests.browser.conftest import Phone, sideways
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person


def of(person: Person, model: Any, *fields: str) -> list[tuple[Any, ...]]:
    with acting_for_all():
        return list(model.objects.filter(patient=person.user.pk).order_by("pk").values_list(*fields))


@pytest.fixture
def page(joined: Phone) -> Page:
    joined.open("reminders")
    expect(joined.page.get_by_role("heading", name="Your reminders")).to_be_visible()
    return joined.page


def add(page: Page, kind: str) -> None:
    page.get_by_role("link", name="Add a reminder").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("radio", name=kind).check(force=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Your reminders")).to_be_visible()


def test_a_reminder_is_added_changed_and_removed(page: Page, ana: Person):
    add(page, "Walk")
    page.get_by_label("Time 1").fill("17:30")
    page.get_by_role("button", name="Add a time").click()
    page.get_by_role("checkbox", name="Sunday").uncheck(force=True)
    save(page)
    ((kind, times, weekdays),) = of(ana, Reminder, "kind", "times", "weekdays")
    assert (kind, [f"{at:%H:%M}" for at in times], weekdays) == (
        "walk",
        ["12:00", "17:30"],
        [1, 2, 3, 4, 5, 6],
    )
    expect(page.locator("#screen")).to_contain_text("12:00, 17:30 · Mon, Tue, Wed, Thu, Fri, Sat")

    page.get_by_role("link", name="Change Walk").click()
    page.get_by_role("button", name="Remove time 1").click()
    save(page)
    assert [f"{at:%H:%M}" for at in of(ana, Reminder, "times")[0][0]] == ["17:30"]

    page.get_by_role("link", name="Change Walk").click()
    page.get_by_role("button", name="Remove this reminder").click()
    expect(page.get_by_text("You have no reminders.")).to_be_visible()
    assert of(ana, Reminder, "pk") == []


def test_a_reminder_is_switched_off_and_stays_in_the_list(page: Page, ana: Person):
    add(page, "Diary")
    save(page)
    page.get_by_role("checkbox", name="On Diary").click()
    expect(page.get_by_role("checkbox", name="On Diary")).not_to_be_checked()
    page.reload()
    expect(page.get_by_role("checkbox", name="On Diary")).not_to_be_checked()
    assert of(ana, Reminder, "enabled") == [(False,)]


def test_a_movement_break_has_a_window(page: Page, ana: Person):
    add(page, "Get up and move")
    page.get_by_label("From").fill("10:00")
    page.get_by_label("To", exact=True).fill("14:00")
    page.get_by_role("radio", name="60 min").check(force=True)
    save(page)
    ((start, end, every),) = of(ana, Reminder, "window_start", "window_end", "every_minutes")
    assert (f"{start:%H:%M}", f"{end:%H:%M}", every) == ("10:00", "14:00", 60)
    expect(page.locator("#screen")).to_contain_text("every 60 min, 10:00 to 14:00")


def test_a_time_in_quiet_hours_is_refused_in_words_and_what_was_typed_stays(page: Page, ana: Person):
    add(page, "Exercises")
    page.get_by_label("Time 1").fill("23:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("23:00 is in your quiet hours")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Time 1")).to_have_value("23:00")
    page.get_by_label("Time 1").fill("18:00")
    save(page)
    assert len(of(ana, Reminder, "pk")) == 1


def test_quiet_hours_and_a_break_are_chosen(page: Page, ana: Person):
    until = datetime.now(BERLIN).date() + timedelta(days=5)
    page.get_by_label("Quiet from").fill("20:00")
    page.get_by_label("No messages until").fill(str(until))
    page.locator("form", has=page.get_by_label("Quiet from")).get_by_role("button", name="Save").click()
    expect(page.get_by_text("No messages up to")).to_be_visible()
    ((start, paused),) = of(ana, MessagePreferences, "quiet_start", "paused_until")
    assert (f"{start:%H:%M}", paused) == ("20:00", until)


def test_the_ways_are_chosen_and_one_at_least(page: Page, ana: Person):
    form = page.locator("form", has=page.get_by_label("On my phone"))
    form.get_by_label("By mail, if").uncheck()
    form.get_by_label("Also by mail").check()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(form.get_by_label("By mail, if")).not_to_be_checked()
    assert of(ana, MessagePreferences, "channels") == [(["webpush"],)]
    assert of(ana, DeliveryChoices, "no_email", "email_when_unseen") == [(True, True)]
    form.get_by_label("On my phone").uncheck()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose one way at least")


def test_taking_part_in_the_measuring_is_asked_and_can_be_ended(page: Page, ana: Person):
    yes, no = (page.get_by_role("button", name=name) for name in ("Yes, that is fine", "No, send them all"))
    assert [one.get_attribute("aria-pressed") for one in (yes, no)] == ["false", "false"]
    yes.click()
    expect(yes).to_have_attribute("aria-pressed", "true")
    assert of(ana, DeliveryChoices, "measuring") == [(True,)]
    no.click()
    expect(no).to_have_attribute("aria-pressed", "true")
    assert of(ana, DeliveryChoices, "measuring") == [(False,)]


def test_what_became_of_each_message_is_said_and_the_last_is_put_off(joined: Phone, ana: Person):
    now = datetime.now(BERLIN)
    with acting_for_all():
        patient = Patient.objects.get(pk=ana.user.pk)
        became: list[dict[str, Any]] = [
            {"state": "sent", "sent_at": now},
            {"state": "skipped", "because": "done"},
            {"state": "missed"},
        ]
        for n, fields in enumerate(became):
            Notification.objects.create(
                clinic=patient.clinic,
                recipient=ana.user,
                patient=patient,
                kind="exercise",
                local_date=now.date() - timedelta(days=n),
                slot="08:00",
                due_at=now - timedelta(days=n),
                next_attempt_at=now,
                **fields,
            )
        # Eight breaks a day, for so long that one page of the API is not enough.
        Notification.objects.bulk_create(
            Notification(
                clinic=patient.clinic,
                recipient=ana.user,
                patient=patient,
                kind="movement_break",
                local_date=now.date() - timedelta(days=3 + n // 8),
                slot=f"{10 + n % 8}:00",
                due_at=now - timedelta(days=3 + n // 8, minutes=n % 8),
                next_attempt_at=now,
                state="missed",
            )
            for n in range(26 * 8)
        )
    joined.open("reminders")
    joined.page.get_by_text("What became of your messages").click()
    lines = joined.page.locator("details .lines li")
    expect(lines).to_have_count(3 + 26 * 8)
    for line, words in zip(lines.all()[:3], ["Sent.", "it was done already", "too late"], strict=True):
        expect(line).to_contain_text(words)
    # Half an hour and two hours come back before quiet hours only, and this runs at any time.
    for how_long in ("In 30 minutes", "In 2 hours"):
        expect(joined.page.get_by_role("button", name=f"{how_long} Exercises")).to_be_visible()
    joined.page.get_by_role("button", name="No more today Exercises").click()
    expect(joined.page.locator("p.ok")).to_have_text("You asked for no more of these that day.")
    expect(joined.page.get_by_role("button", name="No more today")).to_have_count(0)
    assert of(ana, Notification, "snoozed_for")[:2] == [("today",), ("",)]


def test_without_a_network_it_shows_what_was_heard_and_changes_nothing(
    joined: Phone, page: Page, ana: Person
):
    add(page, "Diary")
    save(page)
    joined.wait_for_worker()
    page.reload()
    expect(page.locator("#screen strong")).to_have_text("Diary")
    joined.offline()
    joined.open("reminders")
    expect(page.get_by_text("There is no network. This is what Amble last heard.")).to_be_visible()
    box = page.get_by_role("checkbox", name="On Diary")
    box.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(box).to_be_checked()


def test_another_person_on_the_phone_sees_none_of_it(joined: Phone, page: Page, ana: Person):
    add(page, "Diary")
    save(page)
    joined.open("help")
    page.get_by_role("button", name="Sign out on this phone").click()
    page.get_by_role("button", name="Yes, sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Join Amble")
    assert not [row for row in joined.kept("kept") if isinstance(row, dict) and "reminders" in row]


def test_a_phone_whose_messages_are_blocked_is_told_what_to_do(joined: Phone, server: Server):
    joined.context.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' });"
    )
    joined.open("reminders")
    expect(joined.page.get_by_text("Your phone blocks messages of Amble.")).to_be_visible()


IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari"
)


def test_an_iphone_in_a_tab_is_told_to_put_amble_on_the_home_screen_first(
    new_phone: Callable[..., Phone], ana: Person
):
    phone = new_phone(user_agent=IPHONE)
    phone.context.add_init_script("delete window.PushManager;")  # as Safari has it in a tab
    phone.sign_in(ana)
    phone.open("reminders")
    expect(phone.page.get_by_text("On an iPhone, messages come only after")).to_be_visible()
    phone.page.get_by_role("link", name="Show me how").click()
    expect(phone.page.get_by_text("Tap the Share sign")).to_be_visible()
    assert phone.axe() == []
    phone.shoot("install-iphone")


def test_an_android_phone_asks_by_itself_and_only_when_it_is_told_to(joined: Phone):
    page = joined.page
    page.evaluate(
        """() => {
            const event = new Event("beforeinstallprompt", { cancelable: true });
            event.prompt = async () => { window.prompted = true; };
            window.prevented = !dispatchEvent(event);
        }"""
    )
    assert page.evaluate("window.prevented")
    page.evaluate(
        "history.pushState(null, '', '/app/install'); dispatchEvent(new PopStateEvent('popstate'));"
    )
    page.get_by_role("button", name="Put it there now").click()
    page.wait_for_function("window.prompted")


def test_the_home_screen_is_offered_from_the_second_day_and_not_after_a_no(joined: Phone):
    page = joined.page
    offer = page.get_by_text("Keep Amble close")
    joined.tap_and_wait("leg", 4)
    expect(page.get_by_role("heading", name="A few questions")).to_be_visible()  # what comes with it
    expect(offer).to_be_hidden()
    page.clock.install(time=datetime.now(BERLIN) + timedelta(days=1))
    joined.open()
    expect(offer).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    expect(offer).to_be_hidden()
    joined.open()
    expect(page.get_by_role("heading", name="A few questions")).to_be_visible()
    expect(offer).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_read_in_every_look(new_phone: Callable[..., Phone], ana: Person, language: str):
    with acting(ana.actor):
        set_first_reminders(patient=Patient.objects.get(pk=ana.user.pk), now=datetime.now(BERLIN))
    phone = new_phone(width=320, height=568, reduced_motion="reduce")
    page = phone.page
    phone.sign_in(ana)
    if language == "es":
        phone.open("help")
        page.get_by_role("radio", name="Español").check(force=True)
        expect(page.get_by_role("heading", level=1)).to_have_text("Ayuda")
    for screen in ("reminders", "reminders?change=new", "install"):
        phone.open(screen)
        page.locator("#screen").locator(".card, fieldset").first.wait_for()
        phone.shoot(f"{screen.replace('?', '-')}-{language}")
        assert phone.axe_in_each_look() == [], screen
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways(page) == 0, screen
