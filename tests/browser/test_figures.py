"""The moving picture beside the timer: in step with it, still for who wants no motion, nothing where there is none."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Phone, wait_until
from tests.browser.sessions import exercise, plan_of
from tests.people import Person

STRETCH = {"repetitions": 2, "hold_seconds": 20}
IN_STEP = 0.05  # seconds
LATE = """() => {
    const figure = document.querySelector("amble-figure");
    const clock = figure.clock(figure.track);
    figure.turn();
    return [figure.drawings[0].shown, clock, figure.track.hold];
}"""


@pytest.fixture
def bea(maria: Person) -> Person:
    """Her plan: a hamstring stretch of each leg, two times 20 seconds; bridges; and something that nobody has drawn."""
    stretch = exercise(
        "lying-hamstring-stretch", "each-leg", STRETCH, name="Hamstring", steps=["Lie down."], easier="Less."
    )
    bridge = exercise("bridge", "middle", {"repetitions": 3}, name="Bridge", steps=["Lift your hips."])
    other = exercise("not-drawn", "middle", {"minutes": 1}, name="Other", steps=["Lie still."])
    return plan_of(maria, "Bea", [(stretch, STRETCH), (bridge, {"repetitions": 3}), (other, {"minutes": 1})])


@pytest.fixture
def player(phone: Phone, bea: Person) -> Phone:
    phone.sign_in(bea)
    phone.page.clock.install()
    phone.open("session?slot=1")
    phone.page.get_by_role("button", name="Start", exact=True).click()
    expect(phone.page.locator("amble-figure svg.figure")).to_be_visible()
    return phone


def figure(page: Page, script: str) -> Any:
    return page.evaluate(
        f"() => {{ const figure = document.querySelector('amble-figure'); return {script}; }}"
    )


def test_the_figure_follows_the_hold_timer_to_within_50_milliseconds(player: Phone):
    page = player.page
    page.get_by_role("button", name="Start now").click()
    for seconds in (0.5, 4, 6, 7):
        page.clock.run_for(int(1000 * seconds))
        shown, clock, (start, end) = page.evaluate(LATE)
        assert start <= shown <= end
        assert abs(shown - clock) < IN_STEP
    player.shoot("figures-session")
    passed = sum((0.5, 4, 6, 7))
    assert (shown - start) / (end - start) == pytest.approx(passed / 20, abs=IN_STEP)


def test_it_moves_in_before_the_hold_and_stands_still_in_a_pause(player: Phone):
    page = player.page
    assert figure(page, "figure.clock(figure.track)") == 0, "getting ready is the start"
    page.clock.run_for(9_000)
    assert 0 < figure(page, "figure.clock(figure.track)") < figure(page, "figure.track.hold[0]")
    page.get_by_role("button", name="Pause").click()
    held = figure(page, "figure.clock(figure.track)")
    page.clock.run_for(5_000)
    assert figure(page, "figure.clock(figure.track)") == held


def test_the_other_side_is_its_mirror_image_and_the_easier_way_goes_less_far(player: Phone):
    page = player.page
    element = page.locator("amble-figure")
    assert element.get_attribute("mirrored") == ""  # the left leg comes first, and figures are of the right
    page.get_by_role("button", name="Make it easier").click()
    expect(element).to_have_attribute("easier", "")
    assert figure(page, "figure.drawings[0].reach < 1")


def test_what_nobody_has_drawn_has_no_picture_and_no_error(player: Phone):
    page = player.page
    for _ in range(2):
        page.get_by_role("button", name="Next exercise").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Other")
    expect(page.locator("amble-figure svg")).to_have_count(0)


def test_without_motion_there_are_two_stills(new_phone: Callable[..., Phone], bea: Person):
    phone = new_phone(reduced_motion="reduce")
    phone.sign_in(bea)
    phone.open("session?slot=1")
    phone.page.get_by_role("button", name="Start", exact=True).click()
    expect(phone.page.locator("amble-figure svg > g")).to_have_count(2)
    before = figure(phone.page, "figure.innerHTML")
    phone.page.wait_for_timeout(300)
    assert figure(phone.page, "figure.innerHTML") == before
    assert phone.axe() == []


def test_out_of_sight_it_stands_still(joined: Phone):
    page = joined.page
    joined.open("program")
    page.evaluate(
        """() => {
            const figure = document.createElement("amble-figure");
            figure.setAttribute("exercise", "bridge");
            const far = document.createElement("div");
            far.style.setProperty("height", "3000px");
            document.body.append(far, figure);
        }"""
    )
    added = page.locator("body > amble-figure")
    expect(added.locator("svg")).to_have_count(1)

    def shown() -> float:
        return float(added.evaluate("(figure) => figure.drawings[0].shown"))

    wait_until(lambda: not added.evaluate("(figure) => figure.seen"))
    before = shown()
    page.wait_for_timeout(200)
    assert shown() == before
    added.scroll_into_view_if_needed()
    wait_until(lambda: shown() != before)


def test_the_program_shows_stills_in_the_skin_that_was_chosen_without_a_network(phone: Phone, bea: Person):
    phone.sign_in(bea)
    phone.open("help")
    phone.page.get_by_role("radio", name="Skin 5 of 5").check(force=True)
    phone.wait_for_worker()
    phone.offline()
    phone.open("program")
    stills = phone.page.locator("amble-figure[exercise=bridge] svg > g")
    expect(stills).to_have_count(2)
    skin = phone.page.locator("amble-figure[exercise=bridge] .f-skin:not(.far)").first
    expect(skin).to_have_css("fill", "rgb(105, 69, 48)")
    expect(phone.page.get_by_role("img", name="Lying on the back, knees bent")).to_be_visible()
    first = "() => document.querySelector('amble-figure').drawings[0].shown"
    still = phone.page.evaluate(first)
    phone.page.set_viewport_size({"width": 360, "height": 300})
    phone.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    wait_until(lambda: not phone.page.evaluate("() => document.querySelector('amble-figure').seen"))
    phone.page.evaluate("scrollTo(0, 0)")
    wait_until(lambda: phone.page.evaluate("() => document.querySelector('amble-figure').seen"))
    phone.page.wait_for_timeout(100)
    assert phone.page.evaluate(first) == still, "and they are still when they come back into sight"
    phone.shoot("figures-program")
