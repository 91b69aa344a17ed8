"""Every route x method x person of the API: who may, who may not, and that a refusal tells nothing and changes nothing.

POLICY is the rule. A route or a method without a line fails the tests, and so does a line without a route. The whole
table is run twice: as it is, and with row-level security looking away, so that the code alone must hold; a third run
takes the code's own gate away, and PostgreSQL alone must hold.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.views import APIView

from accounts import authentication
from accounts.access import Role, acting, acting_for_all
from accounts.actions import end_membership
from accounts.models import AuditEntry, Device, Membership
from notifications.models import Notification, PushSubscription, Reminder
from recovery.actions.diary import take
from recovery.actions.events import add_event
from recovery.actions.messages import write_to_patient
from recovery.actions.pauses import pause_plan
from recovery.actions.people import add_to_care_team
from recovery.actions.plan import draft_plan
from recovery.models import (
    CareTeamMember,
    Episode,
    FlagAction,
    Patient,
    Plan,
    PlanDraft,
    Proposal,
    RedFlag,
    Reexamination,
    Review,
    StatusChange,
    Suspension,
    Task,
)
from recovery.models.people import RowsOfPatients
from recovery.records import read
from tests import people
from tests.moments import NOW

pytestmark = pytest.mark.usefixtures("noon")

CANARY = "CNRY-Ana"
# ana and ben are patients; maria cares for ana, carla for ben; leo covered for maria until yesterday; the doctor is a
# clinician and boss an administrator of the same clinic; stan is everything at another one; rita's device was revoked,
# and lou has left.
PEOPLE = ("nobody", "rita", "lou", "ana", "ben", "maria", "carla", "leo", "doctor", "boss", "stan")
MAY_SEE_ANA = {"ana", "maria", "doctor"}

POLICY = """
                                      nobody rita lou ana ben maria carla leo doctor boss stan
