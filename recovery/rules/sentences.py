"""The words of each decision for staff, with its numbers. What patients read of it: patient_words."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from numbers import Rational

from recovery.rules.adherence import Adherence, band
from recovery.rules.diary import Region, one_decimal

Value = int | Fraction | date | str


_LEVEL = "Week {week}: {region} average {level}"
_LEVEL_TWICE = "Week {week}: {region} average {level}, {level_before} the week before"

BY_RULE = {
    "alert.red_flag": "A red flag raised on {red_flag_since} is open and needs a person now.",
    "no_data.no_plan": "No program has been published yet.",
    "no_data.first_week": "The first program week, from {start}, has not ended; the baseline comes from it.",
    "no_data.no_baseline": (
        "Week {week}: {logged_days} of 7 days logged, no baseline yet; 4 days in week 2 or 3 give one."
    ),
    "no_data.new_start": (
        "Week {week}: no baseline, because none of weeks 1 to 3 has 4 logged days. Set a new start."
    ),
    "no_data.week": "Week {week}: {logged_days} of 7 days logged; 4 are needed for a weekly average.",
    "no_data.silent": "No entry since {silent_from}, for {silent_days} days.",
    "worse.relapse": (
        f"{_LEVEL_TWICE}, after relief at {{relief_level}} dated {{relieved_on}}: "
        "relapse, dated {relapsed_on}."
    ),
    "worse.recent": f"{_LEVEL_TWICE}: both 2 or more above the best of the three weeks before them. {{change}}",
    "worse.baseline": f"{_LEVEL_TWICE}: both 2 or more above the baseline. {{change}}",
    "relieved.two_weeks": f"{_LEVEL}: relief for two weeks in a row, dated {{relieved_on}}. {{change}}",
    "relieved.stays": (
        f"{_LEVEL}: relief at {{relief_level}}, dated {{relieved_on}}, stands; not worse since. {{change}}"
    ),
    "review.week_4": f"{_LEVEL}. {{change}} From week 4, under 20 % asks for a review.",
    "review.week_6": f"{_LEVEL}. {{change}} From week 6, under 30 % asks for a review.",
    "review.week_12": f"{_LEVEL}. {{change}} From week 12, under 50 % asks for a review.",
    "review.plateau": f"{_LEVEL}. {{change}} The last three weeks lie within less than 1 point: a plateau.",
    "on_track.in_band": f"{_LEVEL}, not above the expected band, which ends at {{expected_high}}. {{change}}",
    "watch.baseline_week": f"{_LEVEL} is the baseline; there is nothing to compare it with yet.",
    "watch.low_baseline": f"{_LEVEL}. {{change}}",
    "watch.above_band": f"{_LEVEL}, above the expected band, which ends at {{expected_high}}. {{change}}",
}

# What a review adds, by the session adherence of the last 28 ended days.
NOTHING_ASKED = "No session was asked for in the last 28 days."
NOT_ENOUGH_DONE = (
    "{adherence_percent} % of the sessions of the last 28 days were done: not enough to judge the plan."
)
DONE = (
    "{adherence_percent} % of the sessions of the last 28 days were done: done, not responding, re-examine."
)


def say(rule: str, region: Region, values: Mapping[str, Value]) -> str:
    """The sentence of a rule, with its values filled in."""
    words = BY_RULE[rule]
    if rule.startswith("review."):
        words = f"{words} {_by_adherence(values.get('adherence_percent'))}"
    shown = {name: _shown(name, value) for name, value in values.items()}
    shown |= {"region": region.value, "change": _change(shown, values)}
    return words.format_map(shown)


def _by_adherence(percent: Value | None) -> str:
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
