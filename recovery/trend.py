"""What staff see of one course: every figure of it, ready for JSON."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from recovery.doing import adherence
from recovery.measuring import recovery
from recovery.models import Episode, Plan, Progress
from recovery.progress import Course, course_of
from recovery.rules.patient_words import words_in
from recovery.rules.plan_change import Effect, Window, effects
from recovery.rules.trend import Slope, slope, smoothed
from recovery.rules.weeks import baseline


def trend(course: Course, *, through: date) -> dict[str, Any]:
    """What a chart of one course draws, ready for JSON: days with a value only, so that missing days stay gaps.

    `through` is the last ended local date. The band is around the baseline, for each completed week; without a
    baseline, and with one too low for percentages, there is none.
    """
    facts, curve = course.facts, course.facts.curve
    ended = course.weeks(facts.region, through)
    start = baseline(ended)
    shown = range(max(len(ended), 8) + 1)
    band = (
        []
        if start is None or start.is_low
        else [curve.expected(facts.stratum, week=w, baseline=start.value) for w in shown]
    )
    return {
        "start": facts.start,
        "region": facts.region,
        "through": through,
        "days": {
            region.value: [{"on": on, "value": _decimals(value)} for on, value in sorted(values.items())]
            for region, values in course.day_values.items()
        },
        "lines": {
            region.value: [
                [{"on": p.on, "value": round(p.value, 2)} for p in piece] for piece in smoothed(values)
            ]
            for region, values in course.day_values.items()
        },
        "weeks": [
            {
                "week": week.number,
                "first": week.first,
                "last": week.last,
                "logged_days": week.logged_days,
                "value": None if week.value is None else _decimals(week.value),
                "session_adherence": _decimals_or_none(facts.adherence.get(week.number)),
            }
            for week in ended
        ],
        "slope": _slope(slope(ended, facts.day_values)),
        "baseline": None
        if start is None
        else {
            "value": _decimals(start.value),
            "week": start.week,
            "late": start.is_late,
            "low": start.is_low,
        },
        "expected": {
            "label": curve.label(facts.stratum),
            "version": curve.version,
            "stratum": facts.stratum,
            "sources": curve.sources,
            "weeks": [
                {"week": w, "low": _decimals(b.low), "middle": _decimals(b.middle), "high": _decimals(b.high)}
                for w, b in zip(shown, band, strict=False)
            ],
        },
    }


def _decimals(value: Fraction) -> float:
    return round(float(value), 2)


def _decimals_or_none(value: Fraction | None) -> float | None:
    return None if value is None else _decimals(value)


def episode_trend(episode: Episode, *, now: datetime) -> dict[str, Any] | None:
    """What staff see of one episode that comes with its patient; None before a plan has given it a start."""
    course = course_of(episode, now=now)
    return trend_of(course, now=now) if course else None


def trend_of(course: Course, *, now: datetime) -> dict[str, Any]:
    """The same, for whoever has its course already."""
    episode = course.episode
    through = episode.patient.local_date(now) - timedelta(days=1)
    progress = Progress.objects.get(pk=episode.pk)
    plans = Plan.objects.filter(episode=episode).order_by("number").values("id", "number", "starts_on")
    changed = _effects(course, [plan["starts_on"] for plan in plans], through)
    return {
        "episode": episode.pk,
        "status": {
            "status": progress.status,
            "rule": progress.rule,
            "for_day": progress.decided_for,
            "numbers": progress.numbers,
            "for_staff": progress.for_staff,
            "for_patient": words_in(episode.patient.language).of_decision(
                progress.rule, progress.numbers, episode.region
            ),
            "rule_version": progress.rule_version,
        },
        **trend(course, through=through),
        "adherence": adherence(course, through=through),
        "recovery": recovery(course, through=through),
        "plans": [plan | {"effect": effect} for plan, effect in zip(plans, changed, strict=True)],
    }


def _slope(found: Slope | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"per_week": None, "low": None, "high": None, "days": None, "why_not": found}
    return {
        "per_week": round(found.per_week, 2),
        "low": round(found.low, 2),
        "high": round(found.high, 2),
        "days": found.days,
        "why_not": "",
    }


def _effects(course: Course, starts_on: Sequence[date], through: date) -> list[dict[str, Any] | None]:
    """What each plan version changed, None for the first."""
    facts = course.facts
    ended = course.weeks(facts.region, through)
    start = baseline(ended)
    expected = (
        {}
        if start is None or start.is_low
        else {
            week.number: facts.curve.expected(facts.stratum, week=week.number, baseline=start.value).middle
            for week in ended
        }
    )
    return [None if one is None else _effect(one) for one in effects(ended, starts_on, expected)]


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "verdict": effect.verdict,
        "sentence": effect.sentence,
        "before": _window(effect.before),
        "after": _window(effect.after),
        "difference": _decimals_or_none(effect.difference),
        "expected": _decimals_or_none(effect.expected),
    }


def _window(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "first_week": window.first_week,
        "last_week": window.last_week,
        "level": _decimals(window.level),
    }
