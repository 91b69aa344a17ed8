"""The page on what reminders do: the API's figures, for all staff of the clinic and nobody else."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import Clinic
from notifications.models import ReminderEffect
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_pages import text
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]
PAGE = "/reminder-effect"


def counted(clinic: Clinic, kind: str, hour: int, *, sent: int, withheld: int) -> None:
    """Three of four act with the reminder, and one of four without."""
    with acting_for_all():
        ReminderEffect.objects.create(
            clinic=clinic, kind=kind, hour=hour, patients=9,
            sent=sent, sent_acted=sent * 3 // 4, withheld=withheld, withheld_acted=withheld // 4,
        )  # fmt: skip


def test_each_kind_is_one_line_with_its_interval(hillside: Clinic, maria: Person, browser: Browser):
    for hour in (8, 9):
        counted(hillside, "exercise", hour, sent=200, withheld=20)
    counted(hillside, "walk", 9, sent=200, withheld=20)
    page = text(browser(maria).get(PAGE))
    exercise = re.search(
        r"Exercise 400 40 75% 25% \+50 \(\+(\d+) to \+(\d+)\) More act with the reminder", page
    )
    assert exercise is not None, page
    assert int(exercise[1]) < 50 < int(exercise[2])
    assert "Walk 200 20 – – – Too few to tell" in page


def test_it_is_of_the_own_clinic_and_for_every_role_of_staff(hillside: Clinic, browser: Browser):
    counted(people.clinic("Seaside"), "walk", 9, sent=200, withheld=20)
    for role in (Role.THERAPIST, Role.CLINICIAN, Role.ADMINISTRATOR):
        assert "Nothing counted yet" in text(browser(staff(hillside, role, name=f"S{role}")).get(PAGE))


def test_a_stranger_is_sent_to_sign_in(hillside: Clinic):
    assert Client().get(PAGE).status_code == 302
