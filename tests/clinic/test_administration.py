"""Staff, roles, leaving, holiday cover and care teams: the pages, and what they leave behind."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import Clinic, Device, Invitation, Membership
from recovery.actions.people import end_episode
from recovery.models import CareTeamMember, Episode, Patient
from tests import people
from tests.clinic.conftest import PASSWORD, answer_yes, staff
from tests.clinic.test_pages import statements, text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]
TODAY = NOW.date()


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")


@pytest.fixture
def noor(hillside: Clinic) -> Person:
    return staff(hillside, Role.THERAPIST, name="Noor")


@pytest.fixture
def ana(maria: Person) -> Person:
    return people.patient(maria, name="Ana")


def said(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def cares(who: Person, patient: Person) -> bool:
    with acting_for_all():
        on = CareTeamMember.objects.able(on=TODAY)
        return on.filter(user=who.user.pk, patient=patient.user.pk).exists()


def team(patient: Person) -> set[tuple[str, date, date | None]]:
    with acting_for_all():
        rows = CareTeamMember.objects.filter(patient=patient.user.pk)
        return set(rows.values_list("user__name", "from_on", "until_on"))


# --- staff ---------------------------------------------------------------------------------------------


def test_the_staff_stands_with_roles_and_since_when_and_how_many_patients(
    helena: Person, maria: Person, ana: Person, browser: Browser
):
    page = text(browser(helena).get("/clinic/staff"))
    assert f"Maria maria@example.org Therapist since {NOW:%-d %B %Y} 1" in page
    assert f"Helena helena@example.org Administrator since {NOW:%-d %B %Y} none" in page
    assert "Ana" not in page


def test_a_colleague_is_invited_by_a_code_that_is_shown_once_and_joins(helena: Person, browser: Browser):
    client = browser(helena)
    asked = {"name": "Otto", "email": "Otto@example.org", "role": "clinician"}
    made = client.post("/clinic/staff/invite", asked)
    code = re.search(r"<code>([A-Z2-9]{4}-[A-Z2-9]{4})</code>", made.content.decode())
    assert code is not None
    assert f"/clinic/join#{code[1]}" in text(made)
    assert "mailto:Otto%40example.org?subject=" in made.content.decode()
    assert "otto@example.org Clinician, the code works until" in text(client.get("/clinic/staff"))
    assert code[1] not in text(client.get("/clinic/staff"))
    joining = {"code": code[1], "email": "otto@example.org", "password": PASSWORD}
    Client().post("/clinic/join", joining)
    page = text(client.get("/clinic/staff"))
    assert "Otto otto@example.org Clinician since" in page
    assert "the code works until" not in page


def test_an_invitation_is_made_void(helena: Person, browser: Browser):
    client = browser(helena)
    client.post("/clinic/staff/invite", {"name": "Otto", "email": "otto@example.org", "role": "therapist"})
    invitation = Invitation.objects.get()
    page = client.post(f"/clinic/staff/invitations/{invitation.pk}/void", follow=True)
    assert "The code is void." in text(page)
    assert "otto@example.org" not in text(page)
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None


@pytest.mark.parametrize(
    ("field", "typed", "what"),
    [
        ("name", "", "Name: This field is required."),
        ("email", "otto", "Email: Enter a valid email address."),
        ("email", "MARIA@example.org", "Email: They are on your staff already"),
        ("role", "", "Role: Choose what they do."),
        ("role", "patient", "Role: Select a valid choice."),
    ],
)
def test_a_wrong_invitation_says_what_is_wrong_and_makes_none(
    helena: Person, maria: Person, browser: Browser, field: str, typed: str, what: str
):
    asked = {"name": "Otto", "email": "otto@example.org", "role": "therapist"} | {field: typed}
    page = browser(helena).post("/clinic/staff/invite", asked)
    assert page.status_code == 422
    assert what in text(page)
    assert not Invitation.objects.exists()


def test_roles_are_given_and_taken_from_the_next_request_on(helena: Person, maria: Person, browser: Browser):
    client, hers = browser(helena), browser(maria)
    path = f"/clinic/staff/{maria.user.pk}"
    assert hers.get("/clinic/staff").status_code == 403
    client.post(path, {"roles": ["therapist", "administrator"]})
    assert hers.get("/clinic/staff").status_code == 200
    client.post(path, {"roles": ["therapist"]})
    assert hers.get("/clinic/staff").status_code == 403
    assert client.post(path, {}).status_code == 422
    held = Membership.objects.filter(user=maria.user).order_by("id").values_list("role", "ended_at")
    assert [(role, ended is None) for role, ended in held] == [("therapist", True), ("administrator", False)]
    assert Device.objects.current().filter(user=maria.user).exists()


@pytest.mark.parametrize("path", ["", "/left"])
def test_the_last_administrator_stays(helena: Person, browser: Browser, path: str):
    client = browser(helena)
    page = client.post(f"/clinic/staff/{helena.user.pk}{path}", {"roles": ["therapist"]})
    assert page.status_code == 409
    assert "This is the last administrator of the clinic" in said(page)
    assert list(Membership.objects.current().filter(user=helena.user).values_list("role", flat=True)) == [
        Role.ADMINISTRATOR
    ]


def test_who_has_left_is_out_and_their_patients_are_shown_until_somebody_has_them(
    helena: Person, maria: Person, noor: Person, ana: Person, browser: Browser
):
    ben = people.patient(maria, name="Ben")
    with acting_for_all():
        CareTeamMember.objects.filter(patient=ana.user.pk).update(from_on=TODAY - timedelta(days=30))
        CareTeamMember.objects.create(
            clinic_id=maria.actor.clinic_id,
            patient_id=ben.user.pk,
            user=noor.user,
            from_on=TODAY,
            added_by=maria.user,
            added_at=NOW,
        )
    client, hers = browser(helena), browser(maria)
    assert hers.get("/").status_code == 200
    path = f"/clinic/staff/{maria.user.pk}"
    assert "1 patient will be without a care team." in text(client.get(path))
    page = client.post(f"{path}/left", follow=True)
    assert page.redirect_chain[-1][0] == f"{path}/hand-over"
    assert "1 of them is without a care team now." in text(page)
    assert "Ben" not in text(page)
    assert hers.get("/").headers["Location"] == "/sign-in?next=/"
    assert Client().get("/api/v1/me", headers=maria.headers).status_code == 401
    assert team(ana) == {("Maria", TODAY - timedelta(days=30), TODAY - timedelta(days=1))}
    assert "1 patient without a care team" in text(client.get("/clinic/staff"))
    assert "Ana Enrolled Joined Nobody" in text(client.get("/clinic/patients?alone=1"))
    done = client.post(
        f"{path}/hand-over", {"to": str(noor.user.pk), "patients": [str(ana.user.pk)]}, follow=True
    )
    assert "Noor cares for one patient from today." in text(done)
    assert "without a care team" not in text(done)
    assert browser(noor).get(f"/patients/{ana.user.pk}").status_code == 200
    assert "No patient to hand over" in text(client.get(f"{path}/hand-over"))
    assert "Everybody has a care team" in text(client.get("/clinic/patients?alone=1"))


def test_without_a_role_that_treats_one_is_on_no_care_team(
    helena: Person, maria: Person, ana: Person, browser: Browser
):
    client = browser(helena)
    page = client.post(f"/clinic/staff/{maria.user.pk}", {"roles": ["administrator"]}, follow=True)
    assert "1 of them is without a care team now." in text(page)
    assert not cares(maria, ana)


def test_a_discharged_patient_needs_nobody(helena: Person, maria: Person, ana: Person, browser: Browser):
    with acting_for_all():
        end_episode(episode=Episode.objects.get(), because="discharge", on=TODAY, by=maria.user.pk, now=NOW)
    client = browser(helena)
    page = client.post(f"/clinic/staff/{maria.user.pk}/left", follow=True)
    assert page.redirect_chain[-1][0] == "/clinic/staff"
    assert "without a care team" not in text(page)


def test_patients_of_somebody_who_is_here_go_over_and_a_second_click_changes_nothing(
    helena: Person, maria: Person, noor: Person, ana: Person, browser: Browser
):
    ben = people.patient(maria, name="Ben")
    client = browser(helena)
    path = f"/clinic/staff/{maria.user.pk}/hand-over"
    assert "Ana" in text(client.get(path))
    for _ in range(2):
        client.post(path, {"to": str(noor.user.pk), "patients": [str(ana.user.pk)]})
    assert team(ana) == {("Noor", TODAY, None)}
    assert cares(maria, ben)
    wrong = client.post(path, {"to": str(maria.user.pk), "patients": [str(ben.user.pk)]})
    assert wrong.status_code == 422
    strangers = client.post(path, {"to": str(noor.user.pk), "patients": ["999999"]})
    assert strangers.status_code == 422
    assert "To whom: Choose a colleague." in text(client.post(path, {"patients": [str(ben.user.pk)]}))


def test_who_only_covered_stays_for_good_after_a_hand_over(
    helena: Person, maria: Person, noor: Person, ana: Person, browser: Browser
):
    with acting_for_all():
        CareTeamMember.objects.create(
            clinic_id=maria.actor.clinic_id,
            patient_id=ana.user.pk,
            user=noor.user,
            from_on=TODAY - timedelta(days=3),
            until_on=TODAY + timedelta(days=3),
            added_by=maria.user,
            added_at=NOW,
        )
    browser(helena).post(
        f"/clinic/staff/{maria.user.pk}/hand-over",
        {"to": str(noor.user.pk), "patients": [str(ana.user.pk)]},
    )
    assert team(ana) == {
        ("Noor", TODAY - timedelta(days=3), TODAY - timedelta(days=1)),
        ("Noor", TODAY, None),
    }


def test_nobody_gets_their_own_record(helena: Person, maria: Person, hillside: Clinic, browser: Browser):
    ana = people.patient(maria, name="Ana")
    people.member(hillside, Role.THERAPIST, user=ana.user)
    client = browser(helena)
    chosen = {"to": str(ana.user.pk), "patients": [str(ana.user.pk)]}
    client.post(f"/clinic/staff/{maria.user.pk}/hand-over", chosen)
    period = {"from_on": TODAY, "until_on": TODAY}
    client.post(f"/clinic/staff/{maria.user.pk}/cover", {"to": str(ana.user.pk)} | period)
    added = {"to": str(ana.user.pk), "from_on": TODAY}
    assert client.post(f"/patients/{ana.user.pk}/care/add", added).status_code == 422
    assert team(ana) == {("Maria", TODAY, None)}


# --- holiday cover -------------------------------------------------------------------------------------


def test_one_form_sets_the_cover_of_all_patients_and_it_ends_by_itself(
    maria: Person, noor: Person, ana: Person, browser: Browser
):
    ben = people.patient(maria, name="Ben")
    client = browser(maria)
    first, last = TODAY + timedelta(days=2), TODAY + timedelta(days=9)
    asked = {"to": str(noor.user.pk), "from_on": first.isoformat(), "until_on": last.isoformat()}
    page = client.post("/cover", asked, follow=True)
    assert "Noor covers for 2 patients on those days." in text(page)
    assert f"Noor {first.day} {first:%B} to {last.day} {last:%B %Y}" in text(page)
    for patient in (ana, ben):
        assert ("Noor", first, last) in team(patient)
        assert not cares(noor, patient)
    again = client.post("/cover", asked, follow=True)
    assert "Noor is on those care teams already" in text(again)
    assert len(team(ana)) == 2


def test_an_administrator_sets_the_cover_of_a_colleague_who_is_ill(
    helena: Person, maria: Person, noor: Person, ana: Person, browser: Browser
):
    period = {"from_on": TODAY.isoformat(), "until_on": TODAY.isoformat()}
    path = f"/clinic/staff/{maria.user.pk}/cover"
    client = browser(helena)
    assert "Somebody covers for Maria" in text(client.get(path))
    client.post(path, {"to": str(noor.user.pk)} | period)
    assert browser(noor).get(f"/patients/{ana.user.pk}").status_code == 200


@pytest.mark.parametrize(
    ("field", "typed", "what"),
    [
        ("to", "", "Who covers: Choose a colleague."),
        ("from_on", (TODAY - timedelta(days=1)).isoformat(), "From: Use today or a later day."),
        ("until_on", (TODAY - timedelta(days=1)).isoformat(), "Until: Use the first day or a later one."),
        ("until_on", "soon", "Until: Enter a valid date."),
    ],
)
def test_a_wrong_cover_says_what_is_wrong(
    maria: Person, noor: Person, ana: Person, browser: Browser, field: str, typed: str, what: str
):
    asked = {"to": str(noor.user.pk), "from_on": TODAY.isoformat(), "until_on": TODAY.isoformat()}
    page = browser(maria).post("/cover", asked | {field: typed})
    assert page.status_code == 422
    assert what in text(page)
    assert len(team(ana)) == 1


# --- one patient ---------------------------------------------------------------------------------------


def test_a_colleague_is_added_and_leaves_and_the_last_one_stays(
    maria: Person, noor: Person, ana: Person, browser: Browser
):
    client = browser(maria)
    path = f"/patients/{ana.user.pk}/care"
    mine = CareTeamMember.objects.filter(user=maria.user)
    with acting_for_all():
        member = mine.get().pk
    page = client.post(f"{path}/{member}/end", follow=True)
    assert "This is the last of the care team: add a colleague first." in text(page)
    added = client.post(f"{path}/add", {"to": str(noor.user.pk), "from_on": TODAY}, follow=True)
    assert "Noor is on the care team of Ana." in text(added)
    twice = client.post(f"{path}/add", {"to": str(noor.user.pk), "from_on": TODAY})
    assert twice.status_code == 409
    assert "Noor is on this care team already." in said(twice)
    gone = client.post(f"{path}/{member}/end")
    assert gone.headers["Location"] == "/"
    assert client.get(path).status_code == 404
    assert team(ana) == {("Noor", TODAY, None)}


def test_a_cover_that_has_not_begun_is_taken_back(maria: Person, noor: Person, ana: Person, browser: Browser):
    client = browser(maria)
    path = f"/patients/{ana.user.pk}/care"
    day = (TODAY + timedelta(days=5)).isoformat()
    client.post(f"{path}/add", {"to": str(noor.user.pk), "from_on": day, "until_on": day})
    with acting_for_all():
        member = CareTeamMember.objects.get(user=noor.user).pk
    client.post(f"{path}/{member}/end")
    assert team(ana) == {("Maria", TODAY, None)}


def test_a_patient_is_handed_over_and_gone_from_ones_own_list(
    maria: Person, noor: Person, ana: Person, browser: Browser
):
    client = browser(maria)
    path = f"/patients/{ana.user.pk}/care/hand-over"
    assert client.post(path, {"hand-to": ""}).status_code == 422
    page = client.post(path, {"hand-to": str(noor.user.pk)}, follow=True)
    assert "Noor cares for Ana from today." in text(page)
    assert client.get(f"/patients/{ana.user.pk}").status_code == 404
    assert team(ana) == {("Noor", TODAY, None)}


def test_an_episode_ends_with_a_reason_and_a_new_bout_begins(maria: Person, ana: Person, browser: Browser):
    client = browser(maria)
    path = f"/patients/{ana.user.pk}/care"
    with acting_for_all():
        first = Episode.objects.get().pk
    end = f"/episodes/{first}/discharge"
    missing = client.post(end, {"end-on": TODAY.isoformat()})
    assert missing.status_code == 422
    assert "Why it ends: Say why it ends." in text(missing)
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    late = client.post(end, {"end-because": "discharge", "end-on": tomorrow})
    assert "On: Use a day from the onset to today." in text(late)
    done = client.post(end, {"end-because": "surgery", "end-on": TODAY.isoformat()}, follow=True)
    assert "The episode of Ana has ended." in text(done)
    assert f"Has surgery {TODAY.day} {TODAY:%B %Y}, Maria" in text(done)
    again = client.post(end, {"end-because": "discharge", "end-on": TODAY.isoformat()}, follow=True)
    assert "This episode has ended already." in text(again)
    new = {"bout-where": "back", "bout-weeks": "1"}
    assert client.post(f"/patients/{ana.user.pk}/new-bout", {}).status_code == 422
    opened = client.post(f"/patients/{ana.user.pk}/new-bout", new, follow=True)
    assert "A new episode of Ana is open." in text(opened)
    both = client.post(f"/patients/{ana.user.pk}/new-bout", new, follow=True)
    assert "An episode is open for this patient: end it first." in text(both)
    with acting_for_all():
        episode = Episode.objects.open().get()
    assert (episode.region, episode.onset_on) == ("back", TODAY - timedelta(days=7))
    assert "It has come back" not in text(client.get(path))


def test_an_open_red_flag_is_named_before_an_episode_ends(maria: Person, ana: Person, browser: Browser):
    answer_yes(ana, "foot_drop")
    assert "A red flag is open. Look at it first." in text(
        browser(maria).get(f"/patients/{ana.user.pk}/care")
    )


# --- who may ---------------------------------------------------------------------------------------------


def test_an_administrator_finds_names_and_enrolment_and_nothing_of_the_record(
    helena: Person, maria: Person, noor: Person, ana: Person, browser: Browser
):
    with acting_for_all():
        Patient.objects.update(email="ana@example.org", birth_year=1977)
    client = browser(helena)
    assert "Ana Enrolled Joined Yes" in text(client.get("/clinic/patients?q=an"))
    assert "No name has “zz” in it" in text(client.get("/clinic/patients?q=zz"))
    page = client.get(f"/patients/{ana.user.pk}/care")
    assert "Care of Ana Enrolled" in text(page)
    for secret in ("1977", "ana@example.org", "End the episode", "leg", "onset"):
        assert secret not in page.content.decode().split("<main")[1]
    assert client.get(f"/patients/{ana.user.pk}").status_code == 404
    added = client.post(
        f"/patients/{ana.user.pk}/care/add", {"to": str(noor.user.pk), "from_on": TODAY}, follow=True
    )
    assert "Noor is on the care team of Ana." in text(added)


def test_no_form_is_taken_without_its_token_and_no_link_changes_anything(
    helena: Person, maria: Person, ana: Person
):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(helena.user)
    for path in (f"/clinic/staff/{maria.user.pk}/left", f"/patients/{ana.user.pk}/care/add", "/cover"):
        assert strict.post(path, {}).status_code == 403
    assert strict.get(f"/clinic/staff/{maria.user.pk}/left").status_code == 405
    assert Membership.objects.current().filter(user=maria.user).exists()


def test_the_staff_and_the_roster_cost_the_same_for_one_and_for_ten_and_names_are_inert(
    helena: Person, maria: Person, hillside: Clinic, browser: Browser
):
    client = browser(helena)
    people.patient(maria, name="<script>alert(1)</script>")
    paths = ("/clinic/staff", "/clinic/patients")
    costs = [len(statements(client, path)) for path in paths]
    for n in range(9):
        people.patient(maria, name=f"Ana {n}")
        staff(hillside, Role.THERAPIST, Role.CLINICIAN, name=f"Noor{n}")
    assert [len(statements(client, path)) for path in paths] == costs
    for path in (*paths, "/clinic", f"/clinic/staff/{maria.user.pk}/hand-over", "/clinic/patients?alone=1"):
        for statement in statements(client, path):
            assert not re.match(r"\s*(INSERT|UPDATE|DELETE)", statement), statement
    html = client.get("/clinic/patients").content.decode()
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
