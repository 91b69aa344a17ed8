"""Every page and form of the desk x person: who may, who may not, and that a refusal tells nothing and changes nothing.

As tests/test_authorization.py does for the API, with its people and its world: POLICY is the rule, and a page without a
line fails. A form is sent empty: 302 and 422 are answers to somebody who may.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import acting_for_all
from accounts.actions import invite_staff
from clinic.urls import urlpatterns
from recovery.models import Expiry
from tests.moments import NOW
from tests.test_authorization import CANARY, MAY_SEE_ANA, World, rows, same_world, undone

__all__ = ["same_world"]  # a fixture
pytestmark = pytest.mark.usefixtures("noon")

PEOPLE = ("nobody", "lou", "ana", "maria", "carla", "leo", "doctor", "boss", "stan")

POLICY = """
                           nobody lou ana maria carla leo doctor boss stan
worklist GET                  302 302 302   200   200 200    200  200  200
sign-in GET                   200 200 200   200   200 200    200  200  200
sign-in POST                  422 422 422   422   422 422    422  422  422
sign-out POST                 302 302 302   302   302 302    302  302  302
second-step GET               302 302 302   302   302 302    302  302  302
second-step POST              302 302 302   302   302 302    302  302  302
stay POST                     302 302 302   204   204 204    204  204  204
account GET                   302 302 302   200   200 200    200  200  200
add-app GET                   302 302 302   200   200 200    200  200  200
add-app POST                  302 302 302   422   422 422    422  422  422
add-passkey GET               302 302 302   200   200 200    200  200  200
add-passkey POST              302 302 302   422   422 422    422  422  422
recovery-codes POST           302 302 302   302   302 302    302  302  302
remove-second-factor POST     302 302 302   404   404 404    404  404  404
confirm-password GET          302 302 302   200   200 200    200  200  200
confirm-password POST         302 302 302   422   422 422    422  422  422
new-password GET              302 302 302   200   200 200    200  200  200
new-password POST             302 302 302   422   422 422    422  422  422
notified GET                  302 302 302   200   200 200    200  200  200
notified-worker GET           200 200 200   200   200 200    200  200  200
forget-browser POST           302 302 302   404   404 404    404  404  404
join GET                      200 200 200   200   200 200    200  200  200
join POST                     422 422 422   422   422 422    422  422  422
cohort GET                    302 302 302   200   200 200    200  403  200
reminder-effect GET           302 302 302   200   200 200    200  200  200
add-patient GET               302 302 302   200   200 200    200  403  200
add-patient POST              302 302 302   422   422 422    422  403  422
open-record GET               302 302 302   200   200 200    200  200  200
open-record POST              302 302 302   422   422 422    422  422  422
invitations GET               302 302 302   200   200 200    200  403  200
invitation GET                302 302 302   200   404 404    403  404  404
invitation POST               302 302 302   200   404 404    403  404  404
revoke-invitation POST        302 302 302   302   404 404    403  404  404
builder GET                   302 302 302   200   404 404    403  404  404
builder POST                  302 302 302   409   404 404    403  404  404
handout GET                   302 302 302   200   404 404    200  404  404
report GET                    302 302 302   200   404 404    200  404  404
paper GET                     302 302 302   200   404 404    403  404  404
paper POST                    302 302 302   302   404 404    403  404  404
timeline GET                  302 302 302   200   404 404    200  404  404
add-event POST                302 302 302   422   404 404    403  404  404
take-back-event POST          302 302 302   302   404 404    403  404  404
pause POST                    302 302 302   422   404 404    403  404  404
resume POST                   302 302 302   302   404 404    403  404  404
new-start POST                302 302 302   422   404 404    403  404  404
staying-well POST             302 302 302   302   404 404    403  404  404
reopen-plan POST              302 302 302   302   404 404    403  404  404
catalog GET                   302 302 302   200   200 200    200  200  200
new-exercise GET              302 302 302   200   200 200    200  200  200
new-exercise POST             302 302 302   422   422 422    422  422  422
edit-exercise GET             302 302 302   200   200 200    200  200  404
edit-exercise POST            302 302 302   422   422 422    422  422  404
put-away-exercise POST        302 302 302   302   302 302    302  302  404
figures GET                   302 302 302   200   200 200    200  200  200
approve-figure POST           302 302 302   302   302 302    302  403  302
new-program GET               302 302 302   200   200 200    200  200  200
new-program POST              302 302 302   200   200 200    200  200  200
edit-program GET              302 302 302   200   200 200    200  200  404
edit-program POST             302 302 302   200   200 200    200  200  404
put-away-program POST         302 302 302   302   302 302    302  302  404
patient GET                   302 302 302   200   404 404    200  404  404
sign-out-phone POST           302 302 302   302   404 404    403  404  404
nudge POST                    302 302 302   302   404 404    403  404  404
thread GET                    302 302 302   200   404 404    200  404  404
thread POST                   302 302 302   422   404 404    403  404  404
thread-read POST              302 302 302   302   404 404    403  404  404
messages GET                  302 302 302   200   200 200    200  200  200
reviews GET                   302 302 302   200   200 200    200  200  200
record-review GET             302 302 302   200   404 404    200  404  404
record-review POST            302 302 302   422   404 404    422  404  404
tasks GET                     302 302 302   200   200 200    200  200  200
finish-task POST              302 302 302   422   404 404    422  404  404
lift-suspension POST          302 302 302   422   404 404    403  404  404
accept-proposal POST          302 302 302   302   404 404    403  404  404
decline-proposal POST         302 302 302   302   404 404    403  404  404
audit GET                     302 302 302   403   403 403    403  200  200
red-flags GET                 302 302 302   200   200 200    200  200  200
act-on-red-flag POST          302 302 302   422   404 404    422  404  404
acknowledge-red-flag POST     302 302 302   302   404 404    302  404  404
close-red-flag POST           302 302 302   422   404 404    422  404  404
care GET                      302 302 302   200   404 404    200  200  404
add-to-care-team POST         302 302 302   422   404 404    403  422  404
hand-over-one POST            302 302 302   422   404 404    403  403  404
leave-care-team POST          302 302 302   302   404 404    403  403  404
new-bout POST                 302 302 302   422   404 404    403  403  404
discharge POST                302 302 302   422   404 404    403  404  404
cover GET                     302 302 302   200   200 200    200  403  200
cover POST                    302 302 302   422   422 422    422  403  422
administration GET            302 302 302   403   403 403    403  200  200
administration POST           302 302 302   403   403 403    403  422  422
roster GET                    302 302 302   403   403 403    403  200  200
keeping GET                   302 302 302   403   403 403    403  200  200
keep-record POST              302 302 302   403   403 403    403  422  404
let-go POST                   302 302 302   403   403 403    403  302  404
export GET                    302 302 302   403   403 403    403  200  200
export POST                   302 302 302   403   403 403    403  422  422
reset-second-factor POST      302 302 302   403   403 403    403  302  404
reset-password POST           302 302 302   403   403 403    403  302  404
staff GET                     302 302 302   403   403 403    403  200  200
invite-colleague GET          302 302 302   403   403 403    403  200  200
invite-colleague POST         302 302 302   403   403 403    403  422  422
void-invitation POST          302 302 302   403   403 403    403  302  404
colleague GET                 302 302 302   403   403 403    403  200  404
colleague POST                302 302 302   403   403 403    403  422  404
has-left POST                 302 302 302   403   403 403    403  302  404
hand-over GET                 302 302 302   403   403 403    403  200  404
hand-over POST                302 302 302   403   403 403    403  422  404
cover-for GET                 302 302 302   403   403 403    403  200  404
cover-for POST                302 302 302   403   403 403    403  422  404
"""


STRANGERS = ("nobody", "lou", "ana")  # lou has left, and ana is a patient
DOOR = {"sign-in", "second-step", "sign-out", "join", "notified-worker"}
# Where an administrator reads the names of patients, and nothing of their records.
NAMES = {"roster", "care", "add-to-care-team", "keeping", "keep-record", "audit"}


def policy() -> dict[tuple[str, str], dict[str, int]]:
    header, *lines = POLICY.strip().splitlines()
    assert tuple(header.split()) == PEOPLE
    said = (line.split() for line in lines)
    return {(name, method): dict(zip(PEOPLE, map(int, codes), strict=True)) for name, method, *codes in said}


RULES = policy()


def routes() -> dict[tuple[str, str], URLPattern]:
    """Every (name, method) of the desk, read from its URLconf."""
    found = {}
    for pattern in urlpatterns:
        view = pattern.callback.view_class  # type: ignore[attr-defined]
        for method in ("get", "post"):
            if hasattr(view, method) and method in view.http_method_names:
                found[str(pattern.name), method.upper()] = pattern
    return found


ROUTES = routes()


@dataclass(frozen=True)
class Desk:
    """The world of the API's matrix, with what only the desk has, and a session of each person."""

    ids: dict[str, int]
    sessions: dict[str, str]

    def ask(self, who: str, name: str, method: str) -> Any:
        client = Client(raise_request_exception=False)
        if who in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return client.generic(method, self.path(name, ROUTES[name, method]))

    def path(self, name: str, pattern: URLPattern) -> str:
        route = str(pattern.pattern)
        pk = next((self.ids[what] for start, what in FIRST.items() if route.startswith(start)), 0)
        known = {"pk": pk, "device": self.ids["device"], "member": self.ids["team"], "slug": "bridge"}
        known["event"] = self.ids["event"]
        kwargs = {name: known[name] for name in pattern.pattern.converters}
        return reverse(f"clinic:{name}", kwargs=kwargs)


