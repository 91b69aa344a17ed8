"""What a patient agrees to is asked in their language and kept with its version."""

import json
from typing import Any

import pytest
from django.db.utils import ProgrammingError
from django.test import Client

from accounts.access import Role, acting
from recovery.consents import text
from recovery.models import Consent, Patient
from tests import people
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def ana(db: None) -> Person:
    return people.patient(people.member(people.clinic(), Role.THERAPIST))


def say(person: Person, body: Any) -> Any:
    return Client().post("/api/v1/consent", json.dumps(body), "application/json", headers=person.headers)


def test_nobody_has_agreed_before_they_were_asked(ana: Person):
    asked = Client().get("/api/v1/consent", headers=ana.headers).json()
    assert asked["answer"] is None
    assert [card["title"] for card in asked["cards"]][0] == "What Amble keeps"


def test_the_cards_come_in_the_patients_language(ana: Person):
    with acting(ana.actor):
        Patient.objects.update(language="es")
    asked = Client().get("/api/v1/consent", headers=ana.headers).json()
    assert asked["cards"] == text()["cards"]["es"]


def test_a_yes_that_is_taken_back_is_kept_beside_it(ana: Person):
    assert say(ana, {"version": text()["version"], "given": True}).json()["answer"]["given"] is True
    assert say(ana, {"version": text()["version"], "given": False}).json()["answer"]["given"] is False
    with acting(ana.actor):
        rows = Consent.objects.order_by("id")
        assert [(row.given, row.device_id == ana.actor.device_id) for row in rows] == [
            (True, True),
            (False, True),
        ]
        with pytest.raises(ProgrammingError, match="permission denied"):
            rows.update(given=True)


def test_only_the_cards_that_are_asked_now_can_be_agreed_to(ana: Person):
    answer = say(ana, {"version": "0", "given": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/version")
