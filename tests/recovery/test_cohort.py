"""The clinic's time to relief over real diaries: who is counted, who may read it, and at what cost."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role, acting, acting_for_all
from exercises.models import Program
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.people import end_episode
from recovery.cohort import cohort
from recovery.models import Episode, Progress
from recovery.records import read
from recovery.rules.cohort import LeftOut
from recovery.rules.course import Stratum
from tests import people
from tests.moments import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

START = NOW.date() - timedelta(days=70)
SLOW = (6, 5, 5, 5, 5, 5, 5, 5, 5, 5)


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


def recovering(
    by: people.Person, *levels: int | None, onset: int = 30, program: Program | None = None
) -> people.Person:
    """A patient with one level of pain a program week; the symptoms began `onset` days before the start."""
    someone = people.patient(by)
    with acting(by.actor):
        Episode.objects.filter(patient=someone.user.pk).update(onset_on=START - timedelta(days=onset))
    people.plan_for(someone, by, starts_on=START, program=program)
    records = [
        _pain(START + timedelta(days=7 * week + day), level)
        for week, level in enumerate(levels)
        if level is not None
        for day in range(4)
    ]
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=records, now=NOW)
    return someone


def _pain(day: date, score: int) -> Any:
    fields = {"revision": 1, "at": f"{day}T20:00:00+01:00", "region": "leg", "score": score}
    return read("pain", str(uuid4()), fields | {"asked": "last_24_hours"})


def event(someone: people.Person, what: str, day: date, *, withdrawn: bool = False) -> None:
    fields = {"revision": 1, "at": f"{day}T20:00:00+01:00", "what": what, "about_on": str(day)}
    fields |= {"withdrawn": withdrawn}
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[read("event", str(uuid4()), fields)], now=NOW)


def ask(by: people.Person, **asked: Any) -> Any:
    answer = Client().get("/api/v1/cohort", asked, headers=by.headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def twelve(by: people.Person, **more: Any) -> list[people.Person]:
    """Six relieved on day 21, six not in ten weeks."""
    return [recovering(by, *(levels), **more) for levels in [(6, 5, 2, 2), SLOW] for _ in range(6)]


def test_the_close_of_the_day_keeps_what_the_cohort_counts(maria: people.Person):
    ana = recovering(maria, 6, 5, 2, 2, 2, 5, 5, None)
    close_days(now=NOW)
    with acting_for_all():
        row = Progress.objects.get(patient=ana.user.pk)
    assert (row.left_out, row.relieved_on, row.relapsed_on, row.valid_through) == (
        "",
        START + timedelta(days=20),
        START + timedelta(days=41),
        START + timedelta(days=48),
    )


def test_an_answer_that_comes_late_changes_what_was_kept(maria: people.Person):
    ana = recovering(maria, 6, 5, 2, None, 5)
    close_days(now=NOW)
    with acting(ana.actor):
        late = [_pain(START + timedelta(days=21 + day), 2) for day in range(4)]
        take(patient_id=ana.user.pk, records=late, now=NOW)
    close_days(now=NOW)
    with acting_for_all():
        assert Progress.objects.get(patient=ana.user.pk).relieved_on == START + timedelta(days=20)


def test_the_curve_of_a_clinic(maria: people.Person):
    twelve(maria)
    recovering(maria, 2, 2, 2)
    recovering(maria, None, 5)
    people.patient(maria)  # without a plan there is no start, and nothing to count from
    close_days(now=NOW)
    found = ask(maria)
    everyone = found["everyone"]
    # The one with no entries in week 1 has a late baseline of 5, and is counted as long as the weeks are valid.
    assert everyone["left_out"] == {"no_baseline": 0, "low_baseline": 1}
    assert (everyone["relief"]["counted"], everyone["relief"]["happened"]) == (13, 6)
    (step,) = everyone["relief"]["steps"]
    assert (step["day"], step["at_risk"], step["happened"]) == (21, 12, 6)
    assert step["left"] == pytest.approx(0.5)
    assert step["low"] < 0.5 < step["high"]
    assert everyone["relief"]["median"] == 21
    assert everyone["relief"]["at_risk"] == [[0, 13]]
    assert everyone["half"]["verdict"] == "too_few"
    assert everyone["relapse"] is None
    assert found["strata"][0]["stratum"] == "A"
    assert [published["population"] for published in found["published"]]


def test_few_are_not_shown_at_all_only_said_to_be_few(maria: people.Person):
    for _ in range(9):
        recovering(maria, 6, 5, 2, 2)
    close_days(now=NOW)
    everyone = ask(maria)["everyone"]
    assert (everyone["relief"], everyone["relapse"], everyone["left_out"]) == (None, None, None)
    assert everyone["half"]["sentence"].startswith("Too few to tell")


def test_surgery_and_discharge_end_the_count(maria: people.Person):
    first, second, third, *_ = twelve(maria)
    event(first, "surgery", START + timedelta(days=9))
    event(second, "injection", START + timedelta(days=9))
    event(second, "surgery", START - timedelta(days=9))  # of an earlier bout
    event(second, "surgery", START + timedelta(days=9), withdrawn=True)
    with acting(maria.actor):
        episode = Episode.objects.get(patient=third.user.pk)
        end_episode(
            episode=episode, because="transfer", on=START + timedelta(days=15), by=maria.user.pk, now=NOW
        )
    recovering(maria, 6, 5, 2, 2)
    close_days(now=NOW)
    relief = ask(maria)["everyone"]["relief"]
    assert (relief["counted"], relief["happened"]) == (13, 5)
    assert relief["steps"][0]["at_risk"] == 11


def test_the_filters_narrow_what_is_counted(maria: people.Person):
    twelve(maria)
    twelve(maria, onset=100)
    close_days(now=NOW)
    assert ask(maria)["everyone"]["relief"]["counted"] == 24
    only = ask(maria, stratum="C")
    assert (only["everyone"]["relief"]["counted"], [group["stratum"] for group in only["strata"]]) == (
        12,
        ["C"],
    )
    assert ask(maria, started_from=str(START), started_to=str(START))["everyone"]["relief"]["counted"] == 24
    assert ask(maria, started_from=str(START + timedelta(days=1)))["everyone"]["relief"] is None
    assert ask(maria, started_to=str(START - timedelta(days=1)))["everyone"]["relief"] is None
    assert ask(maria, program=12345)["everyone"]["relief"] is None


@pytest.mark.parametrize(
    "asked",
    [{"stratum": "D"}, {"program": "x"}, {"started_from": "2026-02-30"}, {"weeks": 3}]
    + [{"started_from": "2026-02-02", "started_to": "2026-02-01"}],
)
def test_a_filter_that_makes_no_sense_is_an_error_and_no_wider_search(
    maria: people.Person, asked: dict[str, Any]
):
    assert Client().get("/api/v1/cohort", asked, headers=maria.headers).status_code == 400


def test_strata_and_programs_are_compared_where_they_are_shown(maria: people.Person):
    twelve(maria, program=people.program())
    twelve(maria, onset=60)
    recovering(maria, *SLOW, onset=200)  # one of the third stratum: too few to show, and so to compare
    close_days(now=NOW)
    found = ask(maria)
    assert found["strata_differ"]["chi_squared"] == pytest.approx(0, abs=1e-9)
    assert found["strata_differ"]["degrees"] == 1
    assert {group["name"] for group in found["programs"]} == {"Ease", "Without a program"}
    assert sum(group["relief"]["counted"] for group in found["programs"]) == 25
    # Each program was given to one stratum only: within a stratum there is nothing to compare.
    assert found["programs_differ"] is None


def test_a_therapist_sees_the_curve_of_their_own_patients_a_clinician_of_the_clinic():
    hill, lake = people.clinic("Hillside"), people.clinic("Lakeside")
    maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
    doctor, stranger = people.member(hill, Role.CLINICIAN), people.member(lake, Role.CLINICIAN)
    twelve(maria)
    for _ in range(3):
        recovering(carla, *SLOW)
    close_days(now=NOW)
    counted = {
        name: found["everyone"]["relief"] and found["everyone"]["relief"]["counted"]
        for name, found in [(p.user.pk, ask(p)) for p in (maria, carla, doctor, stranger)]
    }
    assert counted == {maria.user.pk: 12, carla.user.pk: None, doctor.user.pk: 15, stranger.user.pk: None}
    assert (ask(maria)["whose"], ask(doctor)["whose"]) == ("own patients", "clinic")


def test_the_answer_takes_as_many_statements_for_thirty_episodes_as_for_one(maria: people.Person):
    def statements() -> int:
        with acting(maria.actor), CaptureQueriesContext(connection) as queries:
            cohort(maria.actor)
        return len(queries)

    program = people.program()
    recovering(maria, *SLOW, program=program)
    close_days(now=NOW)
    one = statements()
    twelve(maria, program=program)
    twelve(maria, onset=100)
    close_days(now=NOW)
    assert statements() == one == 2


def test_who_left_out_counts_is_a_reason_of_the_rules(maria: people.Person):
    twelve(maria)
    recovering(maria, 1, 1)
    close_days(now=NOW)
    with acting(maria.actor):
        everyone = cohort(maria.actor, stratum=Stratum.A).everyone
    assert everyone.left_out == {LeftOut.NO_BASELINE: 0, LeftOut.LOW_BASELINE: 1}
