"""The ladder on real rows: what the rules propose, what they suspend, and what a person decides about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.access import acting_for_all
from exercises.dosage import Dosage
from exercises.models import Exercise
from recovery.actions.plan import Change, publish_steps
from recovery.actions.tasks import hand_over
from recovery.models import Episode, Patient, Plan, Prescription, Progress, Proposal, Suspension, Task
from recovery.models.ladder import State
from recovery.models.tasks import TaskKind
from recovery.rules import RULE_VERSION
from recovery.rules.ladder import Kind, Step, propose, suspension, two_reds
from recovery.sessions import Climb, Place, climbs
from wire.problems import Conflict

CHUNK = 20  # patients a transaction: a claimed chunk keeps its patients' phones waiting for its length
STEPS = (Kind.PROGRESS, Kind.REGRESS)  # they need a next version; the others only advise or rest


def judge_ladders(*, now: datetime) -> int:
    """Judge every episode of which a session came in or a day ended. Return how many were looked at.

    Whoever runs this, twice at once or hours late, the same proposals are open afterwards: they follow from the
    records and the decisions that stand, in whatever order those came.
    """
    looked_at: set[int] = set()
    while True:
        with acting_for_all():
            chunk = _claim(now, but_not=looked_at)
            try:
                with transaction.atomic():
                    _judge(chunk, now)
            except Exception:  # whatever one patient's rows do, everybody else is judged all the same
                _judge_each(chunk, now)
        looked_at |= {row.pk for row in chunk}
        if len(chunk) < CHUNK:
            return len(looked_at)


def _claim(now: datetime, *, but_not: set[int]) -> list[Progress]:
    due = Progress.objects.filter(ladder_due_at__lte=now).exclude(pk__in=but_not)
    rows = due.select_related("episode", "patient").select_for_update(
        of=("patient", "self"), skip_locked=True, no_key=True
    )
    return list(rows.order_by("patient")[:CHUNK])


def _judge_each(chunk: Sequence[Progress], now: datetime) -> None:
    for row in chunk:
        try:
            with transaction.atomic():
                _judge([row], now)
        except Exception:
            hand_over(
                episode=row.episode, what="the steps of this patient's exercises", cause="ladder", now=now
            )


@dataclass(slots=True)
class _Outcome:
    """What a chunk writes."""

    overtaken: list[int] = field(default_factory=list)
    made: list[Proposal] = field(default_factory=list)
    taken: list[tuple[Climb, list[tuple[Proposal, Change]]]] = field(default_factory=list)
    undone: list[tuple[Climb, list[Proposal]]] = field(default_factory=list)
    suspended: list[Suspension] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)  # patients whose phones show something else now


def _judge(rows: Sequence[Progress], now: datetime) -> None:
    for row in rows:
        row.episode.patient = row.patient
    outcome = _Outcome()
    for climb in climbs([row.episode for row in rows], now=now):
        _judge_one(climb, outcome, now)
    _undo_steps(outcome, now)
    Proposal.objects.filter(pk__in=outcome.overtaken).update(state=State.OVERTAKEN, decided_at=now)
    _take_steps(outcome, now)
    Proposal.objects.bulk_create(outcome.made)
    Suspension.objects.bulk_create(outcome.suspended, ignore_conflicts=True)
    Task.objects.bulk_create([_task(one) for one in outcome.suspended], ignore_conflicts=True)
    Patient.objects.filter(pk__in=outcome.touched).update(version=F("version") + 1)
    Progress.objects.filter(pk__in=[row.pk for row in rows]).update(ladder_due_at=None)


def _judge_one(climb: Climb, outcome: _Outcome, now: datetime) -> None:
    steps: dict[int, tuple[Place, Step]] = {}
    for place in climb.places:
        reds = two_reds(place.since_lifted, today=climb.today)
        if reds is not None:
            step = suspension(reds, place.line.rung.exercise)
            outcome.suspended.append(_suspension(climb.episode, step.exercise, step, by=None, now=now))
            outcome.touched.add(climb.episode.patient_id)
        elif (proposed := _step(climb, place)) is not None:
            steps[place.line.rung.exercise] = (place, proposed)
    if undone := [one for one in climb.taken if _is_warned(climb, one)]:
        outcome.undone.append((climb, undone))
    still_open: set[int] = set()
    for proposal in climb.open:
        judged = steps.get(proposal.exercise_id)
        if judged is not None and _is_same(proposal, judged):
            still_open.add(proposal.exercise_id)
        else:
            outcome.overtaken.append(proposal.pk)
            outcome.touched.add(climb.episode.patient_id)
    by_itself: list[tuple[Proposal, Change]] = []
    for exercise, (place, step) in steps.items():
        if exercise in still_open:
            continue
        proposal = _proposal(climb, place, step, now)
        if climb.plan is not None and climb.plan.by_itself and step.by_itself:
            by_itself.append((proposal, _change(proposal, place.prescription)))
        outcome.made.append(proposal)
        outcome.touched.add(climb.episode.patient_id)
    if by_itself:
        outcome.taken.append((climb, by_itself))


def _step(climb: Climb, place: Place) -> Step | None:
    """What the rules propose for one line now; None where it goes on, or where only a person can tell."""
    if climb.plan is None or not place.is_single:
        return None
    step = propose(
        place.line,
        place.undecided,
        today=climb.today,
        leg=climb.leg,
        gate_decided_on=place.gate_decided_on,
        stopped=climb.stopped or (climb.held and climb.plan.by_itself),
    )
    if step and step.kind in STEPS and climb.coming:
        return None  # it would be a step of what is over by then
    through = _through(place)
    decided = place.repeat_decided_through
    if step and step.kind is Kind.REPEAT and through and decided and through <= decided:
        return None  # a person has said something about this very session
    return step


def _through(place: Place) -> datetime | None:
    return max((trial.at for trial in place.trials), default=None)


def _is_same(proposal: Proposal, judged: tuple[Place, Step]) -> bool:
    place, step = judged
    dosage = step.dose.as_json() if step.dose else None
    said = (proposal.kind, proposal.rule, proposal.to_exercise_id, proposal.to_dosage, proposal.from_dosage)
    return said == (step.kind, step.rule, step.exercise, dosage, place.line.dose.as_json())


def _proposal(climb: Climb, place: Place, step: Step, now: datetime) -> Proposal:
    return Proposal(
        clinic_id=climb.episode.clinic_id,
        patient_id=climb.episode.patient_id,
        episode=climb.episode,
        plan=climb.plan,
        exercise_id=place.line.rung.exercise,
        kind=step.kind,
        from_dosage=place.line.dose.as_json(),
        to_exercise_id=step.exercise,
        to_dosage=step.dose.as_json() if step.dose else None,
        rule=step.rule,
        numbers=dict(step.numbers),
        for_staff=step.for_staff,
        rule_version=RULE_VERSION,
        for_day=climb.today,
        judged_through=_through(place),
        made_at=now,
    )


def _change(proposal: Proposal, line: Prescription) -> Change:
    """The line as it reads after the step; range, note and side are those of the exercise they were named for."""
    same = proposal.to_exercise_id == line.exercise_id
    return Change(
        line.exercise_id,
        proposal.to_exercise_id,
        proposal.to_dosage or line.dosage_values,
        line.range_values if same else None,
    )


def _take_steps(outcome: _Outcome, now: datetime) -> None:
    """Publish what the plans let the rules do by themselves: from tomorrow, so that today stays as it was shown."""
    steps = [(c.plan, [change for _, change in taken]) for c, taken in outcome.taken if c.plan is not None]
    if not steps:
        return
    tomorrow = {c.plan.pk: c.today + timedelta(days=1) for c, _ in outcome.taken if c.plan is not None}
    published = publish_steps(steps, starts_on=tomorrow, by=None, now=now)
    for _, taken in outcome.taken:
        for proposal, _change in taken:
            proposal.state, proposal.decided_at = State.TAKEN, now
            proposal.became = published[proposal.plan_id]


def _is_warned(climb: Climb, taken: Proposal) -> bool:
    """Whether a session warns against a step that the rules took and that has not begun."""
    trials = [trial for p in climb.places if p.line.rung.exercise == taken.exercise_id for trial in p.trials]
    raised = taken.kind == Kind.PROGRESS and taken.judged_through is not None
    return raised and any(
        trial.light.is_warning and taken.judged_through and trial.at > taken.judged_through
        for trial in trials
    )


def _undo_steps(outcome: _Outcome, now: datetime) -> None:
    """Publish the dose of before again, for the day on which the raised one was to begin."""
    steps: list[tuple[Plan, list[Change]]] = []
    for climb, proposals in outcome.undone:
        if climb.coming is None:
            continue
        lines = {place.prescription.exercise_id: place.prescription for place in climb.places}
        back = [lines[proposal.exercise_id] for proposal in proposals]
        same = [
            Change(line.exercise_id, line.exercise_id, line.dosage_values, line.range_values) for line in back
        ]
        steps.append((climb.coming, same))
        outcome.overtaken += [proposal.pk for proposal in proposals]
        outcome.touched.add(climb.episode.patient_id)
    if steps:
        publish_steps(steps, starts_on={plan.pk: plan.starts_on for plan, _ in steps}, by=None, now=now)


def _suspension(
    episode: Episode, exercise_id: int, said: Step | Proposal, *, by: int | None, now: datetime
) -> Suspension:
    return Suspension(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        episode=episode,
        exercise_id=exercise_id,
        rule=said.rule,
        numbers=dict(said.numbers),
        for_staff=said.for_staff,
        rule_version=RULE_VERSION,
        suspended_at=now,
        suspended_on=episode.patient.local_date(now),
        suspended_by_id=by,
    )


# --- what a person decides -----------------------------------------------------------------------------


@transaction.atomic
def accept(*, proposal: Proposal, by: int, now: datetime) -> Proposal:
    """Do what was proposed: publish the step as the next plan version, from today; or suspend the exercise.

    A repeat changes no plan: it stays the patient's next dose. Raises Conflict when it was decided before, when the
    plan reads otherwise by now, when the step has left the range, or when the rules would not propose it any more,
    such as under a red flag or after a session that nobody has judged yet. Locks the patient.
    """
    _lock(proposal)
    episode = Episode.objects.open().select_related("patient").filter(pk=proposal.episode_id).first()
    if episode is None:
        raise Conflict("This episode has ended.")
    columns: dict[str, Any] = {}
    _judge_again(proposal, episode, now)
    if proposal.kind == Kind.SUSPEND:
        Suspension.objects.bulk_create(
            [_suspension(episode, proposal.exercise_id, proposal, by=by, now=now)], ignore_conflicts=True
        )
    elif proposal.kind in STEPS:
        columns["became"] = _publish(proposal, episode, by=by, now=now)
    _decide(proposal, State.ACCEPTED, by=by, now=now, **columns)
    return proposal


@transaction.atomic
def decline(*, proposal: Proposal, why: str, by: int, now: datetime) -> Proposal:
    """Leave the plan as it is. What was proposed comes again on new sessions only. Raises Conflict when decided."""
    _lock(proposal)
    _decide(proposal, State.DECLINED, by=by, now=now, why=why)
    return proposal


@transaction.atomic
def lift(*, suspension: Suspension, because: str, by: int, now: datetime) -> None:
    """Ask the exercise again, from today. Raises Conflict when somebody lifted it before."""
    Patient.objects.filter(pk=suspension.patient_id).update(version=F("version") + 1)
    lifted = Suspension.objects.filter(pk=suspension.pk, lifted_at=None).update(
        lifted_at=now, lifted_on=suspension.patient.local_date(now), lifted_by=by, lifted_because=because
    )
    if not lifted:
        raise Conflict("Somebody lifted this suspension already.")
    tasks = Task.objects.filter(patient=suspension.patient_id, kind=TaskKind.SUSPENDED_EXERCISE)
    tasks.filter(cause=str(suspension.exercise_id), done_at=None).update(done_at=now, done_by=by, how=because)


def _task(suspension: Suspension) -> Task:
    """Somebody has to look at an exercise that a rule suspended; lifting it is the work."""
    return Task(
        clinic_id=suspension.clinic_id,
        patient_id=suspension.patient_id,
        episode_id=suspension.episode_id,
        kind=TaskKind.SUSPENDED_EXERCISE,
        cause=str(suspension.exercise_id),
        why=suspension.for_staff,
        opened_at=suspension.suspended_at,
    )


def _lock(proposal: Proposal) -> None:
    """One patient's writes follow each other; what is decided is read again under the lock."""
    Patient.objects.filter(pk=proposal.patient_id).update(version=F("version") + 1)
    proposal.refresh_from_db(fields=["state"])
    if proposal.state != State.OPEN:
        raise Conflict(f"This proposal was {proposal.state} already.")


