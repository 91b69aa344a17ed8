"""The light of one session, and of one exercise in it: green, amber, red, or unknown.

Six questions, each with its own light; the gravest of those that were answered is the light of the whole. A question
without an answer is unknown, and what holds an unknown is never green. Pain is that of the leg, 0 to 10.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

RISE_AMBER = (
    3  # points of leg pain from before to the worst during; P, stricter than tendon and knee rules (M)
)
RISE_RED = 4  # P
PEAK_MOST = 5  # a worst above it is amber, unless it was above it before and did not rise; M: Thomee 1997
MORNING_AMBER = 1  # points above before, the next morning; P, after Silbernagel 2007 (M: back to usual)
MORNING_RED = 2  # P


class Light(StrEnum):
    """In the order of gravity, least first."""

    GREEN = "green"
    UNKNOWN = "unknown"
    AMBER = "amber"
    RED = "red"

    @property
    def gravity(self) -> int:
        return list(Light).index(self)

    @property
    def is_warning(self) -> bool:
        return self in (Light.AMBER, Light.RED)


class Reach(StrEnum):
    """How far down the leg the symptoms go, the nearest to the spine first."""

    NONE = "none"
    BUTTOCK = "buttock"
    THIGH = "thigh"
    KNEE = "knee"
    CALF = "calf"
    FOOT = "foot"

    @property
    def depth(self) -> int:
        return list(Reach).index(self)


class Lasted(StrEnum):
    """For how long the symptoms reached further down than before the session."""

    NOT_AT_ALL = "not_at_all"  # one answer in place of the three about the reach
    UP_TO_AN_HOUR = "up_to_an_hour"
    LONGER = "longer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the patient said of a session; None is not answered. `later` is 30 to 60 minutes after it."""

    before: int | None = None
    during: int | None = None  # the worst
    later: int | None = None
    next_morning: int | None = None
    reach_before: Reach | None = None
    reach_during: Reach | None = None
    reach_after: Reach | None = None
    lower_reach_lasted: Lasted | None = None
    new_numbness: bool | None = None
    new_weakness: bool | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What one question says, in words for staff."""

    rule: str
    light: Light
    for_staff: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A light with all its reasons, the gravest first."""

    light: Light
    reasons: tuple[Reason, ...]

    @property
    def calls_for_check(self) -> bool:
        """After red the safety questions are asked."""
        return self.light is Light.RED


def judge(answers: Answers, *, hurt_too_much: bool = False) -> Judged:
    """The light of a session, or of an exercise of which `during` is the worst while doing it.

    `hurt_too_much`: it was stopped because of that, which is amber at least (P).
    """
    reasons = [question(answers) for question in QUESTIONS]
    if hurt_too_much:
        reasons.append(_reason("stopped", Light.AMBER))
    reasons.sort(key=lambda reason: -reason.light.gravity)
    return Judged(reasons[0].light, tuple(reasons))


def judge_exercise(answers: Answers, *, worst: int | None, hurt_too_much: bool = False) -> Judged:
    """The light of one exercise: its own worst pain where the patient said it, else that of the session.

    What came after the session is held against each exercise of it: nobody can tell which one it was.
    """
    return judge(answers if worst is None else replace(answers, during=worst), hurt_too_much=hurt_too_much)


def judge_session(
    answers: Answers, *, worst: Iterable[int | None] = (), hurt_too_much: bool = False
) -> Judged:
    """The light of a session. An exercise's own worst pain may only worsen what was said of the whole."""
    judged = judge(answers, hurt_too_much=hurt_too_much)
    said = [pain for pain in (answers.during, *worst) if pain is not None]
    if not said:
        return judged
    with_worst = judge(replace(answers, during=max(said)), hurt_too_much=hurt_too_much)
    return max(judged, with_worst, key=lambda one: one.light.gravity)


def _peak(answers: Answers) -> Reason:
    before, during = answers.before, answers.during
    if before is None or during is None:
        return _reason("peak", Light.UNKNOWN)
    rise = during - before
    if rise >= RISE_AMBER:
        light = Light.RED if rise >= RISE_RED else Light.AMBER
        return _reason("peak", light, before=before, during=during, rise=rise)
    if during > PEAK_MOST and (before <= PEAK_MOST or rise > 0):
        return _reason("peak_high", Light.AMBER, before=before, during=during)
    return _reason("peak", Light.GREEN, before=before, during=during)