join POST                                400  400 400 400 400   400   400 400    400  400  400
accept POST                              400  400 400 400 400   400   400 400    400  400  400
sign-in POST                             400  400 400 400 400   400   400 400    400  400  400
me GET                                   401  401 401 200 200   200   200 200    200  200  200
devices GET                              401  401 401 200 200   200   200 200    200  200  200
device DELETE                            401  401 401 204 404   404   404 404    404  404  404
colleagues GET                           401  401 401 403 403   200   200 200    200  200  200
colleague DELETE                         401  401 401 403 403   403   403 403    403  204  404
invite-staff POST                        401  401 401 403 403   403   403 403    403  201  201
exercises GET                            401  401 401 200 200   200   200 200    200  200  200
exercises POST                           401  401 401 403 403   400   400 400    400  400  400
exercise GET                             401  401 401 200 200   200   200 200    200  200  404
exercise PATCH                           401  401 401 403 403   200   200 200    200  200  404
programs GET                             401  401 401 200 200   200   200 200    200  200  200
programs POST                            401  401 401 403 403   400   400 400    400  400  400
program GET                              401  401 401 200 200   200   200 200    200  200  404
program PATCH                            401  401 401 403 403   200   200 200    200  200  404
patients GET                             401  401 401 403 403   200   200 200    200  403  200
patients POST                            401  401 401 403 403   201   201 201    201  403  201
patient GET                              401  401 401 403 403   200   404 404    200  403  404
patient PATCH                            401  401 401 403 403   200   404 404    403  403  404
open-record POST                         401  401 401 403 403   201   201 201    201  201  409
invite-patient POST                      401  401 401 403 403   201   404 404    403  403  404
patient-devices GET                      401  401 401 403 403   200   404 404    200  403  404
patient-device DELETE                    401  401 401 403 403   204   404 404    403  403  404
care-team GET                            401  401 401 403 403   200   404 404    200  200  404
care-team POST                           401  401 401 403 403   201   404 404    403  201  404
care-team-member DELETE                  401  401 401 403 403   409   404 404    403  403  404
episodes GET                             401  401 401 403 403   200   200 200    200  403  200
episodes POST                            401  401 401 403 403   409   404 404    403  403  404
roster GET                               401  401 401 403 403   403   403 403    403  200  200
end-episode POST                         401  401 401 403 403   204   404 404    403  403  404
start-anew POST                          401  401 401 403 403   201   404 404    403  403  404
draft GET                                401  401 401 403 403   200   404 404    200  403  404
draft POST                               401  401 401 403 403   409   404 404    403  403  404
draft PUT                                401  401 401 403 403   200   404 404    403  403  404
draft DELETE                             401  401 401 403 403   204   404 404    403  403  404
publish-plan POST                        401  401 401 403 403   201   404 404    403  403  404
plans GET                                401  401 401 403 403   200   200 200    200  403  200
trend GET                                401  401 401 403 403   200   404 404    200  403  404
status-changes GET                       401  401 401 403 403   200   200 200    200  403  200
sessions GET                             401  401 401 403 403   200   404 404    200  403  404
proposals GET                            401  401 401 403 403   200   404 404    200  403  404
all-proposals GET                        401  401 401 403 403   200   200 200    200  403  200
accept-proposal POST                     401  401 401 403 403   200   404 404    403  403  404
decline-proposal POST                    401  401 401 403 403   200   404 404    403  403  404
suspensions GET                          401  401 401 403 403   200   200 200    200  403  200
lift-suspension POST                     401  401 401 403 403   200   404 404    403  403  404
cohort GET                               401  401 401 403 403   200   200 200    200  403  200
engagement GET                           401  401 401 403 403   200   200 200    200  403  200
measures GET                             401  401 401 403 403   200   404 404    200  403  404
timeline GET                             401  401 401 403 403   200   404 404    200  403  404
timeline POST                            401  401 401 403 403   201   404 404    403  403  404
timeline-event DELETE                    401  401 401 403 403   204   404 404    403  403  404
pauses GET                               401  401 401 403 403   200   200 200    200  403  200
pauses POST                              401  401 401 403 403   201   404 404    403  403  404
resume-plan POST                         401  401 401 403 403   204   404 404    403  403  404
staying-well POST                        401  401 401 403 403   409   404 404    403  403  404
reopen-plan POST                         401  401 401 403 403   409   404 404    403  403  404
worklist GET                             401  401 401 403 403   200   200 200    200  403  200
red-flags GET                            401  401 401 403 403   200   200 200    200  403  200
acknowledge-red-flag POST                401  401 401 403 403   200   404 404    200  403  404
act-on-red-flag POST                     401  401 401 403 403   201   404 404    201  403  404
close-red-flag POST                      401  401 401 403 403   200   404 404    200  403  404
patient-messages GET                     401  401 401 403 403   200   404 404    200  403  404
patient-messages POST                    401  401 401 403 403   201   404 404    403  403  404
nudge POST                               401  401 401 403 403   409   404 404    403  403  404
patient-messages-read POST               401  401 401 403 403   204   404 404    403  403  404
messages GET                             401  401 401 200 200   403   403 403    403  403  403
messages-read POST                       401  401 401 204 204   403   403 403    403  403  403
reviews GET                              401  401 401 403 403   200   200 200    200  200  200
reexaminations GET                       401  401 401 403 403   200   200 200    200  403  200
reexaminations POST                      401  401 401 403 403   201   404 404    201  403  404
tasks GET                                401  401 401 403 403   200   200 200    200  403  200
finish-task POST                         401  401 401 403 403   200   404 404    200  403  404
care-settings GET                        401  401 401 200 200   200   200 200    200  200  200
care-settings PATCH                      401  401 401 403 403   403   403 403    403  200  200
symptom-check GET                        401  401 401 200 200   200   200 200    200  200  200
reminders GET                            401  401 401 200 200   403   403 403    403  403  403
reminders POST                           401  401 401 201 201   403   403 403    403  403  403
reminder PATCH                           401  401 401 200 404   403   403 403    403  403  403
reminder DELETE                          401  401 401 204 404   403   403 403    403  403  403
message-preferences GET                  401  401 401 200 200   403   403 403    403  403  403
message-preferences PUT                  401  401 401 200 200   403   403 403    403  403  403
push-key GET                             200  200 200 200 200   200   200 200    200  200  200
push-test POST                           401  401 401 409 409   409   409 409    409  409  409
push-subscriptions GET                   401  401 401 200 200   200   200 200    200  200  200
push-subscriptions POST                  401  401 401 400 400   400   400 400    400  400  400
push-subscription DELETE                 401  401 401 204 404   404   404 404    404  404  404
notifications GET                        401  401 401 200 200   200   200 200    200  200  200
snooze-notification POST                 401  401 401 200 404   403   403 403    403  403  403
notification-done POST                   401  401 401 200 404   403   403 403    403  403  403
patient-notifications GET                401  401 401 403 403   200   404 404    200  403  404
patient-reminders GET                    401  401 401 403 403   200   404 404    200  403  404
confirm-shown POST                       401  401 401 204 204   204   204 204    204  204  204
delivery-choices GET                     401  401 401 200 200   403   403 403    403  403  403
delivery-choices PUT                     401  401 401 200 200   403   403 403    403  403  403
message-settings GET                     401  401 401 403 403   200   200 200    200  200  200
message-settings PUT                     401  401 401 403 403   403   403 403    403  200  200
reminder-effect GET                      401  401 401 403 403   200   200 200    200  200  200
today GET                                401  401 401 200 200   403   403 403    403  403  403
plan GET                                 401  401 401 200 200   403   403 403    403  403  403
own-timeline GET                         401  401 401 200 200   403   403 403    403  403  403
progress GET                             401  401 401 200 200   403   403 403    403  403  403
put-pain PUT                             401  401 401 201 201   403   403 403    403  403  403
put-session PUT                          401  401 401 201 201   403   403 403    403  403  403
put-walk PUT                             401  401 401 201 201   403   403 403    403  403  403
put-event PUT                            401  401 401 201 201   403   403 403    403  403  403
put-measure PUT                          401  401 401 201 201   403   403 403    403  403  403
put-symptom-check PUT                    401  401 401 201 201   403   403 403    403  403  403
put-message PUT                          401  401 401 201 201   403   403 403    403  403  403
consent GET                              401  401 401 200 200   403   403 403    403  403  403
consent POST                             401  401 401 200 200   403   403 403    403  403  403
language PUT                             401  401 401 200 200   403   403 403    403  403  403
readings GET                             401  401 401 200 200   403   403 403    403  403  403
export GET                               401  401 401 200 200   403   403 403    403  403  403
export-csv GET                           401  401 401 200 200   403   403 403    403  403  403
export-fhir GET                          401  401 401 200 200   403   403 403    403  403  403
patient-fhir GET                         401  401 401 403 403   200   404 404    200  403  404
sync POST                                401  401 401 200 200   403   403 403    403  403  403
"""


def policy() -> dict[tuple[str, str], dict[str, int]]:
    rows: dict[tuple[str, str], dict[str, int]] = {}
    header, *lines = POLICY.strip().splitlines()
    assert tuple(header.split()) == PEOPLE
    for line in lines:
        name, method, *codes = line.split()
        rows[name, method] = dict(zip(PEOPLE, map(int, codes), strict=True))
    return rows


RULES = policy()


def routes() -> dict[tuple[str, str], type[APIView]]:
    """Every (name, method) below /api/v1/ with its view, read from the URLconf itself."""
    found: dict[tuple[str, str], type[APIView]] = {}

    def walk(patterns: list[Any], path: str) -> None:
        for pattern in patterns:
            here = path + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, here)
            elif isinstance(pattern, URLPattern) and here.startswith("api/v1/"):
                view = pattern.callback.view_class  # type: ignore[attr-defined]
                methods = {m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(view, m)}
                found.update({(str(pattern.name), method): view for method in methods})

    walk(get_resolver().url_patterns, "")
    return found


def test_every_route_and_method_has_a_rule_and_every_rule_a_route():
    assert routes().keys() == RULES.keys()


@dataclass
class World:
    people: dict[str, people.Person | None]
    ids: dict[str, int]

    def ask(self, who: str, name: str, method: str) -> Any:
        path, body, headers = request(name, method, self.ids)
        person = self.people[who]
        headers |= person.headers if person else {}
        client = Client(raise_request_exception=False)
        return client.generic(
            method,
            f"/api/v1/{path}",
            "" if body is None else json.dumps(body),
            "application/json",
            headers=headers,
        )


@contextmanager
def undone() -> Iterator[None]:
    """What happens in here is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def same_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Built once a file, in a transaction that stays open: each test takes back only what it did itself."""
    with django_db_blocker.unblock(), undone():
        with time_machine.travel(NOW, tick=True):
            world = build_world()
        yield world
    connection.close()


@pytest.fixture
def world(same_world: World) -> Iterator[World]:
    with undone():
        yield same_world


def build_world() -> World:
    hill, lake = people.clinic("Hillside"), people.clinic("Lakeside")
    maria, carla, leo = (people.member(hill, Role.THERAPIST, name=name) for name in ("Maria", "Carla", "Leo"))
    doctor, boss = people.member(hill, Role.CLINICIAN, name="Doctor"), people.member(hill, Role.ADMINISTRATOR)
    stan = people.member(lake, Role.THERAPIST, Role.CLINICIAN, Role.ADMINISTRATOR, name="Stan")
    rita, lou = people.member(hill, Role.CLINICIAN), people.member(hill, Role.CLINICIAN)
    Device.objects.filter(user=rita.user).update(revoked_at=NOW)
    end_membership(membership=Membership.objects.get(user=lou.user), now=NOW)
    ana, ben = people.patient(maria, name=CANARY), people.patient(carla, name="Ben")
    plan = people.plan_for(ana, maria, starts_on=NOW.date() - timedelta(days=10), note=CANARY)
    with acting(maria.actor):
        row = Patient.objects.get(pk=ana.user.pk)
        yesterday = NOW.date() - timedelta(days=1)
        add_to_care_team(
            patient=row, user_id=leo.user.pk, from_on=yesterday, until_on=yesterday, by=maria.user.pk, now=NOW
        )
        episode = Episode.objects.select_related("patient").get(patient=row)
        event = add_event(
            episode=episode, what="imaging", about_on=NOW.date(), note=CANARY, by=maria.user.pk, now=NOW
        )
        pause = pause_plan(
            episode=episode,
            from_on=NOW.date(),
            until_on=NOW.date(),
            reason="other",
            note=CANARY,
            by=maria.user.pk,
            now=NOW,
        )
        draft = draft_plan(episode=episode, program=None, starts_on=NOW.date(), by=maria.user.pk, now=NOW)
        PlanDraft.objects.filter(pk=draft.pk).update(note=CANARY)
        flag = RedFlag.objects.create(
            clinic=hill,
            patient=row,
            episode=episode,
            rule="bladder",
            answer=CANARY,
            tier="A",
            about_on=NOW,
            raised_at=NOW,
            raised_on=NOW,
        )
        Review.objects.create(
            clinic=hill,
            patient=row,
            episode=episode,
            cause="week_2",
            due_on=NOW,
            opened_at=NOW,
            opened_on=NOW,
        )
        task = Task.objects.create(
            clinic=hill, patient=row, kind="check_by_hand", cause="x", why="Look.", opened_at=NOW
        )
    with acting(ana.actor):
        reminder = Reminder.objects.create(
            clinic=hill, patient=row, kind="diary", times=["20:00"], next_due_at=NOW
        )
    everything_in_words(ana, flag, by=maria)
    proposal, suspension = ladder_of(ana, episode, plan)
    with acting_for_all():
        message = Notification.objects.create(
            clinic=hill,
            recipient=ana.user,
            patient=row,
            kind="diary",
            local_date=NOW.date(),
            slot=CANARY,
            due_at=NOW,
            next_attempt_at=NOW,
            state="sent",
            sent_at=NOW,
        )
    subscription = PushSubscription.objects.create(
        user=ana.user,
        endpoint=f"https://updates.push.services.mozilla.com/{CANARY}",
        p256dh="",
        auth="",
        created_at=NOW,
    )
    ids = {
        "clinic": hill.pk,
        "ana": ana.user.pk,
        "device": Device.objects.get(user=ana.user).pk,
        "doctor": doctor.user.pk,
        "membership": Membership.objects.get(user=carla.user).pk,
        "exercise": people.exercise("own-one", of=hill).pk,
        "program": people.program(of=hill).pk,
        "episode": episode.pk,
        "plan": plan.pk,
        "draft": draft.version,
        "team": CareTeamMember.objects.filter(patient=row).earliest("id").pk,
        "flag": flag.pk,
        "proposal": proposal.pk,
        "suspension": suspension.pk,
        "task": task.pk,
        "event": event.pk,
        "pause": pause.pk,
        "reminder": reminder.pk,
        "message": message.pk,
        "subscription": subscription.pk,
        "notification": message.pk,
    }
    everybody = [None, rita, lou, ana, ben, maria, carla, leo, doctor, boss, stan]
    return World(dict(zip(PEOPLE, everybody, strict=True)), ids)


def everything_in_words(ana: people.Person, flag: RedFlag, *, by: people.Person) -> None:
    """Whatever of Ana's record is text, by her phone or by staff, has the canary."""
    said: dict[str, dict[str, Any]] = {
        "pain": {"region": "leg", "score": 3, "asked": "now", "note": CANARY},
        "session": {"results": [], "note": CANARY},
        "event": {"what": "flare", "about_on": "2026-03-01", "note": CANARY},
        "message": {"text": CANARY},
        "measure": {
            "instrument": "psfs",
            "activities": [{"name": f"{CANARY} {n}", "ability": 3} for n in "abc"],
        },
        "symptom_check": {"answers": {CANARY: "no"}},
    }
    stamp = {"revision": 1, "at": NOW.isoformat()}
    records = [read(kind, str(uuid4()), stamp | fields) for kind, fields in said.items()]
    again = read(
        "message", str(records[3].client_uuid), stamp | {"revision": 2, "text": f"{CANARY}, corrected"}
    )
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=[*records, again], now=NOW)
    of_ana = {"clinic_id": flag.clinic_id, "patient": flag.patient}
    with acting(by.actor):
        write_to_patient(patient=flag.patient, text=CANARY, to_patient=True, by=by.user.pk, now=NOW)
        FlagAction.objects.create(flag=flag, what="note", note=CANARY, done_by=by.user, done_at=NOW, **of_ana)
        Reexamination.objects.create(
            episode=Episode.objects.get(patient=flag.patient),
            diagnosis_unchanged=True,
            red_flags_checked=True,
            outcome="continue",
            because=CANARY,
            note=CANARY,
            recorded_on=NOW,
            recorded_at=NOW,
            recorded_by=by.user,
            **of_ana,
        )
        done = {"done_at": NOW, "done_by": by.user, "how": CANARY}
        Task.objects.create(kind="silent", cause="x", why=CANARY, opened_at=NOW, **done, **of_ana)
    Patient.objects.filter(pk=ana.user.pk).update(email=f"{CANARY}@mail.example")
    Device.objects.filter(user=ana.user).update(name=f"{CANARY}'s phone")


