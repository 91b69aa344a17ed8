"""After relief: the staying-well plan in place of the one that helped, and that one again after a relapse."""

from datetime import date, datetime

from django.db import transaction

from exercises.models import Exercise, Program
from recovery.actions.plan import draft_plan, publish_plan, save_draft
from recovery.doing import WALKING, usual_walking
from recovery.models import Episode, Patient, Plan
from recovery.rules.staying_well import PROGRAM, walking_goal
from wire.problems import Conflict


@transaction.atomic
def start_staying_well(*, episode: Episode, by: int, now: datetime) -> Plan:
    """Publish a plan from the staying-well program; its walk begins at what the patient walks today.

    The week's goal then grows from there (rules.staying_well), and the plan stays as it is. A program of the clinic's
    own with this name goes before the shared one. The episode comes with its patient. Raises NotPublishable.
    """
    versions = _versions(episode)
    if not versions:
        raise Conflict("There is no plan yet: staying well follows a plan that helped.")
    if _is_staying_well(versions[0]):
        raise Conflict("The staying-well plan is there already.")
    programs = Program.objects.for_clinic(episode.clinic_id).in_use().filter(slug=PROGRAM)
    program = programs.order_by("clinic").first()  # nulls, the shared one, come last
    if program is None:
        raise Conflict("There is no staying-well program in the catalog.")
    starts_on = _earliest_start(episode, versions[0], now)
    draft = draft_plan(episode=episode, program=program, starts_on=starts_on, by=by, now=now)
    walks = Exercise.objects.filter(slug=WALKING).in_bulk({line["exercise"] for line in draft.lines})
    goal = walking_goal(week=1, usual=usual_walking(episode.patient_id, starts_on), walked=())
    for line in draft.lines:
        if (exercise := walks.get(line["exercise"])) is not None and exercise.allowed.minutes is not None:
            least, most = exercise.allowed.minutes
            line["dosage"] |= {"minutes": min(max(goal.minutes_each, least), most)}
    draft = save_draft(
        draft=draft,
        seen_version=draft.version,
        lines=draft.lines,
        starts_on=starts_on,
        note="",
        by=by,
        now=now,
    )
    return publish_plan(episode=episode, seen_version=draft.version, by=by, now=now)


@transaction.atomic
def reopen_plan(*, episode: Episode, by: int, now: datetime) -> Plan:
    """Publish the last plan before staying well again, as a new version. The episode comes with its patient.

    A person decides it: after a relapse the old doses may be too much. Raises NotPublishable where the catalog has
    changed since, and then a draft of it is the way.
    """
    versions = _versions(episode)
    before = next((version for version in versions if not _is_staying_well(version)), None)
    if before is None or before is versions[0]:
        raise Conflict(
            "The last plan is not a staying-well plan that followed another: there is none to open again."
        )
    draft = draft_plan(
        episode=episode,
        program=None,
        version=before,
        starts_on=_earliest_start(episode, versions[0], now),
        by=by,
        now=now,
    )
    return publish_plan(episode=episode, seen_version=draft.version, by=by, now=now)


def _versions(episode: Episode) -> list[Plan]:
    """The newest first. Locks the patient: of two calls at once, the second sees what the first has published."""
    Patient.objects.select_for_update(no_key=True).get(pk=episode.patient_id)
    return list(Plan.objects.filter(episode=episode).select_related("program").order_by("-number"))


def _is_staying_well(plan: Plan) -> bool:
    return plan.program is not None and plan.program.slug == PROGRAM


def _earliest_start(episode: Episode, last: Plan, now: datetime) -> date:
    return max(episode.patient.local_date(now), last.starts_on)
