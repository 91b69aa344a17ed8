from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Role
from exercises.models import Exercise, Program
from tests import people

pytestmark = pytest.mark.django_db

OWN: dict[str, Any] = {
    "slug": "sofa-stretch",
    "groups": ["stretching"],
    "regions": ["hip"],
    "position": "sitting",
    "sides": "each-leg",
    "dosage": {"repetitions": 3, "hold_seconds": 20, "times_per_day": 2},
    "dosage_range": {
        "repetitions": {"least": 2, "most": 5},
        "hold_seconds": {"least": 10, "most": 30},
        "times_per_day": {"least": 1, "most": 3},
    },
    "text": {
        "language": "en",
        "name": "Sofa stretch",
        "purpose": "Loosens your hip.",
        "position": "On the sofa.",
        "steps": ["Sit down.", "Lean forward."],
    },
}
PROGRAM: dict[str, Any] = {
    "slug": "sofa-week",
    "text": {
        "language": "en",
        "name": "Sofa week",
        "for_whom": "For quiet weeks.",
        "why": "It keeps you moving.",
        "caution": "Stop if it hurts.",
        "habits": ["Drink water."],
    },
}


class Caller:
    """Speaks to the API as one person."""

    def __init__(self, person):
        self.person = person
        self.client = Client(headers=person.headers)

    def get(self, path, **query):
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path, body):
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json")

    def patch(self, path, body):
        return self.client.patch(f"/api/v1/{path}", body, content_type="application/json")


@pytest.fixture
def hillside():
    return people.clinic("Hillside")


@pytest.fixture
def therapist(hillside):
    return Caller(people.member(hillside, Role.THERAPIST, now=timezone.now()))


@pytest.fixture
def patient(hillside):
    return Caller(people.member(hillside, Role.PATIENT, now=timezone.now()))


@pytest.fixture
def stranger():
    return Caller(people.member(people.clinic("Elsewhere"), Role.THERAPIST, now=timezone.now()))


@pytest.fixture
def catalog():
    call_command("load_catalog", stdout=StringIO())


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


def changed(body, **values):
    return deepcopy(body) | values


def slugs(response):
    assert response.status_code == 200, response.json()
    return [row["slug"] for row in response.json()["results"]]


def pointers(response, status=400):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return {error["pointer"]: error["detail"] for error in response.json()["errors"]}


# --- reading ----------------------------------------------------------------------------------------


def test_a_patient_reads_the_catalog_in_bounded_pages(catalog, patient):
    first = patient.get("exercises", page_size=30)
    second = patient.get("exercises", page_size=30, cursor=first.json()["next"])
    assert [len(slugs(first)), len(slugs(second)), second.json()["next"]] == [30, 6, None]
    assert not set(slugs(first)) & set(slugs(second))


