"""What staff hear of besides red flags: patients who have gone silent, and reviews that are due."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q

from accounts.access import acting_for_all
from accounts.models import Clinic
from notifications import schedule
from notifications.facts import zone_of
from notifications.models import Kind, MessagePreferences, Notification
from notifications.restraint import Because
from recovery.models import Review, Task
from recovery.models.tasks import TaskKind
from recovery.owners import owners

MOST_AT_ONCE = 1000
IN_THE_MORNING = time(8)  # on the clinic's clock
REVIEW_MESSAGE_LASTS = timedelta(hours=10)
SILENT = (
    "Nothing was heard of this patient since {since}, so the reminders have stopped. "
    "Ask how they are; with the next entry the reminders begin again."
)


def hand_over_the_silent(*, now: datetime) -> int:
    """A task for the care team of each patient who has gone silent, once for each silence: now a person asks,
    instead of more messages. How many patients that is.
    """
    with acting_for_all():
        untold = MessagePreferences.objects.filter(silence_is_told=False)
        rows = list(untold.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        tasks = [
            Task(
                clinic_id=row.clinic_id,
                patient_id=row.patient_id,
                kind=TaskKind.SILENT,
                cause=row.silent_since.isoformat(),
                why=SILENT.format(since=row.silent_since),
                opened_at=now,
            )
            for row in rows
            if row.silent_since
        ]
        Task.objects.bulk_create(tasks, ignore_conflicts=True)
        MessagePreferences.objects.filter(pk__in=[row.pk for row in rows]).update(silence_is_told=True)
    return len(tasks)


def answered(rows: Iterable[Notification]) -> dict[int, Because]:
    """Which of these messages are about reviews that wait for nobody any more."""
    about = {row.pk: int(row.slot) for row in rows if row.kind == Kind.REVIEW}
    if not about:
        return {}
    waiting = set(Review.objects.open().filter(pk__in=about.values()).values_list("pk", flat=True))
    return {pk: Because.DONE for pk, review in about.items() if review not in waiting}


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A review that waits for an outcome, who must hear of it, and when."""

    review_id: int
    clinic_id: int
    patient_id: int
    user_id: int
    on: date


def tell_of_reviews(*, now: datetime) -> None:
    """Messages about every open review that has fallen due, or that an answer of the patient asks for, to those whose
    it is by now.
    """
    with acting_for_all():
        by_clinic: dict[Clinic, list[Review]] = defaultdict(list)
        tomorrow = now.date() + timedelta(days=1)
        open_reviews = Review.objects.open().filter(Q(due_on__lte=tomorrow) | Q(opened_on__lt=F("due_on")))
        for review in open_reviews.select_related("clinic"):
            if review.told_on <= now.astimezone(zone_of(review.clinic.time_zone)).date():
                by_clinic[review.clinic].append(review)
        due = [
            ReviewDue(review.pk, clinic.pk, review.patient_id, user_id, review.told_on)
            for clinic, reviews in by_clinic.items()
            for owned in [owners(reviews, today=now.astimezone(zone_of(clinic.time_zone)).date())]
            for review in reviews
            for user_id, _ in owned[review.pk].people
        ]
    queue_review_messages(due, now=now)


def queue_review_messages(reviews: Iterable[ReviewDue], *, now: datetime) -> None:
    """A message to each of these people about each review, once for ever: at eight on the clinic's clock, or at once
    about one that they first hear of later in the day.
    """
    reviews = list(reviews)
    with acting_for_all():
        clinics = Clinic.objects.filter(pk__in={review.clinic_id for review in reviews})
        zones = {pk: zone_of(name) for pk, name in clinics.values_list("pk", "time_zone")}
        messages = []
        for review in reviews:
            zone = zones[review.clinic_id]
            # Whose it becomes overnight hears of it in the morning.
            day = max(review.on, now.astimezone(zone).date())
            due_at = max(schedule.instant(day, IN_THE_MORNING, zone), now)
            messages.append(
                Notification(
                    clinic_id=review.clinic_id,
                    recipient_id=review.user_id,
                    patient_id=review.patient_id,
                    kind=Kind.REVIEW,
                    local_date=review.on,
                    slot=str(review.review_id),
                    due_at=due_at,
                    expires_at=due_at + REVIEW_MESSAGE_LASTS,
                    next_attempt_at=due_at,
                )
            )
        Notification.objects.bulk_create(messages, ignore_conflicts=True)
