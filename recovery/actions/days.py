"""The close of the day: each patient's recorded pain, and what it says about their recovery."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from accounts.access import acting_for_all
from recovery.actions.need import note_need
from recovery.actions.reviews import Judged, ReviewState, open_due_reviews
from recovery.actions.starts import ask_for_new_starts
from recovery.actions.tasks import hand_over
from recovery.models import DailyPain, Episode, Patient, Progress, RedFlag, StatusChange
from recovery.progress import Course, courses, ratings, red_flags
from recovery.rows import insert, update
from recovery.rules.adherence import WEEK_DAYS
from recovery.rules.cohort import LeftOut, milestones
from recovery.rules.diary import DayValue, Region, day_value
from recovery.rules.red_flags import (
    SEVERE_DAYS,
    SEVERE_DAYS_IN_A_ROW,
    SEVERE_IS_NEWS,
    Tier,
    severe_pain,
)
from recovery.rules.status import Decision, judge, without_plan

Said = tuple[str, str]  # a status and its rule

DAYS = "this patient's days, so status and reviews are not up to date"

CHUNK = 50  # patients a transaction: their phones wait for its length, some 0.3 s; twice as many save 5 %

logger = logging.getLogger(__name__)


def close_days(*, now: datetime) -> int:
    """Record every local day that has ended, and again the days that entries were added to since. Return how many
    patients were looked at.

    Whoever runs this, twice at once or hours late, the same rows result: patients are claimed with SKIP LOCKED, and a
    day's row is computed from the ratings that stand. The days and the red flag for severe pain are kept even where
    the status rules then stumble.
    """
    looked_at, last = 0, 0
    while True:
        with acting_for_all():
            chunk = _claim(now, after=last)
            kept = _together_or_each(_record, chunk, now)
            _together_or_each(_restate, kept, now)
        looked_at += len(chunk)
        if len(chunk) < CHUNK:
            return looked_at
        last = chunk[-1].pk


def _together_or_each(
    do: Callable[[Sequence[Progress], datetime], None], rows: Sequence[Progress], now: datetime
) -> Sequence[Progress]:
    """All at once, or one by one, so that the patient whom it stumbles over keeps nobody else waiting: theirs is
    handed over, and tried again. Return those for whom it was done.

    Whatever is wrong with one patient's rows may show as any exception.
    """
    try:
        with transaction.atomic():
            do(rows, now)
        return rows
    except Exception as error:
        if len(rows) > 1:
            logger.warning("Judging one by one.", exc_info=error)
            return [row for one in rows for row in _together_or_each(do, [one], now)]
        for row in rows:
            hand_over(episode=row.episode, what=DAYS, cause="days", now=now)
        return []


def _claim(now: datetime, *, after: int) -> list[Progress]:
    """The next due episodes, by id: one that a rule stumbled over is still due, and not claimed a second time."""
    due = Progress.objects.filter(Q(next_close_at__lte=now) | Q(reopen_from__isnull=False), pk__gt=after)
    rows = due.select_related("episode", "patient").select_for_update(
        of=("patient", "self"), skip_locked=True, no_key=True
    )
    return list(rows.order_by("pk")[:CHUNK])


def _record(rows: Sequence[Progress], now: datetime) -> None:
    for row in rows:
        row.episode.patient = row.patient
    _record_days(rows, now)
    _raise_severe_pain(rows, now)


def _restate(rows: Sequence[Progress], now: datetime) -> None:
    episodes = [row.episode for row in rows]
    judged = restate(episodes, now=now)
    reviews = open_due_reviews(episodes, judged, now=now)
    ask_for_new_starts(episodes, judged, now=now)
    update(Progress, [_closed(row, reviews[row.pk], now) for row in rows], by="episode_id")


def _closed(row: Progress, review: ReviewState, now: datetime) -> dict[str, Any]:
    today, ended_on = row.patient.local_date(now), row.episode.ended_on
    yesterday = today - timedelta(days=1)
    is_over = ended_on is not None and ended_on <= yesterday
    return {
        "episode_id": row.pk,
        "closed_through": yesterday,
        "reopen_from": None,
        "ladder_due_at": now,
        "review_due_on": review.due_on,
        "needs_review_since": review.needs_review_since,
        "next_close_at": None if is_over else row.patient.day_ends_at(today),
    }


def _record_days(rows: Sequence[Progress], now: datetime) -> None:
    """Write each region's value of each day to close, "no entry" included."""
    spans: dict[int, set[date]] = defaultdict(set)  # one patient may have an ended and an open episode here
    for row in rows:
        spans[row.patient_id] |= set(_days_to_close(row, now))
    days = [day for span in spans.values() for day in span]
    if not days:
        return
    found = ratings(spans, since=min(days))
    clinics = {row.patient_id: row.clinic_id for row in rows}
    insert(
        DailyPain,
        [
            _daily_row(day_value(day, found.get((patient, region, day), ())))
            | {"clinic_id": clinics[patient], "patient_id": patient, "region": region, "recorded_at": now}
            for patient, span in spans.items()
            for day in span
            for region in Region
        ],
        replace_by=["patient_id", "region", "on"],
    )


