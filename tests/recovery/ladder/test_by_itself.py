"""What a plan lets the rules do by themselves, inside the range that the therapist named."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.access import acting_for_all
from phone.reading import today
from recovery.actions.ladder import judge_ladders
from recovery.models import (
    Episode,
    Patient,
    Plan,
    Progress,
)
from tests import people
from tests.moments import NOW
from tests.recovery.ladder.conftest import (
    AMBER,
    RED,
    TODAY,
    call,
    change_plan,
    greens,
    judge_again,
    plans,
    proposals,
    send,
    session,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


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