def _later(answers: Answers) -> Reason:
    before, later = answers.before, answers.later
    if before is None or later is None:
        return _reason("later", Light.UNKNOWN)
    return _reason("later", Light.AMBER if later > before else Light.GREEN, before=before, later=later)


def _next_morning(answers: Answers) -> Reason:
    before, morning = answers.before, answers.next_morning
    if before is None or morning is None:
        return _reason("next_morning", Light.UNKNOWN)
    rise = morning - before
    light = Light.RED if rise >= MORNING_RED else Light.AMBER if rise >= MORNING_AMBER else Light.GREEN
    return _reason("next_morning", light, before=before, morning=morning)


def _reach(answers: Answers) -> Reason:
    before, others = answers.reach_before, (answers.reach_during, answers.reach_after)
    if answers.lower_reach_lasted is Lasted.LONGER:
        return _reason("reach_long", Light.RED)
    lower = before is not None and any(one is not None and one.depth > before.depth for one in others)
    if lower or answers.lower_reach_lasted is Lasted.UP_TO_AN_HOUR:
        return _reason("reach", Light.AMBER)
    if answers.lower_reach_lasted is None and (before is None or None in others):
        return _reason("reach", Light.UNKNOWN)
    return _reason("reach", Light.GREEN)


def _numbness(answers: Answers) -> Reason:
    return _new("numbness", answers.new_numbness)


def _weakness(answers: Answers) -> Reason:
    return _new("weakness", answers.new_weakness)


def _new(rule: str, said: bool | None) -> Reason:
    if said is None:
        return _reason(rule, Light.UNKNOWN)
    return _reason(rule, Light.RED if said else Light.GREEN)


QUESTIONS: tuple[Callable[[Answers], Reason], ...] = (
    _peak,
    _later,
    _next_morning,
    _reach,
    _numbness,
    _weakness,
)


def _reason(rule: str, light: Light, **values: int) -> Reason:
    return Reason(rule, light, WORDS[rule, light].format_map(values))


WORDS = {
    ("peak", Light.GREEN): "Leg pain {before} before, {during} at worst during.",
    ("peak", Light.UNKNOWN): "Not answered: leg pain before, or the worst during.",
    (
        "peak",
        Light.AMBER,
    ): f"Leg pain rose by {{rise}} during, from {{before}} to {{during}}; {RISE_AMBER} is amber.",
    (
        "peak",
        Light.RED,
    ): f"Leg pain rose by {{rise}} during, from {{before}} to {{during}}; {RISE_RED} or more is red.",
    (
        "peak_high",
        Light.AMBER,
    ): f"Leg pain was {{during}} at worst, above {PEAK_MOST}, and {{before}} before.",
    ("later", Light.GREEN): "After 30 to 60 minutes leg pain was {later}, {before} before: back.",
    ("later", Light.UNKNOWN): "Not answered: leg pain before, or after 30 to 60 minutes.",
    ("later", Light.AMBER): "After 30 to 60 minutes leg pain was still {later}, {before} before.",
    ("next_morning", Light.GREEN): "The next morning leg pain was {morning}, {before} before: not above it.",
    ("next_morning", Light.UNKNOWN): "Not answered: leg pain before, or the next morning.",
    (
        "next_morning",
        Light.AMBER,
    ): f"The next morning leg pain was {{morning}}, {{before}} before; {MORNING_AMBER} more is amber.",
    (
        "next_morning",
        Light.RED,
    ): f"The next morning leg pain was {{morning}}, {{before}} before; {MORNING_RED} or more above it is red.",
    ("reach", Light.GREEN): "Symptoms reached no further down the leg than before.",
    ("reach", Light.UNKNOWN): "Not answered: how far down the symptoms reached before, during or after.",
    (
        "reach",
        Light.AMBER,
    ): "Symptoms reached further down the leg than before; longer than an hour was not said.",
    ("reach_long", Light.RED): "Symptoms reached further down the leg for more than an hour.",
    ("numbness", Light.GREEN): "No new numbness.",
    ("numbness", Light.UNKNOWN): "Not answered: new numbness.",
    ("numbness", Light.RED): "New numbness.",
    ("weakness", Light.GREEN): "No new weakness.",
    ("weakness", Light.UNKNOWN): "Not answered: new weakness.",
    ("weakness", Light.RED): "New weakness.",
    ("stopped", Light.AMBER): "Stopped because it hurt too much.",
}
