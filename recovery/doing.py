"""What was done of what was asked, as the pages and the phone tell it: adherence, and the week's walking."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import takewhile
from typing import Any

from django.db.models import IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from recovery.models import ExerciseResult, Plan, Prescription, Walk
from recovery.models.diary import Outcome
from recovery.progress import Course
from recovery.rules.adherence import (
    MONTH_DAYS,
    WEEK_DAYS,
    DoseLine,
    band,
    dose_adherence,
    session_adherence,
)
from recovery.rules.doses import COUNTED, Done, dose_lines
from recovery.rules.fortnight import FORTNIGHT_DAYS, Fortnight, laid_out
from recovery.rules.staying_well import GOAL_WALKS, PROGRAM, USUAL_WEEKS, walking_goal
from recovery.rules.weeks import DAYS_IN_WEEK, week_dates, week_number

WALKING = "graded-walk"  # the exercise whose minutes are walked minutes


def adherence(course: Course, *, through: date) -> dict[str, Any]:
    """Session and dose adherence over 7 and 28 ended days, ready for JSON.

    A share is null where there is none to tell, and `word` says why: nothing was asked, or nobody counted how much.
    """
    through = course.until(through)
    first = max(course.facts.start, through - timedelta(days=MONTH_DAYS - 1))
    results = _results(course.episode.patient_id, first, through)
    lines = dose_lines(course.versions, results, first, through, not_asked_on=course.not_asked_on)
    return {
        name: {"days": days, **_window(course, lines, through=through, days=days)}
        for name, days in (("week", WEEK_DAYS), ("month", MONTH_DAYS))
    }


def fortnight(course: Course, *, through: date) -> Fortnight:
    """What was asked of each exercise on the last 14 ended days, and what came of it."""
    through = course.until(through)
    first = max(course.facts.start, through - timedelta(days=FORTNIGHT_DAYS - 1))
    stopped_on = {on for on in course.not_asked_on if any(one.stops(on) for one in course.facts.red_flags)}
    return laid_out(
        course.versions,
        _results(course.episode.patient_id, first, through),
        first,
        through,
        asked=course.asked,
        done=course.done,
        paused_on=course.not_asked_on - stopped_on,
        stopped_on=stopped_on,
    )


def _window(course: Course, lines: list[DoseLine], *, through: date, days: int) -> dict[str, Any]:
    asked = {slot for slot in course.asked if through - timedelta(days=days) < slot.on <= through}
    sessions = session_adherence(asked, course.done, through=through, days=days)
    return {
        "sessions": {"asked": len(asked), "done": len(asked & course.done), **_said(sessions)},
        "dose": _said(
            dose_adherence(lines, through=through, days=days), otherwise="not_counted" if asked else None
        ),
    }


def _said(share: Fraction | None, *, otherwise: str | None = None) -> dict[str, Any]:
    if share is None:
        return {"share": None, "word": otherwise or "nothing_asked"}
    return {"share": round(float(share), 2), "word": band(share)}


def _results(patient_id: int, first: date, last: date) -> Iterable[Done]:
    rows = ExerciseResult.objects.filter(
        patient=patient_id,
        session__withdrawn=False,
        session__slot__isnull=False,
        session__on__range=(first, last),
    ).order_by("session", "position")
    named = ("session__on", "session__slot", "session", "exercise", "outcome")
    for on, slot, session, exercise, outcome, *counts in rows.values_list(*named, *COUNTED):
        yield Done(on, slot, session, exercise, outcome, dict(zip(COUNTED, counts, strict=True)))


def walked(patient_id: int, first: date, last: date) -> Mapping[date, int]:
    """Minutes by local date: the walks that were noted, and the graded walks of sessions.

    A graded walk that was done and not counted was walked as prescribed.
    """
    days: dict[date, int] = {}
    noted = Walk.objects.filter(patient=patient_id, withdrawn=False, on__range=(first, last))
    prescribed = Prescription.objects.filter(plan=OuterRef("session__plan"), exercise=OuterRef("exercise"))
    minutes = prescribed.annotate(minutes=Cast(KT("dosage_values__minutes"), IntegerField()))
    exercised = ExerciseResult.objects.filter(
        patient=patient_id,
        session__withdrawn=False,
        session__on__range=(first, last),
        exercise__slug=WALKING,
    ).filter(Q(outcome=Outcome.DONE) | Q(outcome=Outcome.PART, minutes__isnull=False))
    walks = exercised.annotate(walked=Coalesce("minutes", Subquery(minutes.values("minutes")[:1])))
    for on, total in [
        *noted.values_list("on").annotate(Sum("minutes")),
        *walks.values_list("session__on").annotate(Sum("walked")),
    ]:
        days[on] = days.get(on, 0) + (total or 0)
    return days


def walking_week(plan: Plan | None, on: date) -> dict[str, Any] | None:
    """This week's walking goal and how much of it is done; None unless the staying-well plan stands on that date."""
    if plan is None or plan.program is None or plan.program.slug != PROGRAM:
        return None
    versions = Plan.objects.filter(episode=plan.episode_id, number__lte=plan.number).order_by("-number")
    staying_well = takewhile(
        lambda version: version[1] == PROGRAM, versions.values_list("starts_on", "program__slug")
    )
    start = min(starts_on for starts_on, _ in staying_well)
    usual_from = start - timedelta(days=DAYS_IN_WEEK * USUAL_WEEKS)
    days = walked(plan.patient_id, usual_from, on)
    week = week_number(start, on)
    goal = walking_goal(
        week=week,
        usual=_minutes(days, usual_from, start - timedelta(days=1)) // USUAL_WEEKS,
        walked=[_minutes(days, *week_dates(start, ended)) for ended in range(1, week)],
    )
    first, last = week_dates(start, week)
    return {
        "week": week,
        "first": first,
        "last": last,
        "goal_minutes": goal.minutes,
        "walks": GOAL_WALKS,
        "minutes_each": goal.minutes_each,
        "walked_minutes": _minutes(days, first, last),
        "walked_days": sum(first <= day <= last and minutes > 0 for day, minutes in days.items()),
    }


def usual_walking(patient_id: int, on: date) -> int:
    """Minutes a week that the patient walked in the four weeks before a date."""
    first = on - timedelta(days=DAYS_IN_WEEK * USUAL_WEEKS)
    return sum(walked(patient_id, first, on - timedelta(days=1)).values()) // USUAL_WEEKS


def _minutes(days: Mapping[date, int], first: date, last: date) -> int:
    return sum(minutes for day, minutes in days.items() if first <= day <= last)
