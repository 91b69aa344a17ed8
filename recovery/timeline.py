"""One episode as a list of what happened, oldest first: for staff and for the patient, ready for JSON."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from recovery.models import Episode, Plan, PlanPause, Reexamination, StatusChange, TimelineEvent
from recovery.progress import Course, course_of
from recovery.rules.patient_words import words_in
from recovery.rules.status import Decision, history
from recovery.rules.staying_well import reliefs
from recovery.rules.timeline import letter

Item = dict[str, Any]  # kind, on, and what the kind tells

# In the order in which things of one date are told.
KINDS = ("onset", "start", "plan", "event", "pause", "review", "relief", "relapse", "status", "end")


def timeline(episode: Episode, *, now: datetime, for_staff: bool) -> dict[str, Any]:
    """The episode comes with its patient. Staff read the sentence of a status for staff, the patient their own,
    in their language.
    """
    return timeline_of(episode, course_of(episode, now=now), now=now, for_staff=for_staff)


def timeline_of(episode: Episode, course: Course | None, *, now: datetime, for_staff: bool) -> dict[str, Any]:
    """The same, for whoever has its course already."""
    decisions = _decisions(course, episode.patient.local_date(now) - timedelta(days=1))
    items = [
        *_bounds(episode),
        *_plans(episode),
        *_events(episode),
        *_pauses(episode),
        *_reviews(episode),
        *_reliefs(decisions),
        *_statuses(episode, decisions, for_staff=for_staff),
    ]
    return {
        "episode": episode.pk,
        "items": sorted(items, key=lambda item: (item["on"], KINDS.index(item["kind"]))),
    }


def _bounds(episode: Episode) -> Iterator[Item]:
    yield {"kind": "onset", "on": episode.onset_on}
    if episode.started_on is not None:
        yield {"kind": "start", "on": episode.started_on}
    if episode.ended_on is not None:
        yield {"kind": "end", "on": episode.ended_on, "because": episode.ended_because}


def _plans(episode: Episode) -> Iterator[Item]:
    plans = Plan.objects.filter(episode=episode).select_related("program").order_by("number")
    for plan in plans:
        yield {
            "kind": "plan",
            "on": plan.starts_on,
            "plan": plan.pk,
            "letter": letter(plan.number),
            "program": plan.program.slug if plan.program else None,
            "note": plan.note,
        }


def _events(episode: Episode) -> Iterator[Item]:
    """What the patient or the staff noted since the onset; `by` is null where the patient did."""
    events = TimelineEvent.objects.filter(
        patient=episode.patient_id, withdrawn=False, about_on__gte=episode.onset_on
    )
    if episode.ended_on is not None:
        events = events.filter(about_on__lte=episode.ended_on)
    for event in events.select_related("added_by").order_by("about_on", "happened_at", "id"):
        yield {
            "kind": "event",
            "on": event.about_on,
            "event": event.pk,
            "what": event.what,
            "note": event.body.get("note", ""),
            # What the patient's own phones know it by.
            "client_uuid": None if event.added_by else str(event.client_uuid),
            "by": {"id": event.added_by.pk, "name": event.added_by.name} if event.added_by else None,
        }


def _pauses(episode: Episode) -> Iterator[Item]:
    for pause in PlanPause.objects.filter(episode=episode).order_by("from_on", "id"):
        yield {
            "kind": "pause",
            "on": pause.from_on,
            "pause": pause.pk,
            "until_on": pause.until_on,
            "resumed_on": pause.resumed_on,
            "reason": pause.reason,
            "note": pause.note,
        }


def _reviews(episode: Episode) -> Iterator[Item]:
    """Each re-examination as it was last corrected."""
    rows = Reexamination.objects.filter(episode=episode).order_by("id")
    latest = {row.corrects_id or row.pk: row for row in rows}
    for row in sorted(latest.values(), key=lambda row: (row.recorded_on, row.pk)):
        yield {"kind": "review", "on": row.recorded_on, "outcome": row.outcome}


def _decisions(course: Course | None, through: date) -> tuple[Decision, ...]:
    """What the weeks say by all that is known now."""
    return history(course.facts, course.until(through)) if course else ()


def _reliefs(decisions: Sequence[Decision]) -> Iterator[Item]:
    for relief in reliefs(decisions):
        yield {"kind": "relief", "on": relief.on, "level": round(float(relief.level), 2)}
        if relief.relapsed_on is not None:
            yield {"kind": "relapse", "on": relief.relapsed_on}


def _statuses(episode: Episode, decisions: Sequence[Decision], *, for_staff: bool) -> Iterator[Item]:
    """What stands for each day, and only where it differs from what stood before.

    A correction that changes the numbers of a week and not its status writes no row: its words are of those numbers.
    """
    by_day = {decision.for_day: decision for decision in decisions}
    rows = StatusChange.objects.filter(episode=episode).order_by("id")
    stands = {row.for_day: row for row in rows}
    own = words_in(episode.patient.language)
    before = None
    for day in sorted(stands):
        row = stands[day]
        if (row.status, row.rule) != before:
            now = by_day.get(day)
            said = now if now is not None and now.rule == row.rule else row
            words = said.for_staff if for_staff else own.of_decision(row.rule, said.numbers, episode.region)
            yield {"kind": "status", "on": day, "status": row.status, "rule": row.rule, "words": words}
        before = (row.status, row.rule)
