"""When somebody has to look again: what falls due, what satisfies it, what it stops, and whose it is.

Reviews come from the calendar (the clinic's weeks, counted from the start), from the status, and from a tier C
answer of the symptom check. Pauses and travel move no date. One re-examination answers all that is open.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from recovery.rules import terms
from recovery.rules.red_flags import symptom_check
from recovery.rules.status import Decision, Status
from recovery.rules.weeks import DAYS_IN_WEEK, Week, baseline

REVIEW_WEEKS = (2, 4, 6, 12)  # where a clinic has not chosen its own; P
EARLY = timedelta(days=7)  # a re-examination so long before a due date satisfies it; P
STOP_WEEK = 4  # without progress by its end the plan needs a review; P, after the seed article (V)
LEAST_PROGRESS = Fraction(20, 100)  # a drop below it is no progress; P; S: 16-18 % of improvers are stopped
SYMPTOM_WITHIN = timedelta(days=14)  # a tier C answer is reviewed within two weeks; V2, P for some questions
TO_CLINICIAN = timedelta(days=7)  # unanswered for so long after the due date: the clinician's; P
TO_ADMINISTRATOR = timedelta(days=14)  # unanswered for so long: the administrator's; P

STATUS = "status"
RELAPSE = "relapse"
STOP = "stop"
_WEEK = "week_"
_SYMPTOM = "symptom."


@dataclass(frozen=True, slots=True)
class Due:
    """A review that has fallen due: its cause, one of the words of this module, and the date."""

    cause: str
    on: date


def week_due(start: date, week: int) -> Due:
    """The review at a program week. It is due when the week has ended: on the first day after it."""
    return Due(f"{_WEEK}{week}", start + timedelta(days=DAYS_IN_WEEK * week))


def symptom_due(question: str, answered_on: date) -> Due:
    """The review that a tier C answer opens, from the patient's local date of the answer."""
    return Due(_SYMPTOM + question, answered_on + SYMPTOM_WITHIN)


def is_symptom(cause: str) -> bool:
    """Whether it is an answer of the symptom check that asks for this review."""
    return cause.startswith(_SYMPTOM)


def is_satisfied(due_on: date, recorded_on: Collection[date]) -> bool:
    """Whether a re-examination was recorded after this fell due, or in the seven days before."""
    return any(on >= due_on - EARLY for on in recorded_on)


def calendar(
    start: date, weeks: Collection[int], *, known_on: date, recorded_on: Collection[date], today: date
) -> tuple[Due, ...]:
    """The reviews of the clinic's weeks that have fallen due by `today` and that nothing has satisfied.

    Of those that were past when the clinic first knew of the start, `known_on`, only the latest: one look is enough.
    """
    due = [week_due(start, week) for week in sorted(weeks)]
    past = sum(one.on < known_on for one in due)
    due = due[max(past - 1, 0) :]
    return tuple(one for one in due if one.on <= today and not is_satisfied(one.on, recorded_on))


def by_status(start: date, decisions: Sequence[Decision], *, recorded_on: Collection[date]) -> Due | None:
    """The review that the standing status asks for, due since the first of the weeks in a row that say the same.

    `decisions` are those of the ended weeks, in order, and the standing one last. A status that stays asks once;
    the calendar goes on asking.
    """
    standing = decisions[-1]
    cause = _asks(standing)
    if cause is None:
        return None
    week = standing.week
    for decision in reversed(decisions[:-1]):
        if decision.week < week - 1 or _asks(decision) != cause:
            break
        week = decision.week
    on = week_due(start, week).on
    return None if is_satisfied(on, recorded_on) else Due(cause, on)


def _asks(decision: Decision) -> str | None:
    if decision.status is Status.REVIEW:
        return STATUS
    return RELAPSE if decision.rule == "worse.relapse" else None


def needs_review_since(
    start: date, weeks: Sequence[Week], *, recorded_on: Collection[date], today: date
) -> date | None:
    """Since when the plan "needs review", None where it does not: the week-4 stop, until a review is recorded.

    The first week from week 4 on that has a value decides, once. Where no percentage can be said (no baseline, or
    one too low) nothing is known of progress, and nothing stops; the calendar's reviews fall due all the same.
    """
    first = baseline(weeks)
    for week in weeks[STOP_WEEK - 1 :]:
        if first is None or week.value is None:
            continue
        drop = terms.drop(first, week.value)
        since = week_due(start, week.number).on
        if drop is None or drop >= LEAST_PROGRESS or since > today:
            return None
        return None if is_satisfied(week_due(start, STOP_WEEK).on, recorded_on) else since
    return None


def in_words(cause: str) -> str:
    """A cause for staff."""
    if cause == STATUS:
        return "The weeks show too little progress."
    if cause == RELAPSE:
        return "The pain has come back after relief."
    if cause == STOP:
        return (
            f"Less than {LEAST_PROGRESS:.0%} of the pain has gone after week {STOP_WEEK}: look at the plan."
        )
    if cause.startswith(_WEEK):
        return f"The review at week {cause.removeprefix(_WEEK)}."
    question = symptom_check().get(cause.removeprefix(_SYMPTOM))
    asked = question.text["en"]["question"] if question else "A question that this version does not know."
    return f"Symptom check: {asked} The answer was not no."


# --- whose it is ------------------------------------------------------------------------------------------


class Owner(StrEnum):
    THERAPIST = "therapist"
    CLINICIAN = "clinician"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on a care team today. Whose membership has an end covers for an absent colleague."""

    user: int
    covers: bool = False


def owed_by(since: date, today: date) -> Owner:
    """Who has to answer a review that was owed since a date: it moves on when nobody does."""
    if today >= since + TO_ADMINISTRATOR:
        return Owner.ADMINISTRATOR
    return Owner.CLINICIAN if today >= since + TO_CLINICIAN else Owner.THERAPIST


def owners(
    step: Owner, *, team: Collection[Member], staff: Mapping[int, AbstractSet[str]]
) -> tuple[Owner, frozenset[int]]:
    """The people who own a review at this step, and the step it really is at.

    `team` is the care team today, `staff` the roles of everybody who works at the clinic; who has left owns
    nothing. A covering colleague stands before those they cover for. A team without a clinician leaves it to the
    clinic's. A step with nobody passes it on, and the last one back: with any staff at all it is somebody's.
    """
    found = {role: _of_role(role, team, staff) for role in Owner}
    steps = list(Owner)
    here = steps.index(step)
    for role in [*steps[here:], *reversed(steps[:here])]:
        if found[role]:
            return role, found[role]
    return step, frozenset()


def _of_role(role: Owner, team: Collection[Member], staff: Mapping[int, AbstractSet[str]]) -> frozenset[int]:
    holders = frozenset(user for user, roles in staff.items() if role in roles)
    if role is Owner.ADMINISTRATOR:
        return holders
    on_team = [member for member in team if member.user in holders]
    covering = frozenset(member.user for member in on_team if member.covers)
    mine = covering or frozenset(member.user for member in on_team)
    return mine or (holders if role is Owner.CLINICIAN else frozenset())
