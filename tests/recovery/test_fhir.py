"""The record as FHIR R4B: read by somebody else's reader, by the value sets, and against the JSON export."""

import json
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.timing import Timing

from accounts.access import Role, acting, acting_for_all
from exercises.dosage import Dosage
from phone import export
from recovery.fhir import plans
from recovery.fhir.bundle import bundle
from recovery.models import Episode, Patient, RedFlag, Reexamination, Review
from tests import people
from tests.moments import NOW
from tests.people import Person
from tests.recovery.fhir_value_sets import outside
from tests.whole_record import note, whole_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

HOME = "https://hillside.example"
# Tables of the JSON export that FHIR does not tell, each with its reason.
NOT_IN_FHIR = {
    "daily_pain": "follows from the ratings",
    "progress": "follows from the record",
    "status_changes": "our judgement, for which FHIR has no resource",
    "replaced_records": "a resource says its own revision",
    "new_starts": "how the start came to be",
    "plan_pauses": "FHIR has no dated pause of a plan",
    "proposed_steps": "what the rules proposed; what came of it is a plan version",
    "suspended_exercises": "the same",
    "reminders": "no part of the care record",
    "delivery_choices": "the same",
    "message_preferences": "the same",
    "notifications": "the same",
}


@pytest.fixture
def maria(db: None) -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: Person) -> Person:
    return whole_record(maria)


def record_of(person: Person) -> dict[str, Any]:
    headers = person.headers | {"Accept": "application/fhir+json"}
    answer = Client().get("/api/v1/export/fhir", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/fhir+json; fhirVersion=4.3"
    assert "attachment" in answer["Content-Disposition"]
    found: dict[str, Any] = json.loads(answer.content)
    return found


def resources(record: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in record["entry"] if entry["resource"]["resourceType"] == kind]


def test_another_reader_takes_it_and_every_word_is_in_its_value_set(ana: Person):
    record = record_of(ana)
    Bundle.model_validate_json(json.dumps(record))
    assert outside({"resourceType": "Bundle", "type": record["type"]}) == []
    assert [word for entry in record["entry"] for word in outside(entry["resource"])] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"resourceType": "Observation", "status": "nonsense"},
        {
            "resourceType": "Flag",
            "category": [{"coding": [{"system": "http://loinc.org", "code": "38221-8"}]}],
        },
        {
            "resourceType": "Observation",
            "valueQuantity": {"system": "http://unitsofmeasure.org", "code": "pt"},
        },
        {"resourceType": "Basic", "status": "active"},
    ],
)
def test_a_word_of_no_value_set_is_seen(wrong: dict[str, Any]):
    assert len(outside(wrong)) == 1


def test_each_reference_leads_to_one_resource_of_the_bundle(ana: Person):
    record = record_of(ana)
    names = [entry["fullUrl"] for entry in record["entry"]]
    assert len(names) == len(set(names))
    assert [f"urn:uuid:{entry['resource']['id']}" for entry in record["entry"]] == names
    named = set(references(record))
    assert named
    assert named <= set(names)


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for one in value for found in references(one)]
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [found for one in value.values() for found in references(one)]
    return []


