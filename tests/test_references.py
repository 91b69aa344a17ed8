"""Every field of a body that names a row by its number, given that of another clinic or patient: it is not there.

REFERENCES are those of the API and has to hold each that the document shows, FORMS those of the desk. Each body is
right but for the id: with one's own it is taken.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from accounts.access import Role, acting_for_all
from accounts.models import Clinic
from exercises.models import Exercise
from recovery.models import CareTeamMember, Episode, Plan, PlanDraft, Reexamination
from tests import people
from tests.moments import NOW
from tests.test_authorization import World, request, rows, same_world, undone, world

__all__ = ["same_world", "world"]  # fixtures
pytestmark = pytest.mark.usefixtures("noon")

NOT_THERE = 999_999_999
AT = "2026-03-01T20:00:00+01:00"
Theirs = Mapping[str, Any]


@pytest.fixture
def theirs(world: World) -> Theirs:
    """A row of each kind of another clinic's own, and a plan of another patient."""
    lake = Clinic.objects.get(name="Lakeside")
    stan = world.people["stan"]
    assert stan is not None
    therapist = people.member(lake, Role.THERAPIST, name="Tess")
    patient = people.patient(therapist, name="Their patient")
    people.exercise("bridge", of=lake)
    plan = people.plan_for(patient, therapist, starts_on=NOW.date())
    with acting_for_all():
        review = Reexamination.objects.create(
            clinic=lake,
            patient_id=patient.user.pk,
            episode=Episode.objects.get(patient=patient.user.pk),
            diagnosis_unchanged=True,
            red_flags_checked=True,
            outcome="examined",
            recorded_on=NOW,
            recorded_at=NOW,
            recorded_by=therapist.user,
        )
    return {
        "exercise": Exercise.objects.get(clinic=lake, slug="bridge").pk,
        "slug": people.exercise("only-theirs", of=lake).slug,
        "program": people.program("their-program", of=lake).pk,
        "person": stan.user.pk,
        "patient": patient.user.pk,
        "plan": plan.pk,
        "review": review.pk,
    }


@pytest.fixture
def ours(world: World) -> Theirs:
    ids = world.ids
    with acting_for_all():
        review = Reexamination.objects.get(episode=ids["episode"])
        shared = Exercise.objects.get(slug="bridge", clinic=None)
    return {
        "exercise": shared.pk,
        "slug": shared.slug,
        "program": ids["program"],
        "person": ids["doctor"],
        "plan": ids["plan"],
        "review": review.pk,
    }


def line(exercise: Any) -> dict[str, Any]:
    return {"exercise": exercise, "dosage": {"repetitions": 10}}


def text(**more: Any) -> dict[str, Any]:
    return {"language": "en", "name": "Own", **more}


def exercise(**variant: Any) -> dict[str, Any]:
    return {
        "slug": "new-one",
        "groups": ["mobility"],
        "regions": ["low-back"],
        "position": "supine",
        "sides": "middle",
        "dosage": {"repetitions": 10},
        "dosage_range": {"repetitions": {"least": 5, "most": 12}},
        "text": text(purpose="To move.", position="On the back.", steps=["Lift."]),
        **variant,
    }


def program(pk: Any) -> dict[str, Any]:
    words = text(for_whom="All.", why="To move.", caution="Stop when it hurts.")
    return {"slug": "new-program", "text": words, "lines": [line(pk)]}


