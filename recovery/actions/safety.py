"""Red flags: raised with their cause in one transaction, open until a person closes them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import F
from django.db.models.functions import Coalesce

from recovery.actions.days import decided, restate_or_hand_over, status_change
from recovery.actions.reviews import open_reviews
from recovery.actions.tasks import open_task
from recovery.models import Episode, FlagAction, Patient, Progress, RedFlag, Review, StatusChange
from recovery.models.tasks import TaskKind
from recovery.rules.red_flags import NOT_JUDGED, TOLD_WITH_A_SESSION, Answer, Finding, Tier, evaluate
from recovery.rules.reviews import Due, in_words, symptom_due
from recovery.rules.status import OpenFlag, Status, without_plan
from wire.problems import Conflict

UNKNOWN_QUESTION = "unknown_question"
UNKNOWN = (
    "A symptom check holds a question that this server does not know, answered with no. "
    "Read the check, and ask the patient which version of the app they have."
)
NO_EPISODE = "There is no open episode to review: ask the patient, and read the whole check."
SAID = (Answer.YES, Answer.NOT_SURE)

Check = tuple[int | None, date, Mapping[str, Any]]  # the record if there is one, its local date, the answers

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heeded:
    """What symptom checks called for: how many red flags, and whether a review was asked for."""

    flags: int
    review: bool


def heed_checks(
    *,
    patient_id: int,
    clinic_id: int,
    episode_id: int | None,
    checks: Sequence[Check],
    time_zone: str,
    now: datetime,
) -> Heeded:
    """Do what these symptom checks call for. No revision of a check lowers a flag or takes a review back.

    Tiers A and B raise red flags, C opens reviews. Questions that this server does not know are one flag a check,
    however many: a person has to read it; where each of them was answered with no, it is a task. A check that the
    rules stumble over is a red flag: it is kept, and what it says may be an emergency.
    """
    today = _local_date(time_zone, now)
    flags: dict[tuple[int | None, str], RedFlag] = {}
    reviews: list[Due] = []
    unread = False
    for check_id, on, answers in checks:
        for finding in _findings(answers):
            if finding.calls_for_review:
                # A phone whose clock is ahead puts no review off.
                reviews.append(symptom_due(finding.question, min(on, today)))
            unread |= finding.tier is None and not finding.raises_flag
            if not finding.raises_flag:
                continue
            rule = finding.question if finding.tier else UNKNOWN_QUESTION
            flags[check_id, rule] = RedFlag(
                clinic_id=clinic_id,
                patient_id=patient_id,
                episode_id=episode_id,
                check_record_id=check_id,
                rule=rule,
                # Only a word we know: what else a phone may send, it may not be storable.
                answer=finding.answer if finding.answer in SAID else "",
                tier=finding.tier or Tier.B,
                about_on=on,
                raised_at=now,
                raised_on=today,
            )
    if flags:
        RedFlag.objects.bulk_create(flags.values(), ignore_conflicts=True)
    if reviews and episode_id:
        reviews.sort(key=lambda due: due.on)
        _bring_forward(episode_id, reviews)
        open_reviews(
            [
                Review(
                    clinic_id=clinic_id,
                    patient_id=patient_id,
                    episode_id=episode_id,
                    cause=due.cause,
                    due_on=due.on,
                    opened_at=now,
                    opened_on=today,
                )
                for due in reviews
            ]
        )
    have_it_read = partial(
        open_task,
        clinic_id=clinic_id,
        patient_id=patient_id,
        episode_id=episode_id,
        kind=TaskKind.READ_ANSWER,
        now=now,
    )
    if reviews and not episode_id:  # nobody is treating them any more
        have_it_read(cause=reviews[0].cause, why=f"{in_words(reviews[0].cause)} {NO_EPISODE}")
    if unread:
        have_it_read(cause=UNKNOWN_QUESTION, why=UNKNOWN)
    return Heeded(len(flags), bool(reviews))


def _findings(answers: Mapping[str, Any]) -> Sequence[Finding]:
    """What one check calls for; a question whose answer is null was not asked."""
    try:
        return [finding for finding in evaluate(answers) if answers[finding.question] is not None]
    except Exception:
        log.exception("A symptom check could not be judged: a person has to read it.")
        return [Finding(NOT_JUDGED, "", Tier.B)]


def _bring_forward(episode_id: int, reviews: Sequence[Due]) -> None:
    """The earlier date stands, of these and of a review that is open for the same cause."""
    causes = Review.objects.open().filter(episode=episode_id, cause__in={due.cause for due in reviews})
    for cause, due_on in causes.values_list("cause", "due_on"):
        earliest = min(due.on for due in reviews if due.cause == cause)
        if earliest < due_on:
            causes.filter(cause=cause).update(due_on=earliest)


def heed_sessions(
    *,
    patient_id: int,
    clinic_id: int,
    episode_id: int | None,
    told: Sequence[tuple[date, str]],
    time_zone: str,
    now: datetime,
) -> int:
    """Raise a red flag for each thing told with a session: its local date, and a field of TOLD_WITH_A_SESSION.

    Return how many. No revision of the session lowers one.
    """
    flags = [
        RedFlag(
            clinic_id=clinic_id,
            patient_id=patient_id,
            episode_id=episode_id,
            rule=TOLD_WITH_A_SESSION[field],
            answer=Answer.YES,
            tier=Tier.B,
            about_on=on,
            raised_at=now,
            raised_on=_local_date(time_zone, now),
        )
        for on, field in told
    ]
    RedFlag.objects.bulk_create(flags, ignore_conflicts=True)
    return len(flags)


def alert(
    *,
    patient_id: int,
    clinic_id: int,
    episode_id: int,
    status: str | None,
    flags: int,
    time_zone: str,
    now: datetime,
) -> dict[str, Any]:
    """Put an episode on alert at once: the columns of Progress that say so.

    An alert needs nothing but its flags, so the course is not read here; the next tick judges it with all of them.
    """
    if status == Status.ALERT:
        return {"next_close_at": now}
    today = _local_date(time_zone, now)
    decision = without_plan([OpenFlag(today)] * flags, today)
    StatusChange.objects.bulk_create(
        [status_change(decision, clinic_id=clinic_id, patient_id=patient_id, episode_id=episode_id, now=now)]
    )
    return decided(decision) | {"waits_since": now, "next_close_at": now}


def _local_date(time_zone: str, now: datetime) -> date:
    """The patient's date; in UTC where their zone is not known here, for an alert does not wait for that."""
    try:
        return now.astimezone(ZoneInfo(time_zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return now.astimezone(UTC).date()


def heed_refused_checks(*, patient_id: int, checks: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Symptom checks that could not be taken: what can be read of their answers is judged all the same."""
    said = [check["answers"] for check in checks if isinstance(check.get("answers"), Mapping)]
    if not said:
        return
    Patient.objects.filter(pk=patient_id).update(version=F("version") + 1)  # which locks it, too
    patient = Patient.objects.get(pk=patient_id)
    progress = Progress.objects.filter(patient=patient_id, episode__ended_on=None).first()
    today = _local_date(patient.time_zone, now)
    heeded = heed_checks(
        patient_id=patient_id,
        clinic_id=patient.clinic_id,
        episode_id=progress.pk if progress else None,
        checks=[(None, today, answers) for answers in said],
        time_zone=patient.time_zone,
        now=now,
    )
    if progress and heeded.flags:
        columns = alert(
            patient_id=patient_id,
            clinic_id=patient.clinic_id,
            episode_id=progress.pk,
            status=progress.status,
            flags=heeded.flags,
            time_zone=patient.time_zone,
            now=now,
        )
        Progress.objects.filter(pk=progress.pk).update(**columns)
    elif progress and heeded.review:
        Progress.objects.filter(pk=progress.pk).update(next_close_at=now)


def acknowledge(*, flag: RedFlag, by: int, now: datetime) -> None:
    """Somebody has seen it. The first to say so is the one recorded."""
    RedFlag.objects.filter(pk=flag.pk, acknowledged_at=None).update(acknowledged_at=now, acknowledged_by=by)


def act(*, flag: RedFlag, what: str, note: str, by: int, now: datetime) -> FlagAction:
    """Write down what was done about it, a word of FlagDeed. Whoever acts has seen it; it stays open.

    Raises Conflict when somebody closed it before.
    """
    open_still = (
        RedFlag.objects.open()
        .filter(pk=flag.pk)
        .update(
            acknowledged_at=Coalesce("acknowledged_at", now), acknowledged_by=Coalesce("acknowledged_by", by)
        )
    )
    if not open_still:
        raise Conflict("Somebody closed this red flag already.")
    return FlagAction.objects.create(
        clinic_id=flag.clinic_id,
        patient_id=flag.patient_id,
        flag=flag,
        what=what,
        note=note,
        done_at=now,
        done_by_id=by,
    )


def close(*, flag: RedFlag, because: str, by: int, now: datetime) -> None:
    """Close it with what was done. Closing acknowledges; the patient's sessions go on when the last one is closed.

    Raises Conflict when somebody closed it before, so that nobody's reason is dropped in silence.
    """
    Patient.objects.filter(pk=flag.patient_id).update(version=F("version") + 1)
    closed = RedFlag.objects.filter(pk=flag.pk, closed_at=None).update(
        acknowledged_at=Coalesce("acknowledged_at", now),
        acknowledged_by=Coalesce("acknowledged_by", by),
        closed_at=now,
        closed_on=_local_date(flag.patient.time_zone, now),
        closed_by=by,
        closed_because=because,
    )
    if not closed:
        raise Conflict("Somebody closed this red flag already.")
    episode = Episode.objects.open().select_related("patient").filter(patient=flag.patient_id).first()
    if episode is not None:
        restate_or_hand_over(episode, now=now)
