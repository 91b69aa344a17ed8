"""The symptom check: it asks and answers without a network, tells the truth about who knows, and loses no yes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.access import acting, acting_for_all
from recovery.actions.safety import close
from recovery.models import CareSettings, RedFlag, SymptomCheck
from recovery.rules.red_flags import symptom_check
from tests.browser.conftest import Phone, sideways, stored, title_of, wait_until
from tests.browser.server import Server
from tests.browser.test_keeping import FULL
from tests.people import Person

SYNC = "/api/v1/sync"
TEXT = {id: question.text["en"]["question"] for id, question in symptom_check().items()}
TIER_A = [id for id, question in symptom_check().items() if question.tier == "A"]
SCREENS = 12


def say(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=TEXT[question]).get_by_role("radio", name=answer, exact=True).check()


def say_no_to_all_here(page: Page) -> None:
    for group in page.get_by_role("group").all():
        group.get_by_role("radio", name="No", exact=True).check()


def press_next(page: Page) -> None:
    page.get_by_role("button", name="Next").or_(page.get_by_role("button", name="Finish")).click()


def next_screen(page: Page) -> None:
    before = page.url
    press_next(page)
    page.wait_for_url(lambda url: url != before)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def flags(person: Person) -> list[str]:
    with acting_for_all():
        return list(
            RedFlag.objects.filter(patient=person.user.pk).order_by("id").values_list("rule", flat=True)
        )


def answers(person: Person) -> list[dict[str, str]]:
    return [row[0] for row in stored(person, SymptomCheck, "answers")]


# Wednesdays from 8 to 18 in New York, for a patient who may be anywhere.
CLOSES_AT = """(now) => import("/static/phone/check/file.js").then(({ closesAt }) => {
    const hours = [{ weekday: 3, opens: "08:00", closes: "18:00" }];
    return closesAt({ hours, time_zone: "America/New_York" }, new Date(now))?.toISOString() ?? null;
})"""


@pytest.fixture
def with_numbers(maria: Person) -> None:
    """The clinic has said whom to call, and that it never opens."""
    with acting_for_all():
        CareSettings.objects.update_or_create(
            clinic_id=maria.actor.clinic_id,
            defaults={
                "emergency_number": "112",
                "crisis_number": "116 123",
                "out_of_hours_text": {
                    "en": "Call the night doctor, +49 30 1234567.",
                    "es": "Llame al +49 30 1234567.",
                },
                "hours": [
                    {
                        "weekday": (datetime.now(UTC).weekday() + 3) % 7 + 1,
                        "opens": "08:00",
                        "closes": "08:01",
                    }
                ],
            },
        )


@pytest.fixture
def informed(with_numbers: None, joined: Phone) -> Phone:
    """Ana's phone, which has heard whom to call."""
    wait_until(lambda: "116 123" in str(joined.kept("kept")))
    return joined


def test_all_no_is_nothing_urgent_and_is_kept(joined: Phone, ana: Person):
    page = joined.page
    page.locator(".tile", has_text="Symptom check").click()
    page.get_by_role("link", name="Start", exact=True).click()
    for screen in range(SCREENS):
        expect(page.get_by_role("img", name=f"{screen + 1} of {SCREENS}")).to_be_visible()
        assert page.locator("input:checked").count() == 0, "nothing is chosen before the patient does"
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        say_no_to_all_here(page)
        next_screen(page)
    expect(page.get_by_role("heading", name="Nothing urgent found")).to_be_focused()
    expect(page.get_by_text("If this changes, check again.")).to_be_visible()
    assert joined.axe() == []
    joined.unsent(0)
    assert answers(ana) == [dict.fromkeys(TEXT, "no")]
    assert flags(ana) == []


