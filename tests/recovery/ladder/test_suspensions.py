"""Reds and the irritable leg: an exercise rests until a person lifts that."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command

from accounts.access import acting, acting_for_all
from exercises.models import Exercise, Program
from recovery.actions import ladder
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.ladder import judge_ladders
from recovery.models import (
    Episode,
    Suspension,
)
from recovery.progress import courses
from recovery.records import read
from recovery.sessions import Rungs
from tests import people
from tests.moments import NOW
from tests.recovery.ladder.conftest import (
    GREEN,
    RED,
    START,
    TODAY,
    call,
    judge_again,
    proposals,
    send,
    session,
    the_proposal,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_two_reds_suspend_and_the_phone_and_adherence_do_not_ask(ana: people.Person, maria: people.Person):
    send(ana, session(5, RED))
    judge_ladders(now=NOW)
    assert the_proposal().rule == "one_red"
    assert call(ana, "GET", "today").json()["advice"][0]["next_time"]["what"] == "leave_out"
    send(ana, session(1, RED))
    before = call(ana, "GET", "today")["ETag"]
    judge_ladders(now=NOW)
    judge_again()
    assert not proposals(state="open")
    today = call(ana, "GET", "today")
    assert today["ETag"] != before
    assert today.json()["sessions"] == []
    assert "leave this exercise out" in today.json()["advice"][0]["paused"]["why"]
    assert call(ana, "GET", "plan").json()["plan"]["lines"][0]["paused"]
    (task,) = call(maria, "GET", "tasks").json()["results"]
    assert task["kind"] == "suspended_exercise"
    (row,) = call(maria, "GET", "suspensions").json()["results"]
    assert (row["rule"], row["suspended_by"], row["slug"]) == ("two_reds", None, "bridge")
    assert TODAY not in asked_days(ana, TODAY + timedelta(days=2))
    lifted = call(maria, "POST", f"suspensions/{row['id']}/lift", {"because": "Examined: lower reach only."})
    assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, maria.user.pk)
    assert call(maria, "GET", "tasks").json()["results"] == []
    assert call(maria, "POST", f"suspensions/{row['id']}/lift", {"because": "x"}).status_code == 409
    judge_ladders(now=NOW)
    assert not call(maria, "GET", "suspensions").json()["results"]
    days = asked_days(ana, TODAY + timedelta(days=2))
    assert {TODAY - timedelta(days=1), TODAY + timedelta(days=1)} <= days
    assert TODAY not in days


def asked_days(someone: people.Person, through: date) -> set[date]:
    with acting_for_all():
        episode = Episode.objects.select_related("patient").get(patient=someone.user.pk)
        return {slot.on for slot in courses([episode], through=through)[episode.pk].asked}


def test_a_suspension_that_was_lifted_needs_two_new_reds(ana: people.Person, maria: people.Person):
    send(ana, session(5, RED), session(4, RED))
    judge_ladders(now=NOW)
    with acting_for_all():
        row = Suspension.objects.get()
        ladder.lift(suspension=row, because="Seen.", by=maria.user.pk, now=NOW)
    later = NOW + timedelta(days=3)
    send(ana, session(-1, RED), now=later)
    judge_ladders(now=later)
    with acting_for_all():
        assert not Suspension.objects.open().exists()
    send(ana, session(-2, RED), now=later)
    judge_ladders(now=later)
    with acting_for_all():
        assert Suspension.objects.open().count() == 1


def test_an_edit_to_green_does_not_lift_a_suspension(ana: people.Person):
    sessions = [session(5, RED), session(4, RED)]
    send(ana, *sessions)
    judge_ladders(now=NOW)
    send(ana, *[one | GREEN | {"revision": 2} for one in sessions])
    judge_ladders(now=NOW)
    with acting_for_all():
        assert Suspension.objects.open().count() == 1


def test_an_accepted_rest_is_a_suspension_with_its_doer(ana: people.Person, maria: people.Person):
    send(ana, session(1, RED))
    judge_ladders(now=NOW)
    assert call(maria, "POST", f"proposals/{the_proposal().pk}/accept").status_code == 200
    with acting_for_all():
        row = Suspension.objects.get()
    assert (row.rule, row.suspended_by_id) == ("one_red", maria.user.pk)


def test_an_exercise_named_twice_in_one_red_session_is_one_red(ana: people.Person):
    twice = [{"exercise": "bridge", "outcome": "done"}, {"exercise": "bridge", "outcome": "part"}]
    send(ana, session(1, RED, results=twice))
    judge_ladders(now=NOW)
    assert the_proposal().rule == "one_red"
    with acting_for_all():
        assert not Suspension.objects.exists()


def glides_with_an_irritable_leg(someone: people.Person) -> None:
    Exercise.objects.filter(slug="bridge").update(groups=["nerve-gliding"])
    for day in range(20):
        pain = {"revision": 1, "at": f"{START + timedelta(days=day)}T20:00:00+01:00", "region": "leg"}
        with acting(someone.actor):
            record = read("pain", str(uuid4()), pain | {"score": 7, "asked": "last_24_hours"})
            take(patient_id=someone.user.pk, records=[record], now=NOW)
    close_days(now=NOW)


def test_an_irritable_leg_asks_to_rest_nerve_gliding(ana: people.Person, maria: people.Person):
    glides_with_an_irritable_leg(ana)
    judge_ladders(now=NOW)
    assert the_proposal().rule == "irritable"
    assert call(ana, "GET", "today").json()["advice"][0]["next_time"]["what"] == "leave_out"
    assert [one["rule"] for one in call(maria, "GET", "proposals").json()["results"]] == ["irritable"]
    call(maria, "POST", f"proposals/{the_proposal().pk}/decline", {})
    judge_again()
    assert not proposals(state="open")


def test_declining_the_gate_decides_nothing_about_a_red(ana: people.Person, maria: people.Person):
    glides_with_an_irritable_leg(ana)
    send(ana, session(1, RED))
    judge_ladders(now=NOW)
    assert the_proposal().rule == "irritable"
    call(maria, "POST", f"proposals/{the_proposal().pk}/decline", {})
    judge_again()
    assert the_proposal().rule == "one_red"


def test_the_gate_shuts_what_the_catalog_says_and_nothing_of_the_program_for_irritable_legs(db: None):
    call_command("load_catalog", verbosity=0)
    rungs = Rungs.of([])
    shut = {one.slug for one in rungs.exercises.values() if rungs.is_gated(one.pk)}
    assert {"seated-nerve-slider", "lying-nerve-slider", "straight-leg-raise", "wall-squat"} <= shut
    gentle = Program.objects.get(slug="ease-and-walk").lines.values_list("exercise__slug", flat=True)
    assert not shut & set(gentle)
    # First-level strengthening, stretching, early leg movement and walking go on.
    assert not shut & {"abdominal-brace", "sit-to-stand", "ankle-pumps", "heel-slides", "graded-walk"}
