"""Somebody else's patient in an emergency: open for hours, with a reason, and never unnoticed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.db.utils import ProgrammingError
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from accounts.models import AuditEntry, Clinic, Invitation
from recovery.actions.people import add_to_care_team
from recovery.models import CareTeamMember, Episode, Patient, Task
from recovery.owners import owners
from tests import people
from tests.clinic.conftest import answer_yes, staff
from tests.clinic.test_pages import flag_of, page_of, text
from tests.moments import NOW
from tests.people import Person

Browser = Callable[[Person], Client]

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def ana(maria: Person) -> Person:
    return people.patient(maria, name="Ana Keller")


@pytest.fixture
def noor(hillside: Clinic) -> Person:
    """A therapist who does not care for Ana."""
    return staff(hillside, Role.THERAPIST, name="Noor")


def opens(client: Client, **said: Any) -> Any:
    form = {"called": "ana keller", "birth_year": 1980, "because": "She fell at the door."} | said
    return client.post("/patients/open", form)


def test_a_therapist_opens_a_record_with_a_reason_and_reads_it(ana: Person, noor: Person, browser: Browser):
    client = browser(noor)
    assert "Open a record in an emergency" in text(client.get(page_of(ana)))
    assert opens(client)["Location"] == page_of(ana)
    assert "Ana Keller" in text(client.get(page_of(ana)))
    assert "Ana Keller" in text(client.get("/"))


def test_four_hours_later_it_is_shut(ana: Person, noor: Person, browser: Browser):
    client = browser(noor)
    opens(client)
    with acting_for_all():
        opened = CareTeamMember.objects.filter(user=noor.user)
        assert opened.filter(until_at__lte=Now() + timedelta(hours=4)).update(until_at=Now()) == 1
    assert client.get(page_of(ana)).status_code == 404
    with acting(noor.actor):
        assert not Episode.objects.exists()


@pytest.mark.parametrize(
    "said", [{"because": ""}, {"because": " "}, {"called": "Ana"}, {"birth_year": 1981}, {"birth_year": "x"}]
)
def test_without_a_reason_or_for_nobody_it_stays_shut(
    ana: Person, noor: Person, browser: Browser, said: dict[str, Any]
):
    client = browser(noor)
    assert "There is a problem" in text(opens(client, **said))
    assert client.get(page_of(ana)).status_code == 404


def test_who_guesses_names_is_stopped_and_nobody_else(
    hillside: Clinic, ana: Person, noor: Person, browser: Browser
):
    client = browser(noor)
    for year in range(1970, 1980):
        assert opens(client, birth_year=year).status_code == 422
    full = opens(client)
    assert full.status_code == 429
    assert "too many wrong tries. Wait 60 minutes, then try again. Somebody of the care team" in text(full)
    assert client.get(page_of(ana)).status_code == 404
    assert opens(browser(staff(hillside, Role.THERAPIST, name="Stan"))).status_code == 302


def test_a_program_that_guesses_names_is_stopped_too(ana: Person, noor: Person):
    for year in range(1970, 1980):
        refused = by_program(noor, birth_year=year)
        assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
        assert refused.json()["detail"] == "No patient of your clinic has this name and this year of birth."
    full = by_program(noor)
    assert (full.status_code, full["Retry-After"]) == (429, "3600")


def test_of_two_with_the_same_name_and_year_neither_is_opened(
    ana: Person, maria: Person, noor: Person, browser: Browser
):
    people.patient(maria, name="Ana Keller")
    assert "Two patients have this name" in text(opens(browser(noor)))


def test_nothing_crosses_a_clinic(ana: Person, browser: Browser):
    stan = staff(people.clinic("Seaside"), Role.THERAPIST, Role.ADMINISTRATOR, name="Stan")
    assert opens(browser(stan)).status_code == 422


def test_the_care_team_gets_a_task_and_the_administrators_read_it_in_the_audit(
    hillside: Clinic, ana: Person, maria: Person, noor: Person, browser: Browser
):
    boss = staff(hillside, Role.ADMINISTRATOR, name="Boss")
    client = browser(noor)
    opens(client)
    assert "Noor opened this record for four hours" in text(browser(maria).get("/tasks"))
    audit = text(browser(boss).get("/audit"))
    assert "Noor opened the record of Ana Keller on 2 March: She fell at the door." in audit
    client.get(page_of(ana))
    with acting(ana.actor):
        assert AuditEntry.objects.filter(user_id=noor.user.pk).exists()


def test_an_administrator_may_read_it_and_decides_nothing(hillside: Clinic, ana: Person, browser: Browser):
    answer_yes(ana, "foot_drop")
    boss = staff(hillside, Role.ADMINISTRATOR, name="Boss")
    client, flag = browser(boss), flag_of(ana)
    assert client.get(page_of(ana)).status_code == 404
    assert opens(client).status_code == 302
    assert client.get(page_of(ana)).status_code == 200
    assert client.post(f"/red-flags/{flag.pk}/acknowledge").status_code == 404
    assert client.post(f"/red-flags/{flag.pk}/close", {"because": "Seen."}).status_code == 404
    assert client.post(f"/red-flags/{flag.pk}/act", {"what": "called"}).status_code == 403
    assert client.post(f"{page_of(ana)}/messages", {"text": "Hello", "to_patient": "yes"}).status_code == 403


def test_who_opened_a_record_answers_for_nothing(ana: Person, maria: Person, noor: Person, browser: Browser):
    opens(browser(noor))
    with acting_for_all():
        team = CareTeamMember.objects.filter(patient=ana.user.pk).current(on=NOW.date())
        assert [member.user_id for member in team] == [maria.user.pk]
    assert owners([], today=NOW.date()) == {}
    path = f"/api/v1/patients/{ana.user.pk}/care-team"
    assert "Noor" not in Client().get(path, headers=maria.headers).content.decode()


@pytest.mark.parametrize(
    "said",
    [
        {"opened_because": "x", "until_at": Now() + timedelta(hours=5)},
        {"opened_because": "", "until_at": None},
    ],
)
def test_postgresql_holds_the_hours_and_the_reason(ana: Person, noor: Person, said: dict[str, Any]):
    with pytest.raises(ProgrammingError, match="row-level security"), acting(noor.actor):
        CareTeamMember.objects.create(
            clinic_id=noor.actor.clinic_id,
            patient_id=ana.user.pk,
            user=noor.user,
            from_on=NOW.date(),
            until_on=NOW.date(),
            added_by=noor.user,
            added_at=NOW,
            **said,
        )


def test_ones_own_record_is_opened_by_nobody(hillside: Clinic, maria: Person, browser: Browser):
    both = people.patient(maria, name="Ana Keller")
    people.member(hillside, Role.THERAPIST, user=both.user)
    assert opens(browser(both)).status_code == 422
    with acting_for_all():
        assert not Task.objects.exists()
        assert Patient.objects.count() == 1


def by_program(by: Person, **other: Any) -> Any:
    said = {"called": "Ana Keller", "birth_year": 1980, "because": "She fell at the door."} | other
    return Client().post("/api/v1/patients/open", json.dumps(said), "application/json", headers=by.headers)


def test_a_program_opens_it_too_by_the_same_rule(ana: Person, noor: Person):
    path = f"/api/v1/patients/{ana.user.pk}"
    for wrong, status in (({"because": " "}, 400), ({"because": ""}, 400), ({"birth_year": 1981}, 409)):
        assert by_program(noor, **wrong).status_code == status
    assert Client().get(path, headers=noor.headers).status_code == 404
    assert by_program(noor).json() == {"patient": ana.user.pk, "open_seconds": 14400}
    assert Client().get(path, headers=noor.headers).status_code == 200
    with acting_for_all():
        assert Task.objects.get().kind == "opened"


def test_nothing_that_was_done_in_the_four_hours_opens_the_record_after_them(
    hillside: Clinic, ana: Person, maria: Person, noor: Person, browser: Browser
):
    """Neither a place on the care team nor a code for a phone; nor can who did it do away with the care team's task."""
    second = staff(hillside, Role.THERAPIST, name="Second")
    with acting(maria.actor):
        patient = Patient.objects.get()
        add_to_care_team(
            patient=patient,
            user_id=second.user.pk,
            from_on=NOW.date(),
            until_on=None,
            by=maria.user.pk,
            now=NOW,
        )
    client, page = browser(noor), page_of(ana)
    opens(client)

    def api(method: str, path: str, body: Any = None) -> int:
        url, sent = f"/api/v1/patients/{ana.user.pk}/{path}", json.dumps(body) if body else ""
        return Client().generic(method, url, sent, "application/json", headers=noor.headers).status_code

    with acting_for_all():
        team = list(CareTeamMember.objects.order_by("pk").values_list("pk", "user", "until_on"))
        (task,) = Task.objects.filter(kind="opened")
        member = CareTeamMember.objects.get(user=second.user).pk
    place = {"person": noor.user.pk, "from_on": str(NOW.date())}
    assert api("POST", "care-team", place) == 403
    assert api("DELETE", f"care-team/{member}") == 403
    assert api("POST", "invitations") == 403
    to_noor = {"to": noor.user.pk, "from_on": str(NOW.date())}
    for path in (
        f"{page}/care/add",
        f"{page}/care/hand-over",
        f"{page}/care/{member}/end",
        f"{page}/invitation",
    ):
        assert client.post(path, to_noor).status_code == 403, path
    finished = client.post(f"/tasks/{task.pk}/done", {"how": "Never mind."}, follow=True)
    assert "one of them reads it" in text(finished)
    with acting_for_all():
        assert list(CareTeamMember.objects.order_by("pk").values_list("pk", "user", "until_on")) == team
        assert Task.objects.get(pk=task.pk).done_at is None
    assert not Invitation.objects.exists()
    assert browser(maria).post(f"/tasks/{task.pk}/done", {"how": "Noor told me."}).status_code == 302
    assert browser(maria).post(f"{page}/invitation").status_code == 200