def ladder_of(ana: people.Person, episode: Episode, plan: Plan) -> tuple[Proposal, Suspension]:
    """An open proposal for the exercise of Ana's plan, after two ambers, and another exercise that is suspended."""
    line = plan.prescriptions.get()
    for hours in (2, 1):
        session = {
            "revision": 1,
            "at": (NOW - timedelta(hours=hours)).isoformat(),
            "plan": plan.pk,
            "leg_before": 3,
            "leg_later": 4,
            "results": [{"exercise": line.exercise.slug, "outcome": "done"}],
        }
        with acting(ana.actor):
            take(patient_id=ana.user.pk, records=[read("session", str(uuid4()), session)], now=NOW)
    of_ana = {"clinic_id": episode.clinic_id, "patient_id": episode.patient_id, "episode": episode}
    said = {"numbers": {}, "for_staff": CANARY, "rule_version": "1"}
    with acting_for_all():
        proposal = Proposal.objects.create(
            plan=plan,
            exercise=line.exercise,
            kind="regress",
            rule="ambers",
            from_dosage=line.dosage.as_json(),
            to_exercise=line.exercise,
            to_dosage=replace(line.dosage, repetitions=8).as_json(),
            for_day=NOW.date(),
            made_at=NOW,
            why=CANARY,
            **of_ana,
            **said,
        )
        suspension = Suspension.objects.create(
            exercise=people.exercise("curl-up"),
            rule="two_reds",
            suspended_at=NOW,
            suspended_on=NOW,
            **of_ana,
            **said,
        )
        StatusChange.objects.create(
            status="worse", rule="worse", for_day=NOW.date(), computed_at=NOW, **of_ana, **said
        )
    return proposal, suspension


