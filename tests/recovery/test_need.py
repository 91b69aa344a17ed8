"""Where a patient stands in the worklist: by the first reason that holds, whatever changes it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.access import Role, acting, acting_for_all
from recovery.actions import safety
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.messages import read_by_staff
from recovery.actions.people import end_episode
from recovery.models import Episode, Patient, Progress, RedFlag
from recovery.records import read
from recovery.rules.need import Need
from recovery.rules.red_flags import symptom_check
from tests import people
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria() -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: Person) -> Person:
    """In her first week: nothing is known, and nothing is wrong."""
    person = people.patient(maria)
    people.plan_for(person, maria, starts_on=NOW.date())
    with acting_for_all():
        close_days(now=NOW)
    return person


def row(someone: Person) -> Progress:
    with acting_for_all():
        return Progress.objects.get(patient=someone.user.pk)


def note(someone: Person, kind: str, *, uuid: UUID | None = None, at: datetime = NOW, **fields: Any) -> UUID:
    uuid = uuid or uuid4()
    record = read(kind, str(uuid), {"revision": 1, "at": at, **fields})
    with acting(someone.actor):
        assert take(patient_id=someone.user.pk, records=[record], now=NOW)[0].verdict == "stored"
    return uuid


def hurts(someone: Person, *, at: datetime = NOW, **fields: Any) -> UUID:
    return note(
        someone, "session", at=at, results=[{"exercise": "bridge", "outcome": "hurts_too_much"}], **fields
    )


def test_a_first_week_is_no_reason_to_look(ana: Person):
    assert row(ana).need == Need.WATCH


def test_a_patient_without_a_program_needs_one(maria: Person):
    assert row(people.patient(maria)).need == Need.NO_DATA


def test_one_exercise_that_hurts_is_not_twice_and_two_in_a_week_are(ana: Person):
    hurts(ana, at=NOW - timedelta(days=3))
    assert row(ana).need == Need.WATCH
    hurts(ana)
    assert row(ana).need == Need.HURT_TWICE


def test_what_hurt_more_than_a_week_ago_is_not_counted(ana: Person):
    hurts(ana, at=NOW - timedelta(days=8))
    hurts(ana)
    assert row(ana).need == Need.WATCH


def test_what_hurt_is_forgotten_when_its_week_is_over(ana: Person):
    hurts(ana)
    hurts(ana)
    with acting_for_all():
        close_days(now=NOW + timedelta(days=5))
    assert row(ana).hurt_twice
    with acting_for_all():
        close_days(now=NOW + timedelta(days=9))
    assert not row(ana).hurt_twice


def test_a_session_that_is_taken_back_hurts_no_more(ana: Person):
    hurts(ana)
    uuid = hurts(ana)
    hurts(ana, uuid=uuid, revision=2, withdrawn=True)
    assert row(ana).need == Need.WATCH


def test_an_unread_message_counts_until_somebody_reads_it(ana: Person, maria: Person):
    note(ana, "message", text="May I swim?", private=False)
    assert row(ana).need == Need.UNREAD
    with acting(maria.actor):
        patient = Patient.objects.get(pk=ana.user.pk)
        read_by_staff(patient=patient, until=NOW, by=maria.user.pk, now=NOW)
    assert row(ana).need == Need.WATCH


def test_a_private_note_waits_for_nobody(ana: Person):
    note(ana, "message", text="For me.", private=True)
    assert row(ana).need == Need.WATCH


def test_a_message_that_is_taken_back_waits_no_more(ana: Person):
    uuid = note(ana, "message", text="May I swim?", private=False)
    note(ana, "message", uuid=uuid, revision=2, text="May I swim?", private=False, withdrawn=True)
    assert row(ana).need == Need.WATCH


def test_a_red_flag_comes_before_all_and_the_oldest_first(maria: Person, ana: Person):
    ben = people.patient(maria, name="Ben")
    for someone, minutes in ((ben, 5), (ana, 2)):
        yes = dict.fromkeys(symptom_check(), "no") | {"foot_drop": "yes"}
        with acting(someone.actor):
            record = read("symptom_check", str(uuid4()), {"revision": 1, "at": NOW, "answers": yes})
            take(patient_id=someone.user.pk, records=[record], now=NOW - timedelta(minutes=minutes))
    with acting(maria.actor):
        listed = list(Progress.objects.worklist(maria.actor).values_list("patient", "need", "waits_since"))
    assert listed == [
        (ben.user.pk, Need.RED_FLAG, NOW - timedelta(minutes=5)),
        (ana.user.pk, Need.RED_FLAG, NOW - timedelta(minutes=2)),
    ]
    with acting(maria.actor):
        flag = RedFlag.objects.select_related("patient").get(patient=ben.user.pk)
        safety.close(flag=flag, because="Seen.", by=maria.user.pk, now=NOW)
    assert row(ben).need == Need.NO_DATA
    assert row(ben).waits_since == NOW


def test_an_ended_episode_is_in_no_worklist(maria: Person, ana: Person):
    with acting(maria.actor):
        episode = Episode.objects.get(patient=ana.user.pk)
        end_episode(episode=episode, because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW)
        assert not Progress.objects.worklist(maria.actor).exists()