def test_it_counts_what_the_json_export_counts(ana: Person):
    whole = Client().get("/api/v1/export", headers=ana.headers).json()
    record = record_of(ana)
    found = Counter(entry["resource"]["resourceType"] for entry in record["entry"])
    counted = {name: len(rows) for name, rows in whole.items() if isinstance(rows, list)}
    assert all(counted[name] for name in counted.keys() - NOT_IN_FHIR), counted
    assert found["CarePlan"] == counted["plans"] == 2
    assert found["ServiceRequest"] == counted["plan_lines"]
    assert found["Condition"] == found["EpisodeOfCare"] == counted["episodes"]
    assert found["Consent"] == counted["consents"]
    assert found["Procedure"] == counted["sessions"] + counted["session_results"]
    assert found["QuestionnaireResponse"] == counted["measures"] + counted["symptom_checks"]
    assert found["Flag"] == counted["red_flags"]
    assert found["Provenance"] == counted["red_flag_actions"] + 1  # and who acknowledged it
    assert found["Task"] == counted["reviews"]
    assert found["ClinicalImpression"] == counted["reexaminations"]
    assert found["Communication"] == counted["messages"] + counted["messages_from_staff"]
    scores, answers, counts = 2, 1, 1
    observed = counted["pain"] + counted["walks"] + counted["events"]
    assert found["Observation"] == observed + scores + answers + counts
    assert (found["Patient"], found["Organization"], found["CareTeam"], found["Practitioner"]) == (1, 1, 1, 1)
    members = sum(len(team["participant"]) for team in resources(record, "CareTeam"))
    assert members == counted["care_team"]


def test_every_table_of_the_json_export_is_told_or_left_out_for_a_reason(ana: Person):
    with acting(ana.actor):
        patient = Patient.objects.get()
        tables = set(export._record(patient))
    with acting(ana.actor), CaptureQueriesContext(connection) as statements:
        bundle(patient, for_staff=False, home=HOME, now=NOW)
    read_tables = " ".join(statement["sql"] for statement in statements)
    told = {
        name
        for name, rows in ((name, rows) for name, rows in export._record(patient).items())
        if f'FROM "{rows.model._meta.db_table}"' in read_tables
    }
    assert tables - told == set(NOT_IN_FHIR)


def test_a_zero_is_kept_and_what_was_not_asked_is_not_there(ana: Person):
    record = record_of(ana)
    pains = [one for one in resources(record, "Observation") if "72514-3" in json.dumps(one["code"])]
    assert sorted((one["valueQuantity"]["value"], one["status"]) for one in pains) == [
        (0, "final"),
        (3, "entered-in-error"),
        (7, "final"),
    ]
    (evening,) = (one for one in pains if one["valueQuantity"]["value"] == 7)
    assert evening["effectiveDateTime"] == "2026-03-01"
    assert evening["bodySite"]["text"] == "back"
    (answers,) = (o for o in resources(record, "Observation") if "session-answers" in json.dumps(o["code"]))
    said = {
        part["code"]["coding"][-1]["code"]: part.get(
            "valueBoolean", part.get("valueQuantity", {}).get("value")
        )
        for part in answers["component"]
    }
    assert said == {"leg_before": 0, "leg_later": 3, "new_numbness": False}
    (counts,) = (o for o in resources(record, "Observation") if "exercise-counts" in json.dumps(o["code"]))
    assert [part["valueQuantity"]["value"] for part in counts["component"]] == [0, 0]
    check, *_ = (q for q in resources(record, "QuestionnaireResponse") if "symptom" in q["questionnaire"])
    assert {item["linkId"]: item["answer"][0] for item in check["item"]} == {
        "bladder": {"valueCoding": {"system": "urn:amble:answer", "code": "yes"}},
        "fever": {"valueCoding": {"system": "urn:amble:answer", "code": "no"}},
        "later": {"valueString": "[1]"},
    }


def test_a_version_of_the_plan_ends_when_the_next_begins(ana: Person):
    first, second = resources(record_of(ana), "CarePlan")
    assert (first["status"], first["period"]) == ("revoked", {"start": "2026-02-20", "end": "2026-03-01"})
    assert (second["status"], second["period"]) == ("active", {"start": "2026-03-02"})
    lines = resources(record_of(ana), "ServiceRequest")
    assert [line["occurrenceTiming"]["repeat"]["frequency"] for line in lines] == [1, 2]


