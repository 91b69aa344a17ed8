"""An amber: the phone shows less the next time, and the plan stays as it is."""

import pytest

from recovery.actions.ladder import judge_ladders
from tests import people
from tests.moments import NOW
from tests.recovery.ladder.conftest import AMBER, GREEN, call, plans, proposals, send, session, the_proposal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_skipped_session_does_not_hide_the_less(ana: people.Person):
    send(ana, session(1, AMBER))
    judge_ladders(now=NOW)
    send(ana, session(0, {}, results=[{"exercise": "bridge", "outcome": "skipped"}]))
    assert call(ana, "GET", "today").json()["advice"]


def test_an_amber_shows_the_phone_less_until_the_next_session(ana: people.Person, maria: people.Person):
    send(ana, session(1, AMBER))
    judge_ladders(now=NOW)
    (line,) = call(ana, "GET", "plan").json()["plan"]["lines"]
    assert line["dosage"]["repetitions"] == 10
    assert (line["next_time"]["what"], line["next_time"]["dosage"]["repetitions"]) == ("less", 6)
    (advice,) = call(ana, "GET", "today").json()["advice"]
    assert advice["next_time"]["in_words"] == "6 times, once a day"
    one = the_proposal()
    assert call(maria, "POST", f"proposals/{one.pk}/accept").status_code == 200
    judge_ladders(now=NOW)
    assert not proposals(state="open")
    assert call(ana, "GET", "today").json()["advice"]
    assert [dose["repetitions"] for _, dose in plans()] == [10]
    send(ana, session(0, GREEN))
    assert not call(ana, "GET", "today").json()["advice"]


def test_an_accepted_repeat_does_not_hide_the_second_amber(ana: people.Person, maria: people.Person):
    send(ana, session(2, AMBER))
    judge_ladders(now=NOW)
    call(maria, "POST", f"proposals/{the_proposal().pk}/accept")
    send(ana, session(1, AMBER))
    judge_ladders(now=NOW)
    assert the_proposal().kind == "regress"
