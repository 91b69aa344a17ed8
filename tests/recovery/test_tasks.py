"""Work for people: a rule that stumbles keeps every entry and asks somebody to look."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from recovery.actions import days, ladder
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.safety import close
from recovery.actions.tasks import open_task
from recovery.models import Episode, NewStart, PainEntry, Patient, RedFlag, Suspension, Task
from recovery.models.tasks import TaskKind
from recovery.progress import red_flags
from recovery.records import read
from recovery.rules.status import Facts
from recovery.rules.status import judge as judge_as_ever
from recovery.sessions import climbs as climbs_as_ever
from tests import people
from tests.moments import NOW
from tests.recovery.test_days import daily, log, progress

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


def move(someone: people.Person, zone: str) -> None:
    with acting_for_all():
        Patient.objects.filter(pk=someone.user.pk).update(time_zone=zone)


def tasks(who: people.Person, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Client().get(f"/api/v1/tasks{query}", headers=who.headers).json()["results"]
    return rows


def finish(who: people.Person, task: int, **said: str) -> Any:
    return Client().post(
        f"/api/v1/tasks/{task}/done", said, content_type="application/json", headers=who.headers
    )


def test_a_patient_whom_the_rules_stumble_over_loses_no_entry_and_is_checked_by_hand(maria: people.Person):
    """A zone that the pinned tzdata does not know any more: no local date of this patient can be told."""
    ana, ben = people.patient(maria), people.patient(maria, name="Ben")
    for someone in (ana, ben):
        people.plan_for(someone, maria, starts_on=NOW.date() - timedelta(days=14))
        log(someone, NOW.date() - timedelta(days=1), 4)
    move(ana, "Mars/Olympus")
    for minute in range(3):
        assert close_days(now=NOW + timedelta(minutes=minute)) >= 1
    with acting_for_all():
        assert PainEntry.objects.filter(patient=ana.user.pk).count() == 1
    assert (len(daily(ana)), len(daily(ben))) == (0, 14)
    (task,) = tasks(maria)
    assert (task["kind"], task["name"]) == ("check_by_hand", "Ana")
    move(ana, "Europe/Berlin")
    close_days(now=NOW)
    assert daily(ana)[NOW.date() - timedelta(days=1)] == (4, 1)


def test_a_red_flag_is_raised_and_closed_for_a_patient_whom_the_rules_stumble_over(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=NOW.date())
    move(ana, "Mars/Olympus")
    fields = {"revision": 1, "at": NOW.isoformat(), "answers": {"bladder": "yes"}}
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=[read("symptom_check", str(uuid4()), fields)], now=NOW)
    assert progress(ana).status == "alert"
    with acting(maria.actor):
        close(flag=RedFlag.objects.get(), because="Seen at once.", by=maria.user.pk, now=NOW)
    with acting_for_all():
        assert RedFlag.objects.get().closed_because == "Seen at once."
    assert [task["kind"] for task in tasks(maria)] == ["check_by_hand"]


def test_a_task_is_open_once_for_a_cause_and_again_when_it_was_done(maria: people.Person):
    ana = people.patient(maria)

    def suspend(exercise: str) -> None:
        with acting_for_all():
            open_task(
                clinic_id=maria.actor.clinic_id,
                patient_id=ana.user.pk,
                episode_id=None,
                kind=TaskKind.SUSPENDED_EXERCISE,
                cause=exercise,
                why=f"{exercise} was suspended.",
                now=NOW,
            )

    for exercise in ("bridge", "bridge", "bird-dog"):
        suspend(exercise)
    assert [task["cause"] for task in tasks(maria)] == ["bridge", "bird-dog"]
    assert finish(maria, tasks(maria)[0]["id"], how="Fewer repetitions.").status_code == 200
    suspend("bridge")
    assert [task["cause"] for task in tasks(maria)] == ["bird-dog", "bridge"]
    (done,) = tasks(maria, "?open=false")
    assert (done["how"], done["done_by"]) == ("Fewer repetitions.", maria.user.pk)


def test_of_two_who_finish_a_task_the_second_is_told(maria: people.Person):
    carla = people.member(Clinic.objects.get(), Role.CLINICIAN)
    ana = people.patient(maria)
    with acting_for_all():
        task = Task.objects.create(
            clinic_id=maria.actor.clinic_id,
            patient_id=ana.user.pk,
            kind=TaskKind.CHECK_BY_HAND,
            cause="close_of_day",
            why="Look.",
            opened_at=NOW,
        )
    assert finish(maria, task.pk).status_code == 400
    assert finish(maria, task.pk, how="Read the diary.").status_code == 200
    assert finish(carla, task.pk, how="Read it too.").status_code == 409


@pytest.mark.parametrize("wrong", [ValueError, AttributeError, AssertionError])
def test_a_stumble_of_the_status_rules_keeps_the_days_and_the_red_flag(
    maria: people.Person, monkeypatch: pytest.MonkeyPatch, wrong: type[Exception]
):
    ana, ben = people.patient(maria), people.patient(maria, name="Ben")
    for someone in (ana, ben):
        people.plan_for(someone, maria, starts_on=NOW.date() - timedelta(days=14))
        for day in (3, 2, 1):
            log(someone, NOW.date() - timedelta(days=day), 9)
    judged = judge_as_ever

    def judge(facts: Facts, **dates: date) -> Any:
        if len(facts.day_values) == 4:
            raise wrong("A rule stumbles over this patient.")
        return judged(facts, **dates)

    log(ana, NOW.date() - timedelta(days=9), 1)
    monkeypatch.setattr(days, "judge", judge)
    close_days(now=NOW)
    assert daily(ana)[NOW.date() - timedelta(days=1)] == (9, 1)
    with acting_for_all():
        assert set(RedFlag.objects.values_list("patient", flat=True)) == {ana.user.pk, ben.user.pk}
    assert [(task["kind"], task["name"]) for task in tasks(maria)] == [("check_by_hand", "Ana")]
    assert (progress(ana).closed_through, progress(ben).status) == (None, "alert")
    monkeypatch.undo()
    close_days(now=NOW)
    assert progress(ana).status == "alert"


def test_whatever_the_ladder_stumbles_over_everybody_else_is_judged(
    maria: people.Person, monkeypatch: pytest.MonkeyPatch
):
    ana, ben = people.patient(maria), people.patient(maria, name="Ben")
    for someone in (ana, ben):
        people.plan_for(someone, maria, starts_on=NOW.date())
    judged = climbs_as_ever

    def climbs(episodes: list[Episode], **more: Any) -> Any:
        if ana.user.pk in [episode.patient_id for episode in episodes]:
            raise AttributeError("A rule stumbles over this patient.")
        return judged(episodes, **more)

    monkeypatch.setattr(ladder, "climbs", climbs)
    ladder.judge_ladders(now=NOW)
    assert [(task["kind"], task["name"]) for task in tasks(maria)] == [("check_by_hand", "Ana")]
    assert (progress(ana).ladder_due_at, progress(ben).ladder_due_at) == (NOW, None)


def test_the_task_of_a_suspension_is_done_by_lifting_it(maria: people.Person):
    ana = people.patient(maria)
    plan = people.plan_for(ana, maria, starts_on=NOW.date())
    exercise = plan.prescriptions.get().exercise
    of_ana = {"clinic_id": plan.clinic_id, "patient_id": ana.user.pk, "episode_id": plan.episode_id}
    said = {"numbers": {}, "for_staff": "", "rule_version": "1"}
    with acting_for_all():
        suspension = Suspension.objects.create(
            exercise=exercise, rule="two_reds", suspended_at=NOW, suspended_on=NOW, **of_ana, **said
        )
        open_task(kind=TaskKind.SUSPENDED_EXERCISE, cause=str(exercise.pk), why="Look.", now=NOW, **of_ana)
    (task,) = tasks(maria)
    answer = finish(maria, task["id"], how="Seen.")
    assert (answer.status_code, "Lift the suspension instead" in answer.content.decode()) == (409, True)
    with acting(maria.actor):
        ladder.lift(suspension=suspension, because="Fine.", by=maria.user.pk, now=NOW)
    assert tasks(maria) == []


def test_a_new_start_is_asked_for_once_set_by_a_person_and_judged_again(maria: people.Person):
    ana, today = people.patient(maria), NOW.date()
    first = today - timedelta(days=30)
    people.plan_for(ana, maria, starts_on=first)
    for day in range(1, 8):
        log(ana, today - timedelta(days=day), 6)
    for minute in range(2):
        close_days(now=NOW + timedelta(minutes=minute))
    assert progress(ana).rule == "no_data.new_start"
    (task,) = [task for task in tasks(maria) if task["kind"] == "new_start"]

    def start(on: date) -> Any:
        path = f"/api/v1/episodes/{progress(ana).pk}/start"
        return Client().post(path, {"on": on}, content_type="application/json", headers=maria.headers)

    for wrong in (first - timedelta(days=1), today + timedelta(days=1)):
        assert start(wrong).status_code == 400
    on = today - timedelta(days=7)
    assert start(on).status_code == 201
    close_days(now=NOW + timedelta(minutes=2))
    assert (progress(ana).rule, progress(ana).weeks) == ("watch.baseline_week", [[1, 6.0]])
    assert [one for one in tasks(maria) if one["kind"] == "new_start"] == []
    with acting_for_all():
        fact = NewStart.objects.get()
        done = Task.objects.get(pk=task["id"])
    assert (fact.on, fact.was_on, fact.set_by_id) == (on, first, maria.user.pk)
    assert (done.done_by_id, done.how) == (maria.user.pk, f"A new start was set: {on}.")


def test_moving_to_another_zone_moves_no_date_of_a_red_flag(maria: people.Person):
    ana = people.patient(maria)
    late = NOW.replace(hour=23, minute=30)
    fields = {"revision": 1, "at": NOW.isoformat(), "answers": {"bladder": "yes"}}
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=[read("symptom_check", str(uuid4()), fields)], now=late)
    move(ana, "America/New_York")
    with acting_for_all():
        (flag,) = red_flags([Patient.objects.get()])[ana.user.pk]
    assert flag.raised_on == NOW.date() + timedelta(days=1), "it was tomorrow in Berlin already"
