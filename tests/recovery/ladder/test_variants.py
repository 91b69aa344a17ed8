"""The harder exercise at the top of a range."""

import pytest

from accounts.access import acting_for_all
from exercises.models import Exercise
from recovery.actions.ladder import judge_ladders
from recovery.models import (
    Prescription,
)
from tests import people
from tests.moments import NOW
from tests.recovery.ladder.conftest import call, change_plan, greens, proposals, send, the_proposal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def harder_bridge(*, days: int) -> Exercise:
    """A harder variant that may be done on so many days a week, above a bridge that is at its top."""
    harder = people.exercise("single-leg-bridge")
    harder.dosage |= {"days_per_week": days}
    harder.dosage_range |= {"days_per_week": {"least": 1, "most": days}}
    harder.save()
    bridge = Exercise.objects.get(slug="bridge")
    bridge.harder = harder
    bridge.dosage_range |= {"repetitions": {"least": 5, "most": 10}}
    bridge.save()
    return harder


def test_a_harder_variant_takes_over_no_note(ana: people.Person, maria: people.Person):
    harder_bridge(days=7)
    change_plan(note="Both feet down.", side="right")
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    assert call(maria, "POST", f"proposals/{the_proposal().pk}/accept").status_code == 200
    with acting_for_all():
        line = Prescription.objects.get(plan__number=3)
    assert (line.exercise.slug, line.note, line.side) == ("single-leg-bridge", "", "")


@pytest.mark.parametrize(("days", "offered"), [(3, []), (7, ["harder_variant"])])
def test_no_variant_is_offered_that_forbids_the_days_of_the_line(
    ana: people.Person, days: int, offered: list[str]
):
    harder_bridge(days=days)
    send(ana, *greens(3, 2, 1))
    judge_ladders(now=NOW)
    assert [one.rule for one in proposals()] == offered