def request(name: str, method: str, ids: dict[str, int]) -> tuple[str, Any, dict[str, str]]:
    """A request that is right in everything but, perhaps, who makes it."""
    record = {"revision": 1, "at": "2026-03-01T20:00:00+01:00"}
    facts = {"onset_on": "2026-01-10", "side": "left"}
    team = {"person": ids["doctor"], "from_on": "2026-03-02"}
    lines = [{"exercise": ids["exercise"], "dosage": {"repetitions": 10}}]
    pause = {"from_on": "2026-03-02", "until_on": "2026-03-09", "reason": "holiday"}
    reminder = {"kind": "diary", "times": ["19:00"]}
    quiet = {"quiet_start": "22:00", "quiet_end": "06:00", "channels": ["email"]}
    choices = {"email": True, "email_when_unseen": False, "measuring": True}
    steps = {
        "list_after_minutes": 10,
        "administrators_after_minutes": 20,
        "everyone_after_minutes": 30,
        "withheld_percent": 10,
        "listeners": [{"address": "desk@hill.example"}],
    }
    patient, episode, flag = (
        f"patients/{ids['ana']}",
        f"episodes/{ids['episode']}",
        f"red-flags/{ids['flag']}",
    )
    seen = {"If-Match": f'"{ids["draft"]}"'}
    review = {"outcome": "examined", "diagnosis_unchanged": True, "red_flags_checked": True}
    made: dict[tuple[str, str], tuple[str, Any, dict[str, str]]] = {
        ("join", "POST"): ("join", {"code": "ABCD-EFGH", "birth_year": 1980, "device_name": "x"}, {}),
        ("accept", "POST"): (
            "accept",
            {"code": "A", "email": "a@b.example", "password": "long enough words"},
            {},
        ),
        ("sign-in", "POST"): (
            "sign-in",
            {"email": "a@b.example", "password": "wrong", "device_name": "x"},
            {},
        ),
        ("device", "DELETE"): (f"devices/{ids['device']}", None, {}),
        ("colleague", "DELETE"): (f"colleagues/{ids['membership']}", None, {}),
        ("invite-staff", "POST"): (
            "colleagues/invitations",
            {"name": "New", "email": "new@hill.example", "role": "therapist"},
            {},
        ),
        ("exercises", "POST"): ("exercises", {}, {}),
        ("exercise", "GET"): (f"exercises/{ids['exercise']}", None, {}),
        ("exercise", "PATCH"): (f"exercises/{ids['exercise']}", {}, {}),
        ("program", "PATCH"): (f"programs/{ids['program']}", {}, {}),
        ("programs", "POST"): ("programs", {}, {}),
        ("program", "GET"): (f"programs/{ids['program']}", None, {}),
        ("patients", "POST"): ("patients", {"name": "New", "birth_year": 1970, "episode": facts}, {}),
        ("patient", "GET"): (patient, None, {}),
        ("patient", "PATCH"): (patient, {"email": "ana@mail.example"}, {}),
        ("open-record", "POST"): (
            "patients/open",
            {"called": CANARY, "birth_year": 1980, "because": "She fell at the door."},
            {},
        ),
        ("invite-patient", "POST"): (f"{patient}/invitations", None, {}),
        ("patient-devices", "GET"): (f"{patient}/devices", None, {}),
        ("patient-device", "DELETE"): (f"{patient}/devices/{ids['device']}", None, {}),
        ("care-team", "GET"): (f"{patient}/care-team", None, {}),
        ("care-team", "POST"): (f"{patient}/care-team", team, {}),
        ("care-team-member", "DELETE"): (f"{patient}/care-team/{ids['team']}", None, {}),
        ("episodes", "GET"): (f"{patient}/episodes", None, {}),
        ("episodes", "POST"): (f"{patient}/episodes", facts, {}),
        ("end-episode", "POST"): (f"{episode}/end", {"because": "discharge", "on": "2026-03-02"}, {}),
        ("start-anew", "POST"): (f"{episode}/start", {"on": "2026-03-01"}, {}),
        ("draft", "GET"): (f"{episode}/draft", None, {}),
        ("draft", "POST"): (f"{episode}/draft", {}, {}),
        ("draft", "PUT"): (f"{episode}/draft", {"lines": lines, "starts_on": "2026-03-02"}, seen),
        ("draft", "DELETE"): (f"{episode}/draft", None, {}),
        ("publish-plan", "POST"): (f"{episode}/draft/publish", None, seen),
        ("plans", "GET"): (f"{episode}/plans", None, {}),
        ("sessions", "GET"): (f"{episode}/sessions", None, {}),
        ("proposals", "GET"): (f"{episode}/proposals", None, {}),
        ("all-proposals", "GET"): ("proposals", None, {}),
        ("accept-proposal", "POST"): (f"proposals/{ids['proposal']}/accept", None, {}),
        ("decline-proposal", "POST"): (f"proposals/{ids['proposal']}/decline", {}, {}),
        ("lift-suspension", "POST"): (
            f"suspensions/{ids['suspension']}/lift",
            {"because": "Seen, and it may go on."},
            {},
        ),
        ("trend", "GET"): (f"{episode}/trend", None, {}),
        ("measures", "GET"): (f"{episode}/measures", None, {}),
        ("timeline", "GET"): (f"{episode}/timeline", None, {}),
        ("timeline", "POST"): (f"{episode}/timeline", {"what": "imaging", "about_on": "2026-03-01"}, {}),
        ("timeline-event", "DELETE"): (f"{episode}/timeline/events/{ids['event']}", None, {}),
        ("pauses", "GET"): (f"{episode}/pauses", None, {}),
        ("pauses", "POST"): (f"{episode}/pauses", pause, {}),
        ("resume-plan", "POST"): (f"pauses/{ids['pause']}/resume", None, {}),
        ("staying-well", "POST"): (f"{episode}/staying-well", None, {}),
        ("reopen-plan", "POST"): (f"{episode}/reopen-plan", None, {}),
        ("own-timeline", "GET"): ("timeline", None, {}),
        ("status-changes", "GET"): (f"{episode}/status-changes", None, {}),
        ("acknowledge-red-flag", "POST"): (f"{flag}/acknowledge", None, {}),
        ("act-on-red-flag", "POST"): (f"{flag}/actions", {"what": "called"}, {}),
        ("close-red-flag", "POST"): (f"{flag}/close", {"because": "Called, went to hospital."}, {}),
        ("reexaminations", "GET"): (f"{episode}/reviews", None, {}),
        ("reexaminations", "POST"): (f"{episode}/reviews", review, {}),
        ("finish-task", "POST"): (f"tasks/{ids['task']}/done", {"how": "Read the diary."}, {}),
        ("care-settings", "PATCH"): ("care-settings", {"review_weeks": [3, 6]}, {"If-Match": '"0"'}),
        ("reminders", "POST"): ("reminders", reminder, {}),
        ("reminder", "PATCH"): (f"reminders/{ids['reminder']}", {"enabled": False}, {}),
        ("reminder", "DELETE"): (f"reminders/{ids['reminder']}", None, {}),
        ("snooze-notification", "POST"): (
            f"notifications/{ids['message']}/snooze",
            {"for": "30_minutes"},
            {},
        ),
        ("notification-done", "POST"): (f"notifications/{ids['message']}/done", None, {}),
        ("patient-notifications", "GET"): (f"{patient}/notifications", None, {}),
        ("patient-reminders", "GET"): (f"{patient}/reminders", None, {}),
        ("message-preferences", "PUT"): ("message-preferences", quiet, {}),
        ("push-key", "GET"): ("push/key", None, {}),
        ("push-test", "POST"): ("push/test", None, {}),
        ("push-subscriptions", "GET"): ("push/subscriptions", None, {}),
        ("confirm-shown", "POST"): (f"notifications/{ids['notification']}/receipt", None, {}),
        ("delivery-choices", "PUT"): ("delivery-choices", choices, {}),
        ("message-settings", "PUT"): ("message-settings", steps, {}),
        ("push-subscriptions", "POST"): ("push/subscriptions", {"endpoint": "https://evil.example/x"}, {}),
        ("push-subscription", "DELETE"): (f"push/subscriptions/{ids['subscription']}", None, {}),
        ("invite-staff", "GET"): ("colleagues/invitations", None, {}),
        ("put-pain", "PUT"): (f"pain/{uuid4()}", record | {"region": "leg", "score": 3, "asked": "now"}, {}),
        ("put-session", "PUT"): (f"sessions/{uuid4()}", record | {"results": []}, {}),
        ("put-walk", "PUT"): (f"walks/{uuid4()}", record | {"minutes": 5}, {}),
        ("put-event", "PUT"): (f"events/{uuid4()}", record | {"what": "flare", "about_on": "2026-03-01"}, {}),
        ("put-measure", "PUT"): (f"measures/{uuid4()}", record | {"instrument": "rmdq", "ticked": [1]}, {}),
        ("put-symptom-check", "PUT"): (
            f"symptom-checks/{uuid4()}",
            record | {"answers": {"bladder": "no"}},
            {},
        ),
        ("patient-messages", "GET"): (f"{patient}/messages", None, {}),
        ("patient-messages", "POST"): (f"{patient}/messages", {"text": "How was the walk?"}, {}),
        ("nudge", "POST"): (f"{patient}/nudge", None, {}),
        ("patient-fhir", "GET"): (f"{patient}/fhir", None, {}),
        ("export-csv", "GET"): ("export/csv", None, {}),
        ("export-fhir", "GET"): ("export/fhir", None, {}),
        ("patient-messages-read", "POST"): (f"{patient}/messages/read", {"until": record["at"]}, {}),
        ("messages-read", "POST"): ("messages/read", {"until": record["at"]}, {}),
        ("put-message", "PUT"): (f"messages/{uuid4()}", record | {"text": "It hurts less."}, {}),
        ("consent", "POST"): ("consent", {"version": "1", "given": True}, {}),
        ("language", "PUT"): ("language", {"language": "es"}, {}),
        ("sync", "POST"): ("sync", {"records": []}, {}),
    }
    return made.get((name, method), (name, None, {}))


