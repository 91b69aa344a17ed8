"""Every figure is shown, and approved by a therapist of the clinic in the version that was looked at."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.utils import ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role, acting
from accounts.models import Clinic
from exercises.figures.reader import drawn
from exercises.models import Exercise, FigureApproval
from tests import people
from tests.clinic.test_pages import text
from tests.moments import NOW
from tests.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

Browser = Callable[[Person], Client]
NOT_YET = "not approved yet"


@pytest.fixture(autouse=True)
def catalog() -> None:
    call_command("load_catalog", verbosity=0)


def approve(desk: Client, slug: str, version: str = "") -> str:
    version = version or drawn()[slug].version
    return text(desk.post(f"/figures/{slug}/approve", {"version": version}, follow=True))


def test_a_therapist_approves_a_figure_for_the_clinic_and_only_for_it(maria: Person, browser: Browser):
    desk = browser(maria)
    waiting = text(desk.get("/figures")).count(NOT_YET)
    assert waiting == Exercise.objects.shared().count() == 36
    assert "Bridge is approved." in approve(desk, "bridge")
    assert text(desk.get("/figures")).count(NOT_YET) == waiting - 1
    assert text(desk.get("/exercises")).count("figure not approved") == waiting - 1
    elsewhere = browser(people.member(people.clinic("Lakeside"), Role.THERAPIST))
    assert text(elsewhere.get("/figures")).count(NOT_YET) == waiting


def test_what_is_drawn_anew_is_asked_again_and_nobody_approves_what_they_did_not_see(
    maria: Person, browser: Browser
):
    desk = browser(maria)
    with acting(maria.actor):
        FigureApproval.objects.create(
            clinic_id=maria.actor.clinic_id,
            exercise=Exercise.objects.get(slug="bridge"),
            version="an old one",
            approved_by=maria.user,
            approved_at=NOW,
        )
    assert text(desk.get("/figures")).count(NOT_YET) == 36
    assert "Bridge is drawn anew: look at it again." in approve(desk, "bridge", "an old one")
    assert text(desk.get("/figures")).count(NOT_YET) == 36


def test_the_first_to_approve_is_the_one_recorded(maria: Person, browser: Browser, hillside: Clinic):
    approve(browser(maria), "bridge")
    page = approve(browser(people.member(hillside, Role.CLINICIAN)), "bridge")
    assert "A colleague has already approved Bridge." in page
    with acting(maria.actor):
        assert FigureApproval.objects.get().approved_by == maria.user


def test_who_does_not_treat_may_look_and_not_approve(hillside: Clinic, browser: Browser):
    administrator = people.member(hillside, Role.ADMINISTRATOR)
    desk = browser(administrator)
    assert "<button>Approve" not in desk.get("/figures").content.decode()
    assert desk.post("/figures/bridge/approve").status_code == 403
    assert desk.post("/figures/no-such/approve").status_code == 403
    with acting(administrator.actor), pytest.raises(ProgrammingError, match="row-level security"):
        FigureApproval.objects.create(
            clinic=hillside,
            exercise=Exercise.objects.get(slug="bridge"),
            version="x",
            approved_by=administrator.user,
            approved_at=NOW,
        )


def test_a_figure_that_is_none_is_not_found(maria: Person, browser: Browser):
    assert browser(maria).post("/figures/no-such/approve").status_code == 404


def test_an_own_exercise_of_the_same_name_has_not_the_shared_figure(hillside: Clinic):
    shared = Exercise.objects.get(slug="bridge")
    own = Exercise(clinic=hillside, slug="bridge", text=shared.text)
    assert (shared.figure, own.figure) == ("bridge", "")


def test_the_page_costs_the_same_however_many_are_approved(maria: Person, browser: Browser):
    desk = browser(maria)
    with CaptureQueriesContext(connection) as before:
        desk.get("/figures")
    for slug in ("bridge", "bird-dog", "dead-bug"):
        approve(desk, slug)
    desk.get("/figures")  # which says what was approved
    with CaptureQueriesContext(connection) as after:
        desk.get("/figures")
    assert len(after) == len(before)
