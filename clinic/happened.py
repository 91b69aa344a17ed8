"""What happened beside the pain: plan changes by letter, events by number, pauses and reviews, what the rules said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from clinic import chart, words
from recovery.models import Plan
from recovery.models.events import EventKind
from recovery.models.pauses import PauseReason
from recovery.models.reviews import Outcome
from recovery.rules.status import Status
from recovery.rules.timeline import letter

EVENT = {
    EventKind.INJECTION: "Injection",
    EventKind.MEDICATION: "Medicine changed",
    EventKind.SURGERY: "Operation",
    EventKind.IMAGING: "Scan or X-ray",
    EventKind.OTHER_CARE: "Other care",
    EventKind.FLARE: "Flare",
    EventKind.TRAVEL: "Travel",
    EventKind.OTHER: "Something else",
}
REVIEWED = {
    Outcome.PLAN_CHANGED: "the plan is changed",
    Outcome.EXAMINED: "examined by a clinician",
    Outcome.IMAGING: "imaging",
    Outcome.REFERRED: "referred",
    Outcome.CONTINUE: "it goes on as it is",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that may explain a change of the pain. `sign` is its letter or number in the chart, empty without."""

    on: date
    day: int | None  # of the program; None before its start
    title: str
    sign: str = ""
    kind: str = ""
    said: Sequence[str] = field(default_factory=list)
    note: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules said from a day on, until they said something else."""

    on: date
    words: str
    status: str
    tone: str


def marks(items: Sequence[Mapping[str, Any]], plans: Sequence[Plan], trend: Mapping[str, Any]) -> list[Mark]:
    """Newest first. Letters are those of the timeline's items and of the chart; events count from the oldest."""
    start = trend["start"]
    found = [*_changes(plans, trend)]
    events = 0
    for item in items:
        on, kind = item["on"], item["kind"]
        day = words.program_day(start, on) if on >= start else None
        match kind:
            case "event":
                events += 1
                by = item["by"]["name"] if item["by"] else "the patient"
                title = EVENT[EventKind(item["what"])]
                found.append(Mark(on, day, title, str(events), kind, note=item["note"], by=by))
            case "pause":
                found.append(Mark(on, day, _pause(item), kind=kind, note=item["note"]))
            case "review":
                found.append(Mark(on, day, f"Re-examined: {REVIEWED[Outcome(item['outcome'])]}", kind=kind))
            case "relief":
                found.append(Mark(on, day, f"Relieved, at {words.pain(item['level'])}", kind=kind))
            case "relapse":
                found.append(Mark(on, day, "The pain came back", kind=kind))
    return sorted(found, key=lambda mark: mark.on, reverse=True)


def _changes(plans: Sequence[Plan], trend: Mapping[str, Any]) -> Iterable[Mark]:
    effects = {plan["id"]: plan["effect"] for plan in trend["plans"]}
    for before, after in zip([None, *plans], plans, strict=False):
        effect = effects.get(after.pk)
        day = words.program_day(trend["start"], after.starts_on)
        changed = words.plan_change(before, after) if before else ["The first program"]
        said = [*changed, *([effect["sentence"]] if effect else [])]
        by = "" if after.published_by_id else "the rules, as the plan allowed"
        title = f"version {after.number}"
        yield Mark(after.starts_on, day, title, letter(after.number), "plan", said, after.note, by)


def _pause(item: Mapping[str, Any]) -> str:
    ended = item["resumed_on"] - timedelta(days=1) if item["resumed_on"] else item["until_on"]
    if ended < item["on"]:
        return "A pause was taken back"
    return f"Paused until {ended.day} {ended:%B}: {PauseReason(item['reason']).label.lower()}"


def rules_said(items: Sequence[Mapping[str, Any]]) -> list[Said]:
    """Newest first."""
    return [
        Said(
            item["on"],
            item["words"],
            words.STATUS[Status(item["status"])],
            words.TONE[Status(item["status"])],
        )
        for item in reversed(items)
        if item["kind"] == "status"
    ]


def beside(
    items: Sequence[Mapping[str, Any]], plans: Sequence[Plan], trend: Mapping[str, Any]
) -> chart.Beside:
    """The same as `chart.trend` draws it: events by number, and a lane for each exercise and for the pauses."""
    start, end = trend["start"], (trend["through"] - trend["start"]).days + 1
    events = [item["on"] for item in items if item["kind"] == "event"]
    pauses = [
        chart.Span(first, last)
        for item in items
        if item["kind"] == "pause"
        and (first := max(0, (item["on"] - start).days))
        < (last := min(end, ((item["resumed_on"] or item["until_on"] + timedelta(days=1)) - start).days))
    ]
    return chart.Beside(
        events=[((on - start).days, str(n)) for n, on in enumerate(events, start=1)],
        lanes=[
            *([chart.Lane("Paused", "pause", pauses)] if pauses else []),
            *_lanes(plans, start, end),
        ],
    )


def _lanes(plans: Sequence[Plan], start: date, end: int) -> list[chart.Lane]:
    """When each exercise was asked, those of the latest version first; a version of a later day is not asked yet."""
    names: dict[int, str] = {}
    spans: dict[int, list[chart.Span]] = {}
    begins = [max(0, (plan.starts_on - start).days) for plan in plans]
    for n, plan in enumerate(plans):
        span = chart.Span(begins[n], min([end, *begins[n + 1 :]]))
        if span.first >= span.last:
            continue  # it was replaced before it was ever asked
        for line in plan.prescriptions.all():
            names.setdefault(line.exercise_id, words.exercise(line))
            mine = spans.setdefault(line.exercise_id, [])
            if mine and mine[-1].last >= span.first:
                mine[-1] = chart.Span(mine[-1].first, span.last)
            else:
                mine.append(span)
    latest = sorted(spans, key=lambda one: (-spans[one][-1].last, spans[one][0].first))
    return [chart.Lane(names[one], "exercise", spans[one]) for one in latest]
