"""Invitations, devices and signing in, over HTTP."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts import actions, codes
from accounts.access import Role, acting
from accounts.models import Device, Invitation, Membership, User
from recovery.actions.people import invite_patient
from recovery.models import Patient
from tests import people
from tests.moments import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def post(path: str, body: Any, person: people.Person | None = None) -> Any:
    return Client().post(
        f"/api/v1/{path}",
        json.dumps(body),
        content_type="application/json",
        headers=person.headers if person else {},
    )


def get(path: str, token: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def code(maria: people.Person) -> str:
    ana = people.patient(maria)
    with acting(maria.actor):
        return invite_patient(patient=Patient.objects.get(pk=ana.user.pk), by=maria.user.pk, now=NOW).secret


def join(code: str, birth_year: int = 1980) -> Any:
    return post("join", {"code": code, "birth_year": birth_year, "device_name": "phone"})


def test_a_phone_joins_with_the_code_and_the_year_of_birth(code: str):
    answer = join(code)
    assert answer.status_code == 201
    assert answer.json()["roles"] == ["patient"]
    assert get("today", answer.json()["token"]).status_code == 200


def test_a_code_may_be_typed_as_people_type(code: str):
    assert join(f" {code.lower().replace('-', ' ')} ").status_code == 201


def test_a_wrong_code_a_wrong_year_and_an_old_code_are_one_answer(code: str):
    wrong_code, wrong_year = join("ABCD-EFGH"), join(code, 1981)
    with time_machine.travel(NOW + timedelta(days=8)):
        too_late = join(code)
    assert {a.status_code for a in (wrong_code, wrong_year, too_late)} == {400}
    assert wrong_code.content == wrong_year.content == too_late.content


def test_a_code_lets_three_phones_in_and_not_a_fourth(code: str):
    assert [join(code).status_code for _ in range(4)] == [201, 201, 201, 400]


def test_a_new_code_ends_the_one_before_it(code: str, maria: people.Person):
    with acting(maria.actor):
        fresh = invite_patient(patient=Patient.objects.get(), by=maria.user.pk, now=NOW).secret
    assert join(code).status_code == 400
    assert join(fresh).status_code == 201


def test_after_ten_wrong_tries_even_the_right_code_waits(code: str):
    assert [join("ABCD-EFGH").status_code for _ in range(11)] == [400] * 10 + [429]
    waiting = join(code)
    assert waiting.status_code == 429
    assert int(waiting["Retry-After"]) > 0


def test_the_wait_lasts_its_hour_whatever_else_is_tried_meanwhile(code: str):
    for _ in range(10):
        join("ABCD-EFGH")
    for n in range(30):
        post("sign-in", {"email": f"{n}@hill.example", "password": "wrong", "device_name": "x"})
    with time_machine.travel(NOW + timedelta(minutes=59)):
        assert join(code).status_code == 429
    with time_machine.travel(NOW + timedelta(minutes=61)):
        assert join(code).status_code == 201


def test_neither_code_nor_token_is_kept(code: str):
    token = join(code).json()["token"]
    digests = [bytes(d) for d in Invitation.objects.values_list("digest", flat=True)]
    digests += [bytes(d) for d in Device.objects.values_list("token_digest", flat=True)]
    assert all(len(digest) == 32 for digest in digests)
    assert not any(secret.encode() in digest for digest in digests for secret in (token, codes.typed(code)))


def test_guessing_is_hopeless_within_the_limits():
    """A thousand live codes, ten tries an hour from each of a hundred addresses, for a week. A code works with one of
    the 60 years of birth that most people have; what is tried is both.
    """
    tries = 10 * 24 * 7 * 100
    assert tries * 1000 / (60 * len(codes.ALPHABET) ** codes.LENGTH) < 1e-5


def test_a_revoked_device_is_out_at_its_next_request(code: str):
    first, second = join(code).json(), join(code).json()
    assert len(get("devices", first["token"]).json()["results"]) == 3
    answer = Client().delete(
        f"/api/v1/devices/{second['device']}", headers={"Authorization": f"Bearer {first['token']}"}
    )
    assert answer.status_code == 204
    assert get("today", second["token"]).status_code == 401
    assert get("today", first["token"]).status_code == 200


def test_a_token_that_was_idle_for_more_than_ninety_days_is_out(code: str):
    token = join(code).json()["token"]
    with time_machine.travel(NOW + timedelta(days=90)):
        assert get("today", token).status_code == 200
    with time_machine.travel(NOW + timedelta(days=181)):
        assert get("today", token).status_code == 401


def test_an_administrator_invites_a_therapist_who_accepts_and_signs_in():
    boss = people.member(people.clinic(), Role.ADMINISTRATOR)
    invited = post(
        "colleagues/invitations", {"name": "Tom", "email": "Tom@Hill.example", "role": "therapist"}, boss
    )
    assert invited.status_code == 201
    assert invited.json()["qr_svg"].startswith("<svg")
    words = {"email": "tom@hill.example", "password": "a calm long sentence"}
    assert post("accept", {"code": invited.json()["code"], **words}).status_code == 204
    assert post("accept", {"code": invited.json()["code"], **words}).status_code == 400
    signed_in = post("sign-in", {**words, "device_name": "desk"})
    assert signed_in.status_code == 201
    assert signed_in.json()["roles"] == ["therapist"]
    assert get("worklist", signed_in.json()["token"]).status_code == 200


def test_a_weak_password_is_refused_by_name_and_the_code_stays():
    boss = people.member(people.clinic(), Role.ADMINISTRATOR)
    body = {"name": "Tom", "email": "tom@hill.example", "role": "therapist"}
    code = post("colleagues/invitations", body, boss).json()["code"]
    weak = post("accept", {"code": code, "email": "tom@hill.example", "password": "password"})
    assert weak.status_code == 400
    assert weak.json()["errors"][0]["pointer"] == "/password"
    good = {"code": code, "email": "tom@hill.example", "password": "a calm long sentence"}
    assert post("accept", good).status_code == 204


def test_an_unknown_email_and_a_wrong_password_are_one_answer_and_ten_are_enough():
    User.objects.create(name="Tom", email="tom@hill.example")
    known = post("sign-in", {"email": "tom@hill.example", "password": "wrong", "device_name": "x"})
    unknown = post("sign-in", {"email": "nobody@hill.example", "password": "wrong", "device_name": "x"})
    assert known.status_code == unknown.status_code == 400
    assert known.content == unknown.content
    for _ in range(10):
        last = post("sign-in", {"email": "tom@hill.example", "password": "wrong", "device_name": "x"})
    assert last.status_code == 429


def test_who_leaves_is_out_at_the_next_request_with_every_role():
    hill = people.clinic()
    tom = people.member(hill, Role.THERAPIST, Role.CLINICIAN)
    for left, membership in enumerate(Membership.objects.filter(user=tom.user)):
        assert get("me", tom.token).status_code == 200, left
        actions.end_membership(membership=membership, now=NOW)
    assert get("me", tom.token).status_code == 401


def test_somebody_at_two_clinics_sees_one_at_a_time():
    hill, lake = people.clinic("Hillside"), people.clinic("Lakeside")
    tom = people.member(hill, Role.CLINICIAN)
    at_lake = people.member(lake, Role.THERAPIST, user=tom.user)
    assert get("me", tom.token).json()["clinic"]["name"] == "Hillside"
    assert get("me", at_lake.token).json()["roles"] == ["therapist"]


def test_an_account_that_has_a_password_is_not_taken_over_by_an_invitation():
    """Another clinic invites the address first, chooses a password, and waits for this one."""
    evil, hill = (people.member(people.clinic(), Role.ADMINISTRATOR) for _ in range(2))
    body = {"name": "Nora", "email": "nora@hill.example", "role": "therapist"}
    first = post("colleagues/invitations", body, evil).json()["code"]
    stolen = {"code": first, "email": "nora@hill.example", "password": "the attacker chose this"}
    assert post("accept", stolen).status_code == 204
    code = post("colleagues/invitations", body, hill).json()["code"]
    hers = {"code": code, "email": "nora@hill.example", "password": "her own long sentence"}
    assert post("accept", hers).status_code == 400
    assert not Membership.objects.filter(clinic=hill.actor.clinic_id, role=Role.THERAPIST).exists()


def test_a_stranger_with_ten_wrong_passwords_locks_nobody_else_out():
    boss = people.member(people.clinic(), Role.ADMINISTRATOR)
    body = {"name": "Tom", "email": "tom@hill.example", "role": "therapist"}
    code = post("colleagues/invitations", body, boss).json()["code"]
    own = {"email": "tom@hill.example", "password": "a calm long sentence"}
    post("accept", {"code": code, **own})

    def sign_in(password: str, address: str) -> int:
        body = own | {"password": password, "device_name": "x"}
        sent = json.dumps(body)
        return Client(REMOTE_ADDR=address).post("/api/v1/sign-in", sent, "application/json").status_code

    assert [sign_in("wrong", "203.0.113.9") for _ in range(11)] == [400] * 10 + [429]
    assert sign_in(own["password"], "198.51.100.7") == 201


def test_another_address_in_a_header_brings_no_more_tries(db: None):
    """Whoever is behind no proxy of ours writes that header themselves."""
    body = json.dumps({"email": "tom@hill.example", "password": "wrong", "device_name": "x"})

    def sign_in(n: int) -> int:
        headers = {"X-Forwarded-For": f"203.0.113.{n}"}
        return Client().post("/api/v1/sign-in", body, "application/json", headers=headers).status_code

    assert [sign_in(n) for n in range(11)] == [400] * 10 + [429]


def test_who_leaves_cannot_come_back_with_a_code_and_the_last_administrator_stays():
    boss = people.member(people.clinic(), Role.ADMINISTRATOR)
    body = {"name": "Tom", "email": "tom@hill.example", "role": "therapist"}
    code = post("colleagues/invitations", body, boss).json()["code"]
    words = {"email": "tom@hill.example", "password": "a calm long sentence"}
    post("accept", {"code": code, **words})
    again = post("colleagues/invitations", body | {"role": "clinician"}, boss).json()["code"]
    actions.end_membership(membership=Membership.objects.get(role=Role.THERAPIST), now=NOW)
    assert post("accept", {"code": again, **words}).status_code == 400
    own = Membership.objects.get(user=boss.user)
    answer = Client().delete(f"/api/v1/colleagues/{own.pk}", headers=boss.headers)
    assert answer.status_code == 409
