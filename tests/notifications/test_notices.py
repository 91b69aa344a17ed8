"""Messages to staff about records that were opened in an emergency, and about records that are soon erased."""

from datetime import timedelta

import pytest

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from notifications.clock import database_now
from notifications.messages import message_for
from notifications.models import Notification
from notifications.notices import tell_of_erasures, tell_of_opened_records
from recovery.actions.emergency import open_record
from recovery.models import CareTeamMember, Expiry
from tests import people
from tests.moments import NOW
from tests.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def hill() -> Clinic:
    return people.clinic()


@pytest.fixture
def maria(hill: Clinic) -> Person:
    return people.member(hill, Role.THERAPIST)


@pytest.fixture
def boss(hill: Clinic) -> Person:
    return people.member(hill, Role.ADMINISTRATOR, name="Boss")


def told() -> dict[int, str]:
    """Who gets a message, and what it says."""
    with acting_for_all():
        return {one.recipient_id or 0: message_for(one).title for one in Notification.objects.all()}


def test_who_answers_for_a_record_is_told_once_that_it_was_opened(hill: Clinic, maria: Person, boss: Person):
    people.patient(maria, name="CNRY-Ana")
    noor, left = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
    people.member(people.clinic("Lakeside"), Role.ADMINISTRATOR)
    with acting(noor.actor):
        open_record(called="CNRY-Ana", birth_year=1980, because="CNRY-fall", by=noor.actor, now=NOW)
    for _ in range(2):
        tell_of_opened_records(now=database_now())
    title = "A record was opened in an emergency"
    assert told() == {maria.user.pk: title, boss.user.pk: title}
    assert left.user.pk not in told()
    with acting_for_all():
        for one in Notification.objects.all():
            assert "CNRY" not in str(message_for(one))


def test_an_administrator_who_opens_a_record_tells_the_others_and_not_themselves(maria: Person, boss: Person):
    people.patient(maria)
    with acting(boss.actor):
        open_record(called="Ana", birth_year=1980, because="She called.", by=boss.actor, now=NOW)
    tell_of_opened_records(now=database_now())
    assert told().keys() == {maria.user.pk}


def test_what_was_opened_long_ago_is_told_to_nobody(maria: Person, boss: Person):
    people.patient(maria)
    with acting(boss.actor):
        open_record(called="Ana", birth_year=1980, because="She called.", by=boss.actor, now=NOW)
    with acting_for_all():
        CareTeamMember.objects.exclude(until_at=None).update(until_at=database_now() - timedelta(days=2))
    assert tell_of_opened_records(now=database_now()) == 0
    assert told() == {}


def test_administrators_hear_once_of_all_the_records_that_were_listed_on_a_day(maria: Person, boss: Person):
    for name in ("Ana", "Ben"):
        listed(people.patient(maria, name=name))
    for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=3)):
        tell_of_erasures(now=now)
    assert told() == {boss.user.pk: "Some records are about to be erased"}
    with acting_for_all():
        assert Notification.objects.count() == 1


def test_an_administrator_of_two_clinics_hears_of_both(hill: Clinic, maria: Person, boss: Person):
    """On the same day, and what one clinic lists keeps the other's message from nobody."""
    lake = people.clinic("Lakeside")
    people.member(lake, Role.ADMINISTRATOR, user=boss.user)
    for by in (maria, people.member(lake, Role.THERAPIST)):
        listed(people.patient(by))
    tell_of_erasures(now=NOW)
    with acting_for_all():
        told_by = list(Notification.objects.values_list("clinic", "recipient"))
    assert sorted(told_by) == [(hill.pk, boss.user.pk), (lake.pk, boss.user.pk)]


def test_the_others_are_told_of_when_the_first_of_them_is_erased_by_hand(maria: Person, boss: Person):
    first, second = people.patient(maria), people.patient(maria, name="Ben")
    for someone in (first, second):
        listed(someone)
    tell_of_erasures(now=NOW)
    with acting_for_all():
        Notification.objects.filter(patient=first.user.pk).delete()
        Expiry.objects.filter(patient=first.user.pk).delete()
    tell_of_erasures(now=NOW + timedelta(hours=1))
    assert told() == {boss.user.pk: "Some records are about to be erased"}


def listed(someone: Person) -> None:
    with acting_for_all():
        Expiry.objects.create(
            clinic_id=someone.actor.clinic_id,
            patient_id=someone.user.pk,
            ended_on=NOW - timedelta(days=4000),
            listed_on=NOW,
            erase_on=NOW + timedelta(days=30),
        )
