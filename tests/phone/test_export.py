"""The whole record, by the patient, without asking."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from accounts.access import Role, acting
from phone.export import export
from recovery.actions.messages import write_to_patient
from recovery.models import Patient
from tests import people
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

# Tables of a patient's that are not theirs to take, each with its reason.
LEFT_OUT = {
    "plandraft": "what a therapist is still writing",
    "task": "work of the staff",
    "expiry": "what administrators decide when all of it is to be erased",
    "patient": "told by its own fields",
}


@pytest.fixture
def maria(db: None) -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: Person) -> Person:
    return people.patient(maria)


def test_every_table_of_a_patient_is_in_the_export(ana: Person):
    with acting(ana.actor):
        patient = Patient.objects.get()
        exported = len(export(patient, now=NOW)) - len(("format", "made_at", "patient"))
    tables = [
        model
        for model in apps.get_models()
        if any(field.name == "patient" for field in model._meta.concrete_fields)
        and model._meta.model_name not in LEFT_OUT
    ]
    assert exported == len(tables), sorted(model.__name__ for model in tables)


def test_what_was_noted_and_written_is_in_it_and_staff_notes_are_not(ana: Person, maria: Person):
    people.plan_for(ana, maria, starts_on=NOW.date())
    uuid = str(uuid4())
    body = {
        "revision": 1,
        "at": "2026-03-01T20:00:00+01:00",
        "region": "leg",
        "score": 4,
        "asked": "now",
        "note": "hm",
    }
    Client().put(f"/api/v1/pain/{uuid}", json.dumps(body), "application/json", headers=ana.headers)
    with acting(maria.actor):
        patient = Patient.objects.get(pk=ana.user.pk)
        for words, to_patient in (("Keep the knee bent.", True), ("Check the reflex.", False)):
            write_to_patient(patient=patient, text=words, to_patient=to_patient, by=maria.user.pk, now=NOW)
    answer = Client().get("/api/v1/export", headers=ana.headers)
    record = answer.json()
    assert "attachment" in answer["Content-Disposition"]
    assert record["pain"][0]["body"]["note"] == "hm"
    assert [plan["number"] for plan in record["plans"]] == [1]
    assert [message["text"] for message in record["messages_from_staff"]] == ["Keep the knee bent."]
    assert "Check the reflex." not in answer.content.decode()


def test_it_holds_nothing_of_another_patient(ana: Person, maria: Person):
    ben = people.patient(maria, name="CNRY-Ben")
    people.plan_for(ben, maria, starts_on=NOW.date())
    answer = Client().get("/api/v1/export", headers=ana.headers)
    assert answer.json()["plans"] == []
    assert "CNRY-Ben" not in answer.content.decode()


@pytest.mark.parametrize("what", ["export", "export/fhir", "export/csv"])
@pytest.mark.parametrize(
    ("zone", "on"), [("Pacific/Honolulu", "2026-03-01"), ("Pacific/Auckland", "2026-03-02")]
)
def test_the_date_in_the_name_of_the_file_is_the_patients(
    maria: Person, monkeypatch: pytest.MonkeyPatch, what: str, zone: str, on: str
):
    night = NOW - timedelta(hours=5)
    monkeypatch.setattr(timezone, "now", lambda: night)
    leilani = people.patient(maria, name="Leilani", zone=zone)
    answer = Client().get(f"/api/v1/{what}", headers=leilani.headers)
    assert f'filename="amble-{on}.' in answer["Content-Disposition"]
