"""The friendly message for who has gone silent: in their language, once a week, and a few a day."""

from datetime import timedelta

import pytest

from accounts.access import Role, acting, acting_for_all
from recovery.actions import nudges
from recovery.actions.days import close_days
from recovery.actions.nudges import NUDGE, nudge
from recovery.models import Patient, StaffMessage
from recovery.models.people import Language
from tests import people
from tests.moments import NOW
from tests.people import Person
from wire.problems import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria() -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


def silent(by: Person, name: str = "Ana") -> Patient:
    """Nothing was heard since the start ten days ago."""
    person = people.patient(by, name=name, now=NOW - timedelta(days=10))
    people.plan_for(person, by, starts_on=(NOW - timedelta(days=10)).date())
    with acting_for_all():
        close_days(now=NOW)
        return Patient.objects.get(pk=person.user.pk)


def test_the_words_are_fixed_and_in_the_patients_language(maria: Person):
    ana, benita = silent(maria), silent(maria, "Benita")
    with acting(maria.actor):
        Patient.objects.filter(pk=benita.pk).update(language="es")
        assert nudge(patient=ana, by=maria.user.pk, now=NOW).text == NUDGE[Language.ENGLISH]
        written = nudge(patient=benita, by=maria.user.pk, now=NOW)
    assert (written.text, written.to_patient, written.author_id) == (
        NUDGE[Language.SPANISH],
        True,
        maria.user.pk,
    )


def test_a_patient_is_asked_once_a_week(maria: Person):
    ana = silent(maria)
    with acting(maria.actor):
        nudge(patient=ana, by=maria.user.pk, now=NOW)
        with pytest.raises(Conflict, match="within the last seven days"):
            nudge(patient=ana, by=maria.user.pk, now=NOW + timedelta(days=6))
        nudge(patient=ana, by=maria.user.pk, now=NOW + timedelta(days=7, seconds=1))


def test_who_is_not_silent_is_not_nudged(maria: Person):
    person = people.patient(maria)
    with acting(maria.actor):
        ana = Patient.objects.get(pk=person.user.pk)
        with pytest.raises(Conflict, match="not silent"):
            nudge(patient=ana, by=maria.user.pk, now=NOW)
        assert not StaffMessage.objects.exists()


def test_a_therapist_sends_a_few_a_day_and_colleagues_have_their_own(
    maria: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nudges, "NUDGES_A_DAY", 2)
    ana, ben, cleo = silent(maria), silent(maria, "Ben"), silent(maria, "Cleo")
    with acting(maria.actor):
        nudge(patient=ana, by=maria.user.pk, now=NOW)
        nudge(patient=ben, by=maria.user.pk, now=NOW)
        with pytest.raises(Conflict, match="2 of these in a day"):
            nudge(patient=cleo, by=maria.user.pk, now=NOW)
        nudge(patient=cleo, by=maria.user.pk, now=NOW + timedelta(days=1))
