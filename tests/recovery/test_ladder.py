"""The ladder on real rows: from sessions to proposals, suspensions, plan versions, and what the phone shows."""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role, acting, acting_for_all
from exercises.models import Exercise, Program
from phone.reading import today
from recovery.actions import ladder
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.ladder import judge_ladders
from recovery.actions.safety import close
from recovery.models import (
    Episode,
    Patient,
    Plan,
    PlanDraft,
    Prescription,
    Progress,
    Proposal,
    RedFlag,
    Suspension,
)
from recovery.progress import courses
from recovery.records import read
from recovery.sessions import Rungs
from tests import people
from tests.moments import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

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


def test_a_plan_that_says_by_itself_takes_the_small_step_from_tomorrow(ana: people.Person):
    change_plan(by_itself=True)
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    judge_again()
    (one,) = proposals()
    with acting_for_all():
        plan = Plan.objects.get(number=3)
        assert (plan.published_by_id, plan.starts_on, plan.by_itself) == (
            None,
            TODAY + timedelta(days=1),
            True,
        )
        assert plan.prescriptions.get().dosage.repetitions == 12
    assert (one.state, one.decided_by_id, one.became_id) == ("taken", None, plan.pk)


@pytest.mark.parametrize(("said", "advised"), [(RED, "leave_out"), (AMBER, "less")])
def test_a_warning_before_the_raised_dose_begins_takes_it_back(
    ana: people.Person, said: dict[str, Any], advised: str
):
    change_plan(by_itself=True)
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    later, tomorrow = NOW + timedelta(hours=2), NOW + timedelta(days=1)
    send(ana, session(0, said, at=f"{TODAY}T13:30:00+01:00"), now=later)
    judge_ladders(now=later)
    judge_again(later)
    assert [dose["repetitions"] for _, dose in plans()] == [10, 10, 12, 10]
    assert [one.state for one in proposals()] == ["overtaken", "open"]
    judge_again(tomorrow)
    assert len(plans()) == 4
    with acting_for_all():
        someone = Patient.objects.select_related("clinic").get(pk=ana.user.pk)
        (advice,) = today(someone, tomorrow.date())["advice"]
    assert advice["next_time"]["what"] == advised


def test_nothing_is_raised_by_itself_while_it_goes_badly(ana: people.Person):
    change_plan(by_itself=True)
    send(ana, *greens(3, 2, 1))
    for column, value in (("status", "worse"), ("needs_review_since", TODAY)):
        with acting_for_all():
            Progress.objects.update(**({"status": "on_track", "needs_review_since": None} | {column: value}))
        judge_again()
        assert not proposals(), column
    with acting_for_all():
        Progress.objects.update(needs_review_since=None)
    judge_again()
    assert [one.state for one in proposals()] == ["taken"]


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


def test_a_harder_variant_takes_over_no_note(ana: people.Person, maria: people.Person):
    harder_bridge(days=7)
    change_plan(note="Both feet down.", side="right")
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    assert call(maria, "POST", f"proposals/{the_proposal().pk}/accept").status_code == 200
    with acting_for_all():
        line = Prescription.objects.get(plan__number=3)
    assert (line.exercise.slug, line.note, line.side) == ("single-leg-bridge", "", "")


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


def test_an_irritable_leg_asks_to_rest_nerve_gliding(ana: people.Person, maria: people.Person):
    Exercise.objects.filter(slug="bridge").update(groups=["nerve-gliding"])
    for day in range(20):
        pain = {"revision": 1, "at": f"{START + timedelta(days=day)}T20:00:00+01:00", "region": "leg"}
        with acting(ana.actor):
            record = read("pain", str(uuid4()), pain | {"score": 7, "asked": "last_24_hours"})
            take(patient_id=ana.user.pk, records=[record], now=NOW)
    close_days(now=NOW)
    judge_ladders(now=NOW)
    assert the_proposal().rule == "irritable"
    assert call(ana, "GET", "today").json()["advice"][0]["next_time"]["what"] == "leave_out"
    assert [one["rule"] for one in call(maria, "GET", "proposals").json()["results"]] == ["irritable"]
    call(maria, "POST", f"proposals/{the_proposal().pk}/decline", {})
    judge_again()
    assert not proposals(state="open")


