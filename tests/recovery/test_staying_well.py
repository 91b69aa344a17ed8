"""After relief: the staying-well plan and its walking, the way back after a relapse, and the timeline of it all."""

from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from accounts.access import Role, acting_for_all
from exercises.models import Program
from recovery.actions.days import close_days
from recovery.models import Episode, Plan, TimelineEvent
from tests import people
from tests.moments import NOW
from tests.recovery.test_days import log
from tests.recovery.test_plans import call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

TODAY = NOW.date()
START = TODAY - timedelta(days=49)


@pytest.fixture
def maria() -> people.Person:
    call_command("load_catalog", stdout=StringIO())
    return people.member(people.clinic(), Role.THERAPIST, name="Maria")


@pytest.fixture
def ana(maria: people.Person) -> people.Person:
    """Seven weeks into the first program of the catalog."""
    patient = people.patient(maria)
    program = {"program": Program.objects.get(slug="ease-and-walk").pk, "starts_on": str(START)}
    draft = call(maria, "POST", path("draft"), program)
    assert call(maria, "POST", path("draft/publish"), **{"If-Match": draft["ETag"]}).status_code == 201
    return patient


def path(what: str) -> str:
    with acting_for_all():
        return f"episodes/{Episode.objects.get().pk}/{what}"


def walk(ana: people.Person, on: date, minutes: int) -> None:
    body = {"revision": 1, "at": f"{on}T10:00:00+01:00", "minutes": minutes}
    assert call(ana, "PUT", f"walks/{uuid4()}", body).status_code == 201


def test_staying_well_begins_at_what_the_patient_walks_and_the_phone_shows_the_week(
    ana: people.Person, maria: people.Person
):
    for days_ago in (3, 10, 17, 24):
        walk(ana, TODAY - timedelta(days=days_ago), 60)
    assert call(ana, "GET", "today").json()["walking"] is None
    assert call(maria, "POST", path("staying-well")).status_code == 201
    lines = call(ana, "GET", "plan").json()["plan"]["lines"]
    assert next(line["dosage"]["minutes"] for line in lines if line["exercise"] == "graded-walk") == 12
    walk(ana, TODAY, 20)
    done = {"exercise": "graded-walk", "outcome": "done"}
    session = {"revision": 1, "at": f"{TODAY}T11:00:00+01:00", "slot": 1, "results": [done]}
    with acting_for_all():
        session["plan"] = Plan.objects.latest("number").pk
    assert call(ana, "PUT", f"sessions/{uuid4()}", session).status_code == 201
    assert call(ana, "GET", "today").json()["walking"] == {
        "week": 1,
        "first": str(TODAY),
        "last": str(TODAY + timedelta(days=6)),
        "goal_minutes": 60,
        "walks": 5,
        "minutes_each": 12,
        "walked_minutes": 32,
        "walked_days": 1,
    }
    assert call(maria, "POST", path("staying-well")).status_code == 409
    weak = {"revision": 1, "at": f"{TODAY}T11:30:00+01:00", "results": [], "new_weakness": True}
    assert call(ana, "PUT", f"sessions/{uuid4()}", weak).status_code == 201
    stopped = call(ana, "GET", "today").json()
    assert (stopped["stopped"], stopped["walking"]) == (True, None)


def test_who_hardly_walks_is_asked_for_no_less_than_the_exercise_allows(
    ana: people.Person, maria: people.Person
):
    call(maria, "POST", path("staying-well"))
    lines = call(ana, "GET", "plan").json()["plan"]["lines"]
    assert next(line["dosage"]["minutes"] for line in lines if line["exercise"] == "graded-walk") == 3


def test_staying_well_does_not_run_over_a_draft_that_somebody_writes(
    ana: people.Person, maria: people.Person
):
    assert call(maria, "POST", path("draft"), {}).status_code == 201
    assert call(maria, "POST", path("staying-well")).status_code == 409
    with acting_for_all():
        assert Plan.objects.count() == 1


