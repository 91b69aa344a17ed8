"""What lies open to the outside and what does not: verbs, second names, caches, ids of others in a body, files."""

import json
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from accounts.access import Role
from accounts.actions import check_credentials
from accounts.models import Clinic
from tests import people
from tests.clinic.conftest import PASSWORD, staff
from tests.test_authorization import RULES, World, request, same_world, undone, world

__all__ = ["same_world", "world"]  # fixtures
pytestmark = pytest.mark.usefixtures("noon")

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def able(name: str, *methods: str) -> str:
    """Who is refused nothing on this route."""
    refused = {
        who for method in methods for who, said in RULES[name, method].items() if said in (401, 403, 404)
    }
    return next(who for who in ("maria", "boss", "ana", "nobody") if who not in refused)


def test_a_verb_that_a_route_does_not_have_is_405_and_no_route_has_a_second_name(world: World):
    for name in sorted({name for name, _ in RULES}):
        has = [verb for verb in VERBS if (name, verb) in RULES]
        path, *_ = request(name, has[0], world.ids)
        person = world.people[able(name, *has)]
        headers = person.headers if person else {}
        lacks = next(verb for verb in reversed(VERBS) if verb not in has)
        with undone():
            answers = [
                Client(raise_request_exception=False).generic(verb, f"/api/v1/{path}{more}", headers=headers)
                for verb, more in ((lacks, ""), ("TRACE", ""), ("GET", ".json"), ("GET", "/"))
            ]
        assert [answer.status_code for answer in answers[:2]] == [405, 405], name
        # 405: an id that a phone made is any text until it is read.
        assert all(answer.status_code in (404, 405) for answer in answers[2:]), name
        assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}, name


def test_no_answer_of_the_api_is_kept_by_a_cache_that_others_share(world: World):
    for name, method in sorted(RULES):
        if method == "GET" and name != "push-key":  # which is public
            with undone():
                answer = world.ask(able(name, method), name, method)
            assert answer.status_code == 200, name
            assert answer["Cache-Control"] in ("no-store", "private, no-cache"), name


@pytest.mark.django_db
def test_there_is_no_admin_site_and_nothing_takes_a_file(world: World):
    assert Client().get("/admin/").status_code == 404
    maria = world.people["maria"]
    assert maria is not None
    for name, method in sorted(RULES):
        if method == "POST" and RULES[name, method]["maria"] < 300:
            path, body, headers = request(name, method, world.ids)
            if body is not None:
                with undone():
                    answer = Client().post(f"/api/v1/{path}", {"file": "x"}, headers=headers | maria.headers)
                assert answer.status_code == 415, name


def test_an_id_of_another_clinic_or_patient_in_a_body_is_refused_and_stores_nothing(world: World):
    """Each of these bodies is right but for the id, as the policy's own requests show."""
    lake = Clinic.objects.get(name="Lakeside")
    stan, ids = world.people["stan"], world.ids
    assert stan is not None
    exercise = people.exercise("theirs", of=lake).pk
    program = people.program("their-program", of=lake).pk
    line = {"exercise": exercise, "dosage": {"repetitions": 10}}
    seen = {"If-Match": f'"{ids["draft"]}"'}
    stamp = {"revision": 1, "at": "2026-03-01T20:00:00+01:00"}
    steps = request("message-settings", "PUT", ids)[1]
    bodies: dict[tuple[str, str, str], tuple[dict[str, Any], dict[str, str], str]] = {
        ("maria", "care-team", "POST"): ({"person": stan.user.pk, "from_on": "2026-03-02"}, {}, "person"),
        ("boss", "message-settings", "PUT"): (steps | {"listeners": [{"user": stan.user.pk}]}, {}, "user"),
        ("ben", "put-session", "PUT"): (stamp | {"plan": ids["plan"], "results": []}, {}, "plan"),
    }
    for (who, name, method), (body, headers, field) in bodies.items():
        person = world.people[who]
        assert person is not None
        assert RULES[name, method][who] < 300
        path, *_ = request(name, method, ids)
        with undone():
            answer = Client().generic(
                method,
                f"/api/v1/{path}",
                json.dumps(body),
                "application/json",
                headers=headers | person.headers,
            )
        assert answer.status_code in (400, 422), (name, answer.content)
        assert field in answer.json()["errors"][0]["pointer"], name
    maria = world.people["maria"]
    assert maria is not None
    path, *_ = request("draft", "POST", ids)
    with undone():
        world.ask("maria", "draft", "DELETE")
        asked = json.dumps({"program": program})
        answer = Client().post(f"/api/v1/{path}", asked, "application/json", headers=maria.headers)
        assert answer.status_code == 400
    with undone():  # a draft is what somebody types; what is published is checked
        asked = json.dumps({"lines": [line], "starts_on": "2026-03-02"})
        saved = Client().put(f"/api/v1/{path}", asked, "application/json", headers=seen | maria.headers)
        published = Client().post(
            f"/api/v1/{path}/publish", headers={"If-Match": saved["ETag"]} | maria.headers
        )
        assert published.status_code == 400
        assert "exercise" in published.json()["errors"][0]["pointer"]


@pytest.mark.django_db
def test_an_unknown_email_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch):
    staff(people.clinic(), Role.THERAPIST, name="Maria")
    hashed: list[str] = []
    hash_once = Argon2PasswordHasher.encode

    def counted(hasher: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashed.append("encode")
        return hash_once(hasher, password, salt)

    verify_once = Argon2PasswordHasher.verify

    def verified(hasher: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        hashed.append("verify")
        return verify_once(hasher, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", verified)
    assert check_credentials(email="nobody@example.org", password=PASSWORD) is None
    assert check_credentials(email="maria@example.org", password="three calm otters") is None
    assert hashed == ["encode", "verify"]
