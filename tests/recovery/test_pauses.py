"""Paused days and doses: what leaves the denominator, and what the phone and the worklist say."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.access import Role, acting_for_all
from recovery.actions.days import close_days
from recovery.models import Episode, Progress
from tests import people
from tests.moments import NOW
from tests.recovery.test_plans import call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

TODAY = NOW.date()
START = TODAY - timedelta(days=14)


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: people.Person) -> people.Person:
    patient = people.patient(maria)
    people.plan_for(patient, maria, starts_on=START)
    return patient


def path(what: str) -> str:
    with acting_for_all():
        return f"episodes/{Episode.objects.get().pk}/{what}"


def pause(maria: people.Person, first: date, last: date, **more: str) -> Any:
    body = {"from_on": str(first), "until_on": str(last), "reason": "holiday"} | more
    return call(maria, "POST", path("pauses"), body)


def did(ana: people.Person, days_ago: int, **result: Any) -> None:
    body = {
        "revision": 1,
        "at": f"{TODAY - timedelta(days=days_ago)}T10:00:00+01:00",
        "slot": 1,
        "results": [{"exercise": "bridge", "outcome": "done"} | result],
    }
    assert call(ana, "PUT", f"sessions/{uuid4()}", body).status_code == 201


def adherence(ana: people.Person) -> Any:
    return call(ana, "GET", "progress").json()["adherence"]


def test_sessions_and_doses_over_a_week_and_a_month(ana: people.Person, maria: people.Person):
    did(ana, 1)
    did(ana, 2, outcome="part", repetitions=5)
    did(ana, 10)
    assert adherence(ana) == {
        "week": {
            "days": 7,
            "sessions": {"asked": 7, "done": 2, "share": 0.29, "word": "low"},
            "dose": {"share": 0.21, "word": "low"},
        },
        "month": {
            "days": 28,
            "sessions": {"asked": 14, "done": 3, "share": 0.21, "word": "low"},
            "dose": {"share": 0.18, "word": "low"},
        },
    }
    assert call(maria, "GET", path("trend")).json()["adherence"] == adherence(ana)


def test_a_paused_week_is_nothing_asked_and_not_zero(ana: people.Person, maria: people.Person):
    close_days(now=NOW)
    did(ana, 8)
    assert pause(maria, TODAY - timedelta(days=7), TODAY - timedelta(days=1)).status_code == 201
    said = adherence(ana)
    assert said["week"]["sessions"] == {"asked": 0, "done": 0, "share": None, "word": "nothing_asked"}
    assert said["week"]["dose"] == {"share": None, "word": "nothing_asked"}
    assert said["month"]["sessions"] | {"share": 0} == {"asked": 7, "done": 1, "share": 0, "word": "low"}
    close_days(now=NOW)
    with acting_for_all():
        assert Progress.objects.get().sessions_asked == 0


def test_what_was_done_in_part_and_never_counted_has_no_dose(ana: people.Person, maria: people.Person):
    pause(maria, START, TODAY - timedelta(days=2))
    did(ana, 1, outcome="part")
    assert adherence(ana)["week"]["dose"] == {"share": None, "word": "not_counted"}


def test_the_phone_says_paused_and_asks_nothing_until_it_is_resumed(ana: people.Person, maria: people.Person):
    assert len(call(ana, "GET", "today").json()["sessions"]) == 1
    made = pause(maria, TODAY, TODAY + timedelta(days=6)).json()
    shown = call(ana, "GET", "today").json()
    assert shown["paused"] == {
        "from_on": str(TODAY),
        "until_on": str(TODAY + timedelta(days=6)),
        "reason": "holiday",
    }
    assert shown["sessions"] == []
    assert call(maria, "POST", f"pauses/{made['id']}/resume").status_code == 204
    shown = call(ana, "GET", "today").json()
    assert (shown["paused"], len(shown["sessions"])) == (None, 1)
    assert call(maria, "POST", f"pauses/{made['id']}/resume").status_code == 409
    listed = call(maria, "GET", path("pauses")).json()["results"][0]
    assert (listed["resumed_on"], listed["resumed_by"]) == (str(TODAY), maria.user.pk)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(-29, 0, "from_on"), (3, 2, "until_on"), (0, 91, "until_on")],
)
def test_a_mistyped_pause_is_refused(
    ana: people.Person, maria: people.Person, first: int, last: int, field: str
):
    refused = pause(maria, TODAY + timedelta(days=first), TODAY + timedelta(days=last))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == f"/{field}"


def test_a_pause_at_the_end_of_the_calendar_is_refused(ana: people.Person, maria: people.Person):
    refused = pause(maria, date.max, date.max)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/from_on")


def test_a_pause_needs_a_reason_we_know(ana: people.Person, maria: people.Person):
    assert pause(maria, TODAY, TODAY, reason="lazy").status_code == 400
