"""Reviews: opened when they fall due, answered by a re-examination that a person records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from recovery.models import CareSettings, Episode, Patient, Plan, Progress, Reexamination, Review
from recovery.progress import Course
from recovery.rules.reviews import REVIEW_WEEKS, STOP, Due, by_status, calendar, needs_review_since
from recovery.rules.status import Decision


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules said of an episode: its course, None without a start, and the decisions, the standing one last."""

    course: Course | None
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class ReviewState:
    """What the worklist shows of an episode's reviews."""

    due_on: date | None = None
    needs_review_since: date | None = None


def open_reviews(reviews: Sequence[Review]) -> None:
    """Open these, except what is open for the same cause or was opened for the same date."""
    if reviews:
        Review.objects.bulk_create(reviews, ignore_conflicts=True)


def open_due_reviews(
    episodes: Sequence[Episode], judged: Mapping[int, Judged], *, now: datetime
) -> dict[int, ReviewState]:
    """Open what has fallen due for these episodes, which come with their patients; how their reviews stand then.

    The same rows result whoever runs it, however often, and the number of statements does not depend on the number
    of episodes.
    """
    going_on = [episode for episode in episodes if episode.ended_on is None]
    weeks = _review_weeks({episode.clinic_id for episode in going_on})
    recorded = _recorded_on(going_on)
    open_dates = _open_dates(going_on)
    known = _known_on(going_on)
    states = {episode.pk: ReviewState() for episode in episodes}
    new: list[Review] = []
    for episode in going_on:
        one, today, dates = judged[episode.pk], episode.patient.local_date(now), open_dates[episode.pk]
        stop = None
        if one.course is not None:
            start, recorded_on = one.course.facts.start, recorded[episode.pk]
            ended = one.course.weeks(one.course.facts.region, today - timedelta(days=1))
            chosen = weeks.get(episode.clinic_id, REVIEW_WEEKS)
            due = list(
                calendar(start, chosen, recorded_on=recorded_on, today=today, known_on=known[episode.pk])
            )
            asked = by_status(start, one.decisions, recorded_on=recorded_on)
            if asked and not due and not dates:
                due.append(asked)
            stop = needs_review_since(start, ended, recorded_on=recorded_on, today=today)
            if stop and not due and not dates:
                due.append(Due(STOP, stop))  # what stops the plan is owed by somebody
            new += [_review(episode, one_due, now) for one_due in due]
            dates += [one_due.on for one_due in due]
        states[episode.pk] = ReviewState(min(dates, default=None), stop)
    open_reviews(new)
    return states


def _review_weeks(clinics: set[int]) -> dict[int, list[int]]:
    return dict(CareSettings.objects.filter(clinic__in=clinics).values_list("clinic", "review_weeks"))


def _recorded_on(episodes: Sequence[Episode]) -> dict[int, list[date]]:
    recorded: dict[int, list[date]] = defaultdict(list)
    rows = Reexamination.objects.filter(episode__in=[episode.pk for episode in episodes], corrects=None)
    for episode_id, on in rows.values_list("episode", "recorded_on"):
        recorded[episode_id].append(on)
    return recorded


def _known_on(episodes: Sequence[Episode]) -> dict[int, date]:
    """The patients' local dates on which the first plans were published."""
    local_dates = {episode.pk: episode.patient.local_date for episode in episodes}
    first = Plan.objects.filter(episode__in=list(local_dates), number=1)
    return {pk: local_dates[pk](at) for pk, at in first.values_list("episode", "published_at")}


def _open_dates(episodes: Sequence[Episode]) -> dict[int, list[date]]:
    dates: dict[int, list[date]] = defaultdict(list)
    rows = Review.objects.open().filter(episode__in=[episode.pk for episode in episodes])
    for episode_id, due_on in rows.values_list("episode", "due_on"):
        dates[episode_id].append(due_on)
    return dates


def _review(episode: Episode, due: Due, now: datetime) -> Review:
    return Review(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode=episode,
        cause=due.cause,
        due_on=due.on,
        opened_at=now,
        opened_on=episode.patient.local_date(now),
    )


@transaction.atomic
def record_reexamination(*, episode: Episode, by: int, now: datetime, **said: Any) -> Reexamination:
    """Record what was found and what follows; `episode` comes with its patient. It answers every open review.

    A correction names the re-examination it `corrects`, and answers nothing.
    """
    Patient.objects.filter(pk=episode.patient_id).update(version=F("version") + 1)  # a close waits for it
    row = Reexamination.objects.create(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode=episode,
        recorded_on=episode.patient.local_date(now),
        recorded_at=now,
        recorded_by_id=by,
        **said,
    )
    if row.corrects_id is None:
        Review.objects.open().filter(episode=episode.pk).update(answered_by=row)
        Progress.objects.filter(pk=episode.pk).update(review_due_on=None, needs_review_since=None)
    return row