def test_a_tier_a_question_stands_alone_as_the_heading_of_its_answers(joined: Phone):
    page = joined.page
    joined.open("check?q=1")
    group = page.get_by_role("group", name=TEXT["saddle_numbness"])
    expect(group.get_by_role("heading", level=1)).to_have_text(TEXT["saddle_numbness"])
    assert [radio.get_attribute("value") for radio in group.get_by_role("radio").all()] == [
        "yes",
        "no",
        "not_sure",
    ]
    for radio in group.locator("label").all():
        box = radio.bounding_box()
        assert box is not None
        assert box["height"] >= 48
    press_next(page)
    expect(page.get_by_role("alert")).to_have_text("Please choose an answer to each question.")
    expect(group.get_by_role("radio", name="Yes")).to_be_focused()


@pytest.mark.parametrize("answer", ["Yes", "I am not sure"])
def test_a_yes_stops_everything_and_the_clinic_is_told(informed: Phone, ana: Person, answer: str):
    page = informed.page
    informed.open("check?q=1")
    say(page, "saddle_numbness", answer)
    next_screen(page)
    expect(page.get_by_role("heading", name="Get help now")).to_be_focused()
    assert title_of(page) == "Get help now"
    expect(page.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    expect(
        page.get_by_text("Go to an emergency department now. Tell them about the numbness first.")
    ).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Your clinic has been told (")).to_be_visible()
    assert flags(ana) == ["saddle_numbness"]
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_role("heading", name="Your exercises are stopped")).to_be_visible()


def test_without_a_network_the_advice_stands_and_says_that_nobody_knows(informed: Phone, ana: Person):
    informed.offline()
    informed.open("check")
    page = informed.page
    page.get_by_role("link", name="Start", exact=True).click()
    say(page, "saddle_numbness", "No")
    next_screen(page)
    say(page, "bladder", "Yes")
    next_screen(page)
    expect(page.get_by_role("link", name="Call 112")).to_be_visible()
    told = page.locator(".told")
    expect(told).to_contain_text("Nobody has been told yet.")
    informed.open("check?advice")
    expect(told).to_contain_text("Nobody has been told yet.")
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_role("heading", name="Your exercises are stopped")).to_be_visible()
    page.get_by_role("link", name="See the advice again").click()
    informed.offline(False)
    # A browser does not always say that the network is back; then the next try comes within 7.5 s.
    expect(told).to_contain_text("Your clinic has been told (", timeout=10_000)
    assert flags(ana) == ["bladder"]


def test_the_check_of_a_phone_that_never_heard_from_the_server_comes_with_the_app(joined: Phone):
    joined.wait_for_worker()
    joined.open()
    wait_until(lambda: joined.page.evaluate("caches.match('/app/symptom-check.json').then(Boolean)"))
    joined.page.evaluate(
        """() => new Promise((resolve) => {
            const open = indexedDB.open("amble");
            open.onsuccess = () => {
                const kept = open.result.transaction("kept", "readwrite").objectStore("kept");
                kept.getAllKeys().onsuccess = ({ target }) => {
                    for (const name of target.result) if (/^(symptom-check|today) of/.test(name)) kept.delete(name);
                    kept.transaction.oncomplete = () => { open.result.close(); resolve(); };
                };
            };
        })"""
    )
    joined.offline()
    joined.open("check?q=1")
    say(joined.page, "saddle_numbness", "Yes")
    next_screen(joined.page)
    expect(joined.page.get_by_text("Call your local emergency number")).to_be_visible()


def test_thoughts_of_self_harm_show_the_crisis_line_first(informed: Phone):
    page = informed.page
    informed.open("check?q=1")
    for _ in TIER_A[:-1]:
        say_no_to_all_here(page)
        next_screen(page)
    say(page, "self_harm", "Yes")
    next_screen(page)
    expect(page.get_by_role("heading", name="Talk to somebody now")).to_be_focused()
    names = [card.get_attribute("data-contact") for card in page.locator("[data-contact]").all()]
    assert names == ["crisis_line", "emergency"]
    expect(page.get_by_role("link", name="Call 116 123")).to_have_attribute("href", "tel:116123")
    assert informed.axe() == []


