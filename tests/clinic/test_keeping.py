"""How long records are kept: the setting, the list before the end, and who keeps one all the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import AuditEntry, Clinic
from recovery.models import CareSettings, Expiry
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_clinic_settings import fields
from tests.clinic.test_pages import text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")


@pytest.fixture
def expiry(maria: Person) -> Expiry:
    return listed(people.patient(maria, name="Ana"))


def listed(someone: Person) -> Expiry:
    with acting_for_all():
        return Expiry.objects.create(
            clinic_id=someone.actor.clinic_id,
            patient_id=someone.user.pk,
            ended_on=NOW - timedelta(days=4000),
            listed_on=NOW,
            erase_on=NOW + timedelta(days=30),
        )


def path(expiry: Expiry, deed: str) -> str:
    return f"/clinic/keeping/{expiry.pk}/{deed}"


def test_the_years_are_chosen_within_the_bounds_or_left_empty(helena: Person, browser: Browser):
    client = browser(helena)
    sent = fields(client.get("/clinic"))
    assert sent["keep_years"] == ""
    for wrong in ("4", "31", "many"):
        assert client.post("/clinic", sent | {"keep_years": wrong}).status_code == 422
    assert client.post("/clinic", sent | {"keep_years": "10"}).status_code == 302
    assert "for 10 years after the last bout ended" in text(client.get("/clinic/keeping"))
    sent = fields(client.get("/clinic"))
    assert sent["keep_years"] == "10"
    client.post("/clinic", sent | {"keep_years": ""})
    assert CareSettings.objects.get().keep_years is None
    assert "until somebody erases them by hand" in text(client.get("/clinic/keeping"))


def test_the_list_has_names_and_dates_and_a_record_is_kept_with_a_reason(
    helena: Person, expiry: Expiry, browser: Browser
):
    client = browser(helena)
    assert "Ana last bout ended 20 March 2015, erased on 1 April 2026" in text(client.get("/clinic/keeping"))
    missing = client.post(path(expiry, "keep"), {"because": " "})
    assert missing.status_code == 422
    assert "Say why it is kept." in text(missing)
    kept = client.post(path(expiry, "keep"), {"because": "A lawsuit."}, follow=True)
    assert "kept by Helena since 2 March 2026: A lawsuit." in text(kept)
    assert "No record is to be erased" in text(kept)
    twice = client.post(path(expiry, "keep"), {"because": "Another reason."}, follow=True)
    assert "This record is kept already, or has just been erased." in text(twice)
    gone = client.post(path(expiry, "let-go"), follow=True)
    assert "Ana last bout ended 20 March 2015, erased on 1 April 2026" in text(gone)
    with acting_for_all():
        said = AuditEntry.objects.filter(what="recovery_expiry").values_list("user_id", "deed", "about")
        assert list(said) == [(helena.user.pk, "update", [expiry.patient_id])] * 2


def test_nobody_decides_about_their_own_record(hillside: Clinic, maria: Person, browser: Browser):
    someone = people.patient(maria, name="Nina")
    people.member(hillside, Role.ADMINISTRATOR, user=someone.user)
    assert browser(someone).post(path(listed(someone), "keep"), {"because": "Mine."}).status_code == 403
