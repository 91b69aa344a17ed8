"""The clinic's own exercises and programs: made from others, changed, put away, and never another clinic's."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.access import Role
from accounts.models import Clinic
from exercises.models import Exercise, Program
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_builder import Fields, fields, press, program_page, start
from tests.clinic.test_pages import text
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


@pytest.fixture
def desk(maria: Person, browser: Browser) -> Client:
    call_command("load_catalog", verbosity=0)
    return browser(maria)


def form_of(page: Any) -> dict[str, Any]:
    """The fields of the page's own form."""
    html = page.content.decode().replace('<form method="post" novalidate>', '<form id="builder">')
    return dict(Fields(html).sent)


def new_exercise(desk: Client, **typed: Any) -> Any:
    path = f"/exercises/new?from={Exercise.objects.get(slug='bridge').pk}"
    return desk.post(path, form_of(desk.get(path)) | {"name": "Bridge on a ball"} | typed, follow=True)


def test_an_own_exercise_is_made_from_a_shared_one_changed_put_away_and_brought_back(
    desk: Client, hillside: Clinic
):
    assert "Bridge on a ball is saved." in text(new_exercise(desk))
    own = Exercise.objects.get(clinic=hillside)
    assert (own.slug, own.sides, own.dosage["repetitions"]) == ("bridge-on-a-ball", "middle", 10)
    assert own.dosage_range["hold_seconds"] == {"least": 5, "most": 10}
    path = f"/exercises/{own.pk}"
    desk.post(path, form_of(desk.get(path)) | {"language": "es", "name": "Puente en pelota"})
    desk.post(path, form_of(desk.get(path)) | {"repetitions_most": "15"})
    own.refresh_from_db()
    assert (own.text["en"]["name"], own.text["es"]["name"]) == ("Bridge on a ball", "Puente en pelota")
    assert own.dosage_range["repetitions"]["most"] == 15
    assert "is put away" in text(desk.post(f"{path}/put-away", follow=True))
    own.refresh_from_db()
    assert own.retired_on is not None
    assert "is back in use" in text(desk.post(f"{path}/put-away", follow=True))


def test_a_dose_outside_of_its_own_range_is_named_at_its_field(desk: Client, hillside: Clinic):
    refused = new_exercise(desk, repetitions_usual="20")
    assert refused.status_code == 422
    assert "Times, usual: repetitions must be 5 to 12." in text(refused)
    assert not Exercise.objects.filter(clinic=hillside).exists()


def test_a_plan_becomes_a_program_of_the_clinic_without_what_was_said_to_the_patient(
    desk: Client, maria: Person, hillside: Clinic
):
    ana = people.patient(maria)
    start(desk, ana)
    press(desk, program_page(ana), "save", **{"5-repetitions": "11", "5-note": "For Ana alone."})
    path = f"/programs/new?draft={ana.user.pk}"
    words = {"name": "Our bridge weeks", "for_whom": "For calm legs.", "why": "Stronger hips."}
    page = press(desk, path, "more.5.repetitions")
    assert "For Ana alone." not in page.content.decode()
    saved = desk.post(path, fields(page) | words | {"do": "create"}, follow=True)
    assert "Our bridge weeks is saved as a program of your clinic." in text(saved)
    own = Program.objects.get(clinic=hillside)
    line = own.lines.get(exercise__slug="bridge")
    assert (line.dosage["repetitions"], line.note) == (12, {})
    # It is a start for the next patient, and can be changed.
    ben = people.patient(maria, name="Ben")
    assert "Our bridge weeks" in text(desk.get(program_page(ben)))
    edit = f"/programs/{own.pk}"
    changed = press(desk, edit, "remove.5")
    assert "Bridge is removed." in text(changed)
    back = desk.post(edit, fields(changed) | {"do": "undo"})
    desk.post(edit, fields(back) | {"do": "remove.0"})
    assert own.lines.count() == 8
    final = desk.post(edit, fields(changed) | {"do": "create"}, follow=True)
    assert final.status_code == 200
    assert own.lines.count() == 7
    assert desk.post(edit, fields(changed) | {"do": "create"}).status_code == 409
    desk.post(f"{edit}/put-away", follow=True)
    assert "Our bridge weeks" not in text(desk.get(program_page(ben)))


def test_shared_rows_and_those_of_another_clinic_are_nobodys_to_change(
    desk: Client, hillside: Clinic, browser: Browser
):
    new_exercise(desk)
    own = Exercise.objects.get(clinic=hillside)
    other = browser(staff(people.clinic("Seaside"), Role.THERAPIST, name="Otto"))
    shared = Exercise.objects.get(slug="bridge")
    program = Program.objects.get(slug="staying-well")
    for client, path, status in (
        (other, f"/exercises/{own.pk}", 404),
        (desk, f"/exercises/{shared.pk}", 403),
        (desk, f"/programs/{program.pk}", 403),
    ):
        assert client.get(path).status_code == status
        assert client.post(f"{path}/put-away").status_code == status
    assert "Bridge on a ball" not in text(other.get("/exercises"))


def test_words_are_inert_and_no_form_is_taken_without_its_token(desk: Client, maria: Person):
    evil = "<script>alert(1)</script>"
    new_exercise(desk, name=evil)
    for path in (
        "/exercises",
        f"/exercises?q={evil}",
        f"/exercises/{Exercise.objects.get(slug='scriptalert1script').pk}",
    ):
        assert evil not in desk.get(path).content.decode()
    client = Client(enforce_csrf_checks=True)
    client.force_login(maria.user)
    for path in ("/exercises/new", "/programs/new", "/exercises/1/put-away", "/programs/1/put-away"):
        assert client.post(path).status_code == 403
    assert not re.search(r"\son\w+=|\sstyle=", desk.get("/exercises").content.decode())
