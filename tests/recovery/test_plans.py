"""From a program to a published plan, and the races on the way."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from recovery.actions.days import close_days
from recovery.models import Episode, Plan, Prescription
from tests import people
from tests.moments import NOW

pytestmark = pytest.mark.usefixtures("noon")


def call(person: people.Person, method: str, path: str, body: Any = None, **headers: str) -> Any:
    data = "" if body is None else json.dumps(body)
    return Client().generic(
        method, f"/api/v1/{path}", data, "application/json", headers=person.headers | headers
    )


def episode_of(someone: people.Person) -> int:
    with acting_for_all():
        return Episode.objects.get(patient=someone.user.pk).pk


@pytest.mark.django_db
def test_a_program_is_copied_adjusted_and_published_and_stays_as_it_was():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana, program = people.patient(maria), people.program()
    path = f"episodes/{episode_of(ana)}/draft"
    draft = call(maria, "POST", path, {"program": program.pk, "starts_on": "2026-01-05"})
    assert draft.status_code == 201
    line = draft.json()["lines"][0]
    changed = {
        "lines": [line | {"dosage": {"repetitions": 12}, "weekdays": [1, 3, 5], "side": "right"}],
        "starts_on": "2026-01-05",
        "note": "Gently.",
    }
    saved = call(maria, "PUT", path, changed, **{"If-Match": draft["ETag"]})
    assert saved.status_code == 200
    stale = call(maria, "POST", f"{path}/publish", **{"If-Match": draft["ETag"]})
    assert stale.status_code == 412
    published = call(maria, "POST", f"{path}/publish", **{"If-Match": saved["ETag"]})
    assert published.status_code == 201
    body = published.json()
    assert (body["number"], body["starts_on"]) == (1, "2026-01-05")
    plans = call(maria, "GET", f"episodes/{episode_of(ana)}/plans").json()["results"]
    assert plans[0]["lines"][0]["in_words"] == "12 times, right leg, once a day, 3 days a week"
    phone = Client().get("/api/v1/plan", headers=ana.headers).json()["plan"]
    assert phone["lines"][0]["text"]["steps"] == ["Lift your hips."]
    assert phone["lines"][0]["seconds"] == 12 * 4 + 20
    with acting_for_all():
        assert str(Episode.objects.get().started_on) == "2026-01-05"


@pytest.mark.django_db
def test_a_dose_outside_the_exercises_range_names_its_field():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana, program = people.patient(maria), people.program()
    path = f"episodes/{episode_of(ana)}/draft"
    started = call(maria, "POST", path, {"program": program.pk})
    draft = started.json()
    draft["lines"][0]["dosage"] = {"repetitions": 40}
    body = {"lines": draft["lines"], "starts_on": draft["starts_on"]}
    saved = call(maria, "PUT", path, body, **{"If-Match": started["ETag"]})
    answer = call(maria, "POST", f"{path}/publish", **{"If-Match": saved["ETag"]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/lines/0/dosage/repetitions"
    with acting_for_all():
        assert not Plan.objects.exists()


@pytest.mark.django_db
def test_a_write_without_or_with_a_foreign_etag_is_refused():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana, program = people.patient(maria), people.program()
    path = f"episodes/{episode_of(ana)}/draft"
    draft = call(maria, "POST", path, {"program": program.pk}).json()
    body = {"lines": draft["lines"], "starts_on": draft["starts_on"]}
    assert call(maria, "PUT", path, body).status_code == 428
    assert call(maria, "PUT", path, body, **{"If-Match": '"abc"'}).status_code == 400
    assert call(maria, "PUT", path, body, **{"If-Match": '"7"'}).status_code == 412


@pytest.mark.django_db
def test_a_changed_plan_never_touches_what_was_asked_before():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=NOW.date() - timedelta(days=14))
    path = f"episodes/{episode_of(ana)}/draft"
    draft = call(maria, "POST", path, {"starts_on": "2026-02-25"})
    answer = call(maria, "POST", f"{path}/publish", **{"If-Match": draft["ETag"]})
    assert answer.json()["errors"][0]["pointer"] == "/starts_on"
    body = draft.json()
    saved = call(
        maria, "PUT", path, {"lines": body["lines"], "starts_on": "2026-03-02"}, **{"If-Match": draft["ETag"]}
    )
    assert call(maria, "POST", f"{path}/publish", **{"If-Match": saved["ETag"]}).json()["number"] == 2
    close_days(now=NOW)
    with acting(maria.actor):
        assert [plan.number for plan in Plan.objects.order_by("number")] == [1, 2]
        assert Prescription.objects.count() == 2


@pytest.mark.usefixtures("committed")
def test_of_eight_publishers_at_once_one_makes_the_plan():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana, program = people.patient(maria), people.program()
    path = f"episodes/{episode_of(ana)}/draft"
    tag = call(maria, "POST", path, {"program": program.pk})["ETag"]

    def publish(_: int) -> int:
        try:
            return int(call(maria, "POST", f"{path}/publish", **{"If-Match": tag}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(publish, range(8)))
    assert codes == [201] + [409] * 7
    with acting_for_all():
        assert Plan.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_of_two_who_start_staying_well_at_once_one_makes_the_plan_and_the_other_is_told():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana = people.patient(maria)
    people.program("staying-well")
    people.plan_for(ana, maria, starts_on=NOW.date())
    path = f"episodes/{episode_of(ana)}/staying-well"

    def start(_: int) -> int:
        try:
            return int(call(maria, "POST", path).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(start, range(2))) == [201, 409]
