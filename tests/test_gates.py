"""The test of the test: every gate of the code, opened, turns the authorization matrix red.

A gate is what decides whose rows a person gets (whatever a queryset does for an `actor`, `patients_of`, `seen`,
`in_care`), or who may call a view at all (its permission). Row-level security looks away meanwhile, so that nothing
else holds. Here each gate is opened at one route; the long form opens it at every route that passes through it.
"""

import inspect
import json
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models.expressions import RawSQL
from django.shortcuts import get_object_or_404
from rest_framework.permissions import AllowAny

from accounts.access import acting_for_all
from accounts.permissions import IsSignedIn
from recovery import access
from recovery.models import people
from tests.promises import Measured
from tests.test_authorization import (
    CANARY,
    PEOPLE,
    RULES,
    World,
    check,
    let_row_level_security_look_away,
    routes,
    same_world,
    world,
)

__all__ = ["same_world", "world"]  # fixtures
pytestmark = pytest.mark.usefixtures("noon")

Route = tuple[str, str]

# A route that shows it when the gate is open.
SHOWN_BY: dict[str, Route] = {
    "CatalogQuerySet.visible_to": ("exercise", "GET"),
    "DeviceQuerySet.visible_to": ("device", "DELETE"),
    "MembershipQuerySet.visible_to": ("colleague", "DELETE"),
    "NotificationQuerySet.visible_to": ("notifications", "GET"),
    "PatientQuerySet.on_roster_of": ("roster", "GET"),
    "ProgressQuerySet.worklist": ("worklist", "GET"),
    "ReviewQuerySet.left_to_administrators": ("reviews", "GET"),
    "RowsOfOneself.visible_to": ("reminder", "DELETE"),
    "RowsOfPatients._of": ("patient", "PATCH"),
    "RowsOfPatients.cared_for_by": ("patient", "PATCH"),
    "RowsOfPatients.visible_to": ("patient", "GET"),
    "access.in_care": ("patient", "PATCH"),
    "access.seen": ("acknowledge-red-flag", "POST"),
    "people.patients_of": ("patient", "GET"),
}


# Told who acts, and behind no route of the API: the first notes who reads, the desk has tests of its own.
ELSEWHERE = {
    "RowsOfPatients.read_by",
    "AuditQuerySet.visible_to",
    "ExpiryQuerySet.visible_to",
    "InvitationQuerySet.of_staff",
}


def gates() -> dict[str, tuple[Any, str]]:
    """Every method of our querysets that is told who acts, whose care team one is on, and what looks up one row."""
    found: dict[str, tuple[Any, str]] = {f"access.{name}": (access, name) for name in ("seen", "in_care")}
    found["people.patients_of"] = (people, "patients_of")
    for model in apps.get_models():
        for kind in type(model._default_manager.all()).__mro__:
            for name, method in vars(kind).items():
                if inspect.isfunction(method) and "actor" in inspect.signature(method).parameters:
                    found[f"{kind.__name__}.{name}"] = (kind, name)
    return found


