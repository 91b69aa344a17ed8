"""How it goes: one decision for each ended program week, the first clause that matches, with its reasons.

1 alert, 2 no data, 3 worse, 4 relieved, 5 review, 6 on track, 7 watch. Between two week ends the last
decision stands, but for what cannot wait: an open red flag, and seven days without any entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from recovery.rules import RULE_VERSION, terms
from recovery.rules.course import REFERENCE_CURVE_V1, ReferenceCurve, Stratum
from recovery.rules.diary import Region
from recovery.rules.sentences import Value, say
from recovery.rules.terms import Relief
from recovery.rules.weeks import LAST_BASELINE_WEEK, Baseline, Week, baseline, weeks

SILENT_DAYS = 7  # ended days without any entry, after which nothing is known any more; P
NEW_START = "no_data.new_start"
FIRST_WEEK = "no_data.first_week"
SILENT = "no_data.silent"
REVIEW_LEAST = 3  # no week below this calls for a review; P


class ReviewClause(NamedTuple):
    """From this week on, less than this share of the baseline gone."""

    rule: str
    from_week: int
    least_drop: Fraction

    def calls(self, week: Week, start: Baseline) -> bool:
        """Whether this clause, taken alone, calls for a review at the end of this week."""
        if week.value is None or week.value < REVIEW_LEAST or week.number < self.from_week:
            return False
        drop = terms.drop(start, week.value)
        return drop is not None and drop < self.least_drop


REVIEW_CLAUSES = (  # from this week on, less than this share of the baseline gone; S: docs/evidence.md
    ReviewClause("review.week_4", 4, Fraction(20, 100)),  # P
    ReviewClause("review.week_6", 6, Fraction(30, 100)),  # P
    ReviewClause("review.week_12", 12, Fraction(50, 100)),  # P
)


class Status(StrEnum):
    ALERT = "alert"
    NO_DATA = "no_data"
    WORSE = "worse"
    RELIEVED = "relieved"
    REVIEW = "review"
    ON_TRACK = "on_track"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A red flag of tier A or B: the local date it was raised, and the one it was closed, if a person has."""

    raised_on: date
    closed_on: date | None = None

    def is_open_on(self, day: date) -> bool:
        """Still open when that local date ended; for today: still open now."""
        return self.raised_on <= day and (self.closed_on is None or self.closed_on > day)

    def stops(self, day: date) -> bool:
        """Whether a day was, even in part, under it: the plan was stopped, so nothing was asked."""
        return self.raised_on <= day and (self.closed_on is None or day <= self.closed_on)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that decides the status of one episode. Dates are the patient's local dates.

    `day_values` are those of the deciding `region`, only days that have one. `adherence` is, by program week,
    the session adherence of the 28 days that ended with it; a missing week or None says that nothing was
    asked. `last_entry_on` is when the latest pain entry of any region was given, None when none ever was.
    `curve` is the published reference that the clinic has chosen.
    """

    start: date
    stratum: Stratum
    day_values: Mapping[date, Fraction]
    region: Region = Region.LEG
    adherence: Mapping[int, Fraction | None] = field(default_factory=dict)
    red_flags: tuple[OpenFlag, ...] = ()
    last_entry_on: date | None = None
    curve: ReferenceCurve = REFERENCE_CURVE_V1


@dataclass(frozen=True, slots=True)
class Decision:
    """One status with its reasons.

    `week` is the program week whose end decided it, 0 before the first has ended. `for_day` is the last day
    of that week, or today for what is decided at once. `rule` names the clause ("review.week_4"), `values`
    what it looked at, exactly: pain 0 to 10, percent, dates, nothing where nothing was. `relief` is the latest
    relief reached by then, also under an alert. Its words for staff are made when they are asked for: of the many
    weeks judged, few are new. Those for the patient are made of `rule` and `numbers`: see patient_words.
    """

    status: Status
    week: int
    for_day: date
    rule: str
    region: Region
    values: Mapping[str, Value]
    relief: Relief | None = None
    rule_version: str = RULE_VERSION

    @property
    def numbers(self) -> dict[str, int | float | str]:
        """The values ready for JSON, rounded for the eye only after the decision has been made."""
        return {name: _as_json(value) for name, value in self.values.items()}

    @property
    def for_staff(self) -> str:
        return say(self.rule, self.region, self.values)


def history(facts: Facts, through: date) -> tuple[Decision, ...]:
    """The decision of each program week that has ended when the local date `through` has ended, in order.

    Nothing that is about a later week changes an earlier decision. An alert hides what the pain says, it does
    not stop the course: a relief is reached and ended below it.
    """
    return tuple(_under_flags(facts, decision) for decision in _course(facts, through))


def judge(facts: Facts, *, through: date, today: date) -> tuple[Decision, ...]:
    """The history through the ended date `through`, and after it what stands on `today`, from one look at both.

    What stands is an alert while a red flag is open; no data after seven ended days without any entry; else the
    decision of the last ended week, as it is without the flags that have been closed since. `today` is the day after
    `through`; of a course that is over, both are its last day.
    """
    course = _course(facts, through)
    return (*(_under_flags(facts, decision) for decision in course), _standing(facts, course, today))


def _course(facts: Facts, through: date) -> tuple[Decision, ...]:
    """The decision of each ended week by the pain alone, whatever flag is open."""
    ended = weeks(facts.start, facts.day_values, through)
    decisions: list[Decision] = []
    relief: Relief | None = None
    for week in ended:
        decision = _decide(facts, ended[: week.number], relief)
        decisions.append(decision)
        relief = decision.relief
    return tuple(decisions)


def _under_flags(facts: Facts, decision: Decision) -> Decision:
    open_flags = _open_flags(facts.red_flags, decision.for_day)
    if not open_flags:
        return decision
    values = {**decision.values, **open_flags}
    return replace(decision, status=Status.ALERT, rule="alert.red_flag", values=values)


def _standing(facts: Facts, course: Sequence[Decision], today: date) -> Decision:
    last = course[-1] if course else _first_week(facts, today)
    if open_flags := _open_flags(facts.red_flags, today):
        return _decision("alert.red_flag", facts.region, last.week, today, open_flags, last.relief)
    silent_from = facts.start
    if facts.last_entry_on is not None:
        silent_from = max(silent_from, facts.last_entry_on + timedelta(days=1))
    if (today - silent_from).days >= SILENT_DAYS:
        silence: dict[str, Value] = {"silent_from": silent_from, "silent_days": (today - silent_from).days}
        return _decision(SILENT, facts.region, last.week, today, silence, last.relief)
    return last


def without_plan(flags: Sequence[OpenFlag], today: date) -> Decision:
    """What stands before a plan has given the episode a start: an alert, or that there is no plan."""
    open_flags = _open_flags(flags, today)
    rule = "alert.red_flag" if open_flags else "no_data.no_plan"
    return _decision(rule, Region.LEG, 0, today, open_flags, None)


def _decide(facts: Facts, weeks: Sequence[Week], relief: Relief | None) -> Decision:
    """The decision for the last of the ended `weeks`; `relief` is what the decision of the week before carries."""
    week = weeks[-1]
    start = baseline(weeks)
    rule = _first_match(facts, weeks, start, relief)
    if relief is not None and rule.startswith(Status.WORSE):
        relief = relief.ended(week.last, relapsed_on=weeks[-2].last if rule == "worse.relapse" else None)
    elif start is not None and rule == "relieved.two_weeks" and (relief is None or not relief.stands):
        relief = terms.relief_reached(weeks, start)

    values = _values(facts, weeks, start, relief)
    return _decision(rule, facts.region, week.number, week.last, values, relief)


def _first_match(facts: Facts, weeks: Sequence[Week], start: Baseline | None, relief: Relief | None) -> str:
    """The clauses after the alert, in their order."""
    week = weeks[-1]
    if start is None:
        return "no_data.no_baseline" if week.number < LAST_BASELINE_WEEK else NEW_START
    if week.value is None:
        return "no_data.week"

    if relief is not None and terms.is_relapse(weeks, relief):
        return "worse.relapse"
    if terms.is_worse_than_recent(weeks):
        return "worse.recent"
    if terms.is_worse_than_baseline(weeks, start):
        return "worse.baseline"

    if terms.relief_reached(weeks, start):
        return "relieved.two_weeks"
    if relief is not None and relief.stands:
        return "relieved.stays"

    if week.number == start.week:
        return "watch.baseline_week"
    if start.is_low:
        return "watch.low_baseline"

    for clause in REVIEW_CLAUSES:
        if clause.calls(week, start):
            return clause.rule
    if week.value >= REVIEW_LEAST and terms.is_plateau(weeks, start):
        return "review.plateau"

    band = facts.curve.expected(facts.stratum, week=week.number, baseline=start.value)
    return "on_track.in_band" if week.value <= band.high else "watch.above_band"


def _values(
    facts: Facts, weeks: Sequence[Week], start: Baseline | None, relief: Relief | None
) -> dict[str, Value]:
    """What there is to look at in this week, exactly."""
    week = weeks[-1]
    values: dict[str, Value] = {"week": week.number, "logged_days": week.logged_days}
    if week.value is not None:
        values["level"] = week.value
    if len(weeks) > 1 and (before := weeks[-2].value) is not None:
        values["level_before"] = before
    if (best := terms.best_of_recent(weeks)) is not None:
        values["best_before"] = best
    if start is not None:
        values |= {"baseline": start.value, "baseline_week": start.week}
        if week.value is not None and (drop := terms.drop(start, week.value)) is not None:
            band = facts.curve.expected(facts.stratum, week=week.number, baseline=start.value)
            values |= {
                "drop_percent": drop * 100,
                "expected_high": band.high,
                "expected_from": facts.curve.version,
            }
    if (adherence := facts.adherence.get(week.number)) is not None:
        values["adherence_percent"] = adherence * 100
    if relief is not None:
        values |= {"relieved_on": relief.on, "relief_level": relief.level}
        if relief.relapsed_on is not None:
            values["relapsed_on"] = relief.relapsed_on
    return values


def _first_week(facts: Facts, today: date) -> Decision:
    return _decision(FIRST_WEEK, facts.region, 0, today, {"start": facts.start}, None)


def _open_flags(flags: Sequence[OpenFlag], day: date) -> dict[str, Value]:
    raised = [flag.raised_on for flag in flags if flag.is_open_on(day)]
    return {"open_red_flags": len(raised), "red_flag_since": min(raised)} if raised else {}


def _decision(
    rule: str, region: Region, week: int, for_day: date, values: Mapping[str, Value], relief: Relief | None
) -> Decision:
    return Decision(Status(rule.partition(".")[0]), week, for_day, rule, region, values, relief)


def _as_json(value: Value) -> int | float | str:
    if isinstance(value, Fraction):
        return round(float(value), 4)
    return value.isoformat() if isinstance(value, date) else value