def test_one_call_opens_the_plan_before_staying_well_again(ana: people.Person, maria: people.Person):
    assert call(maria, "POST", path("reopen-plan")).status_code == 409  # nothing to go back from
    call(maria, "POST", path("staying-well"))
    reopened = call(maria, "POST", path("reopen-plan"))
    assert (reopened.status_code, reopened.json()["number"]) == (201, 3)
    old, staying_well, again = reversed(call(maria, "GET", path("plans")).json()["results"])
    assert again["lines"] == old["lines"] != staying_well["lines"]
    assert call(ana, "GET", "today").json()["walking"] is None
    assert call(maria, "POST", path("reopen-plan")).status_code == 409


def test_the_timeline_tells_plans_events_relief_and_relapse_in_order(
    ana: people.Person, maria: people.Person
):
    for day in range(49):
        week = day // 7 + 1
        log(ana, START + timedelta(days=day), {1: 6, 2: 5, 3: 1, 4: 1, 5: 2}.get(week, 6))
    close_days(now=NOW + timedelta(minutes=1))
    flare = {
        "revision": 1,
        "at": f"{TODAY}T08:00:00+01:00",
        "what": "flare",
        "about_on": str(TODAY),
        "note": "Moved.",
    }
    call(ana, "PUT", f"events/{uuid4()}", flare)
    made = call(maria, "POST", path("timeline"), {"what": "injection", "about_on": str(START)})
    assert made.status_code == 201
    call(maria, "POST", path("pauses"), {"from_on": str(TODAY), "until_on": str(TODAY), "reason": "illness"})
    staff = call(maria, "GET", path("timeline")).json()["items"]
    own = call(ana, "GET", "timeline").json()["items"]
    for items in (staff, own):
        assert [item["on"] for item in items] == sorted(item["on"] for item in items)
        told = [(item["kind"], item["on"]) for item in items]
        assert told[:4] == [
            ("onset", str(TODAY - timedelta(days=90))),
            ("start", str(START)),
            ("plan", str(START)),
            ("event", str(START)),
        ]
        assert ("relief", str(START + timedelta(days=20))) in told
        assert ("relapse", str(START + timedelta(days=41))) in told
        assert ("pause", str(TODAY)) in told
    events = [(item["what"], item["by"] and item["by"]["name"]) for item in staff if item["kind"] == "event"]
    assert events == [("injection", "Maria"), ("flare", None)]
    assert [item["letter"] for item in staff if item["kind"] == "plan"] == ["A"]
    staff_words, own_words = ([i["words"] for i in items if i["kind"] == "status"] for items in (staff, own))
    assert len(staff_words) == len(own_words) > 2
    assert not set(staff_words) & set(own_words)


def test_staff_take_back_only_what_staff_noted(ana: people.Person, maria: people.Person):
    made = call(maria, "POST", path("timeline"), {"what": "surgery", "about_on": str(TODAY)}).json()["event"]
    flare = {"revision": 1, "at": NOW.isoformat(), "what": "flare", "about_on": str(TODAY)}
    call(ana, "PUT", f"events/{uuid4()}", flare)
    with acting_for_all():
        hers = TimelineEvent.objects.get(added_by=None).pk
    assert call(maria, "DELETE", path(f"timeline/events/{hers}")).status_code == 404
    assert call(maria, "DELETE", path(f"timeline/events/{made}")).status_code == 204
    kinds = [item.get("what") for item in call(maria, "GET", path("timeline")).json()["items"]]
    assert "surgery" not in kinds
    assert "flare" in kinds


@pytest.mark.parametrize("days", [-91, 1])
def test_an_event_lies_between_the_onset_and_today(ana: people.Person, maria: people.Person, days: int):
    body: dict[str, Any] = {"what": "imaging", "about_on": str(TODAY + timedelta(days=days))}
    assert call(maria, "POST", path("timeline"), body).status_code == 400


def test_an_operation_ends_the_watch_for_a_relapse(ana: people.Person, maria: people.Person):
    for day in range(49):
        log(ana, START + timedelta(days=day), 6 if day < 14 else 1)
    close_days(now=NOW + timedelta(minutes=1))
    before = call(maria, "GET", path("trend")).json()["recovery"]["recurrence"]
    call(maria, "POST", path("timeline"), {"what": "surgery", "about_on": str(START + timedelta(days=30))})
    after = call(maria, "GET", path("trend")).json()["recovery"]["recurrence"]
    assert before == {"days": 28, "relapsed": False}
    assert after == {"days": 10, "relapsed": False}