def open_gate(gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name = gates()[gate]
    if owner is access:
        monkeypatch.setattr(access, name, lambda rows, pk, **_: get_object_or_404(rows.all(), pk=pk))
    elif owner is people:
        everybody = RawSQL("ARRAY(SELECT patient_id FROM recovery_careteammember)", ())
        monkeypatch.setattr(people, name, lambda *_: everybody)
    else:
        monkeypatch.setattr(owner, name, lambda rows, actor, **_: rows.all())


def is_red(world: World, route: Route, *, asking: Iterable[str] = PEOPLE) -> bool:
    try:
        check(world, *route, asking=asking)
    except AssertionError:
        return True
    return False


def test_every_gate_is_opened_here():
    assert gates().keys() == SHOWN_BY.keys() | ELSEWHERE


@pytest.mark.parametrize("gate", SHOWN_BY)
def test_an_open_gate_turns_the_matrix_red(world: World, monkeypatch: pytest.MonkeyPatch, gate: str):
    let_row_level_security_look_away(monkeypatch)
    open_gate(gate, monkeypatch)
    assert is_red(world, SHOWN_BY[gate])


@pytest.mark.parametrize("name", ["cohort", "episodes", "plans", "status-changes"])
def test_numbers_and_dates_turn_the_matrix_red_too(world: World, monkeypatch: pytest.MonkeyPatch, name: str):
    let_row_level_security_look_away(monkeypatch)
    open_gate("RowsOfPatients.visible_to", monkeypatch)
    assert is_red(world, (name, "GET"), asking=["carla"])


VIEWS = routes()


def permissions_of(route: Route) -> set[type[Any]]:
    view = VIEWS[route](request=SimpleNamespace(method=route[1]))
    return {type(one) for one in view.get_permissions()}


@pytest.mark.parametrize("route", sorted(route for route in VIEWS if permissions_of(route) != {AllowAny}))
def test_a_view_that_anybody_may_call_turns_the_matrix_red(
    world: World, monkeypatch: pytest.MonkeyPatch, route: Route
):
    let_row_level_security_look_away(monkeypatch)
    refusal = 401 if permissions_of(route) == {IsSignedIn} else 403
    refused = [who for who in PEOPLE if RULES[route][who] == refusal]
    monkeypatch.setattr(VIEWS[route], "get_permissions", lambda view: [])
    assert is_red(world, route, asking=reversed(refused))


def test_every_permission_is_opened_here():
    used = set().union(*map(permissions_of, VIEWS))
    assert used == {IsSignedIn, *IsSignedIn.__subclasses__(), AllowAny}


@pytest.mark.trust
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("gate", SHOWN_BY)
def test_an_open_gate_turns_every_route_red_that_passes_through_it(
    world: World, gate: str, measured: Measured
):
    owner, name = gates()[gate]
    passed: set[Route] = set()
    with pytest.MonkeyPatch.context() as watching:
        shut = getattr(owner, name)

        def seen_passing(*args: Any, **named: Any) -> Any:
            passed.add(route)
            return shut(*args, **named)

        watching.setattr(owner, name, seen_passing)
        for route in RULES:
            is_red(world, route, asking=["ana", "maria", "doctor", "boss"])
    with pytest.MonkeyPatch.context() as opened:
        let_row_level_security_look_away(opened)
        open_gate(gate, opened)
        green = {route for route in passed if not is_red(world, route)}
    measured("P-8", f"{gate}: {len(passed - green)} of {len(passed)} routes red")
    assert green == STILL_GREEN.get(gate, set())


def gets(*names: str) -> set[Route]:
    return {(name, "GET") for name in names}


# Where an open gate changes nothing, each with its reason.
STILL_GREEN: dict[str, set[Route]] = {
    # Nothing is said of fewer than five, of whom Ana would be one.
    **dict.fromkeys(
        ("RowsOfPatients._of", "RowsOfPatients.visible_to", "people.patients_of"),
        gets("engagement"),
    ),
    # What outlasts an emergency is asked of the care team besides.
    "RowsOfPatients.cared_for_by": {
        ("care-team-member", "DELETE"),
        ("invite-patient", "POST"),
    },
    # The colleague who is named is one of the clinic; of another one, the role is asked for besides.
    "MembershipQuerySet.visible_to": {("care-team", "POST"), ("message-settings", "PUT")},
    # A message is looked up among those to this patient besides, so it is a 404 all the same.
    "NotificationQuerySet.visible_to": {
        ("confirm-shown", "POST"),
        ("notification-done", "POST"),
        ("snooze-notification", "POST"),
    },
    # The choices of another patient are the same as one's own: both have chosen nothing. The writes lock and count
    # through the gate, and write to who signs in.
    "RowsOfOneself.visible_to": gets("delivery-choices", "message-preferences")
    | {("message-preferences", "PUT"), ("reminders", "POST")},
}


# --- canaries ---------------------------------------------------------------------------------------------

# Texts that nobody types: our own words, names of our rules, zones, ids and numbers.
OUR_WORDS = {
    # What a colleague said in an emergency, of which the world has none.
    "CareTeamMember": {"opened_because"},
    "Expiry": {"kept_because"},  # what an administrator said, for administrators alone
    "SecondFactor": {"name"},  # of staff; a patient has none
    "Listener": {"address"},  # of a mailbox of the clinic
    "Notification": {"address", "channel", "error"},
    "PushSubscription": {"p256dh", "auth"},
    "Patient": {"time_zone"},
    "Consent": {"version"},
    "StatusChange": {"status", "rule", "numbers", "for_staff", "rule_version"},
    "Progress": {"status", "rule", "numbers", "for_staff", "rule_version", "weeks"},
    "Prescription": {"dosage_values", "range_values"},
    "RecordRevision": {"kind"},
    "Proposal": {"from_dosage", "to_dosage", "rule", "numbers", "rule_version"},
    "Suspension": {"rule", "numbers", "rule_version", "lifted_because"},
    "SymptomCheck": {"zone"},
    "Review": {"cause"},
    "RedFlag": {"rule", "closed_because"},
    "Task": {"cause"},
    "User": {"password", "email"},
    "Walk": {"body"},  # minutes
}


def test_every_text_of_the_victim_holds_the_canary(world: World):
    """What is not found in a foreign answer was there to be found."""
    ana = world.people["ana"]
    assert ana is not None
    without: list[str] = []
    for model in apps.get_models():
        fields = {field.name: field for field in model._meta.concrete_fields}
        whose: str | None = next((name for name in ("patient", "recipient", "user") if name in fields), None)
        if model._meta.label == "accounts.User":
            whose = "pk"
        if whose is None:
            continue
        texts = [
            name
            for name, field in fields.items()
            if isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices
        ]
        with acting_for_all():
            rows = model._default_manager.filter(**{whose: ana.user.pk})
            for name in set(texts) - OUR_WORDS.get(model.__name__, set()) - {"zone"}:
                if CANARY not in json.dumps(list(rows.values_list(name, flat=True))):
                    without.append(f"{model.__name__}.{name}")
    assert without == []