def test_an_exercise_comes_with_everything_needed_to_do_it(catalog, patient):
    row = patient.get("exercises", q="press-UP").json()["results"][0]
    assert patient.get(f"exercises/{row['id']}").json() == row
    assert row["dosage"] == {"repetitions": 10, "times_per_day": 4, "days_per_week": 7}
    assert row["dosage_range"]["times_per_day"] == {"least": 4, "most": 8}
    assert row["in_words"] == "10 times, 4 times a day"
    assert (row["is_shared"], row["mark"], row["marks"]["cautions"], row["harder"]) == (
        True,
        "V2",
        "V2",
        None,
    )
    assert row["text"]["language"] == "en"
    assert len(row["text"]["steps"]) == 5
    assert patient.get(f"exercises/{row['easier']}").json()["slug"] == "prone-on-elbows"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"group": "nerve-gliding"}, ["ankle-pumps", "seated-nerve-slider", "lying-nerve-slider"]),
        ({"region": "calf"}, ["calf-stretch", "ankle-pumps", "heel-raises"]),
        ({"group": "stretching", "region": "calf"}, ["calf-stretch"]),
        ({"q": "nerve SLIDER"}, ["seated-nerve-slider", "lying-nerve-slider"]),
        ({"q": "100%"}, []),
    ],
)
def test_the_catalog_is_filtered_by_group_region_and_name(catalog, therapist, query, found):
    assert slugs(therapist.get("exercises", **query)) == found


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"group": "yoga"}, "/group"),
        ({"region": "elbow"}, "/region"),
        ({"q": "\0"}, "/q"),
        ({"language": "klingon"}, "/language"),
        ({"regions": "calf"}, "/regions"),
        ({"page_size": "0"}, "/page_size"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(therapist, query, pointer):
    assert set(pointers(therapist.get("exercises", **query))) == {pointer}


@pytest.mark.parametrize("path", ["exercises", "programs"])
def test_a_list_takes_the_same_number_of_statements_however_long_it_is(catalog, therapist, path):
    therapist.get(path)  # the first request of a day notes that the device was used
    counts = []
    for page_size in (1, 200):
        with CaptureQueriesContext(connection) as statements:
            assert therapist.get(path, page_size=page_size).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


def test_words_come_in_the_best_language_there_is(catalog, patient):
    bridge = Exercise.objects.get(slug="bridge")
    bridge.text["fr"] = bridge.text["en"] | {"name": "Pont"}
    bridge.save()
    names = {
        language: patient.get(f"exercises/{bridge.pk}", language=language).json()["text"]["name"]
        for language in ("en", "fr", "fr-CA", "de")
    }
    assert names == {"en": "Bridge", "fr": "Pont", "fr-CA": "Pont", "de": "Bridge"}
    assert slugs(patient.get("exercises", q="pont")) == ["bridge"]


def test_a_program_comes_with_its_lines_in_order(catalog, patient):
    programs = patient.get("programs").json()["results"]
    assert [program["slug"] for program in programs][-1] == "staying-well"
    staying_well = programs[-1]
    assert patient.get(f"programs/{staying_well['id']}").json() == staying_well
    assert len(staying_well["text"]["habits"]) == 5
    assert staying_well["lines"][0] == {
        "exercise": Exercise.objects.get(slug="graded-walk").pk,
        "slug": "graded-walk",
        "dosage": {"minutes": 30, "times_per_day": 1, "days_per_week": 5},
        "in_words": "30 minutes, once a day, 5 days a week",
        "weekdays": [1, 2, 3, 5, 6],
        "note": "",
    }
    assert staying_well["lines"][-1]["note"].startswith("Take one after")


def test_what_is_retired_is_not_listed_and_can_still_be_read(catalog, therapist):
    Exercise.objects.filter(slug="bridge").update(retired_on="2026-01-01")
    Program.objects.filter(slug="staying-well").update(retired_on="2026-01-01")
    assert "bridge" not in slugs(therapist.get("exercises"))
    assert "staying-well" not in slugs(therapist.get("programs"))
    exercise, program = Exercise.objects.get(slug="bridge"), Program.objects.get(slug="staying-well")
    for path in (f"exercises/{exercise.pk}", f"programs/{program.pk}"):
        assert therapist.get(path).json()["retired_on"] == "2026-01-01"


def test_a_stranger_without_a_token_sees_nothing():
    assert Client().get("/api/v1/exercises").status_code == 401


# --- a clinic's own exercises -----------------------------------------------------------------------


def test_a_clinics_own_exercise_is_seen_in_this_clinic_only(therapist, patient, stranger):
    added = therapist.post("exercises", OWN)
    assert added.status_code == 201, added.json()
    own = added.json()
    assert (own["is_shared"], own["mark"], own["cautions"]) == (False, "P", [])
    assert own["dosage"] == {"repetitions": 3, "hold_seconds": 20, "times_per_day": 2, "days_per_week": 7}
    assert own["in_words"] == "3 times 20 seconds, each leg, twice a day"
    assert slugs(patient.get("exercises")) == ["sofa-stretch"]
    assert slugs(stranger.get("exercises")) == []
    assert stranger.get(f"exercises/{own['id']}").status_code == 404
    assert stranger.get(f"exercises/{10**30}").status_code == 404
    assert stranger.patch(f"exercises/{own['id']}", {"sides": "middle"}).status_code == 404
    assert stranger.post("exercises", OWN).status_code == 201, "a slug is taken in one clinic only"


def test_an_own_exercise_is_changed_in_part_and_retired(therapist):
    pk = therapist.post("exercises", OWN).json()["id"]
    body = {"dosage": {"repetitions": 5, "hold_seconds": 30}, "cautions": ["KN"], "retired_on": "2026-05-01"}
    answer = therapist.patch(f"exercises/{pk}", body)
    assert answer.status_code == 200, answer.json()
    after = therapist.get(f"exercises/{pk}").json()
    assert after == answer.json()
    assert after["dosage"] == {"repetitions": 5, "hold_seconds": 30, "times_per_day": 1, "days_per_week": 7}
    assert (after["cautions"], after["retired_on"]) == (["KN"], "2026-05-01")
    assert after["text"]["name"] == "Sofa stretch"


def test_a_second_language_is_added_without_losing_the_first(therapist):
    pk = therapist.post("exercises", OWN).json()["id"]
    spanish = OWN["text"] | {"language": "es", "name": "Estirar en el sofá"}
    assert therapist.patch(f"exercises/{pk}", {"text": spanish}).status_code == 200
    assert therapist.get(f"exercises/{pk}", language="es").json()["text"]["name"] == "Estirar en el sofá"
    assert therapist.get(f"exercises/{pk}", language="en").json()["text"]["name"] == "Sofa stretch"
    incomplete = therapist.patch(f"exercises/{pk}", {"text": {"language": "fr", "name": "Canapé"}})
    assert set(pointers(incomplete)) == {"/text/purpose", "/text/position", "/text/steps"}


def test_the_shared_catalog_is_read_only(catalog, therapist, patient):
    bridge = Exercise.objects.get(slug="bridge")
    assert therapist.patch(f"exercises/{bridge.pk}", {"sides": "each-leg"}).status_code == 403
    assert patient.patch(f"exercises/{bridge.pk}", {"sides": "each-leg"}).status_code == 403
    bridge.refresh_from_db()
    assert bridge.sides == "middle"


def test_patients_add_nothing(patient):
    assert patient.post("exercises", OWN).status_code == 403
    assert patient.post("programs", PROGRAM).status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (without(OWN, "slug"), "/slug"),
        (changed(OWN, slug="Sofa stretch"), "/slug"),
        (changed(OWN, slug="bridge"), "/slug"),
        (changed(OWN, slug=7), "/slug"),
        (changed(OWN, groups=[]), "/groups"),
        (changed(OWN, groups=["yoga"]), "/groups/0"),
        (changed(OWN, sides=None), "/sides"),
        (changed(OWN, shared=True), "/shared"),
        (changed(OWN, clinic=1), "/clinic"),
        (changed(OWN, marks={"text": "V"}), "/marks"),
        (changed(OWN, dosage={"repetitions": 6, "hold_seconds": 20}), "/dosage/repetitions"),
        (changed(OWN, dosage={"repetitions": 3}), "/dosage/hold_seconds"),
        (changed(OWN, dosage={"repetitions": "3", "hold_seconds": 20}), "/dosage/repetitions"),
        (changed(OWN, dosage={"repetitions": True, "hold_seconds": 20}), "/dosage/repetitions"),
        (changed(OWN, dosage={"repetitions": 10**30, "hold_seconds": 20}), "/dosage/repetitions"),
        (changed(OWN, dosage={"reps": 3}), "/dosage/reps"),
        (changed(OWN, dosage=3), "/dosage/non_field_errors"),
        (changed(OWN, dosage_range={"sets": {"least": 5, "most": 2}}), "/dosage_range/non_field_errors"),
        (changed(OWN, dosage_range={"repetitions": {"least": 5}}), "/dosage_range/repetitions/most"),
        (changed(OWN, text=without(OWN["text"], "steps")), "/text/steps"),
        (changed(OWN, text=OWN["text"] | {"language": "english"}), "/text/language"),
        (changed(OWN, text=OWN["text"] | {"steps": ["Sit.", ""]}), "/text/steps/1"),
        (changed(OWN, text=OWN["text"] | {"video": "x"}), "/text/video"),
        (changed(OWN, easier=999_999), "/easier"),
        (changed(OWN, harder=10**30), "/harder"),
    ],
)  # fmt: skip
def test_an_exercise_that_makes_no_sense_is_refused_with_a_pointer(catalog, therapist, body, pointer):
    assert pointer in pointers(therapist.post("exercises", body))
    assert not Exercise.objects.exclude(clinic=None).exists()


