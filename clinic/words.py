"""The short words of staff pages: for a status, a rule, a red flag, a number and a moment."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from recovery.models import Episode, Plan, Prescription, Progress, RedFlag
from recovery.models.episode import Side
from recovery.rules.diary import Region, one_decimal
from recovery.rules.need import Need
from recovery.rules.red_flags import (
    NOT_JUDGED,
    SEVERE_DAYS,
    SEVERE_DAYS_IN_A_ROW,
    SEVERE_LEG_PAIN,
    TOLD_WITH_A_SESSION,
    Answer,
    symptom_check,
)
from recovery.rules.status import Status

NONE = "–"

STATUS = {
    Status.ALERT: "Red flag",
    Status.WORSE: "Worse",
    Status.REVIEW: "Review",
    Status.NO_DATA: "No data",
    Status.WATCH: "Watch",
    Status.ON_TRACK: "On track",
    Status.RELIEVED: "Relieved",
}
# The colour of a status only repeats what its words say.
TONE = {
    Status.ALERT: "danger",
    Status.WORSE: "warn",
    Status.REVIEW: "warn",
    Status.NO_DATA: "neutral",
    Status.WATCH: "neutral",
    Status.ON_TRACK: "good",
    Status.RELIEVED: "good",
}
# One word or two for a reason, as a filter has it.
NEED = {
    Need.RED_FLAG: "Red flag",
    Need.WORSE: "Worse",
    Need.REVIEW: "Slow",
    Need.NO_DATA: "No data",
    Need.HURT_TWICE: "Hurts",
    Need.UNREAD: "Message",
    Need.REVIEW_DUE: "Review due",
    Need.WATCH: "Watch",
    Need.WELL: "On track",
}
NEED_TONE = {
    Need.RED_FLAG: "danger",
    Need.WORSE: "warn",
    Need.REVIEW: "warn",
    Need.NO_DATA: "neutral",
    Need.HURT_TWICE: "warn",
    Need.UNREAD: "pine",
    Need.REVIEW_DUE: "pine",
    Need.WATCH: "neutral",
    Need.WELL: "good",
}
RULE = {
    "alert.red_flag": "Red flag",
    "no_data.no_plan": "No program yet",
    "no_data.first_week": "First week",
    "no_data.no_baseline": "No baseline yet",
    "no_data.new_start": "Needs a new start",
    "no_data.week": "Too few entries, week {week}",
    "no_data.silent": "No entry for {silent_days} days",
    "worse.relapse": "Pain is back",
    "worse.recent": "Worse two weeks running",
    "worse.baseline": "Worse than at the start",
    "relieved.two_weeks": "Relieved",
    "relieved.stays": "Relieved",
    "review.week_4": "Little change by week {week}",
    "review.week_6": "Slow progress, week {week}",
    "review.week_12": "Slow progress, week {week}",
    "review.plateau": "No change for three weeks",
    "on_track.in_band": "On track",
    "watch.baseline_week": "Baseline week",
    "watch.low_baseline": "Low pain at the start",
    "watch.above_band": "Above expected, week {week}",
}
RED_FLAG = {
    "saddle_numbness": "Numb between the legs",
    "bladder": "Bladder change",
    "bowel": "Bowel change",
    "sexual_function": "Numb or no function in sex",
    "both_legs": "Both legs affected",
    "fast_weakness": "Leg weakening fast",
    "self_harm": "Thoughts of self-harm",
    "foot_drop": "Cannot lift the foot",
    "leg_weakness": "New leg weakness",
    "fever": "Fever or chills",
    "infection_risk": "Infection risk",
    "major_fall": "Bad fall or accident",
    "fragile_bones": "Small fall, weak bones",
    "cancer_history": "New spine pain, past cancer",
    "weight_loss": "Weight loss",
    "night_pain": "Pain all night",
    "calf_swelling": "Calf swollen or red",
    "chest_pain": "Chest pain",
    "cold_leg": "Cold, pale leg",
    "severe_pain": "Very severe pain",
    SEVERE_DAYS_IN_A_ROW: "Severe pain, 3 days running",
    TOLD_WITH_A_SESSION["new_weakness"]: "New weakness, told with a session",
    TOLD_WITH_A_SESSION["new_numbness"]: "New numbness, told with a session",
    NOT_JUDGED: "Symptom check to be read",
}
ANSWER: dict[str, str] = {Answer.YES: "yes", Answer.NOT_SURE: "not sure", Answer.NO: "no"}
UNKNOWN_FLAG = "Answer to be read"
NUMBER = {
    "week": "Program week",
    "logged_days": "Days logged, of 7",
    "level": "Average this week",
    "level_before": "Average the week before",
    "best_before": "Best of the three weeks before",
    "baseline": "Baseline",
    "baseline_week": "Baseline from week",
    "drop_percent": "Drop since baseline",
    "expected_high": "Expected band ends at",
    "expected_from": "Expected band from",
    "adherence_percent": "Sessions done, 28 days",
    "relieved_on": "Relief dated",
    "relief_level": "Relief level",
    "relapsed_on": "Relapse dated",
    "start": "Start",
    "silent_from": "Silent since",
    "silent_days": "Days without an entry",
    "open_red_flags": "Open red flags",
    "red_flag_since": "Oldest red flag",
}
SIDE = {Side.LEFT: "left leg", Side.RIGHT: "right leg", Side.BOTH: "both legs"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def reason(rule: str, numbers: Mapping[str, Any]) -> str:
    """Why a patient is where they are in the worklist, in a few words."""
    return RULE[rule].format_map(numbers)


def reasons(progress: Progress) -> list[str]:
    """What calls for somebody beside a red flag, first of all what counts most. Empty when nothing does."""
    by_status = progress.need in (Need.WORSE, Need.REVIEW, Need.NO_DATA)
    return [
        *([reason(progress.rule, progress.numbers)] if by_status else []),
        *(["Hurts too much, twice in 7 days"] if progress.hurt_twice else []),
        *(["Wrote a message"] if progress.unread else []),
        *([_review(progress.review_due_on, progress.needs_review_since)] if progress.review_due_on else []),
    ]


def _review(due_on: date, needed_since: date | None) -> str:
    since = needed_since or due_on
    return f"Review {'needed since' if needed_since else 'due'} {since.day} {since:%b}"


def red_flag(flag: RedFlag) -> str:
    """A red flag in a few words. A phone may ask a question that this server does not know."""
    return RED_FLAG.get(flag.rule, UNKNOWN_FLAG)


def red_flag_cause(flag: RedFlag) -> str:
    """What the patient was asked and answered, or what the diary met."""
    if flag.rule == SEVERE_DAYS_IN_A_ROW:
        return f"Leg pain of {SEVERE_LEG_PAIN} or more on {SEVERE_DAYS} days running, in the diary."
    if flag.rule in TOLD_WITH_A_SESSION.values():
        return "Asked after a session whether anything is newly weak or numb. The answer: yes."
    if flag.rule == NOT_JUDGED:
        return "The rules could not judge this symptom check: read every answer, and tell whoever runs Amble."
    if flag.check_record_id is None:
        return "From a symptom check that the phone could not send in full: ask the patient."
    answer = ANSWER.get(flag.answer, "see the symptom check")
    question = symptom_check().get(flag.rule)
    asked = question.text["en"]["question"] if question else "A question that this version does not know."
    return f"{asked} The answer: {answer}."


def pain(value: float | None) -> str:
    """A pain value as sentences show it; a dash where there is none, never a zero."""
    return NONE if value is None else one_decimal(Fraction(str(value)))


def change(now: float | None, before: float | None) -> str:
    """The signed difference of two pain values."""
    if now is None or before is None:
        return NONE
    difference = Fraction(str(now)) - Fraction(str(before))
    size = one_decimal(abs(difference))
    if size == "0.0":
        return size
    return f"+{size}" if difference > 0 else f"−{size}"


def share(value: float | None) -> str:
    """A share of the sessions; where nothing was asked there is none."""
    return "nothing asked" if value is None else f"{round(100 * value)} %"


def sessions(window: Mapping[str, Any]) -> str:
    """Sessions done of those asked, in numbers and the word for their share."""
    if window["share"] is None:
        return "nothing asked"
    return f"{window['done']} / {window['asked']}, {window['word']}"


def dose(window: Mapping[str, Any]) -> str:
    """How much of what was asked was done; where there is no share, why."""
    if window["share"] is None:
        return str(window["word"]).replace("_", " ")
    return f"{share(window['share'])}, {window['word']}"


def slope(found: Mapping[str, Any]) -> str:
    """Points of pain a week, with the interval; a dash where there are too few days to tell."""
    if found["per_week"] is None:
        return NONE
    return f"{change(found['per_week'], 0)} ({change(found['low'], 0)} to {change(found['high'], 0)})"


def number(name: str, value: int | float | str) -> str:
    """One of the numbers a status was decided on, as its sentence shows it."""
    if name.endswith("_percent"):
        # Cut towards less, as the sentence does: just short of 30 % must not read 30.0 %.
        cut = abs(Decimal(str(value))).quantize(Decimal("0.1"), ROUND_FLOOR)
        return f"−{cut} %" if float(value) < 0 and cut else f"{cut} %"
    if name == "expected_from":
        return str(value)
    if isinstance(value, str):
        return day(date.fromisoformat(value))
    return pain(value) if isinstance(value, float) else str(value)


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def moment(at: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """A moment in the patient's own days: "today 8:12", "yesterday 20:05", "5 days ago", "3 March 2026"."""
    if at is None:
        return "none yet"
    local = at.astimezone(zone)
    days = (now.astimezone(zone).date() - local.date()).days
    if days == 0:
        return f"today {clock(at, zone)}"
    if days == 1:
        return f"yesterday {clock(at, zone)}"
    return f"{days} days ago" if 1 < days <= 14 else day(local.date())


def clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.hour}:{local:%M}"


def place(episode: Episode) -> str:
    return "back" if episode.region == Region.BACK else SIDE[Side(episode.side)]


def line(prescription: Prescription) -> str:
    """The dose of one exercise line, with its weekdays."""
    weekdays = ", ".join(WEEKDAYS[n - 1] for n in sorted(prescription.weekdays))
    return f"{prescription.in_words} ({weekdays})" if weekdays else prescription.in_words


def plan_change(before: Plan, after: Plan) -> list[str]:
    """What the patient saw change between two versions, one sentence an exercise."""
    old = {row.exercise_id: row for row in before.prescriptions.all()}
    new = {row.exercise_id: row for row in after.prescriptions.all()}
    said = [f"{exercise(row)} stopped" for key, row in old.items() if key not in new]
    for key, row in new.items():
        if key not in old:
            said.append(f"{exercise(row)} added: {line(row)}")
        elif line(row) != line(old[key]):
            said.append(f"{exercise(row)}: {line(old[key])} → {line(row)}")
    return said or ["No exercise changed"]


def exercise(prescription: Prescription) -> str:
    return str(prescription.exercise.text_in("en")["name"])


def program_day(start: date, on: date) -> int:
    """Day 1 is the start."""
    return (on - start) // timedelta(days=1) + 1