def _judge_again(proposal: Proposal, episode: Episode, now: datetime) -> None:
    (climb,) = climbs([episode], now=now)
    judged = [
        (place, step)
        for place in climb.places
        if place.line.rung.exercise == proposal.exercise_id and (step := _step(climb, place)) is not None
    ]
    if not any(_is_same(proposal, one) for one in judged):
        raise Conflict("What is known by now says otherwise: look at the newest sessions and proposals.")


def _decide(proposal: Proposal, state: State, *, by: int, now: datetime, **columns: Any) -> None:
    decided = {"state": state, "decided_at": now, "decided_by_id": by} | columns
    for name, value in decided.items():
        setattr(proposal, name, value)
    proposal.save(update_fields=[name.removesuffix("_id") for name in decided])


def _publish(proposal: Proposal, episode: Episode, *, by: int, now: datetime) -> Plan:
    last = Plan.objects.filter(episode=episode).order_by("-number").first()
    today = episode.patient.local_date(now)
    lines = _lines(last, proposal)
    before = Dosage.from_json(proposal.from_dosage)
    if last is None or last.starts_on > today or [line.dosage for line in lines] != [before]:
        raise Conflict("The plan reads otherwise by now: look at it again.")
    target = Exercise.objects.get(pk=proposal.to_exercise_id)
    changes_exercise = proposal.to_exercise_id != proposal.exercise_id
    allowed = target.allowed if changes_exercise else lines[0].allowed
    dose = proposal.to_dose
    if dose is None or dose.outside(allowed) or (changes_exercise and target.retired_on is not None):
        raise Conflict("This step is outside of what is allowed by now.")
    suspended = {proposal.exercise_id, proposal.to_exercise_id}
    if Suspension.objects.open().filter(episode=episode, exercise__in=suspended).exists():
        raise Conflict("This exercise is suspended: lift that first.")
    steps = [(last, [_change(proposal, lines[0])])]
    plan = publish_steps(steps, starts_on={last.pk: today}, by=by, now=now)[last.pk]
    Progress.objects.filter(pk=episode.pk).update(ladder_due_at=now)
    return plan


def _lines(plan: Plan | None, proposal: Proposal) -> list[Prescription]:
    found: Iterable[Prescription] = Prescription.objects.none()
    if plan is not None:
        found = plan.prescriptions.filter(exercise=proposal.exercise_id).select_related("exercise")
    return list(found)
