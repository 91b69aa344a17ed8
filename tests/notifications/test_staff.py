from datetime import date, timedelta

from notifications.messages import message_for
from notifications.models import Notification
from notifications.staff import ReviewDue, queue_review_messages
from tests.notifications.conftest import NOON, World

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


def test_nothing_about_the_patient_is_in_the_message(world: World):
    queue_review_messages([review(world, user_id=world.therapist.pk, on=NOON.date())], now=NOON)
    message = message_for(Notification.objects.get())
    assert message.title == "A review is due"
    assert not message.url.endswith("/app/")
