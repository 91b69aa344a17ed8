"""The last administrator stays, also when two leave at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from accounts import actions
from accounts.access import Role
from accounts.models import Membership
from tests import people
from tests.moments import NOW
from wire.problems import Conflict


@pytest.mark.usefixtures("committed")
def test_of_two_administrators_who_leave_at_once_one_is_told():
    hillside = people.clinic()
    left = [people.member(hillside, Role.ADMINISTRATOR, name=name).user.pk for name in ("Helena", "Otto")]
    together = Barrier(2)

    def leave(user: int) -> str:
        try:
            membership = Membership.objects.select_related("clinic", "user").get(user=user)
            together.wait()
            actions.end_membership(membership=membership, now=NOW)
        except Conflict:
            return "told"
        finally:
            connections.close_all()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, left)) == ["left", "told"]
    assert Membership.objects.current().count() == 1


@pytest.mark.django_db
def test_roles_change_without_signing_anybody_out():
    hillside = people.clinic()
    helena = people.member(hillside, Role.ADMINISTRATOR)
    maria = people.member(hillside, Role.THERAPIST, name="Maria")
    actions.change_roles(clinic_id=hillside.pk, user_id=maria.user.pk, roles=[Role.ADMINISTRATOR], now=NOW)
    actions.change_roles(clinic_id=hillside.pk, user_id=helena.user.pk, roles=[], now=NOW)
    held = Membership.objects.current().values_list("user", "role")
    assert list(held) == [(maria.user.pk, Role.ADMINISTRATOR)]
    assert maria.user.devices.current().exists()
    assert not helena.user.devices.current().exists()


@pytest.mark.django_db
def test_whoever_leaves_comes_back_by_no_code_that_they_made_for_somebody_else():
    """An administrator who is about to go could invite themselves by another address, a therapist join as a patient."""
    hillside = people.clinic()
    helena, otto = (people.member(hillside, Role.ADMINISTRATOR, name=name) for name in ("Helena", "Otto"))
    maria = people.member(hillside, Role.THERAPIST, Role.ADMINISTRATOR, name="Maria")
    ana = people.patient(maria)
    code_for_ana = patient_code(ana, maria)
    theirs = {
        who.user.name: actions.invite_staff(
            clinic_id=hillside.pk,
            name="New",
            email=f"of-{who.user.name}@hill.example".lower(),
            role=Role.ADMINISTRATOR,
            by=who.user.pk,
            now=NOW,
        )
        for who in (helena, otto, maria)
    }

    def works(issued: actions.Issued) -> bool:
        issued.invitation.refresh_from_db()
        return issued.invitation.revoked_at is None

    def change_roles(who: people.Person, *roles: str) -> None:
        actions.change_roles(clinic_id=hillside.pk, user_id=who.user.pk, roles=roles, now=NOW)

    change_roles(helena)
    assert {name: works(issued) for name, issued in theirs.items()} == {
        "Helena": False,
        "Otto": True,
        "Maria": True,
    }
    change_roles(maria, Role.THERAPIST)
    assert not works(theirs["Maria"])
    assert works(code_for_ana)
    change_roles(maria)
    assert not works(code_for_ana)
    assert works(theirs["Otto"])


def patient_code(patient: people.Person, by: people.Person) -> actions.Issued:
    return actions.invite(
        user=patient.user,
        clinic_id=patient.actor.clinic_id,
        role=Role.PATIENT,
        second_factor="1980",
        by=by.user.pk,
        now=NOW,
    )