def test_a_slug_is_taken_once_in_a_clinic_and_never_changes(therapist):
    pk = therapist.post("exercises", OWN).json()["id"]
    assert set(pointers(therapist.post("exercises", OWN))) == {"/slug"}
    assert set(pointers(therapist.patch(f"exercises/{pk}", {"slug": "other"}))) == {"/slug"}


def test_variants_of_own_exercises_do_not_go_round_in_a_loop(catalog, therapist, stranger):
    bridge, tilt = (Exercise.objects.get(slug=slug).pk for slug in ("bridge", "pelvic-tilt"))
    own = therapist.post("exercises", changed(OWN, easier=tilt, harder=bridge)).json()
    assert (own["easier"], own["harder"]) == (tilt, bridge)
    assert set(pointers(therapist.patch(f"exercises/{own['id']}", {"easier": bridge, "harder": tilt}))) == {
        "/harder"
    }
    assert set(pointers(therapist.patch(f"exercises/{own['id']}", {"easier": own["id"]}))) == {"/easier"}
    elsewhere = changed(OWN, slug="floor-stretch", easier=own["id"])
    assert set(pointers(stranger.post("exercises", elsewhere))) == {"/easier"}


# --- a clinic's own programs ------------------------------------------------------------------------


def line(pk, **values):
    return {"exercise": pk, "dosage": {"repetitions": 10, "hold_seconds": 5}} | values


