"""What staff hear of besides red flags: patients who have gone silent, and reviews that are due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from accounts.access import acting_for_all
from accounts.models import Clinic
from notifications import schedule
from notifications.facts import zone_of
from notifications.models import Kind, MessagePreferences, Notification

MOST_AT_ONCE = 1000
IN_THE_MORNING = time(8)  # on the clinic's clock
REVIEW_MESSAGE_LASTS = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was heard of a patient after the date `since`; the messages to them have stopped."""

    clinic_id: int
    patient_id: int
    since: date


def hand_over_the_silent() -> list[Silence]:
    """The silences that nobody was told of, each once: now a person asks, instead of more messages."""
    with acting_for_all():
        rows = list(
            MessagePreferences.objects.filter(silence_is_told=False).select_for_update(skip_locked=True)[
                :MOST_AT_ONCE
            ]
        )
        silences = [
            Silence(row.clinic_id, row.patient_id, row.silent_since) for row in rows if row.silent_since
        ]
        MessagePreferences.objects.filter(pk__in=[row.pk for row in rows]).update(silence_is_told=True)
    return silences


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A review that waits for an outcome, and who must hear of it."""

    review_id: int
    clinic_id: int
    patient_id: int
    user_id: int
    due_on: date


def queue_review_messages(reviews: Iterable[ReviewDue], *, now: datetime) -> None:
    """A message to each of these people about each review, once for ever: at eight on the clinic's clock, or at once
    about one that was first heard of later.
    """
    reviews = list(reviews)
    with acting_for_all():
        clinics = Clinic.objects.filter(pk__in={review.clinic_id for review in reviews})
        zones = {pk: zone_of(name) for pk, name in clinics.values_list("pk", "time_zone")}
        messages = []
        for review in reviews:
            morning = schedule.instant(review.due_on, IN_THE_MORNING, zones[review.clinic_id])
            due_at = max(morning, now)
            messages.append(
                Notification(
                    clinic_id=review.clinic_id,
                    recipient_id=review.user_id,
                    patient_id=review.patient_id,
                    kind=Kind.REVIEW,
                    local_date=review.due_on,
                    slot=str(review.review_id),
                    due_at=due_at,
                    expires_at=due_at + REVIEW_MESSAGE_LASTS,
                    next_attempt_at=due_at,
                )
            )
        Notification.objects.bulk_create(messages, ignore_conflicts=True)
