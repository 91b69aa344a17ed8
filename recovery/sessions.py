"""From sessions as the phone sent them to lights, and to what the ladder judges, for many episodes in a constant
number of statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Q

from exercises import variants
from exercises.dosage import Dosage
from exercises.models import Exercise
from recovery.models import (
    DailyPain,
    Episode,
    ExerciseResult,
    ExerciseSession,
    Patient,
    Plan,
    Prescription,
    Progress,
    Proposal,
    RedFlag,
    Suspension,
)
from recovery.models.diary import Outcome
from recovery.models.ladder import BY_A_PERSON, State
from recovery.rules.diary import Region
from recovery.rules.ladder import GOES_BADLY, LOOKS_BACK, Kind, Line, Rung, Trial, is_gated, share_done
from recovery.rules.traffic_light import Answers, Judged, Lasted, Reach, judge_exercise, judge_session
from recovery.rules.weeks import weeks


def answers(session: ExerciseSession) -> Answers:
    """What the patient said of a session, from what the phone sent."""
    said = session.body.get
    return Answers(
        before=said("leg_before"),
        during=said("leg_during"),
        later=said("leg_later"),
        next_morning=said("leg_next_morning"),
        reach_before=_reach(said("reach_before")),
        reach_during=_reach(said("reach_during")),
        reach_after=_reach(said("reach_after")),
        lower_reach_lasted=Lasted(lasted) if (lasted := said("lower_reach_lasted")) else None,
        new_numbness=said("new_numbness"),
        new_weakness=said("new_weakness"),
    )


def _reach(said: str | None) -> Reach | None:
    return Reach(said) if said else None


def light_of(session: ExerciseSession, results: Iterable[ExerciseResult]) -> Judged:
    """The light of one session. What was skipped says nothing."""
    tried = [result for result in results if result.outcome != Outcome.SKIPPED]
    return judge_session(
        answers(session),
        worst=[worst_pain(session, result) for result in tried],
        hurt_too_much=any(result.outcome == Outcome.HURTS for result in tried),
    )


def light_of_result(session: ExerciseSession, result: ExerciseResult) -> Judged | None:
    """The light of one exercise of a session; None when it was skipped."""
    if result.outcome == Outcome.SKIPPED:
        return None
    return judge_exercise(
        answers(session),
        worst=worst_pain(session, result),
        hurt_too_much=result.outcome == Outcome.HURTS,
    )


def worst_pain(session: ExerciseSession, result: ExerciseResult) -> int | None:
    """The worst leg pain while doing it, if the patient said it of this exercise."""
    worst: int | None = session.body["results"][result.position - 1].get("worst_pain")
    return worst


@dataclass(frozen=True, slots=True)
class Place:
    """One exercise line of a standing plan, with what the ladder knows of it."""

    prescription: Prescription
    line: Line
    is_single: bool  # two lines of one exercise cannot be told apart in a session: a person steps those
    trials: tuple[Trial, ...]  # all of the last weeks
    open: Proposal | None
    decided_at: datetime | None  # by a person, about anything but a repeat or the gate
    repeat_decided_through: datetime | None
    gate_decided_on: date | None
    lifted_at: datetime | None

    @property
    def undecided(self) -> list[Trial]:
        """The trials since a person last decided about this exercise."""
        since = max((at for at in (self.decided_at, self.lifted_at) if at), default=None)
        return [trial for trial in self.trials if since is None or trial.at > since]

    @property
    def since_lifted(self) -> list[Trial]:
        return [trial for trial in self.trials if self.lifted_at is None or trial.at > self.lifted_at]


@dataclass(frozen=True, slots=True)
class Climb:
    """Where an episode stands on the ladder. `places` are those of exercises that are asked and not suspended.

    `plan` is the version that stands today, and `coming` the next one where that is published already. `stopped`: a
    red flag is open. `held`: it goes badly or wants a review, so that a person raises and no rule does.
    """

    episode: Episode
    today: date
    plan: Plan | None
    coming: Plan | None
    places: tuple[Place, ...]
    open: tuple[Proposal, ...]
    leg: Fraction | None
    stopped: bool
    held: bool
    taken: tuple[Proposal, ...]  # the steps that the rules took with the coming version


@dataclass(slots=True)
class _Rows:
    """What one chunk reads, by episode or patient."""

    plans: dict[int, list[Plan]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[int, list[Prescription]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[int, list[ExerciseSession]] = field(default_factory=lambda: defaultdict(list))
    results: dict[int, list[ExerciseResult]] = field(default_factory=lambda: defaultdict(list))
    leg: dict[int, dict[date, Fraction]] = field(default_factory=lambda: defaultdict(dict))
    proposals: dict[int, list[Proposal]] = field(default_factory=lambda: defaultdict(list))
    suspensions: dict[int, list[Suspension]] = field(default_factory=lambda: defaultdict(list))
    stopped: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    taken: dict[int, list[Proposal]] = field(default_factory=lambda: defaultdict(list))


def climbs(episodes: Sequence[Episode], *, now: datetime) -> list[Climb]:
    """Where these episodes, which come with their patients, stand on the ladder."""
    rows = _read(episodes, now)
    rungs = Rungs.of({episode.clinic_id for episode in episodes})
    return [_climb(episode, rows, rungs, now) for episode in episodes]


def _read(episodes: Sequence[Episode], now: datetime) -> _Rows:
    rows = _Rows()
    ids, patients = [e.pk for e in episodes], [e.patient_id for e in episodes]
    since = now - LOOKS_BACK
    first = since.date() - timedelta(days=7)
    for plan in Plan.objects.filter(episode__in=ids).order_by("number"):
        rows.plans[plan.episode_id].append(plan)
    lines = Prescription.objects.filter(plan__episode__in=ids).select_related("exercise", "plan")
    for line in lines.order_by("plan", "position"):
        rows.lines[line.plan_id].append(line)
    sessions = ExerciseSession.objects.filter(patient__in=patients, withdrawn=False, on__gte=first)
    for session in sessions:
        rows.sessions[session.patient_id].append(session)
    of_these = [session.pk for some in rows.sessions.values() for session in some]
    for result in ExerciseResult.objects.filter(session__in=of_these):
        rows.results[result.session_id].append(result)
    pain = DailyPain.objects.filter(patient__in=patients, region=Region.LEG, on__gte=first, count__gt=0)
    for patient, on, total, count in pain.values_list("patient", "on", "total", "count"):
        rows.leg[patient][on] = Fraction(total or 0, count)  # a count says that there is a total
    standing = Q(state=State.OPEN) | Q(state__in=(*BY_A_PERSON, State.TAKEN), decided_at__gte=since)
    for proposal in Proposal.objects.filter(standing, episode__in=ids):
        kept = rows.taken if proposal.state == State.TAKEN else rows.proposals
        kept[proposal.episode_id].append(proposal)
    recent = Q(lifted_at=None) | Q(lifted_at__gte=since)
    for suspension in Suspension.objects.filter(recent, episode__in=ids):
        rows.suspensions[suspension.episode_id].append(suspension)
    badly = Q(status__in=GOES_BADLY) | Q(needs_review_since__isnull=False)
    rows.held = set(Progress.objects.filter(badly, pk__in=ids).values_list("pk", flat=True))
    rows.stopped = set(RedFlag.objects.open().filter(patient__in=patients).values_list("patient", flat=True))
    return rows


def _climb(episode: Episode, rows: _Rows, rungs: "Rungs", now: datetime) -> Climb:
    today = episode.patient.local_date(now)
    versions = rows.plans[episode.pk]
    started = [plan for plan in versions if plan.starts_on <= today]
    standing = started[-1] if started and episode.ended_on is None else None
    proposals = tuple(rows.proposals[episode.pk])
    coming = versions[-1] if versions and versions[-1].starts_on > today else None
    places: list[Place] = []
    if standing is not None:
        lines = rows.lines[standing.pk]
        times = Counter(line.exercise_id for line in lines)
        suspended = {s.exercise_id for s in rows.suspensions[episode.pk] if s.lifted_at is None}
        trials = _trials(episode.patient, versions, rows)
        taken = times.keys() | suspended
        places = [
            _place(line, times[exercise] == 1, versions, rows, rungs, trials[exercise], proposals, taken)
            for exercise, line in {line.exercise_id: line for line in lines}.items()
            if exercise not in suspended
        ]
    return Climb(
        episode,
        today,
        standing,
        coming,
        tuple(places),
        tuple(proposal for proposal in proposals if proposal.state == State.OPEN),
        _weekly_leg(episode, rows.leg[episode.patient_id], today),
        episode.patient_id in rows.stopped,
        episode.pk in rows.held,
        tuple(one for one in rows.taken[episode.pk] if coming and one.became_id == coming.pk),
    )


def _place(
    prescription: Prescription,
    is_single: bool,
    versions: Sequence[Plan],
    rows: _Rows,
    rungs: "Rungs",
    trials: Sequence[Trial],
    proposals: Sequence[Proposal],
    taken: Iterable[int],
) -> Place:
    exercise = prescription.exercise_id
    changed_on, changed_at, before = _last_change(prescription, versions, rows)
    own = rungs.own(exercise)
    days = prescription.dosage.on(prescription.weekdays).days_per_week
    line = Line(
        rung=Rung(exercise, prescription.exercise.default, prescription.allowed, rungs.is_gated(exercise)),
        dose=prescription.dosage,
        changed_on=changed_on,
        changed_at=changed_at,
        before=before,
        harder=rungs.rung(own.harder_id, but_not=taken, days=days),
        easier=rungs.rung(own.easier_id, but_not=taken, days=days),
    )
    mine = [proposal for proposal in proposals if proposal.exercise_id == exercise]
    decided = [proposal for proposal in mine if proposal.decided_at is not None]
    gates = [proposal for proposal in decided if proposal.rule == "irritable"]
    lifted = [
        s.lifted_at
        for s in rows.suspensions[prescription.plan.episode_id]
        if s.exercise_id == exercise and s.lifted_at
    ]
    return Place(
        prescription,
        line,
        is_single,
        tuple(trials),
        next((proposal for proposal in mine if proposal.state == State.OPEN), None),
        max(
            (p.decided_at for p in decided if p.kind != Kind.REPEAT and p not in gates and p.decided_at),
            default=None,
        ),
        max((p.judged_through for p in decided if p.kind == Kind.REPEAT and p.judged_through), default=None),
        max((gate.for_day for gate in gates), default=None),
        max(lifted, default=None),
    )


def _last_change(
    prescription: Prescription, versions: Sequence[Plan], rows: _Rows
) -> tuple[date | None, datetime | None, Dosage | None]:
    """When the dose of this line began, when it was published, and the dose it replaced; nothing for the first dose.

    A version that another replaced on the day it starts says nothing of what was asked before.
    """
    days: dict[date, list[Plan]] = {}
    for plan in versions:
        if plan.starts_on <= prescription.plan.starts_on:
            days.setdefault(plan.starts_on, []).append(plan)
    changed_on, changed_at = None, None
    for starts_on, plans in reversed(days.items()):
        doses = {plan.pk: _doses(rows.lines[plan.pk], prescription.exercise_id) for plan in plans}
        stood = doses[plans[-1].pk]
        if stood != [prescription.dosage]:
            return changed_on, changed_at, stood[0] if len(stood) == 1 else None
        changed_on = starts_on
        changed_at = min(plan.published_at for plan in plans if doses[plan.pk] == stood)
    return None, None, None


def _doses(lines: Iterable[Prescription], exercise: int) -> list[Dosage]:
    return [line.dosage for line in lines if line.exercise_id == exercise]


def _trials(patient: Patient, versions: Sequence[Plan], rows: _Rows) -> Mapping[int, list[Trial]]:
    """What was tried of each exercise, by its id, against the version that each session answered."""
    found: dict[int, list[Trial]] = defaultdict(list)
    by_id = {plan.pk: plan for plan in versions}
    for session in rows.sessions[patient.pk]:
        # By our clock where the phone's was wrong.
        at = session.received_at if session.clock_suspect else session.happened_at
        on = patient.local_date(at) if session.clock_suspect else session.on
        started = [plan for plan in versions if plan.starts_on <= on]
        answered = by_id.get(session.plan_id) if session.plan_id else started[-1] if started else None
        if answered is None:
            continue  # it belongs to another episode
        doses = {line.exercise_id: line.dosage for line in rows.lines[answered.pk]}
        tried: dict[int, list[Trial]] = defaultdict(list)
        for result in rows.results[session.pk]:
            judged = light_of_result(session, result)
            if judged is not None:
                dose = doses.get(result.exercise_id)
                share, asked = _share(dose, result), session.slot is not None
                trial = Trial(at, on, judged.light, dose, share, asked, session.received_at)
                tried[result.exercise_id].append(trial)
        for exercise, trials in tried.items():
            found[exercise].append(_as_one(trials))
    return found


def _as_one(trials: Sequence[Trial]) -> Trial:
    """One exercise named more than once in a session is one trial: its worst light, its least share."""
    worst = max(trials, key=lambda trial: trial.light.gravity)
    shares = [trial.share for trial in trials if trial.share is not None]
    return replace(worst, share=min(shares) if len(shares) == len(trials) else None)


def _share(dose: Dosage | None, result: ExerciseResult) -> Fraction | None:
    if dose is None:
        return None
    return share_done(
        dose,
        completely=result.outcome == Outcome.DONE,
        sets=result.sets,
        repetitions=result.repetitions,
        hold_seconds=result.hold_seconds,
        minutes=result.minutes,
    )


def _weekly_leg(episode: Episode, values: Mapping[date, Fraction], today: date) -> Fraction | None:
    """The latest weekly value of the leg: a week without one does not open a gate."""
    if episode.started_on is None:
        return None
    ended = weeks(episode.started_on, values, today - timedelta(days=1))
    return next((week.value for week in reversed(ended) if week.value is not None), None)


@dataclass(frozen=True, slots=True)
class Rungs:
    """The exercises of some clinics, with how high each stands in its chain."""

    exercises: Mapping[int, Exercise]
    levels: Mapping[int, int]

    @classmethod
    def of(cls, clinics: Iterable[int]) -> "Rungs":
        found = Exercise.objects.filter(Q(clinic=None) | Q(clinic__in=list(clinics))).in_bulk()
        chain = [(one.pk, one.easier_id, one.harder_id) for one in found.values()]
        return cls(found, variants.levels(chain))

    def own(self, exercise: int) -> Exercise:
        return self.exercises[exercise]

    def is_gated(self, exercise: int) -> bool:
        groups = self.exercises[exercise].groups
        main = groups[0] if groups else ""
        return is_gated(main, self.levels[exercise])

    def rung(self, exercise: int | None, *, but_not: Iterable[int], days: int) -> Rung | None:
        """A variant that a plan may take on as many days a week: not retired, and not in it or suspended already."""
        if exercise is None or exercise in but_not:
            return None
        one = self.exercises[exercise]
        often = one.allowed.days_per_week
        if one.retired_on or not often.least <= days <= often.most:
            return None
        return Rung(exercise, one.default, one.allowed, self.is_gated(exercise))
