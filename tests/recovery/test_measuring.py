"""Outcome measures from the phone to what staff and the patient are shown."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from recovery.actions.days import close_days
from recovery.models import Episode, OutcomeMeasure, Patient
from tests import people
from tests.moments import NOW
from tests.recovery.test_days import log
from tests.recovery.test_plans import call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

START = NOW.date() - timedelta(days=28)
FIVE = [{"name": name, "ability": 3} for name in ("Walk", "Sit", "Lift", "Sleep", "Drive")]


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: people.Person) -> people.Person:
    patient = people.patient(maria)
    people.plan_for(patient, maria, starts_on=START)
    return patient


def answer(phone: people.Person, on: date, **body: Any) -> Any:
    return call(phone, "PUT", f"measures/{uuid4()}", {"revision": 1, "at": f"{on}T19:00:00+01:00"} | body)


def asked(phone: people.Person) -> list[tuple[str, int]]:
    return [(one["instrument"], one["week"]) for one in call(phone, "GET", "today").json()["measures_due"]]


def shown(maria: people.Person) -> dict[str, Any]:
    with acting_for_all():
        episode = Episode.objects.get().pk
    body = call(maria, "GET", f"episodes/{episode}/measures").json()
    return {one["instrument"]: one for one in body["instruments"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"instrument": "odi", "ticked": []}, "/instrument"),
        ({"ticked": []}, "/instrument"),
        ({"instrument": "rmdq"}, "/ticked"),
        ({"instrument": "rmdq", "ticked": [0]}, "/ticked/0"),
        ({"instrument": "rmdq", "ticked": [25]}, "/ticked/0"),
        ({"instrument": "rmdq", "ticked": [3, 4, 3]}, "/ticked/2"),
        ({"instrument": "rmdq", "ticked": [3], "effect": "unchanged"}, "/effect"),
        ({"instrument": "gpe", "effect": "cured"}, "/effect"),
        ({"instrument": "gpe"}, "/effect"),
        ({"instrument": "psfs", "activities": FIVE[:2]}, "/activities"),
        ({"instrument": "psfs", "activities": [*FIVE, {"name": "Swim", "ability": 1}]}, "/activities"),
        (
            {"instrument": "psfs", "activities": [*FIVE[:2], {"name": "x", "ability": 11}]},
            "/activities/2/ability",
        ),
        (
            {"instrument": "psfs", "activities": [*FIVE[:2], {"name": " ", "ability": 1}]},
            "/activities/2/name",
        ),
        ({"instrument": "psfs", "activities": [*FIVE[:2], {"name": "sit ", "ability": 1}]}, "/activities/2"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(
    ana: people.Person, body: dict[str, Any], pointer: str
):
    refused = answer(ana, NOW.date(), **body)
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    record = {"id": str(uuid4()), "kind": "measure", "revision": 1, "at": NOW.isoformat()} | body
    told = call(ana, "POST", "sync", {"records": [record]}).json()["answers"][0]
    assert (told["answer"], told["pointer"]) == ("refused", f"/records/0{pointer}")
    with acting_for_all():
        assert not OutcomeMeasure.objects.exists()


def test_the_phone_asks_what_is_due_with_its_words_and_stops_when_it_was_answered(ana: people.Person):
    due = {one["instrument"]: one for one in call(ana, "GET", "today").json()["measures_due"]}
    assert set(due) == {"psfs", "rmdq", "gpe"}
    assert len(due["rmdq"]["form"]["statements"]) == 24
    assert due["gpe"]["week"] == 4
    assert answer(ana, NOW.date(), instrument="rmdq", ticked=[1, 2]).status_code == 201
    assert answer(ana, START, instrument="psfs", activities=FIVE).status_code == 201
    assert answer(ana, NOW.date(), instrument="gpe", effect="much_better").status_code == 201
    again = call(ana, "GET", "today").json()["measures_due"]
    assert [(one["instrument"], one["week"], one["activities"]) for one in again] == [
        ("psfs", 4, ["Walk", "Sit", "Lift", "Sleep", "Drive"])
    ]


def test_the_questionnaire_is_not_asked_in_a_language_it_has_no_published_words_for(ana: people.Person):
    with acting_for_all():
        Patient.objects.update(language="es")
    assert asked(ana) == [("psfs", 0), ("gpe", 4)]


def test_staff_see_each_score_its_change_and_whether_it_counts(ana: people.Person, maria: people.Person):
    answer(ana, START, instrument="rmdq", ticked=list(range(1, 13)))
    answer(ana, NOW.date(), instrument="rmdq", ticked=[1, 2, 3])
    answer(ana, START, instrument="psfs", activities=FIVE)
    answer(ana, NOW.date(), instrument="psfs", activities=[one | {"ability": 4} for one in FIVE[:4]] + [
        {"name": "drive", "ability": 9}
    ])  # fmt: skip
    found = shown(maria)
    first, later = found["rmdq"]["answers"]
    assert (first["score"], first["change"], first["week"]) == (12, None, 1)
    assert (later["score"], later["edge"], later["by"]) == (3, "floor", ana.user.pk)
    assert later["change"] == {"since": str(START), "points": -9.0, "verdict": "better"}
    change = found["psfs"]["answers"][1]["change"]
    assert (change["points"], change["verdict"]) == (2.0, "better")
    singles = {one["name"]: one["change"]["verdict"] for one in found["psfs"]["answers"][1]["activities"]}
    assert singles == dict.fromkeys(("Walk", "Sit", "Lift", "Sleep"), "no_important_change") | {
        "drive": "better"
    }
    assert found["gpe"]["due"] == {"week": 4, "since": str(NOW.date())}
    assert "no permission" in found["rmdq"]["licence"]


def test_a_withdrawn_answer_counts_for_nothing_and_a_correction_replaces_it(
    ana: people.Person, maria: people.Person
):
    path, head = f"measures/{uuid4()}", {"at": f"{NOW.date()}T10:00:00+01:00", "instrument": "rmdq"}
    call(ana, "PUT", path, head | {"revision": 1, "ticked": [1]})
    assert call(ana, "PUT", path, head | {"revision": 2, "ticked": [1, 2]}).status_code == 200
    assert [one["score"] for one in shown(maria)["rmdq"]["answers"]] == [2]
    call(ana, "PUT", path, head | {"revision": 3, "ticked": [1, 2], "withdrawn": True})
    assert shown(maria)["rmdq"]["answers"] == []
    assert ("rmdq", 0) in asked(ana)


def test_the_diary_and_the_patient_are_shown_side_by_side_where_they_disagree(
    ana: people.Person, maria: people.Person
):
    for day in range(28):
        log(ana, START + timedelta(days=day), 6 if day < 7 else 1)
    answer(ana, NOW.date() - timedelta(days=1), instrument="gpe", effect="slightly_better")
    close_days(now=NOW)
    with acting_for_all():
        episode = Episode.objects.get().pk
    for body in (
        call(maria, "GET", f"episodes/{episode}/trend").json(),
        call(ana, "GET", "progress").json(),
    ):
        said = body["recovery"]
        assert (said["relief"]["on"], said["relief"]["stands"]) == (str(START + timedelta(days=13)), True)
        assert said["global_effect"]["effect"] == "slightly_better"
        assert (said["agree"], said["recovered"]) == (False, False)
        assert said["improved_on"] == str(START + timedelta(days=13))
        assert said["recurrence"] == {"days": 14, "relapsed": False}


def test_recovered_needs_a_month_without_pain_and_the_word(maria: people.Person):
    ben = people.patient(maria, name="Ben")
    start = NOW.date() - timedelta(days=35)
    people.plan_for(ben, maria, starts_on=start)
    for day in range(35):
        log(ben, start + timedelta(days=day), 6 if day < 7 else 1)
    close_days(now=NOW)

    def said() -> Any:
        return Client().get("/api/v1/progress", headers=ben.headers).json()["recovery"]

    answer(ben, NOW.date() - timedelta(days=1), instrument="gpe", effect="much_better")
    assert (said()["recovered"], said()["agree"]) == (False, True)
    answer(ben, NOW.date(), instrument="gpe", effect="completely_recovered")
    assert said()["recovered"] is True
