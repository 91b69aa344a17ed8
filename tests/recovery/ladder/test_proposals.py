"""From green sessions to a proposal, and what a person decides about it."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import acting, acting_for_all
from recovery.actions.days import close_days
from recovery.actions.ladder import judge_ladders
from recovery.actions.safety import close
from recovery.models import (
    Episode,
    Patient,
    Plan,
    PlanDraft,
    Progress,
    RedFlag,
)
from tests import people
from tests.moments import NOW
from tests.recovery.ladder.conftest import (
    AMBER,
    GREEN,
    RED,
    TODAY,
    call,
    change_plan,
    greens,
    judge_again,
    plans,
    proposals,
    recovering,
    send,
    session,
    the_proposal,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_three_greens_are_proposed_once_and_accepted_as_a_new_version(
    ana: people.Person, maria: people.Person
):
    send(ana, *greens(3, 2))
    judge_ladders(now=NOW)
    assert not proposals()
    send(ana, *greens(1))
    assert (judge_ladders(now=NOW), judge_ladders(now=NOW)) == (1, 0)
    one = the_proposal()
    judge_again()
    assert [again.pk for again in proposals()] == [one.pk]
    assert (one.kind, one.to_dosage) == (
        "progress",
        {"repetitions": 12, "times_per_day": 1, "days_per_week": 7},
    )
    accepted = call(maria, "POST", f"proposals/{one.pk}/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert [dose["repetitions"] for _, dose in plans()] == [10, 12]
    with acting_for_all():
        plan = Plan.objects.get(number=2)
    assert (plan.starts_on, plan.published_by_id) == (TODAY, maria.user.pk)
    assert accepted.json()["became"] == plan.pk
    again = call(maria, "POST", f"proposals/{one.pk}/accept")
    assert again.status_code == 409
    assert call(ana, "GET", "plan").json()["plan"]["lines"][0]["dosage"]["repetitions"] == 12


def test_the_answer_of_the_next_morning_makes_the_green(ana: people.Person):
    last = session(1, {name: value for name, value in GREEN.items() if name != "leg_next_morning"})
    send(ana, *greens(3, 2), last)
    judge_ladders(now=NOW)
    assert not proposals()
    send(ana, last | {"revision": 2, "leg_next_morning": 3})
    judge_ladders(now=NOW)
    assert the_proposal().kind == "progress"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_arrival_and_of_ticks_never_matters(ana: people.Person, order: Iterable[int]):
    sessions = [session(3, AMBER), session(2, GREEN), session(1, AMBER)]
    for index in order:
        send(ana, sessions[index])
        judge_ladders(now=NOW)
    one = the_proposal()
    assert (one.kind, one.to_dosage and one.to_dosage["repetitions"]) == ("regress", 8)


def test_a_declined_step_comes_again_only_on_new_sessions(ana: people.Person, maria: people.Person):
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    declined = call(maria, "POST", f"proposals/{the_proposal().pk}/decline", {"why": "Her shift week."})
    assert (declined.json()["state"], declined.json()["why"]) == ("declined", "Her shift week.")
    send(ana, *greens(4))
    judge_ladders(now=NOW)
    assert not proposals(state="open")
    later = NOW + timedelta(days=4)
    send(ana, *greens(-1, -2, -3), now=later)
    judge_ladders(now=later)
    assert the_proposal().kind == "progress"


def test_a_correction_overtakes_what_was_proposed(ana: people.Person, maria: people.Person):
    sessions = greens(3, 2, 1)
    send(ana, *sessions)
    judge_ladders(now=NOW)
    first = the_proposal()
    send(ana, sessions[2] | {"revision": 2, "leg_later": 5})
    judge_ladders(now=NOW)
    assert the_proposal().kind == "repeat"
    assert [one.state for one in proposals(pk=first.pk)] == ["overtaken"]
    assert call(maria, "POST", f"proposals/{first.pk}/accept").status_code == 409


def test_a_changed_plan_makes_an_acceptance_a_409(ana: people.Person, maria: people.Person):
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    one = the_proposal()
    change_plan(
        range_values={"repetitions": {"least": 5, "most": 11}, "times_per_day": {"least": 1, "most": 3}}
    )
    assert call(maria, "POST", f"proposals/{one.pk}/accept").status_code == 409
    judge_again()
    narrower = the_proposal()
    assert narrower.to_dosage is not None
    assert narrower.to_dosage["repetitions"] == 11


def test_an_accepted_step_enters_the_draft_that_somebody_is_writing(ana: people.Person, maria: people.Person):
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    with acting_for_all():
        episode = Episode.objects.get(patient=ana.user.pk).pk
    draft = call(maria, "POST", f"episodes/{episode}/draft", {})
    assert call(maria, "POST", f"proposals/{the_proposal().pk}/accept").status_code == 200
    with acting_for_all():
        kept = PlanDraft.objects.get()
    assert kept.lines[0]["dosage"]["repetitions"] == 12
    assert f'"{kept.version}"' != draft["ETag"]


def test_no_step_is_accepted_under_a_red_flag_or_past_a_session_that_nobody_judged(
    ana: people.Person, maria: people.Person
):
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    path = f"proposals/{the_proposal().pk}/accept"
    with acting_for_all():
        episode = Episode.objects.get(patient=ana.user.pk)
        of_ana = {"clinic_id": episode.clinic_id, "patient_id": episode.patient_id, "episode": episode}
        flag = RedFlag.objects.create(
            rule="fever", tier="B", about_on=TODAY, raised_at=NOW, raised_on=TODAY, **of_ana
        )
    assert call(maria, "POST", path).status_code == 409
    with acting(maria.actor):
        close(flag=flag, because="Seen.", by=maria.user.pk, now=NOW)
    send(ana, session(0, AMBER))
    assert call(maria, "POST", path).status_code == 409
    assert len(plans()) == 1


def test_an_ended_episode_has_no_open_proposal(ana: people.Person):
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    with acting_for_all():
        Episode.objects.filter(patient=ana.user.pk).update(
            ended_on=TODAY, ended_because="discharge", ended_by=ana.user
        )
        Progress.objects.update(ladder_due_at=NOW)
    judge_ladders(now=NOW)
    assert [one.state for one in proposals()] == ["overtaken"]


def test_the_close_of_a_day_judges_too(ana: people.Person):
    """A week after a raise the next one is due, though no session came in that day."""
    close_days(now=NOW)
    with acting_for_all():
        assert Progress.objects.get(patient=ana.user.pk).ladder_due_at == NOW


def test_staff_read_each_session_with_its_light_and_reasons(ana: people.Person, maria: people.Person):
    two = [
        {"exercise": "bridge", "outcome": "done", "worst_pain": 4},
        {"exercise": "bridge", "outcome": "skipped", "because": "no time"},
    ]
    send(ana, session(2, RED), session(1, GREEN | {"leg_during": None}, results=two))
    with acting_for_all():
        episode = Episode.objects.get(patient=ana.user.pk).pk
    newest, oldest = call(maria, "GET", f"episodes/{episode}/sessions").json()["results"]
    assert oldest["judged"]["light"] == "red"
    assert oldest["judged"]["reasons"][0]["rule"] == "next_morning"
    assert "6, 3 before" in oldest["judged"]["reasons"][0]["for_staff"]
    assert oldest["judged"]["calls_for_check"]
    assert newest["judged"]["light"] == "unknown"  # nobody said the worst of the whole
    assert newest["exercises"][0]["judged"]["light"] == "green"
    assert newest["exercises"][1]["judged"] is None


def test_one_patient_over_whom_a_rule_stumbles_keeps_nobody_else_waiting(
    ana: people.Person, maria: people.Person
):
    ben = recovering(maria)
    for someone in (ana, ben):
        send(someone, *greens(3, 2, 1))
    with acting_for_all():
        Patient.objects.filter(pk=ana.user.pk).update(time_zone="Nowhere/Lost")
    judge_ladders(now=NOW)
    assert [one.patient_id for one in proposals()] == [ben.user.pk]


def test_a_chunk_takes_as_many_statements_for_ten_patients_as_for_one(
    ana: people.Person, maria: people.Person
):
    def judged(*some: people.Person) -> int:
        for someone in some:
            send(someone, *greens(3, 2, 1), session(0, AMBER))
        with CaptureQueriesContext(connection) as captured:
            judge_ladders(now=NOW)
        return len(captured)

    one = judged(ana)
    ten = judged(*[recovering(maria) for _ in range(10)])
    assert len(proposals(state="open")) == 11
    assert ten == one