def rows() -> list[tuple[str, int]]:
    """How many rows each table has."""
    with acting_for_all():
        # Planned once a connection: planning so many tables takes longer than counting them.
        return connection.connection.execute(_counting(), prepare=True).fetchall()  # type: ignore[no-any-return]


@cache
def _counting() -> str:
    with connection.cursor() as cursor:
        # A wrong code or password is counted, and that is all a refusal may write.
        names = set(connection.introspection.table_names(cursor)) - {"accounts_failurecount"}
    return " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in sorted(names))  # noqa: S608


def told(answer: Any) -> str:
    """All that an answer says, in its headers and its body, also inside of a ZIP."""
    head = f"{answer.headers}{answer.cookies}"
    if answer.get("Content-Type") != "application/zip":
        return head + str(answer.content.decode())
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return head + "".join(archive.read(name).decode() for name in archive.namelist())


def check(world: World, name: str, method: str, *, asking: Iterable[str] = PEOPLE) -> None:
    before = rows()
    for who in asking:
        expected = RULES[name, method][who]
        with undone():
            answer = world.ask(who, name, method)
            assert answer.status_code == expected, f"{who}: {answer.status_code} {answer.content[:300]!r}"
            if expected >= 400:
                assert answer["Content-Type"] == "application/problem+json"
                assert rows() == before, f"{who} was refused, and yet something was written"
            roster = name == "roster" and who == "boss"
            if who not in MAY_SEE_ANA and not roster:
                assert CANARY not in told(answer), f"{who} sees Ana"
            if who == "stan":
                assert not any(slug in told(answer) for slug in OF_HILLSIDE), "another clinic's catalog"
            if (name, method) in ROWS_OF_ANA and who not in MAY_SEE_ANA and expected == 200:
                assert answer.json()["results"] == [], f"{who} sees rows of Ana"
        if (name, method) == ("cohort", "GET") and who not in MAY_SEE_ANA:
            with undone():
                with acting_for_all():
                    Episode.objects.filter(patient=world.ids["ana"]).update(started_on=None)
                without_her = world.ask(who, name, method)
            assert answer.content == without_her.content, f"{who} has Ana counted"


