"""Adding patients and inviting their phones, as a browser without scripts does it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.actions import use_invitation
from accounts.models import Clinic, Invitation
from recovery.models import Episode, Patient
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_pages import statements, text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]
ANA = {
    "name": "Ana Petrova",
    "birth_year": "1980",
    "where": "left",
    "weeks": "5",
    "language": "es",
    "email": "",
}


def code_on(page: Any) -> str:
    found = re.search(r'class="code"><strong>([A-Z2-9-]{9})<', page.content.decode())
    assert found is not None
    return found[1]


def test_a_patient_is_added_invited_and_joins(maria: Person, browser: Browser):
    client = browser(maria)
    added = client.post("/patients/new", ANA, follow=True)
    assert "Ana Petrova is added, in your care." in text(added)
    with acting_for_all():
        patient = Patient.objects.get(name="Ana Petrova")
        episode = Episode.objects.get(patient=patient)
    assert (patient.language, patient.birth_year, episode.side, episode.region) == ("es", 1980, "left", "leg")
    assert (NOW.date() - episode.onset_on).days == 35
    path = f"/patients/{patient.pk}/invitation"
    card = client.post(path)
    assert "Tus ejercicios en el teléfono" in text(card)
    assert "<svg" in card.content.decode()
    assert "no-store" in card.headers["Cache-Control"]
    code = code_on(card)
    assert "Waiting the code works until" in text(client.get("/invitations"))
    assert use_invitation(code=code, second_factor="1980", now=NOW) is not None


def test_a_new_code_voids_the_one_before_and_a_revoked_one_lets_nobody_in(maria: Person, browser: Browser):
    client, ana = browser(maria), people.patient(maria)
    path = f"/patients/{ana.user.pk}/invitation"
    first, second = code_on(client.post(path)), code_on(client.post(path))
    assert use_invitation(code=first, second_factor="1980", now=NOW) is None
    assert "The code is void." in text(client.post(f"{path}/revoke", follow=True))
    assert use_invitation(code=second, second_factor="1980", now=NOW) is None
    assert "There was no open code." in text(client.post(f"{path}/revoke", follow=True))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Name: This field is required."),
        ("birth_year", "1850", "Use a year from 1906 to 2026."),
        ("birth_year", "abc", "Enter a whole number."),
        ("where", "", "Say where it hurts."),
        ("weeks", "-1", "greater than or equal to 0"),
        ("email", "nobody", "Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_stays_typed(
    maria: Person, browser: Browser, field: str, typed: str, said: str
):
    page = browser(maria).post("/patients/new", ANA | {field: typed})
    assert page.status_code == 422
    assert said in text(page)
    if field != "name":
        assert 'value="Ana Petrova"' in page.content.decode()
    with acting_for_all():
        assert not Patient.objects.exists()


def test_only_those_who_treat_add_and_only_the_care_team_invites(
    hillside: Clinic, maria: Person, browser: Browser
):
    ana = people.patient(maria)
    path = f"/patients/{ana.user.pk}/invitation"
    boss = browser(staff(hillside, Role.ADMINISTRATOR, name="Helena"))
    rao = browser(staff(hillside, Role.CLINICIAN, name="Rao"))
    noor = browser(staff(hillside, Role.THERAPIST, name="Noor"))
    assert boss.get("/patients/new").status_code == boss.post("/patients/new", ANA).status_code == 403
    for client, status in ((rao, 403), (noor, 404), (Client(), 302)):
        assert client.post(path).status_code == client.post(f"{path}/revoke").status_code == status
    with acting_for_all():
        assert not Invitation.objects.exists()


def test_nothing_is_made_by_a_link_or_without_the_forms_token(maria: Person):
    ana = people.patient(maria)
    client = Client(enforce_csrf_checks=True)
    client.force_login(maria.user)
    path = f"/patients/{ana.user.pk}/invitation"
    for where in ("/patients/new", path, f"{path}/revoke"):
        assert client.post(where, ANA).status_code == 403
    assert client.get(f"{path}/revoke").status_code == 405
    client.get(path)
    assert not Invitation.objects.exists()


def test_the_list_costs_the_same_for_one_patient_and_for_ten_and_typed_names_are_inert(
    maria: Person, browser: Browser
):
    client = browser(maria)
    people.patient(maria, name="<script>alert(1)</script>")
    one = statements(client, "/invitations")
    for n in range(9):
        people.patient(maria, name=f"Ana {n}")
    assert len(statements(client, "/invitations")) == len(one)
    page = client.get("/invitations").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
