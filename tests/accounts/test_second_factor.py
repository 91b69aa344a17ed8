"""The second factor of who signs a device in over the API, and what PostgreSQL alone guards."""

import json
import threading
from base64 import b32decode
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from accounts import second_factor
from accounts.access import Role
from accounts.models import Clinic
from tests import people
from tests.authenticators import app_code
from tests.moments import NOW
from tests.people import Person

KEY = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"
PASSWORD = "a calm long sentence"


def tom_of(clinic: Clinic) -> Person:
    tom = people.member(clinic, Role.THERAPIST, name="Tom")
    tom.user.email, tom.user.password = "tom@hill.example", make_password(PASSWORD)
    tom.user.save()
    return tom


def with_app(person: Person) -> list[str]:
    """Their recovery codes."""
    added = second_factor.add_app(
        user_id=person.user.pk,
        name="My phone",
        key=b32decode(KEY.replace(" ", "")),
        code=app_code(KEY, NOW),
        now=NOW,
    )
    assert added is not None
    return added.recovery_codes


def sign_in(**more: str) -> Any:
    body = {"email": "tom@hill.example", "password": PASSWORD, "device_name": "x", **more}
    return Client().post("/api/v1/sign-in", json.dumps(body), "application/json")


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
class TestSigningADeviceIn:
    def test_a_device_needs_the_code_too_and_is_of_staff_then(self):
        codes = with_app(tom_of(people.clinic()))
        asked = sign_in()
        assert (asked.status_code, asked.json()["errors"][0]["code"]) == (400, "second_factor_needed")
        wrong = sign_in(code="000000")
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/code")
        token = sign_in(code=codes[0]).json()["token"]
        me = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert me.json()["roles"] == ["therapist"]
        assert sign_in(code=codes[0]).status_code == 400

    def test_a_wrong_password_is_one_answer_with_and_without_a_second_factor(self):
        tom = tom_of(people.clinic())
        before = sign_in(password="wrong").content
        codes = with_app(tom)
        assert sign_in(password="wrong").content == before
        assert sign_in(password="wrong", code=codes[0]).content == before

    def test_ten_wrong_codes_are_enough_and_no_code_is_no_guess(self):
        codes = with_app(tom_of(people.clinic()))
        for _ in range(3):
            sign_in()
        assert [sign_in(code="000000").status_code for _ in range(10)] == [400] * 10
        assert sign_in(code=codes[0]).status_code == 429

    def test_where_the_clinic_asks_for_one_it_is_set_up_at_the_desk_first(self):
        hill = people.clinic()
        tom_of(hill)
        Clinic.objects.filter(pk=hill.pk).update(second_factor_from=NOW.date())
        refused = sign_in()
        assert refused.status_code == 400
        assert "sign in at its desk" in refused.json()["errors"][0]["detail"]


def test_the_codes_of_an_app_are_those_of_the_standard():
    """RFC 6238, appendix B, the last six of its eight digits."""
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    link = second_factor.as_link(b32decode(key), email="tom@hill.example")
    assert link.startswith("otpauth://totp/Amble:tom%40hill.example?")
    assert f"secret={key}" in link
    assert second_factor.as_text(b32decode(key)) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    app = second_factor._app(b32decode(key))
    moments = (59, 1111111109, 1234567890, 20000000000)
    assert [app.generate(at) for at in moments] == [b"287082", b"081804", b"005924", b"353130"]


@pytest.mark.parametrize("kind", ["app", "paper"])
def test_of_eight_who_send_one_code_at_once_one_gets_in(committed: None, kind: str):
    tom = tom_of(people.clinic())
    codes = with_app(tom)
    later = NOW.replace(minute=5)
    code = app_code(KEY, later) if kind == "app" else codes[0]
    got_in: list[bool] = []
    start = threading.Barrier(8)

    def use() -> None:
        start.wait()
        got_in.append(second_factor.use_code(user_id=tom.user.pk, code=code, now=later))
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got_in) == [False] * 7 + [True]