def test_what_is_over_is_said_to_be_over(ana: Person, maria: Person):
    said = {"closed_at": NOW, "closed_on": NOW, "closed_by": maria.user, "closed_because": "Seen."}
    with acting(maria.actor):
        RedFlag.objects.update(**said)
        Review.objects.update(answered_by=None, lapsed_at=NOW)
        look = Reexamination.objects.get()
        look.corrects_id, look.pk = look.pk, None
        look.save(force_insert=True)
        Episode.objects.update(ended_on=NOW, ended_because="surgery", ended_by=maria.user)
    record = record_of(ana)
    Bundle.model_validate_json(json.dumps(record))
    assert [word for entry in record["entry"] for word in outside(entry["resource"])] == []
    assert [one["status"] for one in resources(record, "CarePlan")] == ["revoked", "completed"]
    assert {one["status"] for one in resources(record, "Flag")} == {"inactive"}
    assert "Seen." in json.dumps(resources(record, "Provenance"))
    kinds = ("EpisodeOfCare", "Task", "ClinicalImpression")
    assert [resources(record, kind)[0]["status"] for kind in kinds] == [
        "finished",
        "cancelled",
        "entered-in-error",
    ]


@pytest.mark.parametrize(
    ("dosage", "weekdays", "repeat"),
    [
        (Dosage(repetitions=5, times_per_day=2), [], {"frequency": 2, "period": 1, "periodUnit": "d"}),
        (
            Dosage(repetitions=5, times_per_day=2, days_per_week=3),
            [],
            {"frequency": 6, "period": 1, "periodUnit": "wk"},
        ),
        (
            Dosage(minutes=20, days_per_week=3),
            [1, 7],
            {
                "frequency": 1,
                "period": 1,
                "periodUnit": "d",
                "dayOfWeek": ["mon", "sun"],
                "duration": 20,
                "durationUnit": "min",
            },
        ),
    ],
)
def test_how_often_is_said_as_it_was_asked(dosage: Dosage, weekdays: list[int], repeat: dict[str, Any]):
    timing = plans.timing(dosage, weekdays)
    assert timing == {"repeat": repeat}
    Timing.model_validate(timing)
    assert outside({"resourceType": "ServiceRequest", "occurrenceTiming": timing}) == []


def test_staff_read_it_without_private_notes_and_a_stranger_does_not(ana: Person, maria: Person):
    own = json.dumps(record_of(ana))
    answer = Client().get(f"/api/v1/patients/{ana.user.pk}/fhir", headers=maria.headers)
    theirs = answer.content.decode()
    assert "CNRY-own-note" in own
    assert "CNRY-own-note" not in theirs
    assert "CNRY-staff-note" not in own + theirs
    assert "Is this right?" in theirs
    with acting_for_all():  # row-level security looks away: the code alone holds
        unguarded = bundle(Patient.objects.get(), for_staff=True, home=HOME, now=NOW)
    assert "CNRY" not in json.dumps(unguarded)
    other = people.member(people.clinic("Lakeside"), Role.CLINICIAN)
    assert Client().get(f"/api/v1/patients/{ana.user.pk}/fhir", headers=other.headers).status_code == 404


def test_the_number_of_statements_does_not_grow_with_the_record(ana: Person):
    few = statements_of(ana)
    for _ in range(5):
        note(ana, "session", leg_before=1, results=[{"exercise": "bridge", "outcome": "done"}])
        note(ana, "measure", instrument="rmdq", ticked=[])
        note(ana, "symptom_check", answers={"fever": "yes"})
    assert statements_of(ana) == few <= 24


def statements_of(person: Person) -> int:
    with CaptureQueriesContext(connection) as statements:
        record_of(person)
    return len(statements)


def test_two_exports_name_a_thing_alike_and_two_installations_do_not(ana: Person):
    with acting(ana.actor):
        patient = Patient.objects.get()
        one, again, elsewhere = (
            {entry["fullUrl"] for entry in bundle(patient, for_staff=False, home=home, now=NOW)["entry"]}
            for home in (HOME, HOME, "https://lakeside.example")
        )
    assert one == again
    assert not one & elsewhere
