"""What the interactive chart is given: one number or none for each day since the start, and what stands beside. PURE.

The same course as `clinic.chart` draws, from the same numbers: the script places nothing that the drawing does not.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from clinic import chart
from clinic.chart import Beside
from recovery.rules.timeline import letter

Column = list[float | None]


def columns(course: Mapping[str, Any], beside: Beside) -> dict[str, Any]:
    """Ready for JSON. `at` of a plan change is the edge before its day, of everything else the day itself."""
    start: date = course["start"]
    days = chart.days_drawn(course)
    band = course["expected"]["weeks"]

    def column(values: Iterable[Mapping[str, Any]]) -> Column:
        found: Column = [None] * days
        for one in values:
            found[(one["on"] - start).days] = one["value"]
        return found

    return {
        "start": start.isoformat(),
        "days": days,
        "known": (course["through"] - start).days + 1,
        "leg": column(course["days"]["leg"]),
        "back": column(course["days"]["back"]),
        "lines": {
            region: [[[(one["on"] - start).days, one["value"]] for one in piece] for piece in pieces]
            for region, pieces in course["lines"].items()
        },
        "band": [[week["low"], week["high"]] for week in band],
        "baseline": course["baseline"] and course["baseline"]["value"],
        "marks": [{"level": level, "text": text} for level, text in chart.marks(course)],
        "changes": [
            {"at": at, "text": letter(plan["number"]), "version": plan["number"]}
            for plan in course["plans"]
            if 0 <= (at := (plan["starts_on"] - start).days) <= days
        ],
        "events": [{"at": at, "text": text} for at, text in beside.events if 0 <= at < days],
        "lanes": [
            {"name": lane.name, "kind": lane.kind, "spans": [list(span) for span in lane.spans]}
            for lane in beside.lanes[: chart.MOST_LANES]
        ],
    }