# Whose number stands in an address that begins so.
FIRST = {
    "patients/": "ana",
    "episodes/": "episode",
    "red-flags/": "flag",
    "tasks/": "task",
    "suspensions/": "suspension",
    "pauses/": "pause",
    "proposals/": "proposal",
    "exercises/": "exercise",
    "programs/": "program",
    "clinic/keeping/": "expiry",
    "clinic/staff/invitations/": "invitation",
    "clinic/staff/": "carla",
}


@pytest.fixture(scope="module")
def same_desk(same_world: World, django_db_blocker: DjangoDbBlocker) -> Desk:
    sessions: dict[str, str] = {}
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=True):
        for who in PEOPLE[1:]:
            person = same_world.people[who]
            assert person is not None
            client = Client()
            client.force_login(person.user)
            sessions[who] = client.cookies[settings.SESSION_COOKIE_NAME].value
        carla, boss = same_world.people["carla"], same_world.people["boss"]
        assert carla is not None
        assert boss is not None
        clinic = boss.actor.clinic_id
        invited = invite_staff(
            clinic_id=clinic, name="New", email="new@hill.example", role="therapist", by=boss.user.pk, now=NOW
        )
        with acting_for_all():
            expiry = Expiry.objects.create(
                clinic_id=clinic,
                patient_id=same_world.ids["ana"],
                ended_on=NOW,
                listed_on=NOW,
                erase_on=NOW,
            )
    more = {"carla": carla.user.pk, "invitation": invited.invitation.pk, "expiry": expiry.pk}
    return Desk(same_world.ids | more, sessions)


@pytest.fixture
def desk(same_desk: Desk) -> Iterator[Desk]:
    with undone():
        yield same_desk


def test_every_page_and_form_has_a_rule_and_every_rule_a_page():
    assert ROUTES.keys() == RULES.keys()


@pytest.mark.parametrize(("name", "method"), sorted(RULES))
def test_each_person_may_what_the_policy_says(desk: Desk, name: str, method: str):
    for who, expected in RULES[name, method].items():
        with undone():
            before = kept()
            answer = desk.ask(who, name, method)
            assert answer.status_code == expected, f"{who}: {answer.status_code}"
            is_stranger = who in STRANGERS and name not in DOOR
            if is_stranger:
                assert answer["Location"].startswith("/sign-in"), who
            if is_stranger or expected in (403, 404, 422):
                assert kept() == before, f"{who} was refused, and yet something was written"
            if who not in MAY_SEE_ANA and not (who == "boss" and name in NAMES):
                assert CANARY not in f"{answer.headers}{answer.content.decode()}", f"{who} sees Ana"


def kept() -> dict[str, int]:
    """How many rows each table has, but for sessions, which end with a request, and for notes of what was read."""
    return {name: count for name, count in rows() if name not in ("django_session", "accounts_auditentry")}