# Lists of Ana's that are empty, and no 404, to whom she is nobody; they hold dates and words of ours, and no canary.
ROWS_OF_ANA = {("episodes", "GET"), ("plans", "GET"), ("status-changes", "GET"), ("reminders", "GET")}
OF_HILLSIDE = ('"own-one"', '"ease"')  # its own exercise and program, which another clinic does not see


@pytest.mark.promise
@pytest.mark.parametrize(("name", "method"), sorted(RULES))
def test_each_person_may_what_the_policy_says(world: World, name: str, method: str):
    check(world, name, method)


@pytest.mark.parametrize(
    ("name", "method"), sorted(rule for rule, statuses in RULES.items() if 404 in statuses.values())
)
def test_what_is_not_yours_and_what_is_not_there_are_one_answer(world: World, name: str, method: str):
    nothing = World(world.people, dict.fromkeys(world.ids, 999_999_999))
    for who, expected in RULES[name, method].items():
        if expected == 404:
            not_yours, not_there = (some.ask(who, name, method) for some in (world, nothing))
            assert not_yours.content == not_there.content
            assert not_yours.headers == not_there.headers


# What may take more than eight statements: rare deeds that judge a course again, start one or call off what waits.
MOST_STATEMENTS = {
    "accept-proposal": 28,
    "close-red-flag": 22,
    "patients": 10,
    "publish-plan": 10,
    "reminder": 11,
}