def _days_to_close(row: Progress, now: datetime) -> list[date]:
    """From the start, or from the enrolment when that was earlier or there is no plan yet."""
    enrolled = row.patient.local_date(row.episode.opened_at)
    start = min(enrolled, row.episode.started_on or enrolled)
    first = start if row.closed_through is None else row.closed_through + timedelta(days=1)
    if row.reopen_from is not None:
        first = max(start, min(first, row.reopen_from))
    last = row.patient.local_date(now) - timedelta(days=1)
    if row.episode.ended_on is not None:
        last = min(last, row.episode.ended_on)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _daily_row(day: DayValue) -> dict[str, Any]:
    return {
        "on": day.on,
        "total": day.total if day.count else None,
        "count": day.count,
        "asked": day.asked or "",
        "worst": day.worst,
        "late": day.late,
    }


def _raise_severe_pain(rows: Sequence[Progress], now: datetime) -> None:
    """Leg pain of 8 or more on three days running is a red flag by itself, once for each run.

    Only while it is news: a diary that comes in weeks late says nothing about today. Days before the last such flag
    was closed have been seen by a person.
    """
    open_rows = [row for row in rows if row.episode.ended_on is None]
    today = {row.patient_id: row.patient.local_date(now) for row in open_rows}
    seen: dict[int, date] = {}
    flags = RedFlag.objects.filter(patient__in=list(today), rule=SEVERE_DAYS_IN_A_ROW)
    for patient_id, closed_on in flags.order_by("raised_at").values_list("patient", "closed_on"):
        seen[patient_id] = closed_on or date.max
    values: dict[int, dict[date, Fraction]] = {patient_id: {} for patient_id in today}
    oldest = min(today.values(), default=now.date()) - SEVERE_IS_NEWS * 5
    days = DailyPain.objects.filter(patient__in=list(today), region=Region.LEG, on__gte=oldest, count__gt=0)
    for patient_id, on, total, count in days.values_list("patient", "on", "total", "count"):
        if on > seen.get(patient_id, date.min):
            values[patient_id][on] = Fraction(total or 0, count)  # a count says that there is a total
    RedFlag.objects.bulk_create(
        [
            RedFlag(
                clinic_id=row.clinic_id,
                patient_id=row.patient_id,
                episode=row.episode,
                rule=SEVERE_DAYS_IN_A_ROW,
                tier=Tier.B,
                about_on=run[SEVERE_DAYS - 1],
                raised_at=now,
                raised_on=today[row.patient_id],
            )
            for row in open_rows
            for run in severe_pain(values[row.patient_id])[-1:]
            if today[row.patient_id] - run[-1] <= SEVERE_IS_NEWS
        ],
        ignore_conflicts=True,
    )


def restate(episodes: Sequence[Episode], *, now: datetime) -> dict[int, Judged]:
    """Judge these episodes again: a StatusChange for each day that now reads otherwise, and their worklist rows.

    Returns what was judged, by episode id.
    """
    local_dates = {episode.pk: episode.patient.local_date(now) for episode in episodes}
    judged = courses(episodes, through=max(local_dates.values(), default=now.date()))
    recorded = _recorded(local_dates)
    flags = red_flags([episode.patient for episode in episodes if episode.pk not in judged])
    changes: list[StatusChange] = []
    progress: list[dict[str, Any]] = []
    outcome: dict[int, Judged] = {}
    for episode in episodes:
        today = local_dates[episode.pk]
        course = judged.get(episode.pk)
        if course is None:
            decisions: Sequence[Decision] = (without_plan(flags[episode.patient_id], today),)
            progress.append(_progress_row(episode, decisions[-1]))
        else:
            yesterday = course.until(today - timedelta(days=1))
            decisions = judge(course.facts, through=yesterday, today=course.until(today))
            progress.append(_progress_row(episode, decisions[-1]) | _in_numbers(course, decisions, today))
        outcome[episode.pk] = Judged(course, decisions)
        changes += _changes(episode, decisions, recorded, now)
    StatusChange.objects.bulk_create(changes)
    insert(Progress, progress, replace_by=["episode_id"])
    note_need([episode.patient_id for episode in episodes], now=now)
    Patient.objects.filter(pk__in=[episode.patient_id for episode in episodes]).update(
        version=F("version") + 1
    )
    return outcome