def test_a_clinics_own_program_mixes_shared_and_own_exercises(catalog, therapist, patient, stranger):
    bridge = Exercise.objects.get(slug="bridge").pk
    own = therapist.post("exercises", OWN).json()["id"]
    lines = [line(bridge, weekdays=[5, 1, 3], note="Go slowly."), {"exercise": own, "dosage": OWN["dosage"]}]
    added = therapist.post("programs", PROGRAM | {"lines": lines})
    assert added.status_code == 201, added.json()
    program = added.json()
    assert [one["slug"] for one in program["lines"]] == ["bridge", "sofa-stretch"]
    assert program["lines"][0]["weekdays"] == [1, 3, 5]
    assert program["lines"][0]["dosage"]["days_per_week"] == 3
    assert program["lines"][0]["note"] == "Go slowly."
    assert patient.get(f"programs/{program['id']}").json() == program
    assert stranger.get(f"programs/{program['id']}").status_code == 404
    assert slugs(stranger.get("programs"))[-1] == "staying-well"
    again = changed(
        program, slug="copy", lines=[without(without(one, "slug"), "in_words") for one in program["lines"]]
    )
    again = {name: again[name] for name in ("slug", "text", "lines")}
    assert therapist.post("programs", again).status_code == 201, "what was read can be sent again"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"exercise": 999_999}, "/lines/1/exercise"),
        ({"exercise": "1"}, "/lines/1/exercise"),
        ({"dosage": {"repetitions": 40, "hold_seconds": 5}}, "/lines/1/dosage/repetitions"),
        ({"dosage": {"minutes": 5}}, "/lines/1/dosage/minutes"),
        ({"weekdays": [0]}, "/lines/1/weekdays/0"),
        ({"dosage": {"repetitions": 9, "days_per_week": 2}}, "/lines/1/dosage/days_per_week"),
        ({"side": "left"}, "/lines/1/side"),
    ],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused_with_its_place(catalog, therapist, values, pointer):
    bridge = Exercise.objects.get(slug="bridge").pk
    body = PROGRAM | {"lines": [line(bridge), line(bridge) | values]}
    found = pointers(therapist.post("programs", body))
    assert pointer in found
    assert not [one for one in found if one.startswith("/lines/0")]
    assert not Program.objects.exclude(clinic=None).exists()


def test_a_program_cannot_take_what_is_foreign_retired_or_nothing(catalog, therapist, stranger):
    foreign = stranger.post("exercises", OWN).json()["id"]
    Exercise.objects.filter(slug="bridge").update(retired_on="2026-01-01")
    retired = Exercise.objects.get(slug="bridge").pk
    found = pointers(therapist.post("programs", PROGRAM | {"lines": [line(foreign), line(retired)]}))
    assert set(found) == {"/lines/0/exercise", "/lines/1/exercise"}
    assert set(pointers(therapist.post("programs", PROGRAM | {"lines": []}))) == {"/lines/non_field_errors"}


def test_a_write_makes_at_most_eight_statements(catalog, therapist):
    therapist.get("exercises")
    lines = [line(Exercise.objects.get(slug="bridge").pk, note=str(n)) for n in range(20)]
    for path, body in (("exercises", OWN), ("programs", PROGRAM | {"lines": lines})):
        with CaptureQueriesContext(connection) as statements:
            assert therapist.post(path, body).status_code == 201
        asked = [one["sql"] for one in statements if "SAVEPOINT" not in one["sql"]]
        assert len(asked) <= 8, asked
