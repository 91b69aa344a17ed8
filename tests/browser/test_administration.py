"""Administration and care teams in a real browser: for every body, on every screen, and what idle time does."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect

from accounts.access import Role, acting_for_all
from accounts.actions import end_membership, invite_staff
from accounts.models import Clinic, Membership
from recovery.actions.people import end_episode
from recovery.models import CareTeamMember, Episode
from tests import people
from tests.browser.conftest import patient_with_plan, sideways, wait_until
from tests.browser.desk import Desk, desks
from tests.browser.server import Server
from tests.browser.test_desk import raises_a_flag
from tests.moments import BERLIN
from tests.people import Person

MINUTE = 60_000  # milliseconds


def staff(of: Clinic, *roles: str, name: str) -> Person:
    person = people.member(of, *roles, name=name, now=datetime.now(BERLIN))
    person.user.email = f"{name.split()[0].lower()}@example.org"
    person.user.save()
    return person


@pytest.fixture
def helena(maria: Person) -> Person:
    return staff(Clinic.objects.get(), Role.ADMINISTRATOR, Role.THERAPIST, name="Helena Brandt")


@pytest.fixture
def new_desk(browser: Browser, server: Server) -> Iterator[Callable[..., Desk]]:
    with desks(browser, server) as open_one:
        yield open_one


def sign_in(desk: Desk, person: Person) -> None:
    client = Client()
    client.force_login(person.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    desk.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": desk.server.address}]
    )


def full_house(maria: Person, helena: Person) -> tuple[dict[str, str], dict[str, str]]:
    """A clinic with everything that the pages show: Helena's pages and Maria's, by name."""
    now = datetime.now(BERLIN)
    clinic = Clinic.objects.get()
    noor = staff(clinic, Role.THERAPIST, name="Noor al-Rashid")
    staff(clinic, Role.CLINICIAN, Role.ADMINISTRATOR, name="Dr Ravi Rao")
    leo = staff(clinic, Role.THERAPIST, name="Leo")
    ana, ben = patient_with_plan(maria, "Ana Petrova"), patient_with_plan(maria, "Ben")
    patient_with_plan(leo, "Cleo Papadopoulou-Anagnostopoulou")
    raises_a_flag(ana)
    invite_staff(
        clinic_id=clinic.pk, name="Ida", email="ida@example.org", role="therapist", by=helena.user.pk, now=now
    )
    with acting_for_all():
        CareTeamMember.objects.create(
            clinic=clinic,
            patient_id=ana.user.pk,
            user=noor.user,
            from_on=now.date() + timedelta(days=1),
            until_on=now.date() + timedelta(days=9),
            added_by=maria.user,
            added_at=now,
        )
        episode = Episode.objects.get(patient=ben.user.pk)
        end_episode(episode=episode, because="discharge", on=now.date(), by=maria.user.pk, now=now)
    end_membership(membership=Membership.objects.get(user=leo.user), now=now)
    return {
        "clinic": "/clinic",
        "staff": "/clinic/staff",
        "invite": "/clinic/staff/invite",
        "colleague": f"/clinic/staff/{maria.user.pk}",
        "hand-over": f"/clinic/staff/{leo.user.pk}/hand-over",
        "cover-for": f"/clinic/staff/{maria.user.pk}/cover",
        "roster": "/clinic/patients",
        "roster-alone": "/clinic/patients?alone=1",
        "care-by-name": f"/patients/{ana.user.pk}/care",
    }, {
        "care": f"/patients/{ana.user.pk}/care",
        "care-ended": f"/patients/{ben.user.pk}/care",
        "cover": "/cover",
    }


EMPTY = ("/clinic", "/clinic/staff", "/clinic/patients", "/clinic/patients?alone=1", "/cover")


def check_wide_and_small(desk: Desk, name: str) -> None:
    """The page as it stands fits, and axe finds nothing serious, on a phone also in the dark."""
    for width, looks in ((360, desk.axe_in_each_look), (1280, desk.axe)):
        desk.resize(width)
        assert sideways(desk.page) == 0, f"{name} at {width}"
        assert looks() == [], f"{name} at {width}"
        desk.shoot(f"admin-{name}-{width}")


def test_every_page_fits_and_axe_finds_nothing_serious_empty_or_full(
    new_desk: Callable[..., Desk], maria: Person, helena: Person
):
    desk = new_desk(helena)
    for path in EMPTY:
        desk.visit(path)
        check_wide_and_small(desk, f"empty{path.replace('/', '-').replace('?', '-')}")
    administrators, carers = full_house(maria, helena)
    hers = new_desk(maria)
    for whose, pages in ((desk, administrators), (hers, carers)):
        for name, path in pages.items():
            whose.visit(path)
            for closed in whose.page.locator("main summary").all():
                closed.click()
            check_wide_and_small(whose, name)
    desk.visit("/clinic")
    desk.fill("Monday", "8 to 12")
    desk.click("button", "Save the settings")
    expect(desk.page.locator(".problem")).to_contain_text("Monday: Write it like 08:00-12:30")
    check_wide_and_small(desk, "clinic-wrong")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_colleague_leaves_and_somebody_has_their_patients_with_and_without_scripts(
    new_desk: Callable[..., Desk], maria: Person, ana: Person, helena: Person, scripts: bool
):
    desk = new_desk(helena, scripts=scripts)
    desk.visit("/")
    desk.click("link", "Clinic")
    desk.click("link", "Staff")
    desk.click("link", "Maria")
    desk.page.locator("summary").click()
    desk.click("button", "Maria has left")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Hand over patients of Maria")
    desk.page.get_by_label("To whom").select_option("Helena Brandt")
    desk.click("button", "Hand over")
    expect(desk.page.get_by_text("Helena Brandt cares for one patient from today.")).to_be_visible()
    with acting_for_all():
        able = CareTeamMember.objects.able(on=datetime.now(BERLIN).date())
        assert able.get(patient=ana.user.pk).user_id == helena.user.pk


# --- idle ------------------------------------------------------------------------------------------------


def test_who_does_nothing_is_warned_and_stays_by_a_button_or_a_key(
    new_desk: Callable[..., Desk], maria: Person
):
    desk = new_desk(maria)
    desk.page.clock.install()
    desk.visit("/cover")
    stay = desk.page.get_by_role("button", name="Stay signed in")
    desk.page.clock.run_for(12 * MINUTE)
    expect(stay).to_be_hidden()
    desk.page.clock.run_for(MINUTE + 10_000)
    expect(stay).to_be_visible()
    expect(desk.page.locator("#idle-said")).to_contain_text("You will be signed out in 2 minutes.")
    assert desk.axe() == []
    desk.shoot("admin-idle")
    stay.click()
    expect(stay).to_be_hidden()
    wait_until(lambda: desk.server.times("POST", "/stay-signed-in") == 1)
    desk.page.clock.run_for(13 * MINUTE + 10_000)
    expect(stay).to_be_visible()
    desk.key("Tab")
    expect(stay).to_be_hidden()


def test_what_was_typed_is_there_again_after_signing_in(
    new_desk: Callable[..., Desk], maria: Person, ana: Person
):
    desk = new_desk(maria)
    desk.page.clock.install()
    page = f"/patients/{ana.user.pk}/messages"
    desk.visit(page)
    desk.fill("Write", "Rest today, then")
    desk.page.get_by_label("Only colleagues: a note").check()
    desk.page.clock.run_for(15 * MINUTE + 10_000)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(desk.page.get_by_text("nothing was done here for 15 minutes")).to_be_visible()
    assert "Rest today" not in desk.page.content()
    desk.visit(page)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(desk, maria)
    desk.visit(page)
    expect(desk.page.get_by_label("Write")).to_have_value("Rest today, then")
    expect(desk.page.get_by_label("Only colleagues: a note")).to_be_checked()
    expect(desk.page.get_by_text("It is not saved yet.")).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_label("Write")).to_have_value("")


def test_what_was_typed_is_not_shown_to_the_next_person(
    new_desk: Callable[..., Desk], maria: Person, ana: Person, helena: Person
):
    desk = new_desk(maria)
    desk.page.clock.install()
    desk.visit("/cover")
    desk.page.get_by_label("From").fill("2030-01-01")
    desk.page.clock.run_for(15 * MINUTE + 10_000)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert desk.page.evaluate("sessionStorage.getItem('amble-typed')")
    sign_in(desk, helena)
    desk.visit("/cover")
    expect(desk.page.get_by_label("From")).to_have_value("")
    assert desk.page.evaluate("sessionStorage.getItem('amble-typed')") is None


def test_one_tab_keeps_the_other_and_typing_is_told_to_the_server(
    new_desk: Callable[..., Desk], maria: Person
):
    desk = new_desk(maria)
    desk.page.clock.install()
    desk.visit("/cover")
    other = desk.context.new_page()
    other.clock.install()
    other.goto(desk.server.address + "/reviews")
    desk.page.clock.run_for(13 * MINUTE + 10_000)
    expect(desk.page.get_by_role("button", name="Stay signed in")).to_be_visible()
    other.clock.run_for(13 * MINUTE)
    other.keyboard.press("x")
    expect(desk.page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    other.clock.run_for(10_000)
    wait_until(lambda: desk.server.times("POST", "/stay-signed-in"))