def test_declining_the_gate_decides_nothing_about_a_red(ana: people.Person, maria: people.Person):
    Exercise.objects.filter(slug="bridge").update(groups=["nerve-gliding"])
    for day in range(20):
        pain = {"revision": 1, "at": f"{START + timedelta(days=day)}T20:00:00+01:00", "region": "leg"}
        with acting(ana.actor):
            record = read("pain", str(uuid4()), pain | {"score": 7, "asked": "last_24_hours"})
            take(patient_id=ana.user.pk, records=[record], now=NOW)
    close_days(now=NOW)
    send(ana, session(1, RED))
    judge_ladders(now=NOW)
    assert the_proposal().rule == "irritable"
    call(maria, "POST", f"proposals/{the_proposal().pk}/decline", {})
    judge_again()
    assert the_proposal().rule == "one_red"


def test_an_exercise_named_twice_in_one_red_session_is_one_red(ana: people.Person):
    twice = [{"exercise": "bridge", "outcome": "done"}, {"exercise": "bridge", "outcome": "part"}]
    send(ana, session(1, RED, results=twice))
    judge_ladders(now=NOW)
    assert the_proposal().rule == "one_red"
    with acting_for_all():
        assert not Suspension.objects.exists()


def harder_bridge(*, days: int) -> Exercise:
    """A harder variant that may be done on so many days a week, above a bridge that is at its top."""
    harder = people.exercise("single-leg-bridge")
    harder.dosage |= {"days_per_week": days}
    harder.dosage_range |= {"days_per_week": {"least": 1, "most": days}}
    harder.save()
    bridge = Exercise.objects.get(slug="bridge")
    bridge.harder = harder
    bridge.dosage_range |= {"repetitions": {"least": 5, "most": 10}}
    bridge.save()
    return harder


@pytest.mark.parametrize(("days", "offered"), [(3, []), (7, ["harder_variant"])])
def test_no_variant_is_offered_that_forbids_the_days_of_the_line(
    ana: people.Person, days: int, offered: list[str]
):
    harder_bridge(days=days)
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    assert [one.rule for one in proposals()] == offered


def test_the_close_of_a_day_judges_too(ana: people.Person):
    """A week after a raise the next one is due, though no session came in that day."""
    close_days(now=NOW)
    with acting_for_all():
        assert Progress.objects.get(patient=ana.user.pk).ladder_due_at == NOW


def test_the_gate_shuts_what_the_catalog_says_and_nothing_of_the_program_for_irritable_legs(db: None):
    call_command("load_catalog", verbosity=0)
    rungs = Rungs.of([])
    shut = {one.slug for one in rungs.exercises.values() if rungs.is_gated(one.pk)}
    assert {"seated-nerve-slider", "lying-nerve-slider", "straight-leg-raise", "wall-squat"} <= shut
    gentle = Program.objects.get(slug="ease-and-walk").lines.values_list("exercise__slug", flat=True)
    assert not shut & set(gentle)
    # First-level strengthening, stretching, early leg movement and walking go on.
    assert not shut & {"abdominal-brace", "sit-to-stand", "ankle-pumps", "heel-slides", "graded-walk"}


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


def test_the_therapist_names_a_range_inside_the_exercises(ana: people.Person, maria: people.Person):
    with acting_for_all():
        episode = Episode.objects.get(patient=ana.user.pk).pk
    for most, code in ((11, 201), (40, 400)):
        draft = call(maria, "POST", f"episodes/{episode}/draft", {})
        body = {name: draft.json()[name] for name in ("lines", "starts_on")}
        body["lines"][0]["range"] = {"repetitions": {"least": 6, "most": most}}
        headers = maria.headers | {"If-Match": draft["ETag"]}
        saved = Client().generic(
            "PUT",
            f"/api/v1/episodes/{episode}/draft",
            json.dumps(body | {"by_itself": True}),
            "application/json",
            headers=headers,
        )
        assert saved.status_code == 200, saved.content
        headers |= {"If-Match": saved["ETag"]}
        published = Client().generic("POST", f"/api/v1/episodes/{episode}/draft/publish", headers=headers)
        assert published.status_code == code, published.content
    assert published.json()["errors"][0]["pointer"] == "/lines/0/range/repetitions"
    plan = call(maria, "GET", f"episodes/{episode}/plans").json()["results"][0]
    assert plan["by_itself"]
    assert plan["lines"][0]["range"]["repetitions"] == {"least": 6, "most": 11}
    assert plan["lines"][0]["range"]["times_per_day"] == {"least": 1, "most": 3}


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