def session(**answers: Any) -> dict[str, Any]:
    return {"revision": 1, "at": AT, "results": [], **answers}


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of an operation: which kind of row it names, who sends it, and a body with the id in its place."""

    kind: str
    who: str
    rule: tuple[str, str]
    body: Callable[[Any], dict[str, Any]]


REVIEW = {"outcome": "examined", "diagnosis_unchanged": True, "red_flags_checked": True}
SETTINGS = {
    "list_after_minutes": 10,
    "administrators_after_minutes": 20,
    "everyone_after_minutes": 30,
    "withheld_percent": 10,
}
REFERENCES: dict[tuple[str, str], Reference] = {
    ("start_draft", "program"): Reference("program", "maria", ("draft", "POST"), lambda pk: {"program": pk}),
    ("save_draft", "lines.0.exercise"): Reference(
        "exercise", "maria", ("draft", "PUT"), lambda pk: {"lines": [line(pk)], "starts_on": "2026-03-02"}
    ),
    ("record_review", "corrects"): Reference(
        "review", "maria", ("reexaminations", "POST"), lambda pk: REVIEW | {"corrects": pk}
    ),
    ("add_exercise", "easier"): Reference(
        "exercise", "maria", ("exercises", "POST"), lambda pk: exercise(easier=pk)
    ),
    ("add_exercise", "harder"): Reference(
        "exercise", "maria", ("exercises", "POST"), lambda pk: exercise(harder=pk)
    ),
    ("change_exercise", "easier"): Reference(
        "exercise", "maria", ("exercise", "PATCH"), lambda pk: {"easier": pk}
    ),
    ("change_exercise", "harder"): Reference(
        "exercise", "maria", ("exercise", "PATCH"), lambda pk: {"harder": pk}
    ),
    ("add_program", "lines.0.exercise"): Reference("exercise", "maria", ("programs", "POST"), program),
    ("change_program", "lines.0.exercise"): Reference(
        "exercise", "maria", ("program", "PATCH"), lambda pk: {"lines": [line(pk)]}
    ),
    ("set_message_settings", "listeners.0.user"): Reference(
        "person", "boss", ("message-settings", "PUT"), lambda pk: SETTINGS | {"listeners": [{"user": pk}]}
    ),
    ("add_to_care_team", "person"): Reference(
        "person", "maria", ("care-team", "POST"), lambda pk: {"person": pk, "from_on": "2026-03-02"}
    ),
    ("put_session", "plan"): Reference("plan", "ana", ("put-session", "PUT"), lambda pk: session(plan=pk)),
    ("put_session", "results.0.exercise"): Reference(
        "slug",
        "ana",
        ("put-session", "PUT"),
        lambda slug: session(results=[{"exercise": slug, "outcome": "done"}]),
    ),
}
# Bounds of a dose, which name nothing; and sync, whose records are those of the PUTs and are answered one by one.
NUMBERS = {"least", "most", "dosage"}
ELSEWHERE = {("sync", "records.0.plan"), ("put_session", "results.0.exercise")}


def numbers_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(operation, field) of each whole number in a body that has no greatest value: what has one is a quantity."""

    def walk(schema: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[str]:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            yield from walk(document["components"]["schemas"][name], at)
        for choices in ("allOf", "oneOf", "anyOf"):
            for one in schema.get(choices, ()):
                yield from walk(one, at)
        if "integer" in schema.get("type", ()) and "maximum" not in schema:
            yield ".".join(at)
        if "items" in schema:
            yield from walk(schema["items"], (*at, "0"))
        if isinstance(schema.get("additionalProperties"), Mapping):
            yield from walk(schema["additionalProperties"], at)
        for name, inner in schema.get("properties", {}).items():
            if not inner.get("readOnly"):
                yield from walk(inner, (*at, name))

    for path in document["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for found in walk(content["schema"], ()):
                    if found.rsplit(".", 1)[-1] not in NUMBERS:
                        yield operation["operationId"], found


def test_every_reference_in_a_body_is_here():
    document = SchemaGenerator().get_schema(request=None, public=True)
    assert set(numbers_of(document)) | ELSEWHERE == REFERENCES.keys() | ELSEWHERE


def patch(world: World, who: str, path: str, body: Any) -> Any:
    person = world.people[who]
    assert person is not None
    headers = person.headers | {"If-Match": '"0"'}
    return Client().patch(f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)


def send(world: World, reference: Reference, pk: Any) -> Any:
    person = world.people[reference.who]
    assert person is not None
    name, method = reference.rule
    path, _, headers = request(name, method, world.ids)
    if reference.rule == ("draft", "POST"):
        world.ask(reference.who, "draft", "DELETE")
    body = json.dumps(reference.body(pk))
    headers |= person.headers
    return Client().generic(method, f"/api/v1/{path}", body, "application/json", headers=headers)


@pytest.mark.parametrize(("operation", "field"), REFERENCES)
def test_an_id_of_another_clinic_or_patient_in_a_body_is_refused_and_stores_nothing(
    world: World, ours: Theirs, theirs: Theirs, operation: str, field: str
):
    reference = REFERENCES[operation, field]
    with undone():
        taken = send(world, reference, ours[reference.kind])
        assert taken.status_code < 300, taken.content
    with undone():
        before = {name: count for name, count in rows() if name != "recovery_plandraft"}
        answer = send(world, reference, theirs[reference.kind])
        assert answer.status_code in (400, 422), answer.content
        assert answer.json()["errors"][0]["pointer"] == "/" + field.replace(".", "/")
        assert {name: count for name, count in rows() if name in before and name != AUDIT} == {
            name: count for name, count in before.items() if name != AUDIT
        }
    if reference.kind != "slug":
        with undone():
            assert send(world, reference, NOT_THERE).content == answer.content


AUDIT = "accounts_auditentry"  # the draft that was there is taken away first, which is noted


def test_a_record_of_a_sync_that_answers_another_patients_plan_is_refused(world: World, theirs: Theirs):
    ana = world.people["ana"]
    assert ana is not None
    record = session(plan=theirs["plan"]) | {"kind": "session", "id": str(uuid4())}
    with undone():
        answer = Client().post(
            "/api/v1/sync", json.dumps({"records": [record]}), "application/json", headers=ana.headers
        )
    (said,) = answer.json()["answers"]
    assert (said["answer"], said["pointer"]) == ("refused", "/records/0/plan")


# --- the desk -------------------------------------------------------------------------------------------------


def signed_in(world: World, who: str) -> Client:
    person = world.people[who]
    assert person is not None
    client = Client()
    client.force_login(person.user)
    assert settings.SESSION_COOKIE_NAME in client.cookies
    return client


def of_line(pk: Any, **more: Any) -> dict[str, Any]:
    return {"line": "0", "0-exercise": pk, "0-repetitions": "10", "0-times_per_day": "1", **more}


FORMS: dict[str, tuple[str, str, str, Callable[[Any], dict[str, Any]]]] = {
    # what it is: who, page, kind, fields
    "a line of a draft": (
        "maria",
        "builder",
        "exercise",
        lambda pk: of_line(pk, do="save", starts_on="2026-03-02"),
    ),
    "an exercise to add": ("maria", "builder", "exercise", lambda pk: {"do": f"add.{pk}"}),
    "a program to take": ("maria", "builder", "program", lambda pk: {"do": f"take.{pk}"}),
    "a line of a program": (
        "maria",
        "new-program",
        "exercise",
        lambda pk: of_line(
            pk, do="create", language="en", name="Own", for_whom="All.", why="To move.", caution="Stop."
        ),
    ),
    "a colleague who joins": (
        "maria",
        "add-to-care-team",
        "person",
        lambda pk: {"to": pk, "from_on": "2026-03-02"},
    ),
    "a colleague who takes over": ("maria", "hand-over-one", "person", lambda pk: {"hand-to": pk}),
    "a colleague who covers": (
        "maria",
        "cover",
        "person",
        lambda pk: {"to": pk, "from_on": "2026-03-02", "until_on": "2026-03-09"},
    ),
}
OF_A_PATIENT = ("builder", "add-to-care-team", "hand-over-one")


@pytest.mark.parametrize("what", FORMS)
def test_an_id_of_another_clinic_in_a_form_of_the_desk_stores_nothing(
    world: World, ours: Theirs, theirs: Theirs, what: str
):
    who, page, kind, fields = FORMS[what]
    url = reverse(f"clinic:{page}", args=[world.ids["ana"]] if page in OF_A_PATIENT else [])
    with acting_for_all():
        draft = PlanDraft.objects.get(episode=world.ids["episode"])
    seen = {"version": str(draft.version), "starts_on": draft.starts_on.isoformat()}

    def kept() -> list[Any]:
        """How many rows each table has, what the draft says, and who cares for whom."""
        counts = [(name, count) for name, count in rows() if name not in ("django_session", AUDIT)]
        with acting_for_all():
            team = list(CareTeamMember.objects.order_by("pk").values_list("patient", "user", "until_on"))
            return [counts, PlanDraft.objects.get(pk=draft.pk).lines, team]

    before = kept()
    with undone():
        answer = signed_in(world, who).post(url, seen | fields(theirs[kind]))
        assert answer.status_code in (200, 302, 422), answer.status_code
        assert kept() == before
    with undone():
        taken = signed_in(world, who).post(url, seen | fields(ours[kind]))
        assert taken.status_code == 302
        assert kept() != before, "the form is wrong in something else"


def test_a_draft_begins_with_no_plan_and_no_program_of_another_clinic(world: World, theirs: Theirs):
    url = reverse("clinic:builder", args=[world.ids["ana"]])
    with acting_for_all():
        PlanDraft.objects.all().delete()
    desk = signed_in(world, "maria")
    # Digits that no number is written with are no error of the server's either.
    for named in (f"plan.{theirs['plan']}", f"program.{theirs['program']}", "plan.²", "program.²", "plan."):
        answer = desk.post(url, {"do": "start", "from": named}, follow=True)
        assert answer.status_code == 200
        assert "not there any more" in answer.content.decode()
    with acting_for_all():
        assert not PlanDraft.objects.exists()
        assert Plan.objects.filter(pk=theirs["plan"]).exists()


@pytest.mark.parametrize(
    "address", ["/exercises/new?from=²", "/programs/new?from=²", "/programs/new?draft=²"]
)
def test_digits_that_no_number_is_written_with_are_no_error_of_the_server(world: World, address: str):
    assert signed_in(world, "maria").get(address).status_code == 200
