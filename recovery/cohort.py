"""The clinic's own time to relief: from one row an episode to the curves, in two statements however many there are.

Whoever asks sees the curves of the episodes whose records they may read, and no others. So the small-number guard keeps
nothing secret, and two answers with different filters tell no more than the records do: it keeps few from being read as
many, on a screen and on a printed page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Min, OuterRef, QuerySet, Subquery

from accounts.access import Actor
from exercises.models import Program
from recovery.models import Plan, Progress, TimelineEvent
from recovery.models.events import EventKind
from recovery.rules.cohort import (
    PUBLISHED_SHARES,
    Curve,
    Half,
    LeftOut,
    LogRank,
    Milestones,
    PublishedShare,
    Span,
    curve,
    half_in_two_months,
    log_rank,
    until_relapse,
    until_relief,
)
from recovery.rules.course import REFERENCE_CURVE_V1, Stratum, reference_curve, stratum
from recovery.rules.course_of_many import WeekOfMany, Weeks, weeks_of_many

WITHOUT_A_PROGRAM = "Without a program"

NOTES = (
    "Relief is two weeks in a row at 2 or less, or at half of the baseline or less, dated by the end of the first; it "
    "cannot be earlier than day 14.",
    "Discharge, transfer, surgery and the last week with enough entries end the count of an episode: it is not known "
    "what came after, and people who stop writing are not like those who go on.",
    "Pain is at its worst when people seek care, so it falls whatever is done. The curve does not show that the "
    "exercises did it.",
    "Who gets which program is no accident. Do not rank programs or people by these curves.",
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One episode that has a start."""

    stratum: Stratum
    program: int | None
    left_out: LeftOut | None
    relief: Span | None
    relapse: Span | None
    weeks: Weeks
    reference: str


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the episodes. Under the guard there is nothing but the sentence that says so, and the course."""

    half: Half
    relief: Curve | None = None
    relapse: Curve | None = None
    left_out: Mapping[LeftOut, int] | None = None
    stratum: Stratum | None = None
    program: int | None = None
    name: str = ""
    # Of a stratum: its weeks beside the clinic's reference, and the label that must stand with them.
    course: Sequence[WeekOfMany] | None = None
    course_label: str = ""


@dataclass(frozen=True, slots=True)
class Cohort:
    """`strata_differ` compares the strata, `programs_differ` the programs within each stratum."""

    whose: str
    everyone: Group
    strata: Sequence[Group]
    programs: Sequence[Group]
    strata_differ: LogRank | None
    programs_differ: LogRank | None
    published: Sequence[PublishedShare] = PUBLISHED_SHARES
    notes: Sequence[str] = field(default=NOTES)


def cohort(
    actor: Actor,
    *,
    stratum: Stratum | None = None,
    program: int | None = None,
    started_from: date | None = None,
    started_to: date | None = None,
) -> Cohort:
    """The cohort of the episodes this person may read: a clinician's clinic, a therapist's own patients."""
    rows = Progress.objects.visible_to(actor).filter(episode__started_on__isnull=False)
    if started_from is not None:
        rows = rows.filter(episode__started_on__gte=started_from)
    if started_to is not None:
        rows = rows.filter(episode__started_on__lte=started_to)
    found = [
        one
        for one in _counted(rows)
        if stratum in (None, one.stratum) and (program is None or one.program == program)
    ]
    by_stratum = {one: [e for e in found if e.stratum is one] for one in Stratum}
    by_program = _by_program(found)
    names = {
        row.pk: row.text_in("en")["name"] for row in Program.objects.filter(pk__in=filter(None, by_program))
    }
    strata = [_group(some, stratum=one, **_course(one, some)) for one, some in by_stratum.items() if some]
    programs = [
        _group(some, program=one, name=names[one] if one else WITHOUT_A_PROGRAM)
        for one, some in by_program.items()
    ]
    shown_strata = [by_stratum[group.stratum] for group in strata if group.stratum and group.relief]
    shown_programs = [by_program[group.program] for group in programs if group.relief]
    return Cohort(
        whose="clinic" if actor.is_clinician else "own patients",
        everyone=_group(found),
        strata=strata,
        programs=programs,
        strata_differ=_log_rank([[_spans(some) for some in shown_strata]]),
        programs_differ=_log_rank(
            [[_spans([e for e in some if e.stratum is one]) for some in shown_programs] for one in Stratum]
        ),
    )


def _counted(rows: QuerySet[Progress]) -> list[Counted]:
    """In one statement. The program is the one the first plan was made from."""
    first_program = Plan.objects.filter(episode=OuterRef("pk"), number=1).values("program")
    surgery = (
        TimelineEvent.objects.filter(
            patient=OuterRef("patient"),
            what=EventKind.SURGERY,
            withdrawn=False,
            about_on__gte=OuterRef("episode__started_on"),
        )
        .order_by()
        .values("patient")
        .annotate(first=Min("about_on"))
        .values("first")
    )
    found = rows.annotate(program=Subquery(first_program), surgery_on=Subquery(surgery)).values_list(
        "episode__started_on",
        "episode__onset_on",
        "episode__ended_on",
        "surgery_on",
        "program",
        "left_out",
        "relieved_on",
        "relapsed_on",
        "valid_through",
        "weeks",
        "clinic__care_settings__reference_curve",
        named=True,
    )
    return [_one(row) for row in found]


def _one(row: Any) -> Counted:
    start = row.episode__started_on
    reached = Milestones(
        LeftOut(row.left_out) if row.left_out else None, row.relieved_on, row.relapsed_on, row.valid_through
    )
    closed_on = min(filter(None, (row.episode__ended_on, row.surgery_on)), default=None)
    return Counted(
        stratum((start - row.episode__onset_on).days),
        row.program,
        reached.left_out,
        until_relief(start, reached, closed_on=closed_on),
        until_relapse(reached, closed_on=closed_on),
        row.weeks,
        row.clinic__care_settings__reference_curve or REFERENCE_CURVE_V1.version,
    )


def _by_program(found: Sequence[Counted]) -> dict[int | None, list[Counted]]:
    by_program: dict[int | None, list[Counted]] = {}
    for one in found:
        by_program.setdefault(one.program, []).append(one)
    return dict(sorted(by_program.items(), key=lambda item: item[0] or 0))


def _spans(some: Sequence[Counted]) -> list[Span]:
    return [one.relief for one in some if one.relief]


def _group(some: Sequence[Counted], **which: Any) -> Group:
    relief = curve(_spans(some))
    half = half_in_two_months(relief)
    if relief is None:
        return Group(half, **which)
    return Group(
        half,
        relief,
        relapse=curve([one.relapse for one in some if one.relapse]),
        left_out={why: sum(one.left_out is why for one in some) for why in LeftOut},
        **which,
    )


def _course(one: Stratum, some: Sequence[Counted]) -> dict[str, Any]:
    """Everybody of an answer is of one clinic, and so is the reference."""
    curve = reference_curve(some[0].reference)
    return {
        "course": weeks_of_many(one, curve, [episode.weeks for episode in some if episode.left_out is None]),
        "course_label": curve.label(one),
    }


def _log_rank(strata: list[list[list[Span]]]) -> LogRank | None:
    return log_rank(strata) if len(strata[0]) > 1 else None
