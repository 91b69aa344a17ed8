from datetime import date, timedelta

import pytest

from notifications import delivery, planner, tasks
from notifications.claims import claim
from notifications.messages import message_for
from notifications.models import Notification
from notifications.staff import ReviewDue, queue_review_messages
from recovery.models import Review
from tests.notifications.conftest import NOON, World
from tests.notifications.test_pointless import program

DAY = timedelta(days=1)


def review(world: World, *, user_id: int, on: date) -> ReviewDue:
    return ReviewDue(7, world.clinic.pk, world.patient.pk, user_id, on)


def test_each_person_hears_of_a_review_once_at_eight_on_the_clinics_clock(world: World):
    due = review(world, user_id=world.therapist.pk, on=NOON.date() + DAY)
    for now in (NOON, NOON + DAY):
        queue_review_messages([due], now=now)
    message = Notification.objects.get()
    assert message.due_at.isoformat() == "2026-06-11T06:00:00+00:00"
    queue_review_messages([review(world, user_id=world.clinician.pk, on=due.on)], now=NOON + DAY)
    assert Notification.objects.count() == 2
    assert Notification.objects.exclude(pk=message.pk).get().due_at == NOON + DAY


def test_whose_a_review_becomes_overnight_hears_of_it_in_the_morning(world: World):
    long_due = review(world, user_id=world.clinician.pk, on=NOON.date() - 7 * DAY)
    midnight = NOON.replace(hour=22, minute=5)  # five minutes past, in Berlin
    queue_review_messages([long_due], now=midnight)
    assert Notification.objects.get().due_at.isoformat() == "2026-06-11T06:00:00+00:00"


def test_nothing_about_the_patient_is_in_the_message(world: World):
    queue_review_messages([review(world, user_id=world.therapist.pk, on=NOON.date())], now=NOON)
    message = message_for(Notification.objects.get())
    assert message.title == "A review is due"
    assert not message.url.endswith("/app/")


@pytest.mark.parametrize(("lapsed", "announced"), [(False, 1), (True, 0)])
def test_a_review_that_is_over_by_now_is_not_announced(world: World, lapsed: bool, announced: int):
    waiting = Review.objects.create(
        clinic=world.clinic,
        patient=world.patient,
        episode=program(world, world.patient).episode,
        cause="week_4",
        due_on=NOON.date(),
        opened_at=NOON,
        opened_on=NOON.date(),
        lapsed_at=NOON if lapsed else None,
    )
    due = ReviewDue(waiting.pk, world.clinic.pk, world.patient.pk, world.therapist.pk, NOON.date())
    queue_review_messages([due], now=NOON)
    assert len(claim(urgent=False, now=NOON).jobs) == announced
    assert Notification.objects.get().because == ("done" if lapsed else "")


def test_an_error_in_one_part_of_a_round_stops_no_delivery(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*, now: object) -> int:
        raise RuntimeError("a fault")

    rounds = iter([1, 0])
    monkeypatch.setattr(planner, "plan", broken)
    monkeypatch.setattr(delivery, "deliver_ordinary", lambda *, now: next(rounds))
    tasks.remind()
    assert next(rounds, None) is None, "nothing was delivered"
    assert "has failed; the round goes on" in caplog.text
