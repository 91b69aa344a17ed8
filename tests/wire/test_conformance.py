"""The API keeps to its own document: what the document allows is asked for, and each answer is held against it.

Requests are made by schemathesis from the document, half of them for things that exist, by a patient's phone, by a
therapist and by whoever may do it. No 5xx, no undocumented status or type of content, no answer of another form.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from exercises.models import Exercise, Program
from tests.test_authorization import RULES, World, request, same_world, undone, world

__all__ = ["same_world", "world"]  # fixtures
pytestmark = pytest.mark.usefixtures("noon")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(autouse=True)
def catalog(world: World) -> None:
    """The rows of the catalog are whole, as its reader and the API have them: those of the tests are short."""
    words = {"language": "en", "name": "Bridge", "purpose": "For the hips.", "position": "On your back."}
    Exercise.objects.update(
        groups=["strength-hip"], regions=["hip"], text={"en": {**words, "steps": ["Lift your hips."]}}
    )
    Program.objects.update(
        text={
            "en": {
                "language": "en",
                "name": "Ease",
                "for_whom": "You.",
                "why": "It eases.",
                "caution": "Rest.",
            }
        }
    )


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request neither closes the world's open transaction, nor begins one of its own."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@cache
def document() -> Any:
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    schema.app = WSGIHandler()
    return schema


def operation_of(name: str, method: str, ids: dict[str, int]) -> tuple[Any, dict[str, Any]]:
    """The operation of a route, and the parameters of its path that lead to what exists."""
    path, *_ = request(name, method, ids)
    found = resolve(f"/api/v1/{path}")
    asked = re.sub(r"<[^>]+>", "{}", f"/{found.route}")
    for template in document():
        if re.sub(r"\{[^}]+\}", "{}", template) == asked:
            names = re.findall(r"\{([^}]+)\}", template)
            values = dict(zip(names, found.kwargs.values(), strict=True))
            return document()[template][method], values
    raise AssertionError(f"{method} {path} is not in the document")


def conforms(world: World, name: str, method: str, *, examples: int) -> None:
    operation, there = operation_of(name, method, world.ids)
    statuses = RULES[name, method]
    able = min((who for who in statuses if world.people[who]), key=lambda who: statuses[who])
    askers = list(dict.fromkeys(["ana", "maria", able]))
    for values in [there, None] if there else [None]:

        @seed(20260302)
        @settings(
            max_examples=examples * len(askers),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(case=operation.as_strategy(path_parameters=values))
        def ask(case: Any) -> None:
            for who in askers:
                person = world.people[who]
                assert person is not None
                with undone():
                    case.call_and_validate(headers=person.headers, checks=CHECKS)

        ask()


@pytest.mark.parametrize(("name", "method"), sorted(RULES))
def test_the_answers_to_an_allowed_request_are_as_documented(world: World, name: str, method: str):
    conforms(world, name, method, examples=1)


def test_a_reminder_that_is_switched_off_is_as_documented(world: World):
    operation, there = operation_of("reminder", "PATCH", world.ids)
    case = operation.Case(path_parameters=there, body={"enabled": False}, media_type="application/json")
    ana = world.people["ana"]
    assert ana is not None
    answer = case.call_and_validate(headers=ana.headers, checks=CHECKS)
    assert answer.json()["next_due_at"] is None


@pytest.mark.trust
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "method"), sorted(RULES))
def test_the_answers_to_a_hundred_allowed_requests_are_as_documented(world: World, name: str, method: str):
    conforms(world, name, method, examples=50)
