"""What staff and phone are told of a course: the line, the slope, what each plan changed, and by which reference."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from openapi_schema_validator import OAS31Validator

from accounts.access import Role, acting, acting_for_all
from accounts.actions import add_device
from recovery.actions.days import close_days
from recovery.models import CareSettings, Episode, Plan
from recovery.progress import courses
from recovery.rules.course import REFERENCE_CURVE_V1, WALLWORK_2024
from recovery.trend import episode_trend
from tests import people
from tests.moments import NOW
from tests.recovery.test_cohort import START, recovering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


def changed(by: people.Person, *levels: int | None, after_weeks: int) -> Episode:
    """An episode whose plan got a second version when so many program weeks had ended."""
    someone = recovering(by, *levels)
    began = START + timedelta(days=7 * after_weeks)
    with acting(by.actor):
        first = Plan.objects.get(patient=someone.user.pk)
        Plan.objects.create(
            clinic_id=first.clinic_id,
            patient_id=first.patient_id,
            episode_id=first.episode_id,
            number=2,
            starts_on=began,
            published_by=by.user,
            published_at=NOW,
        )
        episode = Episode.objects.select_related("patient").get(patient=someone.user.pk)
    close_days(now=NOW)
    return episode


def trend(by: people.Person, episode: Episode) -> Any:
    answer = Client().get(f"/api/v1/episodes/{episode.pk}/trend", headers=by.headers)
    assert answer.status_code == 200
    return answer.json()


def test_beside_each_plan_version_stands_what_changed_with_it(maria: people.Person):
    episode = changed(maria, 7, 7, 6, 6, 6, 3, 3, 3, after_weeks=4)
    first, second = trend(maria, episode)["plans"]
    assert (first["number"], first["effect"]) == (1, None)
    effect = second["effect"]
    assert (effect["verdict"], effect["difference"]) == ("lower", -3.33)
    assert effect["before"] == {"first_week": 2, "last_week": 4, "level": 6.33}
    assert effect["after"] == {"first_week": 6, "last_week": 8, "level": 3.0}
    assert -2 < effect["expected"] < -1
    assert effect["sentence"].startswith("Lower than before by more than day-to-day noise (1.7)")
    assert "does not show what caused it" in effect["sentence"]


def test_a_low_baseline_has_no_published_course_to_stand_beside(maria: people.Person):
    effect = trend(maria, changed(maria, 2, 2, 2, 2, 2, after_weeks=2))["plans"][1]["effect"]
    assert (effect["verdict"], effect["expected"]) == ("cannot_tell", None)


def test_the_slope_is_told_or_why_there_is_none(maria: people.Person):
    falling = trend(maria, changed(maria, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, after_weeks=2))["slope"]
    assert (falling["days"], falling["why_not"]) == (16, "")
    assert falling["low"] <= falling["per_week"] <= falling["high"] < 0
    none = trend(maria, changed(maria, 6, 5, after_weeks=1))["slope"]
    assert none["per_week"] is None
    assert none["why_not"].endswith("week 10 has fewer.")


def test_the_line_is_smoothed_and_broken_where_days_are_missing(maria: people.Person):
    """Four days of each week are logged: the three between them break the line."""
    lines = trend(maria, changed(maria, 6, 2, after_weeks=1))["lines"]
    assert [len(piece) for piece in lines["leg"]] == [4, 4]
    assert lines["leg"][0][-1]["value"] == 6.0
    kept = 0.8**4
    assert lines["leg"][1][0]["value"] == round(kept * 6 + (1 - kept) * 2, 2)
    assert lines["back"] == []


def test_a_clinic_s_reference_reaches_the_status_and_the_band(maria: people.Person):
    episode = changed(maria, 6, 5, 5, 5, after_weeks=2)
    with acting(maria.actor):
        assert courses([episode], through=NOW.date())[episode.pk].facts.curve is REFERENCE_CURVE_V1
    with acting_for_all():
        CareSettings.objects.create(clinic_id=episode.clinic_id, reference_curve=WALLWORK_2024.version)
    with acting(maria.actor):
        assert courses([episode], through=NOW.date())[episode.pk].facts.curve is WALLWORK_2024
    assert trend(maria, episode)["expected"]["version"] == WALLWORK_2024.version


def test_ten_plan_versions_take_as_many_statements_as_two(maria: people.Person):
    def statements(episode: Episode) -> int:
        with acting(maria.actor), CaptureQueriesContext(connection) as queries:
            assert episode_trend(episode, now=NOW) is not None
        return len(queries)

    two, ten = changed(maria, 6, 5, after_weeks=1), changed(maria, 6, 5, after_weeks=1)
    with acting(maria.actor):
        last = Plan.objects.get(episode=ten, number=2)
        for number in range(3, 11):
            last.pk, last.number = None, number
            last.save()
    assert statements(ten) == statements(two)


@pytest.fixture(scope="module")
def document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.mark.parametrize("levels", [(7, 7, 6, 6, 6, 3, 3, 3, 3, 3), (6, None), (2, 2, 2)])
def test_the_answers_are_as_documented(maria: people.Person, document: Any, levels: tuple[int | None, ...]):
    episode = changed(maria, *levels, after_weeks=3)
    _, token = add_device(user_id=episode.patient_id, clinic_id=episode.clinic_id, name="phone", now=NOW)
    for path, url, headers in [
        ("/api/v1/episodes/{id}/trend", f"/api/v1/episodes/{episode.pk}/trend", maria.headers),
        ("/api/v1/progress", "/api/v1/progress", {"Authorization": f"Bearer {token}"}),
        ("/api/v1/cohort", "/api/v1/cohort", maria.headers),
    ]:
        told = Client().get(url, headers=headers).json()
        operation = document["paths"][path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        validator = OAS31Validator(schema | {"components": document["components"]})
        assert [error.message for error in validator.iter_errors(told)] == []
        assert _undocumented(told, schema, document) == []


def _undocumented(told: Any, schema: Any, document: Any) -> list[str]:
    """Names in an answer that its schema does not have."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "allOf" in schema or "oneOf" in schema:
        (schema,) = [one for one in schema.get("allOf") or schema["oneOf"] if one.get("type") != "null"]
        return _undocumented(told, schema, document)
    if isinstance(told, list):
        return [name for one in told for name in _undocumented(one, schema.get("items", {}), document)]
    if not isinstance(told, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    return [name for name in told if name not in known] + [
        name for key, one in told.items() if key in known for name in _undocumented(one, known[key], document)
    ]
