"""The worklist as a clinician has it, over all therapists: whose patient each is, and all of them as a file."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from django.http import HttpResponse

from clinic import words
from recovery.models import Progress
from recovery.rules.need import Need
from recovery.rules.weeks import week_number
from wire.spreadsheet import Row, sheet

COLUMNS = (
    *("patient", "care team", "program week", "why", "reason", "pain now", "since start"),
    *("sessions done, 7 days", "sessions asked, 7 days", "last entry"),
)


def whose(progress: Progress, *, today: date) -> str:
    """The program week, and who cares for them. The row comes with its episode, and its `team` as names."""
    week = _week(progress, today)
    names = _team(progress) or "nobody cares for them"
    return f"week {week} · {names}" if week else names


def panel(rows: Iterable[Progress], *, today: date) -> HttpResponse:
    """One line a patient, in the order of the worklist, safe to open as a spreadsheet."""
    return HttpResponse(
        sheet(COLUMNS, (_line(row, today) for row in rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="patients.csv"'},
    )


def _line(progress: Progress, today: date) -> Row:
    now, start = progress.level, progress.baseline
    return (
        progress.patient.name,
        _team(progress),
        _week(progress, today),
        words.NEED[Need(progress.need)],
        next(iter(words.reasons(progress)), words.reason(progress.rule, progress.numbers)),
        now,
        None if now is None or start is None else float(Fraction(str(now)) - start.value),
        progress.sessions_done,
        progress.sessions_asked,
        progress.patient.local_date(progress.last_entry_at) if progress.last_entry_at else None,
    )


def _team(progress: Progress) -> str:
    return ", ".join(getattr(progress, "team", ()))


def _week(progress: Progress, today: date) -> int | None:
    start = progress.episode.started_on
    return week_number(start, today) if start is not None and start <= today else None