def test_a_tier_b_yes_says_whom_to_call_when_the_clinic_is_closed(informed: Phone, ana: Person):
    page = informed.page
    informed.open("check?q=1")
    for _ in TIER_A:
        say_no_to_all_here(page)
        next_screen(page)
    say_no_to_all_here(page)
    say(page, "foot_drop", "Yes")
    next_screen(page)
    expect(page.get_by_role("heading", name="Call your clinic today")).to_be_focused()
    expect(page.get_by_role("heading", name="Your clinic is closed now")).to_be_visible()
    assert page.evaluate(CLOSES_AT, "2026-06-10T21:30:00Z") == "2026-06-10T22:00:00.000Z"
    assert page.evaluate(CLOSES_AT, "2026-06-10T22:00:00Z") is None
    expect(page.get_by_role("link", name="+49 30 1234567")).to_have_attribute("href", "tel:+49301234567")
    page.get_by_role("button", name="Answer the other questions").click()
    expect(page.get_by_role("img", name=f"9 of {SCREENS}")).to_be_visible()
    while page.locator("#check").count():
        say_no_to_all_here(page)
        next_screen(page)
    expect(page.get_by_role("heading", name="Call your clinic today")).to_be_visible()
    informed.unsent(0)
    assert flags(ana) == ["foot_drop"]
    (given,) = answers(ana)
    assert (len(given), given["foot_drop"], given["pregnancy"]) == (len(TEXT), "yes", "no")


def test_a_pain_in_the_chest_is_an_emergency_though_its_flag_is_of_tier_b(informed: Phone, ana: Person):
    page = informed.page
    informed.open("check?q=1")
    while not page.get_by_role("group", name=TEXT["chest_pain"]).count():
        say_no_to_all_here(page)
        next_screen(page)
    say_no_to_all_here(page)
    say(page, "chest_pain", "Yes")
    next_screen(page)
    expect(page.get_by_role("heading", name="Get help now")).to_be_focused()
    expect(page.locator("[data-contact]").first).to_contain_text("Call 112")
    informed.unsent(0)
    assert flags(ana) == ["chest_pain"]


def test_a_reload_in_the_middle_keeps_the_answers_and_back_shows_them(joined: Phone):
    page = joined.page
    joined.open("check?q=1")
    say(page, "saddle_numbness", "No")
    next_screen(page)
    say(page, "bladder", "No")
    wait_until(lambda: "bladder" in json.dumps(joined.kept("kept")))
    page.reload()
    bladder = page.get_by_role("group", name=TEXT["bladder"])
    expect(bladder.get_by_role("radio", name="No", exact=True)).to_be_checked()
    page.get_by_role("link", name="Back").click()
    group = page.get_by_role("group", name=TEXT["saddle_numbness"])
    expect(group.get_by_role("radio", name="No", exact=True)).to_be_checked()
    joined.open("check?q=9")
    expect(page.get_by_role("img", name=f"3 of {SCREENS}")).to_be_visible()
    joined.open("check")
    page.get_by_role("link", name="Go on with the check").click()
    expect(page.get_by_role("group", name=TEXT["bowel"])).to_be_visible()


