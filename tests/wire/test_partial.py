"""A PATCH changes the fields that it names; what is inside of one of them is written as a whole."""

from typing import Any

import pytest

from recovery.models import CareSettings
from tests.test_authorization import World, same_world, undone, world
from tests.test_references import patch

__all__ = ["same_world", "world"]  # fixtures
pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.parametrize(
    ("who", "path", "body", "pointer"),
    [
        ("maria", "programs/{program}", {"lines": [{}]}, "/lines/0/exercise"),
        ("maria", "programs/{program}", {"lines": [{"exercise": 1}]}, "/lines/0/dosage"),
        ("maria", "programs/{program}", {"text": {"language": "en"}}, "/text/name"),
        ("maria", "exercises/{exercise}", {"text": {"name": "x"}}, "/text/language"),
        (
            "maria",
            "exercises/{exercise}",
            {"dosage_range": {"repetitions": {"least": 5}}},
            "/dosage_range/repetitions/most",
        ),
        ("boss", "care-settings", {"hours": [{"weekday": 1}]}, "/hours/0/opens"),
    ],
)
def test_what_is_missing_inside_of_a_field_is_named(
    world: World, who: str, path: str, body: dict[str, Any], pointer: str
):
    with undone():
        answer = patch(world, who, path.format(**world.ids), body)
    assert answer.status_code == 400, answer.content
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_what_may_be_left_out_inside_of_a_field_has_its_usual_value(world: World):
    line = {"exercise": world.ids["exercise"], "dosage": {"repetitions": 10}}
    with undone():
        answer = patch(world, "maria", f"programs/{world.ids['program']}", {"lines": [line]})
        assert answer.status_code == 200, answer.content
        (written,) = answer.json()["lines"]
        assert (written["exercise"], written["weekdays"], written["note"]) == (line["exercise"], [], "")


def test_what_a_patch_does_not_name_stays(world: World):
    with undone():
        assert patch(world, "boss", "care-settings", {"review_weeks": [3]}).status_code == 200
        chosen = CareSettings.objects.get()
        assert (chosen.review_weeks, chosen.hours) == ([3], CareSettings().hours)
