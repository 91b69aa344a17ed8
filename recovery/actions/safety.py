"""Red flags: raised with their cause in one transaction, open until a person closes them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from recovery.actions.days import decided, restate, status_change
from recovery.models import Episode, Patient, Progress, RedFlag, StatusChange
from recovery.rules.red_flags import Answer, Tier, evaluate
from recovery.rules.status import OpenFlag, Status, without_plan
from wire.problems import Conflict

UNKNOWN_QUESTION = "unknown_question"
SAID = (Answer.YES, Answer.NOT_SURE)

Check = tuple[int | None, date, Mapping[str, Any]]  # the record if there is one, its local date, the answers


def raise_red_flags(
    *, patient_id: int, clinic_id: int, episode_id: int | None, checks: Sequence[Check], now: datetime
) -> int:
    """Raise what these symptom checks say; how many flags that is. No revision of a check lowers a flag.

    Questions that this server does not know are one flag a check, however many: a person has to read it.
    """
    flags: dict[tuple[int | None, str], RedFlag] = {}
    for check_id, on, answers in checks:
        for finding in evaluate(answers):
            if answers[finding.question] is None or not finding.raises_flag:
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
            )
    if flags:
        RedFlag.objects.bulk_create(flags.values(), ignore_conflicts=True)
    return len(flags)


def alert(
    *,
    patient_id: int,
    clinic_id: int,
    episode_id: int,
    status: str | None,
    flags: int,
    today: date,
    now: datetime,
) -> dict[str, Any]:
    """Put an episode on alert at once: the columns of Progress that say so.

    An alert needs nothing but its flags, so the course is not read here; the next tick judges it with all of them.
    """
    if status == Status.ALERT:
        return {"next_close_at": now}
    decision = without_plan([OpenFlag(today)] * flags, today)
    StatusChange.objects.bulk_create(
        [status_change(decision, clinic_id=clinic_id, patient_id=patient_id, episode_id=episode_id, now=now)]
    )
    return decided(decision) | {"next_close_at": now}


def heed_refused_checks(*, patient_id: int, checks: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Symptom checks that could not be taken: what can be read of their answers is judged all the same."""
    said = [check["answers"] for check in checks if isinstance(check.get("answers"), Mapping)]
    if not said:
        return
    Patient.objects.filter(pk=patient_id).update(version=F("version") + 1)  # which locks it, too
    patient = Patient.objects.get(pk=patient_id)
    progress = Progress.objects.filter(patient=patient_id, episode__ended_on=None).first()
    today = patient.local_date(now)
    raised = raise_red_flags(
        patient_id=patient_id,
        clinic_id=patient.clinic_id,
        episode_id=progress.pk if progress else None,
        checks=[(None, today, answers) for answers in said],
        now=now,
    )
    if raised and progress:
        columns = alert(
            patient_id=patient_id,
            clinic_id=patient.clinic_id,
            episode_id=progress.pk,
            status=progress.status,
            flags=raised,
            today=today,
            now=now,
        )
        Progress.objects.filter(pk=progress.pk).update(**columns)


def acknowledge(*, flag: RedFlag, by: int, now: datetime) -> None:
    """Somebody has seen it. The first to say so is the one recorded."""
    RedFlag.objects.filter(pk=flag.pk, acknowledged_at=None).update(acknowledged_at=now, acknowledged_by=by)


def close(*, flag: RedFlag, because: str, by: int, now: datetime) -> None:
    """Close it with what was done. Closing acknowledges; the patient's sessions go on when the last one is closed.

    Raises Conflict when somebody closed it before, so that nobody's reason is dropped in silence.
    """
    Patient.objects.filter(pk=flag.patient_id).update(version=F("version") + 1)
    closed = RedFlag.objects.filter(pk=flag.pk, closed_at=None).update(
        acknowledged_at=Coalesce("acknowledged_at", now),
        acknowledged_by=Coalesce("acknowledged_by", by),
        closed_at=now,
        closed_by=by,
        closed_because=because,
    )
    if not closed:
        raise Conflict("Somebody closed this red flag already.")
    episode = Episode.objects.open().select_related("patient").filter(patient=flag.patient_id).first()
    if episode is not None:
        restate([episode], now=now)
