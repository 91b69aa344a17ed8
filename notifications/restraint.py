"""When a message is better not sent. Pure: what is known of a patient on one local date in, a reason or None out.

`pointless` is asked twice, when a message is planned and again just before it leaves; `too_much` when it is planned.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from recovery.rules.measures.due import WEEKS as MEASURE_WEEKS

BREAK = "movement_break"
MESSAGE = "message"
MOVING = frozenset({"exercise", "walk", BREAK})

MOST_A_DAY = 4  # P: clinical.md 7, movement breaks apart
MOST_BREAKS_A_DAY = 8  # P: clinical.md 6; for comfort, it cures nothing
JUST_WALKED = timedelta(minutes=30)  # P: about as long as a walk of two minutes helps (De Carvalho 2023)
IGNORED_ENOUGH = 3  # P: dates in a row on which messages of a kind came and nothing followed
SELDOM_DAYS = 3  # P: then only every third day,
WEEKLY_DAYS = 7  # P: and once a week
LONG_LAPSE_DAYS = 10  # P: from the tenth day on, after JOOL (V: Bidargaddi 2018)
SILENT_DAYS = 7  # P: after so many days without a sign a person asks, and no more messages do
CHECK_LASTS_DAYS = 6  # P: the weekly symptom check was done already
FOLLOW_UP_WEEKS = (26, 52)  # P: of these, the ones that are asked after the end of the program as well
MEASURES_OPEN_DAYS = 7  # P: for how long


class Because(StrEnum):
    """Why a message that was due did not leave."""

    RED_FLAG = "red_flag"
    ENDED = "ended"
    PAUSED = "paused"
    QUIET_HOURS = "quiet_hours"
    SNOOZED = "snoozed"
    DONE = "done"
    NOTHING_ASKED = "nothing_asked"
    JUST_WALKED = "just_walked"
    NOT_DUE = "not_due"
    ENOUGH = "enough"
    FADING = "fading"
    SILENT = "silent"
    REMOVED = "removed"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about one kind of message of one patient on one local date."""

    under_red_flag: bool = False
    has_ended: bool = False  # the last episode, so that nothing is asked any more
    is_paused: bool = False  # by the patient's own wish or with the plan
    is_quiet: bool = False  # it is in the quiet hours now
    snoozed_today: bool = False
    is_done: bool = False  # the entry, the walk or the check it asks for
    sessions_asked: int | None = None  # by the plan on this date; None without an open episode
    sessions_done: frozenset[int] = frozenset()  # their numbers, from 1
    exercise_times: tuple[str, ...] = ()  # HH:MM of all exercise reminders of this date
    walked_at: datetime | None = None  # until when, the last time, today or yesterday
    started_on: date | None = None  # the last episode


@dataclass(frozen=True, slots=True)
class Past:
    """What became of earlier messages of one kind, and how long ago the patient did anything."""

    today: int  # how many count against the most of the date
    ignored: int  # dates since `answered_on` on which messages left
    last_ignored_on: date | None
    answered_on: date  # the last date on which the patient did what this kind asks for, or said so
    heard_on: date  # the last date on which the patient did anything at all


def pointless(kind: str, slot: str, on: date, known: Known, *, now: datetime) -> Because | None:
    """Why a message of the local time `slot` (HH:MM) on the date `on` would be pointless at the moment `now`."""
    if kind == MESSAGE:  # a person wrote it: only the hours of quiet keep it back
        return Because.QUIET_HOURS if known.is_quiet else None
    if kind in MOVING and known.under_red_flag:
        return Because.RED_FLAG
    if known.has_ended and not (
        kind == "measures" and measures_are_open(known.started_on, on, weeks=FOLLOW_UP_WEEKS)
    ):
        return Because.ENDED
    if known.is_paused:
        return Because.PAUSED
    if known.is_quiet:
        return Because.QUIET_HOURS
    if known.snoozed_today:
        return Because.SNOOZED
    if known.is_done:
        return Because.DONE
    if kind == "exercise":
        return _nothing_to_exercise(slot, known)
    if kind == BREAK and known.walked_at is not None and known.walked_at > now - JUST_WALKED:
        return Because.JUST_WALKED
    if kind == "measures" and not measures_are_open(known.started_on, on):
        return Because.NOT_DUE
    return None


def _nothing_to_exercise(slot: str, known: Known) -> Because | None:
    """The second reminder of a date is about its second session; one more than there are sessions, about the last."""
    if known.sessions_asked is None:
        return None
    if known.sessions_asked == 0:
        return Because.NOTHING_ASKED
    place = 1 + sum(time < slot for time in known.exercise_times)
    return Because.DONE if min(place, known.sessions_asked) in known.sessions_done else None


def measures_are_open(started_on: date | None, on: date, *, weeks: tuple[int, ...] = MEASURE_WEEKS) -> bool:
    """Whether outcome measures are asked for on a date, counted from the start of the episode."""
    if started_on is None:
        return False
    days = (on - started_on).days
    return any(0 <= days - 7 * week < MEASURES_OPEN_DAYS for week in weeks)


def too_much(
    kind: str, on: date, past: Past, *, also_planned: int = 0, known: Known | None = None
) -> Because | None:
    """Why one more message of this kind on the date `on` would be one too many.

    Several messages of one kind on a date count as one that was ignored. A patient of whom nothing is heard for
    seven days gets none at all: a person takes over. Not so while a red flag is open, which a person has already, nor
    after the end of the program, when nobody waits for an entry.
    """
    excused = known is not None and (known.under_red_flag or known.has_ended)
    if (on - past.heard_on).days > SILENT_DAYS and not excused:
        return Because.SILENT
    if past.ignored >= IGNORED_ENOUGH and past.last_ignored_on is not None:
        lapse = (on - past.answered_on).days
        apart = WEEKLY_DAYS if lapse >= LONG_LAPSE_DAYS else SELDOM_DAYS
        if (on - past.last_ignored_on).days < apart:
            return Because.FADING
    most = MOST_BREAKS_A_DAY if kind == BREAK else MOST_A_DAY
    return Because.ENOUGH if past.today + also_planned >= most else None
