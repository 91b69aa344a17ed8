"""Ana on the ladder: her sessions, what was proposed, and her therapist Maria."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from recovery.actions.diary import take
from recovery.actions.ladder import judge_ladders
from recovery.models import (
    Plan,
    Prescription,
    Progress,
    Proposal,
)
from recovery.records import read
from tests import people
from tests.moments import NOW

TODAY = NOW.date()
START = TODAY - timedelta(days=20)
GREEN = {
    "leg_before": 3,
    "leg_during": 4,
    "leg_later": 3,
    "leg_next_morning": 3,
    "reach_before": "thigh",
    "reach_during": "thigh",
    "reach_after": "thigh",
    "new_numbness": False,
    "new_weakness": False,
}
AMBER = GREEN | {"leg_later": 4}
RED = GREEN | {"leg_next_morning": 6}


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST, now=NOW - timedelta(days=30))


@pytest.fixture
def ana(maria: people.Person) -> people.Person:
    return recovering(maria)


def recovering(maria: people.Person) -> people.Person:
    someone = people.patient(maria, now=NOW - timedelta(days=30))
    people.plan_for(someone, maria, starts_on=START, now=NOW - timedelta(days=20))
    return someone


def session(days_ago: int, said: dict[str, Any], *, exercise: str = "bridge", **more: Any) -> dict[str, Any]:
    return (
        {
            "id": str(uuid4()),
            "revision": 1,
            "at": f"{TODAY - timedelta(days=days_ago)}T09:00:00+01:00",
            "slot": 1,
            "results": [{"exercise": exercise, "outcome": "done"}],
        }
        | said
        | more
    )


def send(someone: people.Person, *sessions: dict[str, Any], now: datetime = NOW) -> None:
    records = [read("session", s["id"], {k: v for k, v in s.items() if k != "id"}) for s in sessions]
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=records, now=now)


def greens(*days_ago: int) -> list[dict[str, Any]]:
    return [session(n, GREEN) for n in days_ago]


def proposals(**where: Any) -> list[Proposal]:
    with acting_for_all():
        return list(Proposal.objects.filter(**where).order_by("id"))


def the_proposal() -> Proposal:
    (one,) = proposals(state="open")
    return one


def judge_again(now: datetime = NOW) -> None:
    with acting_for_all():
        Progress.objects.update(ladder_due_at=now)
    judge_ladders(now=now)


def call(person: people.Person, method: str, path: str, body: Any = None) -> Any:
    sent = "" if body is None else json.dumps(body)
    return Client().generic(method, f"/api/v1/{path}", sent, "application/json", headers=person.headers)


def plans() -> list[tuple[int, dict[str, int]]]:
    with acting_for_all():
        lines = Prescription.objects.order_by("plan__number", "position")
        return [(line.plan.number, line.dosage_values) for line in lines.select_related("plan")]


def change_plan(**columns: Any) -> None:
    """As if the therapist had published it so: plans are append-only, so a next version is made."""
    with acting_for_all():
        last = Plan.objects.order_by("-number").select_related("episode").first()
        assert last is not None
        lines = list(last.prescriptions.all())
        on_lines = {"range_values", "note", "side"} & columns.keys()
        last.pk, last.number = None, last.number + 1
        last.by_itself = columns.get("by_itself", False)
        last.save()
        for line in lines:
            line.pk, line.plan = None, last
            for name in on_lines:
                setattr(line, name, columns[name])
            line.save()
