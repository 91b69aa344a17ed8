"""What lies open to the outside and what does not: verbs, second names, caches, ids of others in a body, files."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from accounts.access import Role
from accounts.actions import check_credentials
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


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in", "/app/", "/api/v1/push/key"])
def test_a_request_under_another_name_is_refused(path: str):
    assert Client().get(path).status_code == 200
    for name in ("evil.example", "testserver.evil.example", "testserver@evil.example"):
        assert Client().get(path, headers={"host": name}).status_code == 400, name


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