@pytest.mark.parametrize(("name", "method"), sorted(rule for rule in RULES if rule[1] != "GET"))
def test_a_write_takes_at_most_eight_statements(world: World, name: str, method: str):
    who = next((who for who in ("ana", "maria", "boss") if RULES[name, method][who] < 300), None)
    if who is None:
        assert name in NOT_SENT_RIGHT
        return
    with CaptureQueriesContext(connection) as statements:
        assert world.ask(who, name, method).status_code < 300
    beside = (
        "SAVEPOINT",
        "INSERT INTO accounts_auditentry",
    )  # what notes the reading is the same one everywhere
    count = sum(not any(word in statement["sql"] for word in beside) for statement in statements)
    assert count <= MOST_STATEMENTS.get(name, 8), count


# Requests that this file sends with a body that is refused to everybody alike; their rooms test them.
NOT_SENT_RIGHT = (
    "accept",
    "care-team-member",
    "draft",
    "episodes",
    "exercise",
    "exercises",
    "join",
    "nudge",
    "program",
    "programs",
    "push-subscriptions",
    "push-test",
    "reopen-plan",
    "sign-in",
    "staying-well",
)


def let_row_level_security_look_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request of a device reaches all rows."""
    narrow, wide = "set_config('amble.reach', 'clinic'", "set_config('amble.reach', 'all'"
    assert narrow in authentication.FIND_DEVICE
    monkeypatch.setattr(authentication, "FIND_DEVICE", authentication.FIND_DEVICE.replace(narrow, wide))


@pytest.mark.promise
@pytest.mark.parametrize(("name", "method"), sorted(RULES))
def test_the_code_alone_holds(world: World, name: str, method: str, monkeypatch: pytest.MonkeyPatch):
    let_row_level_security_look_away(monkeypatch)
    check(world, name, method)


@pytest.mark.promise
@pytest.mark.parametrize(("name", "method"), sorted(rule for rule in RULES if rule[1] == "GET"))
def test_postgresql_alone_holds(world: World, name: str, method: str, monkeypatch: pytest.MonkeyPatch):
    """The code's gate is open: whatever is asked, only the rows of the second wall come back."""
    monkeypatch.setattr(RowsOfPatients, "visible_to", lambda rows, actor: rows.all())
    monkeypatch.setattr(RowsOfPatients, "cared_for_by", lambda rows, actor: rows.all())
    for who in PEOPLE:
        answer = world.ask(who, name, method)
        # The roster is an administrator's, and so are names: that the record stays shut is tested row by row.
        if who not in MAY_SEE_ANA | {"boss"}:
            assert CANARY not in told(answer), f"{who} sees Ana"


