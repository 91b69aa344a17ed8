from typing import Any

import pytest
from django.test import Client

from accounts.access import Role
from accounts.models import Clinic
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def boss() -> people.Person:
    return people.member(people.clinic(), Role.ADMINISTRATOR)


@pytest.fixture
def ana(boss: people.Person) -> people.Person:
    return people.patient(people.member(Clinic.objects.get(), Role.THERAPIST))


def get(who: people.Person, path: str = "care-settings", **headers: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers=who.headers | headers)


def patch(who: people.Person, version: int = 0, **chosen: Any) -> Any:
    headers = who.headers | {"If-Match": f'"{version}"'}
    return Client().patch("/api/v1/care-settings", chosen, content_type="application/json", headers=headers)


def test_a_clinic_that_chose_nothing_has_the_defaults(boss: people.Person, ana: people.Person):
    chosen = get(boss).json()
    assert chosen["review_weeks"] == [2, 4, 6, 12]
    assert chosen["reference_curve"] == "reference curve v1"
    contacts = get(ana, "today").json()["contacts"]
    assert all(contacts[name]["text"] for name in ("emergency", "crisis_line", "out_of_hours"))


def test_what_the_administrator_writes_reaches_the_phone(boss: people.Person, ana: people.Person):
    seen = get(ana, "today")["ETag"]
    assert get(ana, "today", **{"If-None-Match": seen}).status_code == 304
    hours = [{"weekday": 1, "opens": "08:00", "closes": "12:30"}]
    changed = patch(
        boss,
        emergency_text={"en": "Call 112. We have no emergency department."},
        emergency_number="112",
        out_of_hours_text={"en": "The doctor on call answers."},
        hours=hours,
        review_weeks=[6, 3, 3],
    )
    assert changed.status_code == 200
    assert changed.json()["review_weeks"] == [3, 6]
    today = get(ana, "today", **{"If-None-Match": seen})
    assert today.status_code == 200
    contacts = today.json()["contacts"]
    assert contacts["emergency"] == {"text": "Call 112. We have no emergency department.", "number": "112"}
    assert contacts["out_of_hours"] == {
        "text": "The doctor on call answers.",
        "hours": hours,
        "time_zone": "Europe/Berlin",
    }


def test_a_change_keeps_what_it_does_not_name(boss: people.Person):
    patch(boss, crisis_number="988")
    patch(boss, version=1, review_weeks=[4])
    chosen = get(boss).json()
    assert (chosen["crisis_number"], chosen["review_weeks"], chosen["version"]) == ("988", [4], 2)
    assert chosen["changed_by"] == boss.user.pk


def test_of_two_administrators_the_second_is_told(boss: people.Person):
    assert patch(boss, emergency_number="112").status_code == 200
    assert patch(boss, emergency_number="911").status_code == 412
    assert patch(boss, version=1, emergency_number="911").status_code == 200


def test_a_patient_reads_what_is_said_to_patients(ana: people.Person):
    assert set(get(ana).json()) == {
        "emergency_text",
        "emergency_number",
        "crisis_text",
        "crisis_number",
        "out_of_hours_text",
        "hours",
    }


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"review_weeks": []}, "/review_weeks"),
        ({"review_weeks": [0]}, "/review_weeks/0"),
        ({"review_weeks": [53]}, "/review_weeks/0"),
        ({"emergency_number": "call us"}, "/emergency_number"),
        ({"emergency_text": {"xx": "?"}}, "/emergency_text"),
        ({"emergency_text": "Call."}, "/emergency_text"),
        ({"hours": [{"weekday": 8, "opens": "08:00", "closes": "09:00"}]}, "/hours/0/weekday"),
        ({"hours": [{"weekday": 1, "opens": "09:00", "closes": "08:00"}]}, "/hours/0/closes"),
        ({"reference_curve": "my own"}, "/reference_curve"),
        ({"review_week": [2]}, "/review_week"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_changed(
    boss: people.Person, wrong: dict[str, Any], pointer: str
):
    answer = patch(boss, **wrong)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert get(boss).json()["version"] == 0