@pytest.mark.parametrize("how", ["closed", "hidden", "left", "waited", "killed"])
def test_a_yes_reaches_the_clinic_also_when_the_check_is_never_finished(joined: Phone, ana: Person, how: str):
    page = joined.page
    if how == "waited":
        page.clock.install()
    joined.open("check?q=1")
    if how == "killed":
        joined.offline()
    say(page, "saddle_numbness", "Yes")
    wait_until(lambda: '"yes"' in json.dumps(joined.kept("kept")))
    assert flags(ana) == [], "until then it can be corrected"
    if how == "left":
        page.get_by_role("link", name="Close").click()
    elif how == "waited":
        page.clock.fast_forward(5_500)
    elif how == "hidden":
        other = joined.context.new_page()
        other.bring_to_front()
        page.evaluate(
            "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
    else:
        if how == "killed":  # nothing runs at its end; what is on the disk is all there is
            page.evaluate("window.stop(); navigator.locks.request = () => new Promise(() => {}); 0")
        again = joined.context.new_page()
        page.close()
        joined.offline(False)
        joined.open(page=again)
    wait_until(lambda: flags(ana))
    assert flags(ana) == ["saddle_numbness"]
    assert answers(ana) == [{"saddle_numbness": "yes"}]


def test_a_slip_that_is_corrected_before_next_alarms_nobody(joined: Phone, ana: Person):
    page = joined.page
    joined.open("check?q=1")
    say(page, "saddle_numbness", "Yes")
    say(page, "saddle_numbness", "No")
    next_screen(page)
    expect(page.get_by_role("group", name=TEXT["bladder"])).to_be_visible()
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Close").click()
    joined.unsent(0)
    assert (flags(ana), answers(ana)) == ([], [])


def test_a_no_after_a_yes_that_was_sent_lowers_nothing(joined: Phone, ana: Person):
    page = joined.page
    joined.open("check?q=1")
    say(page, "saddle_numbness", "Yes")
    next_screen(page)
    expect(page.locator(".told")).to_contain_text("has been told")
    page.go_back()
    say(page, "saddle_numbness", "No")
    next_screen(page)
    joined.open("check?advice")
    expect(page.get_by_role("heading", name="Get help now")).to_be_visible()
    joined.unsent(0)
    assert flags(ana) == ["saddle_numbness"]
    assert [row[0] for row in stored(ana, SymptomCheck, "revision")] == [2]


def test_another_phone_shows_the_same_advice_until_a_person_has_closed_it(
    informed: Phone, new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    informed.open("check?q=1")
    say(informed.page, "saddle_numbness", "Yes")
    next_screen(informed.page)
    expect(informed.page.locator(".told")).to_contain_text("has been told")
    other = new_phone()
    other.join(ana, maria)
    other.page.get_by_role("link", name="See the advice again").click()
    expect(other.page.get_by_role("heading", name="Get help now")).to_be_visible()
    expect(other.page.locator(".told")).to_contain_text("Your clinic has been told.")
    with acting(maria.actor):
        close(flag=RedFlag.objects.get(), because="Seen.", by=maria.user.pk, now=datetime.now(UTC))
    for phone, then in ((informed, "Your clinic has looked at this"), (other, "Symptom check")):
        phone.open("check?advice")
        expect(phone.page.get_by_role("heading", name=then)).to_be_visible()
    expect(informed.page.get_by_text(TEXT["saddle_numbness"])).to_be_visible()
    expect(informed.page.get_by_role("link", name="Call 112")).to_be_visible()
    assert informed.axe() == []


def test_what_the_server_said_before_it_heard_of_a_yes_lets_nobody_go_on(joined: Phone):
    page = joined.page
    joined.open("check?q=1")
    asked: list[Route] = []
    page.route("**/api/v1/today", lambda route: asked.append(route))
    page.route(f"**{SYNC}", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until(lambda: page.evaluate("true") and asked)  # asking the page lets its routes in
    say(page, "saddle_numbness", "Yes")
    next_screen(page)
    with page.expect_response("**/api/v1/today"):
        asked[0].continue_()
    page.wait_for_timeout(300)  # what it sets off is over
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_role("heading", name="Your exercises are stopped")).to_be_visible()
    expect(page.locator("#sending [data-unsent]")).to_have_attribute("data-unsent", "1")


def test_the_check_is_done_with_the_keyboard_alone(joined: Phone, ana: Person):
    page = joined.page
    joined.open("check")
    press = page.keyboard.press

    def tab_to(name: str) -> None:
        for _ in range(30):
            press("Tab")
            if (
                page.evaluate("document.activeElement.textContent.trim() || document.activeElement.value")
                == name
            ):
                return
        raise AssertionError(f"the keyboard does not reach {name}")

    tab_to("Start")
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    press("Tab")
    press("ArrowDown")
    expect(page.get_by_role("radio", name="No", exact=True)).to_be_checked()
    tab_to("Next")
    press("Enter")
    expect(page.get_by_role("heading", level=1, name=TEXT["bladder"])).to_be_focused()
    press("Tab")
    press("Space")
    expect(page.get_by_role("radio", name="Yes")).to_be_checked()
    press("Enter")
    expect(page.get_by_role("heading", name="Get help now")).to_be_focused()
    joined.unsent(0)
    assert flags(ana) == ["bladder"]


def test_a_phone_that_cannot_save_gives_the_advice_all_the_same(joined: Phone):
    page = joined.page
    joined.open("check?q=1")
    page.evaluate(FULL)
    say(page, "saddle_numbness", "No")
    next_screen(page)
    expect(page.get_by_role("alert")).to_contain_text(
        "This phone cannot save your answers. Go on all the same"
    )
    say(page, "bladder", "Yes")
    next_screen(page)
    expect(page.get_by_role("heading", name="Get help now")).to_be_visible()
    expect(page.locator(".told")).to_contain_text("Nobody has been told. Call your clinic now.")
    page.get_by_role("button", name="Answer the other questions").click()
    expect(page.get_by_role("group", name=TEXT["bowel"])).to_be_visible()


def test_axe_finds_nothing_serious_and_nothing_is_wider_than_320_pixels(
    new_phone: Callable[..., Phone], ana: Person, with_numbers: None
):
    phone = new_phone(width=320, height=568, reduced_motion="reduce")
    phone.sign_in(ana)
    phone.unsent(0)
    page = phone.page

    def look(name: str) -> None:
        assert phone.axe_in_each_look() == [], name
        assert sideways(page) == 0, name
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways(page) == 0, f"{name} at 200 %"
        page.evaluate("document.documentElement.style.fontSize = ''")

    phone.open("check?advice")
    look("no advice")
    phone.open("check")
    look("start")
    page.evaluate(
        """async () => {
            const { answer, commit } = await import("/static/phone/check/answers.js");
            await answer({ id: "pregnancy", tier: "C" }, "yes");
            await commit({ done: true });
        }"""
    )
    phone.open("check?advice")
    expect(page.get_by_role("heading", name="Tell your clinic")).to_be_visible()
    look("tier C")
    phone.open("check?q=1")
    press_next(page)
    expect(page.get_by_role("alert")).to_be_visible()
    look("missing")
    for _ in TIER_A:
        say_no_to_all_here(page)
        next_screen(page)
    expect(page.get_by_role("heading", name="More signs")).to_be_visible()
    look("several")
    say_no_to_all_here(page)
    say(page, "foot_drop", "Yes")
    next_screen(page)
    expect(page.get_by_role("heading", name="Call your clinic today")).to_be_visible()
    look("tier B")
    page.go_back()
    page.goto(f"{phone.server.address}/app/check?q=1")
    say(page, "saddle_numbness", "Yes")
    next_screen(page)
    expect(page.get_by_role("heading", name="Get help now")).to_be_visible()
    look("tier A")


def test_a_yes_that_waits_stands_beside_a_check_that_is_begun_after_it(joined: Phone, ana: Person):
    joined.offline()
    page = joined.page
    page.evaluate(
        """async () => {
            const { answer, commit } = await import("/static/phone/check/answers.js");
            await answer({ id: "bladder", tier: "A" }, "yes");
            await commit({ done: true });
            await answer({ id: "bladder", tier: "A" }, "no");
        }"""
    )
    page.get_by_role("link", name="See the advice again").click()
    expect(page.get_by_role("heading", name="Get help now")).to_be_visible()
    expect(page.locator(".told")).to_contain_text("Nobody has been told yet.")
    joined.offline(False)
    expect(page.locator(".told")).to_contain_text("Your clinic has been told")
    assert flags(ana) == ["bladder"]


def test_what_the_server_cannot_take_is_said_truthfully(joined: Phone, server: Server):
    server.answer_with(SYNC, "422 No", times=1)
    page = joined.page
    joined.open("check?q=1")
    say(page, "saddle_numbness", "Yes")
    next_screen(page)
    expect(page.locator(".told")).to_contain_text("could not be sent. Nobody has been told.")
