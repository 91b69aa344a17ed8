"""New weakness or numbness told with a session is a red flag, whatever becomes of the session later."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.access import Role, acting, acting_for_all
from recovery.actions.diary import take
from recovery.actions.safety import close
from recovery.models import Progress, RedFlag, StatusChange
from recovery.records import Incoming, read
from tests import people
from tests.moments import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

WEAK, NUMB = "weakness_in_a_session", "numbness_in_a_session"


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: people.Person) -> people.Person:
    someone = people.patient(maria)
    people.plan_for(someone, maria, starts_on=NOW.date())
    return someone


def session(uuid: str, revision: int = 1, *, exercise: str = "bridge", **said: Any) -> Incoming:
    results = [{"exercise": exercise, "outcome": "skipped"}]
    fields = {"revision": revision, "at": NOW.isoformat(), "slot": 1, "results": results}
    return read("session", uuid, fields | said)


def send(someone: people.Person, *records: Incoming) -> list[str]:
    with acting(someone.actor):
        return [a.verdict for a in take(patient_id=someone.user.pk, records=records, now=NOW)]


def flags() -> list[tuple[str, str, bool]]:
    with acting_for_all():
        rows = RedFlag.objects.order_by("rule").values_list("rule", "tier", "closed_at")
        return [(rule, tier, closed_at is None) for rule, tier, closed_at in rows]


def status() -> str | None:
    with acting_for_all():
        return Progress.objects.get().status


def test_a_session_or_its_later_revision_raises_a_flag_and_the_alert_at_once(ana: people.Person):
    uuid = str(uuid4())
    send(ana, session(uuid, new_weakness=True, new_numbness=False))
    assert (flags(), status()) == ([(WEAK, "B", True)], "alert")
    send(ana, session(uuid, 2, new_weakness=True, new_numbness=True))
    assert flags() == [(NUMB, "B", True), (WEAK, "B", True)]


def test_no_revision_lowers_it_and_none_raises_again_what_a_person_closed(
    ana: people.Person, maria: people.Person
):
    uuid = str(uuid4())
    first = session(uuid, new_weakness=True)
    send(ana, first)
    send(ana, session(uuid, 2, new_weakness=False, withdrawn=True))
    assert flags() == [(WEAK, "B", True)]
    with acting_for_all():
        close(flag=RedFlag.objects.get(), because="Examined.", by=maria.user.pk, now=NOW)
    send(ana, first, session(uuid, 3, new_weakness=True, leg_later=3))
    assert flags() == [(WEAK, "B", False)]
    send(ana, session(str(uuid4()), new_weakness=True))
    assert flags() == [(WEAK, "B", False), (WEAK, "B", True)]


def test_an_overtaken_and_a_refused_session_are_heard_too(ana: people.Person):
    uuid = str(uuid4())
    send(ana, session(uuid, 2, new_weakness=False))
    send(ana, session(uuid, 1, new_weakness=True))
    assert send(ana, session(str(uuid4()), exercise="nobody-knows", new_numbness=True)) == ["refused"]
    assert flags() == [(NUMB, "B", True), (WEAK, "B", True)]


def test_a_check_and_a_session_in_one_batch_are_one_alert(ana: people.Person):
    answers = {"leg_weakness": "yes"}
    check = read("symptom_check", str(uuid4()), {"revision": 1, "at": NOW.isoformat(), "answers": answers})
    send(ana, check, session(str(uuid4()), new_weakness=True))
    assert len(flags()) == 2
    with acting_for_all():
        assert StatusChange.objects.filter(status="alert").count() == 1
