"""Outcome measures of an episode: what is asked today, what the answers say, and whether diary and patient agree."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from recovery.models import Episode, OutcomeMeasure, TimelineEvent
from recovery.models.events import EventKind
from recovery.progress import Course
from recovery.rules import terms
from recovery.rules.measures.due import Due, due
from recovery.rules.measures.instruments import Effect, Instrument, about, form
from recovery.rules.measures.scores import (
    EFFECT_IS_FRESH,
    IMPROVED,
    Answer,
    Change,
    agrees,
    change,
    changes_of_activities,
    first_comparable,
)
from recovery.rules.status import history
from recovery.rules.staying_well import observed_until, recurrence, reliefs
from recovery.rules.weeks import week_number


def _standing(episode: Episode) -> list[OutcomeMeasure]:
    """The answers of an episode that comes with its patient, oldest first."""
    opened_on = episode.patient.local_date(episode.opened_at)
    rows = OutcomeMeasure.objects.filter(
        patient=episode.patient_id, withdrawn=False, on__gte=min(opened_on, episode.started_on or opened_on)
    )
    if episode.ended_on is not None:
        rows = rows.filter(on__lte=episode.ended_on)
    return list(rows.order_by("happened_at", "id"))


def _due(episode: Episode, answers: Sequence[Answer], on: date) -> tuple[Due, ...]:
    if episode.started_on is None or episode.ended_on is not None:
        return ()
    given: dict[Instrument, list[date]] = defaultdict(list)
    for answer in answers:
        given[answer.instrument].append(answer.on)
    language = episode.patient.language
    return tuple(one for one in due(episode.started_on, on, given) if form(one.instrument, language))


def measures_due(episode: Episode, on: date) -> list[dict[str, Any]]:
    """What the phone asks on a local date, with all the words it needs. PSFS repeats the activities first named."""
    answers = [row.answer for row in _standing(episode)]
    named = next((one.abilities for one in answers if one.instrument is Instrument.PSFS), {})
    return [
        {
            "instrument": one.instrument,
            "week": one.week,
            "since": one.since,
            "form": form(one.instrument, episode.patient.language),
            "activities": list(named) if one.instrument is Instrument.PSFS else [],
        }
        for one in _due(episode, answers, on)
    ]


def measures(episode: Episode, *, now: datetime) -> dict[str, Any]:
    """Every answer of an episode with its score and its change since the first, by instrument, ready for JSON."""
    rows = _standing(episode)
    awaited = {
        one.instrument: one
        for one in _due(episode, [r.answer for r in rows], episode.patient.local_date(now))
    }
    return {
        "episode": episode.pk,
        "instruments": [
            {
                "instrument": instrument,
                **about(instrument),
                "due": {"week": one.week, "since": one.since} if (one := awaited.get(instrument)) else None,
                "answers": _answers(episode, [row for row in rows if row.instrument == instrument]),
            }
            for instrument in Instrument
        ],
    }


def _answers(episode: Episode, rows: Sequence[OutcomeMeasure]) -> list[dict[str, Any]]:
    answers = [row.answer for row in rows]
    return [
        {
            "id": row.client_uuid,
            "on": row.on,
            "at": row.happened_at,
            "received_at": row.received_at,
            "by": episode.patient_id,
            "week": week_number(episode.started_on, row.on) if episode.started_on else None,
            "conflicted": row.conflicted,
            **_told(answer, first_comparable(answers[:n], answer)),
        }
        for n, (row, answer) in enumerate(zip(rows, answers, strict=True))
    ]


def _told(answer: Answer, first: Answer | None) -> dict[str, Any]:
    singles = changes_of_activities(first, answer) if first else {}
    is_told = first is not None or answer.effect is not None
    return {
        "score": None if answer.score is None else round(float(answer.score), 2),
        "edge": answer.edge,
        "effect": answer.effect,
        "ticked": sorted(answer.ticked),
        "activities": [
            {"name": name, "ability": ability, "change": _change(singles.get(name))}
            for name, ability in answer.abilities.items()
        ],
        # The global effect is a change by itself, since the start of the program.
        "change": _change(change(first or answer, answer)) if is_told else None,
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    points = None if change.points is None else round(float(change.points), 2)
    return {"since": change.since, "points": points, "verdict": change.verdict}


def recovery(course: Course, *, through: date) -> dict[str, Any]:
    """Relief by the diary beside the patient's own judgement, ready for JSON. `agree` is null when one is not there.

    Recovered is a month of hardly any pain and the word "completely recovered". `recurrence` counts days from the
    first relief to a relapse, or to the last day that was watched.
    """
    facts, episode = course.facts, course.episode
    through = course.until(through)
    weeks = course.weeks(facts.region, through)
    found = reliefs(history(facts, through))
    last = found[-1] if found else None
    effect, effect_on = _latest_effect(episode)
    is_fresh = effect_on is not None and effect_on >= through - EFFECT_IS_FRESH
    surgeries = TimelineEvent.objects.filter(
        patient=episode.patient_id, withdrawn=False, what=EventKind.SURGERY
    ).values_list("about_on", flat=True)
    watched = observed_until(weeks, ended_on=episode.ended_on, surgeries=list(surgeries))
    again = recurrence(found, watched)
    return {
        "improved_on": terms.improved_on(weeks),
        "relief": None
        if last is None
        else {
            "on": last.on,
            "confirmed_on": last.confirmed_on,
            "level": round(float(last.level), 2),
            "stands": last.stands,
            "relapsed_on": last.relapsed_on,
        },
        "global_effect": None
        if effect is None
        else {"effect": effect, "on": effect_on, "improved": effect in IMPROVED},
        "agree": agrees(relieved=last is not None and last.stands, effect=effect if is_fresh else None),
        "recovered": terms.is_recovered(
            weeks, says_completely_recovered=effect is Effect.COMPLETELY_RECOVERED
        ),
        "recurrence": None if again is None else {"days": again.days, "relapsed": again.relapsed},
    }


def _latest_effect(episode: Episode) -> tuple[Effect | None, date | None]:
    given = [row.answer for row in _standing(episode) if row.instrument == Instrument.GPE]
    return (given[-1].effect, given[-1].on) if given else (None, None)
