"""A session on the phone: by keyboard alone, cut off in the middle, hurting too much, offline, and asked later."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.access import acting, acting_for_all
from recovery.models import ExerciseSession, Plan, Proposal, Suspension
from recovery.rules.ladder import Kind
from tests.browser.conftest import Phone, sideways, wait_until
from tests.browser.sessions import (
    BRIDGE_SECONDS,
    LYING_SECONDS,
    STRETCH_SECONDS,
    do_all_of,
    outcomes,
    pass_time,
    patient_with_session,
    session_of,
    start,
)
from tests.moments import BERLIN
from tests.people import Person

DONE = [("done", None, 2, 5, None), ("done", 2, 3, None, None), ("done", None, None, None, 1)]
NOT_COUNTED = (None, None, None, None)


@pytest.fixture
def bea(maria: Person) -> Person:
    return patient_with_session(maria, name="Bea")


@pytest.fixture
def player(phone: Phone, bea: Person) -> Phone:
    """Bea's phone, on its first screen, with everything sent."""
    phone.sign_in(bea)
    phone.unsent(0)
    return phone


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def press_to(page: Page, name: str) -> None:
    """Tab on until the focus is on what is called so."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator(":focus").count() and name in page.locator(":focus").aria_snapshot():
            return
    raise AssertionError(f"The keyboard does not reach {name}.")


def test_a_whole_session_by_keyboard_alone(player: Phone, bea: Person):
    page, keys = player.page, player.page.keyboard
    page.clock.install()
    player.open()
    press_to(page, "Start Your session")
    keys.press("Enter")
    heading(page, "Your session")
    press_to(page, "Leg pain now 0 of 10")
    for _ in range(3):
        keys.press("ArrowRight")
    keys.press("Enter")
    press_to(page, "Not in the leg")
    keys.press("ArrowRight")  # buttock
    press_to(page, 'button "Start"')
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    heading(page, "Hamstring stretch, lying")
    for seconds in (STRETCH_SECONDS, BRIDGE_SECONDS, LYING_SECONDS):
        press_to(page, "Start now")
        keys.press("Enter")
        pass_time(player, seconds)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    heading(page, "How was it?")
    press_to(page, "Worst leg pain during it 0 of 10")
    for _ in range(4):
        keys.press("ArrowRight")
    keys.press("Enter")
    press_to(page, 'radio "No"')
    keys.press("Space")  # it went no further down
    press_to(page, 'radio "No"')
    keys.press("Space")  # nothing newly numb or weak
    press_to(page, "Easy")
    keys.press("ArrowRight")  # just right
    press_to(page, "Save the session")
    keys.press("Enter")
    heading(page, "Saved")
    player.unsent(0)
    session = session_of(bea)
    assert outcomes(session) == DONE
    assert (session["slot"], session["leg_before"], session["leg_during"]) == (1, 3, 4)
    assert [session[f"reach_{when}"] for when in ("before", "during", "after")] == ["buttock"] * 3
    assert (session["new_numbness"], session["new_weakness"], session["effort"]) == (False, False, "right")
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_text("All done for today.")).to_be_visible()


def test_a_session_that_was_killed_in_the_middle_goes_on_where_it_was(player: Phone, bea: Person):
    start(player)
    do_all_of(player, STRETCH_SECONDS)
    heading(player.page, "Bridge")
    player.page.get_by_role("button", name="Start now").click()
    pass_time(player, 10)  # two of six
    player.page.close()
    player.page = player.context.new_page()
    player.page.clock.install()
    player.open()
    player.page.get_by_role("link", name="Look at it").click()
    player.page.get_by_role("button", name="Go on from Bridge").click()
    do_all_of(player, 5)  # the third
    player.page.get_by_role("button", name="Next exercise").click()
    heading(player.page, "Position of ease")
    player.page.get_by_role("button", name="Next exercise").click()
    player.page.get_by_role("button", name="Save the session").click()
    player.unsent(0)
    assert outcomes(session_of(bea)) == [DONE[0], ("part", 1, 3, None, None), ("skipped", *NOT_COUNTED)]
    assert not [row for row in player.kept("kept") if isinstance(row, dict) and "items" in row]


def test_a_screen_that_was_locked_during_a_hold_loses_nothing_and_adds_nothing(player: Phone, bea: Person):
    start(player)
    player.page.get_by_role("button", name="Start now").click()
    pass_time(player, 1)
    player.page.clock.fast_forward(600_000)  # ten minutes in a pocket: no timer ran
    expect(player.page.locator(".ring")).to_contain_text("paused")
    for _ in range(3):
        player.page.get_by_role("button", name="Next exercise").click()
    player.page.get_by_role("button", name="Save the session").click()
    player.unsent(0)
    # One hold of the left leg is part of it, and none of each leg is counted.
    assert outcomes(session_of(bea))[0] == ("part", None, 0, None, None)


def test_what_hurts_too_much_stops_and_offers_an_easier_way(player: Phone, bea: Person):
    start(player, leg=3)
    page = player.page
    page.get_by_role("button", name="This hurts too much").click()
    heading(page, "Stop and rest")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("button", name="Leg pain now 4 of 10").click()
    expect(page.get_by_text("Keep your knee a little bent.")).to_be_visible()
    page.get_by_role("button", name="Try it this way").click()
    heading(page, "Hamstring stretch, lying")
    expect(page.get_by_text("Easier: Keep your knee a little bent.")).to_be_visible()
    do_all_of(player, STRETCH_SECONDS)
    heading(page, "Bridge")
    page.get_by_role("button", name="This hurts too much").click()
    page.get_by_role("button", name="Leg pain now 4 of 10").click()
    expect(page.get_by_text("That is enough for today")).to_be_visible()
    expect(page.get_by_role("button", name="Leave this one out")).to_have_count(0)
    page.get_by_role("button", name="Go to the end").click()
    page.get_by_role("button", name="Save the session").click()
    player.unsent(0)
    session = session_of(bea)
    hurt = "hurts_too_much"
    assert outcomes(session) == [(hurt, None, 2, 5, None), (hurt, *NOT_COUNTED), ("skipped", *NOT_COUNTED)]
    assert [one.get("worst_pain") for one in session["results"]] == [4, 4, None]
    assert session["results"][0]["because"] == "Done the easier way."


def test_two_points_above_the_start_end_it_and_four_ask_the_safety_questions(player: Phone, bea: Person):
    start(player, leg=3)
    page = player.page
    page.get_by_role("button", name="This hurts too much").click()
    page.get_by_role("button", name="Leg pain now 7 of 10").click()
    expect(page.get_by_text("That is enough for today")).to_be_visible()
    page.get_by_role("button", name="Leg pain now 4 of 10").click()  # a slip of the finger, put right
    expect(page.get_by_role("button", name="Leave this one out")).to_be_visible()
    page.get_by_role("button", name="Leg pain now 7 of 10").click()
    page.get_by_role("button", name="Go to the end").click()
    page.get_by_role("button", name="Save the session").click()
    page.wait_for_url("**/app/check")
    player.unsent(0)
    assert session_of(bea)["results"][0]["worst_pain"] == 7


def test_a_whole_session_without_a_network_from_a_cold_start(player: Phone, bea: Person):
    player.wait_for_worker()
    player.page.reload()
    player.offline()
    start(player)
    for _ in range(2):
        player.page.get_by_role("button", name="Next exercise").click()
    do_all_of(player, LYING_SECONDS)
    player.page.get_by_role("button", name="Save the session").click()
    heading(player.page, "Saved")
    player.unsent(1)
    player.open()
    expect(player.page.get_by_text("All done for today.")).to_be_visible()
    player.offline(False)
    player.unsent(0)
    assert outcomes(session_of(bea))[2] == DONE[2]


def test_the_patient_knows_better_than_the_timer_what_was_done(player: Phone, bea: Person):
    start(player)
    page = player.page
    page.get_by_role("button", name="Next exercise").click()
    page.get_by_role("button", name="Start now").click()
    page.get_by_role("button", name="Count by tapping").click()
    for repetition in ("1", "2"):
        page.get_by_role("button", name=re.compile(f"^{repetition} of 3")).click()
    page.get_by_role("button", name="Next exercise").click()
    page.get_by_role("button", name="Exercise before").click()
    heading(page, "Bridge")  # and going back takes nothing away
    for _ in range(2):
        page.get_by_role("button", name="Next exercise").click()
    expect(page.locator(".done-list")).to_contain_text("2 of 6 times")
    page.get_by_role("button", name="Change the numbers").click()
    page.get_by_label("Hamstring stretch, lying").fill("1")
    page.get_by_label("Bridge").fill("4")
    page.get_by_label("Position of ease").fill("9")
    page.get_by_role("button", name="Save the session").click()
    player.unsent(0)
    assert outcomes(session_of(bea)) == [("part", None, 1, 5, None), ("part", 1, 4, None, None), DONE[2]]


def test_one_exercise_alone_is_an_extra_session(player: Phone, bea: Person):
    player.page.clock.install()
    player.open("program")
    player.page.get_by_role("link", name="Start just this one Position of ease").click()
    heading(player.page, "Just this one")
    player.page.get_by_role("button", name="Start", exact=True).click()
    do_all_of(player, LYING_SECONDS)
    player.page.get_by_role("button", name="Save the session").click()
    player.unsent(0)
    session = session_of(bea)
    assert (session["slot"], outcomes(session)) == (None, [DONE[2]])
    player.open()
    expect(player.page.get_by_role("link", name="Start Your session")).to_be_visible()


def test_what_is_suspended_is_not_asked_and_what_is_to_be_less_is_less(
    phone: Phone, bea: Person, maria: Person
):
    with acting(maria.actor):
        plan = Plan.objects.select_related("episode").get(episode__patient=bea.user.pk)
        stretch, bridge, _ = (line.exercise for line in plan.prescriptions.order_by("position"))
        common: dict[str, Any] = {
            "clinic_id": plan.clinic_id,
            "patient_id": plan.patient_id,
            "episode": plan.episode,
            "numbers": {},
            "for_staff": "",
            "rule_version": "1",
        }
        now = datetime.now(BERLIN)
        Suspension.objects.create(
            **common,
            exercise=stretch,
            rule="two_reds",
            suspended_at=now,
            suspended_on=now.date(),
        )
        line = plan.prescriptions.get(exercise=bridge)
        Proposal.objects.create(
            **common,
            plan=plan,
            exercise=bridge,
            to_exercise=bridge,
            kind=Kind.REPEAT,
            from_dosage=line.dosage_values,
            to_dosage=line.dosage_values | {"sets": 1, "repetitions": 2},
            rule="amber",
            for_day=now.date(),
            judged_through=now - timedelta(days=1),
            made_at=now,
        )
    phone.sign_in(bea)
    page = phone.page
    page.clock.install()
    phone.open()
    expect(page.get_by_text("2 exercises")).to_be_visible()
    page.get_by_role("link", name="Start Your session").click()
    expect(page.get_by_text("Your therapist decides how it goes on.")).to_be_visible()
    expect(page.get_by_text("This time: 2 times")).to_be_visible()
    assert phone.axe() == []
    page.get_by_role("button", name="Start", exact=True).click()
    heading(page, "Bridge")
    do_all_of(phone, 9)
    heading(page, "Position of ease")
    page.get_by_role("button", name="Next exercise").click()
    page.get_by_role("button", name="Save the session").click()
    phone.unsent(0)
    assert outcomes(session_of(bea)) == [("done", 1, 2, None, None), ("skipped", *NOT_COUNTED)]


def save_at_once(player: Phone, *, further: bool = False) -> None:
    """A session in which only the bridge is done, with an answer to each question."""
    start(player)
    page = player.page
    page.get_by_role("button", name="Next exercise").click()
    do_all_of(player, BRIDGE_SECONDS)
    page.get_by_role("button", name="Next exercise").click()
    page.get_by_role("button", name="Worst leg pain during it 4 of 10").click()
    asked = page.get_by_role("group", name="Did it go further down your leg than before?")
    asked.get_by_role("radio", name="Yes" if further else "No").check(force=True)
    if further:
        for question, answer in (("How far down at its worst?", "Foot"), ("How far down is it now?", "Calf")):
            page.get_by_role("group", name=question).get_by_role("radio", name=answer).check(force=True)
    newly = page.get_by_role("group", name="Is anything newly numb or weak?")
    newly.get_by_role("radio", name="No").check(force=True)
    page.get_by_role("button", name="Save the session").click()
    heading(page, "Saved")
    player.unsent(0)


def revision_of(person: Person) -> int:
    with acting_for_all():
        return ExerciseSession.objects.get(patient=person.user.pk).revision


def test_what_is_asked_later_becomes_the_next_revision(player: Phone, bea: Person):
    save_at_once(player, further=True)
    page = player.page
    player.open()
    expect(page.get_by_text("Leg pain 30 to 60 minutes later")).to_have_count(0)
    page.clock.fast_forward(31 * 60_000)
    player.open()
    page.get_by_role("button", name="Leg pain 30 to 60 minutes later 5 of 10").click()
    assert player.axe() == []
    page.get_by_role("button", name="Leg pain 30 to 60 minutes later 3 of 10").click()  # a slip, put right
    wait_until(lambda: revision_of(bea) == 3)
    page.clock.fast_forward(31 * 60_000)
    player.open()
    expect(page.get_by_text("Leg pain 30 to 60 minutes later")).to_have_count(0)
    page.get_by_role("radio", name="Up to an hour").check(force=True)
    wait_until(lambda: revision_of(bea) == 4)
    page.clock.fast_forward(24 * 3_600_000)
    player.open()
    page.get_by_role("button", name="Leg pain this morning 3 of 10").click()
    wait_until(lambda: revision_of(bea) == 5)
    session = session_of(bea)
    assert (session["leg_later"], session["leg_next_morning"]) == (3, 3)
    assert (session["reach_during"], session["reach_after"]) == ("foot", "calf")
    assert session["lower_reach_lasted"] == "up_to_an_hour"
    assert outcomes(session)[1] == DONE[1], "and what was done stays as it was"


def test_a_morning_two_points_worse_leads_to_the_symptom_check(player: Phone, bea: Person):
    save_at_once(player)
    player.page.clock.fast_forward(24 * 3_600_000)
    player.open()
    player.page.get_by_role("button", name="Leg pain this morning 5 of 10").click()
    player.page.wait_for_url("**/app/check")


def test_an_open_red_flag_stops_a_session_that_waits(player: Phone, bea: Person):
    start(player)
    player.page.evaluate(
        """() => new Promise((resolve) => {
            const open = indexedDB.open("amble");
            open.onsuccess = () => {
                const write = open.result.transaction(["kept", "records"], "readwrite");
                write.objectStore("kept").get("identity").onsuccess = ({ target }) =>
                    write.objectStore("records").put({ id: "check", person: target.result.person, stops: true,
                        record: { id: "check", kind: "symptom_check", revision: 1, at: new Date().toISOString() } });
                write.oncomplete = () => { open.result.close(); resolve(); };
            };
        })"""
    )
    player.offline()
    player.page.get_by_role("button", name="Stop for now").click()
    player.page.get_by_role("link", name="Look at it").click()
    expect(player.page.get_by_role("button", name="Finish here and save what you did")).to_be_visible()
    expect(player.page.get_by_role("button", name=re.compile("Go on"))).to_have_count(0)


def test_a_screen_reader_hears_the_start_the_half_ten_and_the_last_three(player: Phone):
    start(player)
    page = player.page
    for _ in range(2):
        page.get_by_role("button", name="Next exercise").click()
    page.evaluate(
        """() => {
            const voice = document.getElementById("voice");
            window.heard = [];
            new MutationObserver(() => heard.push(voice.textContent.trim())).observe(voice, { childList: true });
        }"""
    )
    do_all_of(player, LYING_SECONDS)
    heard = page.evaluate("window.heard")
    assert heard == ["Begin.", "Half of it is done.", "10 seconds left.", "3", "2", "1"]


def test_every_state_is_for_every_body(new_phone: Callable[..., Phone], bea: Person):
    phone = new_phone(reduced_motion="reduce", width=320, height=568)
    phone.sign_in(bea)
    page = phone.page

    def look() -> None:
        assert phone.axe_in_each_look() == []
        assert sideways(page) == 0
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways(page) == 0
        page.evaluate("document.documentElement.style.fontSize = ''")

    phone.open("session?slot=1")
    heading(page, "Your session")
    look()
    start(phone)
    look()
    page.get_by_role("button", name="Pause").click()
    look()
    page.get_by_role("button", name="Next exercise").click()
    page.get_by_role("button", name="Start now").click()
    page.get_by_role("button", name="Count by tapping").click()
    look()
    page.get_by_role("button", name="This hurts too much").click()
    page.get_by_role("button", name="Leg pain now 4 of 10").click()
    look()
    page.get_by_role("button", name="Leave this one out").click()
    page.get_by_role("button", name="Next exercise").click()
    page.get_by_role("radio", name="Yes").check(force=True)
    page.get_by_role("button", name="Change the numbers").click()
    look()
    phone.open("session")
    look()
    page.get_by_role("button", name="Finish here").click()
    page.get_by_role("button", name="Save the session").click()
    heading(page, "Saved")
    look()
