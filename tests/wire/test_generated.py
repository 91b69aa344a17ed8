"""Requests that are wrong in some places, to every operation: never a 5xx, and a refusal stores nothing.

Each begins as the request of the authorization matrix, which is right, by whoever may make it.
"""

import json
from collections import Counter
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.api.acting import Acting
from tests.promises import Measured
from tests.test_authorization import PEOPLE, RULES, World, request, routes, rows, same_world, undone, world

__all__ = ["same_world", "world"]  # fixtures
pytestmark = pytest.mark.usefixtures("noon")

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 3.7, 11, 32768, 2**31, 2**63, 10**30, -(10**30), 1e308, 5e-324),
    *("", " ", "x", "3", "３", " 3 ", "+3", "0x3", "NaN", "null", "true", "x" * 501, "x" * 5000, "é" * 300),
    *("a\x00b", "\ud800", "\u202e\u200b", "👨‍👩‍👧‍👦" * 20, "e" + "\u0301" * 500, "İ", "ﷺ"),
    *(
        "<script>",
        "=cmd()",
        "{{7*7}}",
        "'; DROP TABLE x",
        "../../etc/passwd",
        "%s%n",
        "a@b\r\nBcc: c@d.example",
    ),
    *("2026-03-01", "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01"),
    *("2026-03-01T08:00:00", "2026-03-01T08:00:00Z", "2026-03-01T23:59:60Z", "2026-03-01T24:00:00Z"),
    *(
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-12:00",
        "2026-03-01T08:00:00+25:00",
        "24:00",
        "25:61",
    ),
    *("00000000-0000-0000-0000-000000000000", "Mars/Base", "GMT+25", "https://[::1]/", "javascript:x"),
    *([], [[]], [None], [1, "a"], ["x"] * 2000, {}, {"": ""}, {"a\x00b": 1}, {"x": {"x": {"x": []}}}),
]
VIEWS = routes()
QUERY = (
    "page_size",
    "cursor",
    "language",
    "q",
    "from",
    "until",
    "status",
    "kind",
    "of",
    "since",
    "patient",
    "format",
)


def spoiled(value: Any, random: Random) -> Any:
    """A JSON value with one thing in it that is wrong, or missing, or too much."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        if random.random() < 0.15:
            return {other: value[other] for other in value if other != name}
        if random.random() < 0.1:
            return value | {
                random.choice(["id", "patient", "clinic", "__class__", "a\x00", ""]): random.choice(ODD)
            }
        return value | {name: spoiled(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.7:
        place = random.randrange(len(value))
        return [*value[:place], spoiled(value[place], random), *value[place + 1 :]]
    return random.choice(ODD)


def names_of_query(route: tuple[str, str]) -> list[str]:
    view = VIEWS[route]
    return list(view.query().fields) if issubclass(view, Acting) else []


def send(world: World, route: tuple[str, str], random: Random) -> tuple[str, Any]:
    """One request, and what was sent."""
    name, method = route
    ids = world.ids
    if random.random() < 0.15:
        strange = [0, 2**31, 2**63 - 1, 2**63, 10**30]
        ids = {what: random.choice(strange) if random.random() < 0.5 else pk for what, pk in ids.items()}
    path, body, headers = request(name, method, ids)
    for _ in range(random.randint(1, 3)):
        body = spoiled(body, random)
    if "If-Match" in headers and random.random() < 0.3:
        headers = {"If-Match": random.choice(["*", "", "x", '"', 'W/"1"', '"1", "2"', "9" * 400])}
    if method == "GET" or random.random() < 0.1:
        known = names_of_query(route)
        asked = {random.choice([*QUERY, *known * 5]): str(random.choice(ODD)) for _ in range(2)}
        path += "?" + urlencode(asked, errors="surrogatepass")
    statuses = RULES[route]
    who = min((who for who in PEOPLE if world.people[who]), key=lambda who: statuses[who])
    person = world.people[who]
    answer = Client(raise_request_exception=False).generic(
        method,
        f"/api/v1/{path}",
        b"" if method == "GET" else json.dumps(body).encode(),
        "application/json",
        headers=headers | (person.headers if person else {}),
    )
    return f"{who}: {method} {path} {headers} {json.dumps(body)[:1500]}", answer


# Each of these costs an Argon2 hash and says 400 to everything.
QUICK = sorted(RULES.keys() - {("sign-in", "POST"), ("accept", "POST")})


# What may be an emergency raises its flag also from a check that is refused.
HEEDED_ALL_THE_SAME = {("put-symptom-check", "PUT")}


def nothing_breaks(world: World, *, seed: int, count: int) -> Counter[int]:
    random, statuses = Random(seed), Counter[int]()  # noqa: S311 (the same requests each time, not a secret)
    before = rows()
    for n in range(count):
        with undone():
            route = QUICK[n % len(QUICK)]
            sent, answer = send(world, route, random)
            assert answer.status_code < 500, sent
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json", sent
                assert answer.json()["status"] == answer.status_code, sent
                if route not in HEEDED_ALL_THE_SAME:
                    assert rows() == before, f"refused, and yet something was stored: {sent}"
            statuses[answer.status_code] += 1
    return statuses


def test_three_wrong_requests_to_each_operation_break_nothing(world: World):
    statuses = nothing_breaks(world, seed=20260302, count=3 * len(QUICK))
    assert statuses[400] > len(QUICK), "else they were not wrong"


@pytest.mark.trust
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(5))
def test_five_thousand_wrong_requests_break_nothing(world: World, seed: int, measured: Measured):
    statuses = nothing_breaks(world, seed=seed, count=1000)
    print(seed, sorted(statuses.items()))
    measured("P-9", f"0 of {statuses.total()} broke anything, {statuses[400]} were 400")
