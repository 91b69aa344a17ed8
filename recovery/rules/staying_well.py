"""After relief: how much walking to aim for, when the pain came back, and how long a course was watched.

The walking goal follows the WalkBack trial, in people who had recovered from back pain: walking kept a new bout away
for longer. It says nothing about walking while sciatica is active.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from recovery.rules.status import Decision
from recovery.rules.terms import Relief
from recovery.rules.weeks import Week

PROGRAM = "staying-well"  # the slug of the program that follows relief
GOAL_WALKS = 5  # walks a week in the end; V: WalkBack 2024
GOAL_MINUTES = 30  # of each; V: WalkBack 2024
GOAL_WEEK = 26  # the week in which the goal is full, six months; V: WalkBack 2024
LEAST_MINUTES = 3  # of each to begin with, for who hardly walks; P: the least of a graded walk in the catalog
MOST_RISE = Fraction(20, 100)  # the goal asks at most this much more than was walked; P: 10 to 20 % a week
USUAL_WEEKS = 4  # weeks before the start whose mean is what a person usually walks; P
RECENT_WEEKS = 4  # ended weeks whose best the goal may build on; P


@dataclass(frozen=True, slots=True)
class WalkingGoal:
    """What to aim for in one week: so many minutes in all, for example in five walks."""

    week: int
    minutes: int

    @property
    def minutes_each(self) -> int:
        return ceil(Fraction(self.minutes, GOAL_WALKS))


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Days from a relief to the relapse that followed, or without one to the last day the course was watched."""

    days: int
    relapsed: bool


def walking_goal(*, week: int, usual: int, walked: Sequence[int]) -> WalkingGoal:
    """The goal of the `week`-th week (from 1) of staying well, in whole minutes.

    A straight line leads from the `usual` minutes a week to five walks of half an hour in week 26. It waits for who
    falls behind: never more than a fifth above the best of the last weeks. `walked` are the minutes of the ended
    weeks, the latest last.
    """
    least, full = GOAL_WALKS * LEAST_MINUTES, GOAL_WALKS * GOAL_MINUTES
    start = min(max(usual, least), full)
    line = start + Fraction((full - start) * (min(week, GOAL_WEEK) - 1), GOAL_WEEK - 1)
    best = max(walked[-RECENT_WEEKS:], default=start)
    return WalkingGoal(week, ceil(min(line, max(best, least) * (1 + MOST_RISE))))


def reliefs(decisions: Iterable[Decision]) -> tuple[Relief, ...]:
    """Every relief that the decisions of a course carry, in order and each as it stood last."""
    found: dict[date, Relief] = {}
    for decision in decisions:
        if decision.relief is not None:
            found[decision.relief.on] = decision.relief
    return tuple(found.values())


def observed_until(
    weeks: Sequence[Week], *, ended_on: date | None = None, surgeries: Iterable[date] = ()
) -> date | None:
    """The last day a course was watched: of its last week with a value, or discharge, transfer or surgery if earlier.

    Here a time to relief or to relapse is censored. None when no week has a value. An operation before the first
    week belongs to the past and censors nothing.
    """
    valued = [week.last for week in weeks if week.value is not None]
    if not valued:
        return None
    ends = [day for day in surgeries if day >= weeks[0].first]
    return min([valued[-1], *ends, *([ended_on] if ended_on else [])])


def recurrence(reliefs: Sequence[Relief], observed_until: date | None) -> Recurrence | None:
    """From the first relief to the first relapse; None without a relief while the course was watched."""
    if not reliefs or observed_until is None or observed_until < reliefs[0].on:
        return None
    start = reliefs[0].on
    relapsed_on = next((relief.relapsed_on for relief in reliefs if relief.relapsed_on is not None), None)
    if relapsed_on is not None and relapsed_on <= observed_until:
        return Recurrence((relapsed_on - start).days, relapsed=True)
    return Recurrence((observed_until - start).days, relapsed=False)
