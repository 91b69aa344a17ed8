"""Bad input: a problem+json that names the field, never a 5xx, and nothing stored by accident."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import Role, acting_for_all
from recovery.models import PainEntry
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
GOOD = {"revision": 1, "at": "2026-03-01T21:30:00+01:00", "region": "leg", "score": 4, "asked": "now"}


@pytest.fixture
def ana() -> people.Person:
    return people.patient(people.member(people.clinic(), Role.THERAPIST))


def put(person: people.Person, body: bytes, *, uuid: str | None = None, **request: Any) -> Any:
    request.setdefault("content_type", "application/json")
    headers = person.headers | request.pop("headers", {})
    return Client(raise_request_exception=False).put(
        f"/api/v1/pain/{uuid or uuid4()}", body, headers=headers, **request
    )


def is_problem(answer: Any) -> bool:
    told = (answer["Content-Type"], answer.json()["status"])
    return bool(told == ("application/problem+json", answer.status_code))


def stored() -> int:
    with acting_for_all():
        return PainEntry.objects.count()


ENVELOPES = {
    "empty": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "truncated": b'{"score": 4',
    "trailing": json.dumps(GOOD).encode() + b"}",
    "arrays 500 deep": b"[" * 500 + b"]" * 500,
    "arrays 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 2,000 deep": b'{"a":' * 2000 + b"1" + b"}" * 2000,
    "objects 40 deep": b'{"a":' * 40 + b"1" + b"}" * 40,
    "duplicate names": json.dumps(GOOD).encode()[:-1] + b', "score": 9}',
    "NaN": json.dumps(GOOD | {"score": float("nan")}).encode(),
    "Infinity": json.dumps(GOOD | {"score": float("inf")}).encode(),
    "1e400": json.dumps(GOOD).replace(": 4,", ": 1e400,").encode(),
    "5,000 digits": json.dumps(GOOD).replace(": 4,", ": " + "9" * 5000 + ",").encode(),
    "399 digits": json.dumps(GOOD).replace(": 4,", ": " + "9" * 399 + ",").encode(),
    "a BOM": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "Latin-1": json.dumps(GOOD | {"note": "x"}).replace('"x"', '"\xe9"').encode("latin-1"),
    "NUL": json.dumps(GOOD | {"note": "a\x00b"}).encode(),
    "a lone surrogate": json.dumps(GOOD | {"note": "\ud800"}).encode(),
    "NUL in a name": json.dumps(GOOD | {"a\x00b": 1}).encode(),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_a_body_that_is_no_record_is_400(ana: people.Person, name: str):
    answer = put(ana, ENVELOPES[name])
    assert answer.status_code == 400
    assert is_problem(answer)
    assert stored() == 0


SCORES: list[Any] = [11, -1, 3.5, 4.0, "3", "３", " 3 ", True, None, [], {}, 32768, 10**30]
VALUES: list[tuple[str, Any]] = [
    *[("score", score) for score in SCORES],
    *[("revision", revision) for revision in (0, -1, "1", None)],
    *[
        ("at", at)
        for at in (
            "2026-03-01T08:00:00",
            "2026-03-01",
            "10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:00:00-12:00",
            "2026-02-30T08:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T08:00:00+25:00",
            1,
            None,
        )
    ],
    ("region", "arm"),
    ("asked", "yesterday"),
    ("note", "x" * 501),
    ("note", 1),
    ("zone", "x" * 65),
    ("zone", "Mars/Base"),
    ("withdrawn", "true"),
    *[("about_on", day) for day in ("2026-03-02", "2026-02-30", "2100-02-29", "0000-00-00", "-0001-01-01")],
    ("mood", "fine"),
    *[(name, 1) for name in ("patient", "clinic", "severity", "acknowledged_by")],
]


@pytest.mark.parametrize(("field", "value"), VALUES)
def test_a_wrong_value_is_400_with_a_pointer_and_not_repeated(ana: people.Person, field: str, value: Any):
    answer = put(ana, json.dumps(GOOD | {field: value}).encode())
    assert answer.status_code == 400
    assert is_problem(answer)
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}"]
    if isinstance(value, str) and len(value) > 3:
        assert value not in answer.content.decode()
    assert stored() == 0


@pytest.mark.parametrize(
    "uuid",
    [
        "x",
        "00000000-0000-0000-0000-000000000000",
        UUID.upper(),
        UUID.replace("-", ""),
        f"{{{UUID}}}",
        f"urn:uuid:{UUID}",
        "%00",
        "1" * 5000,
    ],
)
def test_an_id_that_is_no_random_uuid_is_400(ana: people.Person, uuid: str):
    answer = put(ana, json.dumps(GOOD).encode(), uuid=uuid)
    assert answer.status_code == 400
    assert is_problem(answer)


def test_everything_a_patient_may_type_is_stored_exactly(ana: people.Person):
    for note in (
        "<script>alert(1)</script>",
        "=cmd()",
        "{{7*7}}",
        "'; DROP TABLE",
        "👨‍👩‍👧‍👦" * 70,
        "\u202e\u200b",
        "%s%n",
    ):
        uuid = str(uuid4())
        assert put(ana, json.dumps(GOOD | {"note": note}).encode(), uuid=uuid).status_code == 201
        with acting_for_all():
            assert PainEntry.objects.get(client_uuid=uuid).body["note"] == note


@pytest.mark.parametrize(
    ("status", "request_parts"),
    [
        (415, {"content_type": ""}),
        (415, {"content_type": "application/x-www-form-urlencoded"}),
        (415, {"content_type": "application/json; charset=bogus"}),
        (415, {"content_type": "application/json; charset=utf-7"}),
        (406, {"headers": {"Accept": "x" * 60_000}}),
        (415, {"content_type": "text/plain"}),
        (415, {"content_type": "application/xml"}),
        (415, {"content_type": "multipart/form-data; boundary=x"}),
        (415, {"content_type": "application/json; charset=utf-16"}),
        (415, {"content_type": "application/json; charset=zlib"}),
        (415, {"content_type": "application/json; charset=unicode_escape"}),
        (415, {"headers": {"Content-Encoding": "gzip"}}),
        (406, {"headers": {"Accept": "text/xml"}}),
    ],
)
def test_another_kind_of_body_or_answer_is_refused(
    ana: people.Person, status: int, request_parts: dict[str, Any]
):
    answer = put(ana, json.dumps(GOOD).encode(), **request_parts)
    assert answer.status_code == status
    assert is_problem(answer)
    assert stored() == 0


@pytest.mark.parametrize("size", [1_500_000, 2_097_152, 3_000_000])
def test_a_body_above_one_mebibyte_is_413(ana: people.Person, size: int):
    answer = put(ana, json.dumps(GOOD | {"note": "x" * size}).encode())
    assert answer.status_code == 413
    assert is_problem(answer)


@pytest.mark.parametrize(
    "header",
    ["", "Token", "Bearer", "Bearer a b", "Basic !!!", "Bearer " + "x" * 10_000, "Bearer é", "Bearer \x00"],
)
def test_a_token_that_is_none_is_401(db: None, header: str):
    answer = Client(raise_request_exception=False).get("/api/v1/today", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert is_problem(answer)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/worklist?page_size=0", 400),
        ("/api/v1/worklist?page_size=abc", 400),
        ("/api/v1/worklist?page_size=１", 400),
        ("/api/v1/worklist?page_size=1000000000", 200),
        ("/api/v1/worklist?cursor=tampered", 400),
        ("/api/v1/worklist?cursor=cD1hYmM%3D", 400),
        ("/api/v1/worklist?cursor=cD0A", 400),
        ("/api/v1/patients?cursor=cD0yMDI2LTEzLTQ1", 400),
        ("/api/v1/patients?q=%00", 400),
        ("/api/v1/patients?pateint=3", 400),
        ("/api/v1/patients/" + "9" * 500, 404),
        ("/api/v1/patients/-1", 404),
        ("/api/v1/episodes/٣/trend", 404),
        ("/api/v1/today/", 404),
        ("/api/v1//today", 404),
        ("/api/v1/today.json", 404),
    ],
)
def test_a_wrong_path_or_query_is_a_problem_too(path: str, status: int):
    maria = people.member(people.clinic(), Role.THERAPIST)
    answer = Client(raise_request_exception=False).get(path, headers=maria.headers)
    assert answer.status_code == status
    assert answer["Content-Type"] == ("application/json" if status == 200 else "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/v1/today?" + "&".join(f"a{n}=1" for n in range(1500)), {}, 400),
        ("GET", "/api/v1/today", {"Host": "evil.example"}, 400),
        ("GET", "/api/v1/today", {"Host": "localhost:80@evil.example"}, 400),
        ("TRACE", "/api/v1/today", {}, 405),
        ("FOO", "/api/v1/today", {}, 405),
        ("POST", f"/api/v1/pain/{UUID}", {"X-HTTP-Method-Override": "PUT"}, 405),
        ("POST", "/api/v1/..;/sync", {}, 404),
        ("POST", "/api/v1/sync/", {}, 404),
        ("POST", "/api/v1/sy%00nc", {}, 404),
        ("GET", "/api/v1/patients?format=xml", {}, 404),
    ],
)
def test_a_request_of_an_odd_shape_is_a_problem(
    ana: people.Person, method: str, path: str, headers: dict[str, str], status: int
):
    client = Client(raise_request_exception=False)
    answer = client.generic(method, path, json.dumps(GOOD), "application/json", headers=ana.headers | headers)
    assert answer.status_code == status
    assert is_problem(answer)
    assert stored() == 0


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("?token={token}", {}),
        ("", {"Cookie": "sessionid=" + "x" * 64_000}),
        ("", {"Cookie": "sessionid=gASVxyz"}),
        ("", {"Authorization": "Token {token}"}),
    ],
)
def test_a_token_elsewhere_and_a_session_that_is_none_are_401(
    ana: people.Person, path: str, headers: dict[str, str]
):
    headers = {name: value.format(token=ana.token) for name, value in headers.items()}
    answer = Client(raise_request_exception=False).get(
        "/api/v1/today" + path.format(token=ana.token), headers=headers
    )
    assert answer.status_code == 401
    assert is_problem(answer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "x" * 200_000},
        *({"email": email} for email in ("a@b", "a@b.example\r\nBcc: c@d.example", "x" * 400 + "@b.example")),
    ],
)
def test_what_cannot_be_an_email_or_a_password_is_refused_before_any_hashing(
    ana: people.Person, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
):
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *_: pytest.fail("this costs 100 ms"))
    body = {"email": "a@b.example", "password": "long enough words", "device_name": "x"} | wrong
    answer = Client(raise_request_exception=False).post("/api/v1/sign-in", body, "application/json")
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {f"/{name}" for name in wrong}


@pytest.mark.parametrize("at", ["2036-03-01T08:00:00Z", "2016-03-01T08:00:00Z", "2026-03-29T02:30:00+01:00"])
def test_a_clock_that_is_wrong_and_an_hour_that_was_skipped_are_stored(ana: people.Person, at: str):
    assert put(ana, json.dumps(GOOD | {"at": at}).encode()).status_code == 201
    assert stored() == 1


def test_a_sync_of_none_one_twice_and_too_many(ana: people.Person):
    one = GOOD | {"id": UUID, "kind": "pain"}
    client = Client(raise_request_exception=False)

    def sync(*records: Any) -> Any:
        return client.post("/api/v1/sync", {"records": records}, "application/json", headers=ana.headers)

    assert sync().json() == {"answers": []}
    assert [answer["answer"] for answer in sync(one, one, one | {"score": 99}).json()["answers"]] == [
        "stored",
        "same",
        "refused",
    ]
    assert stored() == 1
    too_many = sync(*[one] * 101)
    assert too_many.status_code == 413
    assert is_problem(too_many)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["leg", "now", GOOD["at"]]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from(list(GOOD)), inner, max_size=6)
    ),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from([*GOOD, "note", "zone", "about_on", "id", "kind"]), values, max_size=6)
    | values
)
def test_nothing_generated_is_a_5xx(ana: people.Person, value: Any):
    body = json.dumps({"records": [value, GOOD | value if isinstance(value, dict) else value]}).encode()
    for answer in (
        put(ana, json.dumps(value).encode()),
        Client(raise_request_exception=False).post(
            "/api/v1/sync", body, content_type="application/json", headers=ana.headers
        ),
    ):
        assert answer.status_code < 500
        assert answer.status_code in (200, 201) or is_problem(answer)