def restate_or_hand_over(episode: Episode, *, now: datetime) -> None:
    """Judge one episode again; what a person just did is kept when the rules stumble over it."""
    try:
        with transaction.atomic():
            restate([episode], now=now)
    except Exception:
        hand_over(episode=episode, what=DAYS, cause="days", now=now)


def _recorded(judged: Iterable[int]) -> dict[tuple[int, date | None], Said]:
    """What was last written for each day of these episodes; under None what was last written at all."""
    rows = StatusChange.objects.filter(episode__in=list(judged)).order_by("id")
    recorded: dict[tuple[int, date | None], Said] = {}
    for episode, day, status, rule in rows.values_list("episode", "for_day", "status", "rule"):
        recorded[episode, day] = recorded[episode, None] = (status, rule)
    return recorded


def _changes(
    episode: Episode,
    decisions: Sequence[Decision],
    recorded: dict[tuple[int, date | None], Said],
    now: datetime,
) -> list[StatusChange]:
    """The decisions that differ from the one before them, or from what was written for their day.

    The last one written is always the one that stands: after an alert the course is said again.
    """
    changes: list[StatusChange] = []
    before: Said | None = None
    for decision in decisions:
        said = (str(decision.status), decision.rule)
        written = recorded.get((episode.pk, decision.for_day))
        stands = decision is decisions[-1]
        if said != (recorded.get((episode.pk, None)) if stands else written or before):
            recorded[episode.pk, decision.for_day] = recorded[episode.pk, None] = said
            changes.append(
                status_change(
                    decision,
                    clinic_id=episode.clinic_id,
                    patient_id=episode.patient_id,
                    episode_id=episode.pk,
                    now=now,
                )
            )
        before = said
    return changes


def status_change(
    decision: Decision, *, clinic_id: int, patient_id: int, episode_id: int, now: datetime
) -> StatusChange:
    """A decision as the row that keeps it."""
    return StatusChange(
        clinic_id=clinic_id,
        patient_id=patient_id,
        episode_id=episode_id,
        status=decision.status,
        rule=decision.rule,
        for_day=decision.for_day,
        numbers=dict(decision.numbers),
        for_staff=decision.for_staff,
        rule_version=decision.rule_version,
        computed_at=now,
    )


def decided(decision: Decision) -> dict[str, Any]:
    """A decision as columns of Progress."""
    return {
        "status": decision.status,
        "rule": decision.rule,
        "numbers": dict(decision.numbers),
        "for_staff": decision.for_staff,
        "rule_version": decision.rule_version,
        "decided_for": decision.for_day,
    }


def _progress_row(episode: Episode, decision: Decision) -> dict[str, Any]:
    return decided(decision) | {
        "episode_id": episode.pk,
        "clinic_id": episode.clinic_id,
        "patient_id": episode.patient_id,
        "waits_since": episode.opened_at,  # until note_need
        "weeks": [],
        "sessions_asked": 0,
        "sessions_done": 0,
        "left_out": LeftOut.NO_BASELINE,
        "relieved_on": None,
        "relapsed_on": None,
        "valid_through": None,
    }


def _in_numbers(course: Course, decisions: Sequence[Decision], today: date) -> dict[str, Any]:
    """What the worklist shows of a course beside its status, and what the cohort counts of it."""
    week = {slot for slot in course.asked if today - timedelta(days=WEEK_DAYS) <= slot.on < today}
    weeks = course.weeks(course.facts.region, today - timedelta(days=1))
    reached = milestones(weeks, [decision.relief for decision in decisions])
    return {
        "weeks": [[w.number, round(float(w.value), 2) if w.value is not None else None] for w in weeks],
        "sessions_asked": len(week),
        "sessions_done": len(week & course.done),
        "left_out": reached.left_out or "",
        "relieved_on": reached.relieved_on,
        "relapsed_on": reached.relapsed_on,
        "valid_through": reached.valid_through,
    }
