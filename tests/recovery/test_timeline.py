"""The timeline tells what stands now: what was corrected or taken back since is told no more."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.models import StatusChange
from recovery.records import read
from tests import people
from tests.moments import NOW
from tests.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

START = NOW.date() - timedelta(weeks=2)


@pytest.fixture
def ana() -> Person:
    maria = people.member(people.clinic(), Role.THERAPIST)
    someone = people.patient(maria, now=NOW - timedelta(weeks=2))
    people.plan_for(someone, maria, starts_on=START)
    return someone


def send(someone: Person, kind: str, uuid: str, revision: int = 1, **fields: Any) -> None:
    record = read(kind, uuid, {"revision": revision, "at": f"{NOW:%Y-%m-%dT%H:%M:%S}+00:00", **fields})
    with acting(someone.actor):
        assert [one.verdict for one in take(patient_id=someone.user.pk, records=[record], now=NOW)] == [
            "stored"
        ]


def pain(someone: Person, uuid: str, day: int, score: int, revision: int = 1) -> None:
    on = START + timedelta(days=day)
    fields = {"region": "leg", "asked": "last_24_hours", "about_on": str(on), "score": score}
    send(someone, "pain", uuid, revision, **fields | {"at": f"{on}T18:00:00+00:00"})


def items(someone: Person, kind: str) -> list[dict[str, Any]]:
    told = Client().get("/api/v1/timeline", headers=someone.headers).json()["items"]
    return [item for item in told if item["kind"] == kind]


def test_a_corrected_entry_corrects_the_words_of_its_week(ana: Person):
    first = str(uuid4())
    for day in range(14):
        pain(ana, first if day == 7 else str(uuid4()), day, 7 if day < 7 else 4)
    close_days(now=NOW)
    last = items(ana, "status")[-1]
    assert "average in week 2 is 4.0" in last["words"]
    with acting_for_all():
        written = StatusChange.objects.count()

    pain(ana, first, 7, 5, revision=2)
    close_days(now=NOW)
    corrected = items(ana, "status")[-1]
    assert "average in week 2 is 4.1" in corrected.pop("words")
    assert corrected == {name: value for name, value in last.items() if name != "words"}
    with acting_for_all():
        assert StatusChange.objects.count() == written, "the status did not change"


def test_an_event_is_told_as_it_was_last_corrected_until_it_is_taken_back(ana: Person):
    uuid, on = str(uuid4()), str(NOW.date())
    send(ana, "event", uuid, what="injection", about_on=on, note="left")
    send(ana, "event", uuid, 2, what="imaging", about_on=on, note="right")
    assert [(item["what"], item["note"]) for item in items(ana, "event")] == [("imaging", "right")]
    send(ana, "event", uuid, 3, what="imaging", about_on=on, withdrawn=True)
    assert items(ana, "event") == []
