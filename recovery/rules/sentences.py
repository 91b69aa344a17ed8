"""The words of each decision: for staff with its numbers, for the patient in plain words.

Patients read these on a bad day: no blame, no promise, no "normal", no one person's chance, short sentences
of ordinary words. None says that somebody is watching.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from numbers import Rational
from typing import NamedTuple

from recovery.rules.adherence import Adherence, band
from recovery.rules.diary import Region, one_decimal

Value = int | Fraction | date | str


class Words(NamedTuple):
    staff: str
    patient: str


_LEVEL = "Week {week}: {region} average {level}"
_LEVEL_TWICE = "Week {week}: {region} average {level}, {level_before} the week before"
_FROM_TO = "Your {region} pain average in week {week} is {level}. At the start it was {baseline}."
_TELL = "Tell your therapist how you are, so that you can look at the plan together."
_SLOWER = f"{_FROM_TO} This is slower than we hope for. Let us look at the plan together."

BY_RULE = {
    "alert.red_flag": Words(
        "A red flag raised on {red_flag_since} is open and needs a person now.",
        "Something you told us needs a person to look at it. Follow the advice you were shown. "
        "If it gets worse, get help right away. Nobody watches this app all the time.",
    ),
    "no_data.no_plan": Words(
        "No program has been published yet.",
        "Your therapist has not sent a program yet. You can log your pain already.",
    ),
    "no_data.first_week": Words(
        "The first program week, from {start}, has not ended; the baseline comes from it.",
        "Your first week is still running. Four days with a pain number start your line.",
    ),
    "no_data.no_baseline": Words(
        "Week {week}: {logged_days} of 7 days logged, no baseline yet; 4 days in week 2 or 3 give one.",
        "Four days with a pain number in one week start your line. Any day is a good day to begin.",
    ),
    "no_data.new_start": Words(
        "Week {week}: no baseline, because none of weeks 1 to 3 has 4 logged days. Set a new start.",
        "There are too few pain numbers to show your course. Your therapist can set a new start with you.",
    ),
    "no_data.week": Words(
        "Week {week}: {logged_days} of 7 days logged; 4 are needed for a weekly average.",
        "Week {week} has too few pain numbers for an average. Four days are enough. You can go on any day.",
    ),
    "no_data.silent": Words(
        "No entry since {silent_from}, for {silent_days} days.",
        "There are no new pain numbers here. You can go on any day. If you need help, tell your clinic.",
    ),
    "worse.relapse": Words(
        f"{_LEVEL_TWICE}, after relief at {{relief_level}} dated {{relieved_on}}: "
        "relapse, dated {relapsed_on}.",
        f"Your {{region}} pain has come back for two weeks. This can happen after a better time. {_TELL}",
    ),
    "worse.recent": Words(
        f"{_LEVEL_TWICE}: both 2 or more above the best of the three weeks before them. {{change}}",
        f"Your {{region}} pain has been higher for two weeks. This can happen. {_TELL}",
    ),
    "worse.baseline": Words(
        f"{_LEVEL_TWICE}: both 2 or more above the baseline. {{change}}",
        f"Your {{region}} pain has been higher than at the start for two weeks. This can happen. {_TELL}",
    ),
    "relieved.two_weeks": Words(
        f"{_LEVEL}: relief for two weeks in a row, dated {{relieved_on}}. {{change}}",
        "Your {region} pain has been much lower for two weeks in a row. "
        "Your average in week {week} is {level}. Ups and downs can still come.",
    ),
    "relieved.stays": Words(
        f"{_LEVEL}: relief at {{relief_level}}, dated {{relieved_on}}, stands; not worse since. {{change}}",
        "Your {region} pain became much lower on {relieved_on}. "
        "Your average in week {week} is {level}. Ups and downs can come.",
    ),
    "review.week_4": Words(f"{_LEVEL}. {{change}} From week 4, under 20 % asks for a review.", _SLOWER),
    "review.week_6": Words(f"{_LEVEL}. {{change}} From week 6, under 30 % asks for a review.", _SLOWER),
    "review.week_12": Words(f"{_LEVEL}. {{change}} From week 12, under 50 % asks for a review.", _SLOWER),
    "review.plateau": Words(
        f"{_LEVEL}. {{change}} The last three weeks lie within less than 1 point: a plateau.",
        f"{_FROM_TO} It has stayed about the same for three weeks. Let us look at the plan together.",
    ),
    "on_track.in_band": Words(
        f"{_LEVEL}, not above the expected band, which ends at {{expected_high}}. {{change}}",
        f"{_FROM_TO} That fits the course that studies saw. Each person has their own course.",
    ),
    "watch.baseline_week": Words(
        f"{_LEVEL} is the baseline; there is nothing to compare it with yet.",
        "Your {region} pain average in week {week} is {level}. The next weeks are compared with it.",
    ),
    "watch.low_baseline": Words(
        f"{_LEVEL}. {{change}}",
        f"{_FROM_TO} Your pain was low at the start, so we show only the numbers.",
    ),
    "watch.above_band": Words(
        f"{_LEVEL}, above the expected band, which ends at {{expected_high}}. {{change}}",
        f"{_FROM_TO} That is above the course that studies saw. "
        "Each person has their own course, and weeks go up and down.",
    ),
}

# What a review adds, by the session adherence of the last 28 ended days.
NOTHING_ASKED = Words(
    "No session was asked for in the last 28 days.",
    "No exercises were planned in these weeks.",
)
NOT_ENOUGH_DONE = Words(
    "{adherence_percent} % of the sessions of the last 28 days were done: not enough to judge the plan.",
    "Only some exercises are marked as done, so it is too early to judge the plan.",
)
DONE = Words(
    "{adherence_percent} % of the sessions of the last 28 days were done: done, not responding, re-examine.",
    "You did much of the plan. It may need a change.",
)


def say(rule: str, region: Region, values: Mapping[str, Value]) -> Words:
    """The two sentences of a rule, with its values filled in."""
    words = BY_RULE[rule]
    if rule.startswith("review."):
        more = _by_adherence(values.get("adherence_percent"))
        words = Words(f"{words.staff} {more.staff}", f"{words.patient} {more.patient}")
    shown = {name: _shown(name, value) for name, value in values.items()}
    shown |= {"region": region.value, "change": _change(shown, values)}
    return Words(words.staff.format_map(shown), words.patient.format_map(shown))


def _by_adherence(percent: Value | None) -> Words:
    if not isinstance(percent, Rational):
        return NOTHING_ASKED
    return NOT_ENOUGH_DONE if band(Fraction(percent, 100)) is Adherence.LOW else DONE


def _change(shown: Mapping[str, str], values: Mapping[str, Value]) -> str:
    if "baseline" not in values:
        return ""
    percent = values.get("drop_percent")
    if not isinstance(percent, Fraction):
        return f"The baseline, {shown['baseline']}, is too low for percentages."
    if percent < 0:
        return f"Up {_percent(-percent)} % from the baseline, {shown['baseline']}."
    return f"Down {shown['drop_percent']} % from the baseline, {shown['baseline']}."


def _shown(name: str, value: Value) -> str:
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, int | str):
        return str(value)
    return _percent(value) if name.endswith("_percent") else one_decimal(value)


def _percent(percent: Fraction) -> str:
    """Cut, not rounded: a drop just short of 30 % must not read 30.0 %."""
    return f"{10 * percent.numerator // percent.denominator / 10:.1f}"