@pytest.mark.parametrize("name", sorted(name for name, method in RULES if method == "GET"))
def test_whoever_of_the_staff_sees_ana_is_noted(world: World, name: str):
    path, *_ = request(name, "GET", world.ids)
    of_ana = path.startswith((f"patients/{world.ids['ana']}", f"episodes/{world.ids['episode']}"))
    for who in ("maria", "carla", "doctor", "boss"):
        with acting_for_all():
            before = AuditEntry.objects.count()
        answer = world.ask(who, name, "GET")
        body = answer.content.decode()
        shown = of_ana and who in MAY_SEE_ANA and '"results":[]' not in body
        saw = CANARY in body or shown
        with acting_for_all():
            noted = list(AuditEntry.objects.order_by("id")[before:])
        if saw and name != "roster":  # names and enrolment, and no record
            assert [world.ids["ana"] in entry.about for entry in noted] == [True], who
        assert all(entry.deed == "read" for entry in noted)


def test_with_both_walls_down_the_matrix_would_see_it(world: World, monkeypatch: pytest.MonkeyPatch):
    """The test of the test: without either gate a colleague and a stranger do see Ana."""
    let_row_level_security_look_away(monkeypatch)
    monkeypatch.setattr(RowsOfPatients, "visible_to", lambda rows, actor: rows.all())
    for who in ("carla", "stan"):
        for name in ("patients", "patient", "worklist", "red-flags", "reviews", "tasks"):
            assert CANARY in world.ask(who, name, "GET").content.decode()
