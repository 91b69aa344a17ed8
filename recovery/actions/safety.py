"""Red flags: raised with their cause in one transaction, open until a person closes them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from recovery.actions.days import restate
from recovery.models import Episode, Patient, RedFlag
from recovery.records import Incoming
from recovery.rules.red_flags import Answer, Tier, evaluate


def raise_red_flags(
    *, patient_id: int, clinic_id: int, checks: Sequence[tuple[int, Incoming]], now: datetime
) -> None:
    """Raise what these symptom checks say. A flag that was raised stays: no revision of a check lowers it."""
    episode = Episode.objects.open().select_related("patient").filter(patient=patient_id).first()
    raised = RedFlag.objects.bulk_create(
        [
            RedFlag(
                clinic_id=clinic_id,
                patient_id=patient_id,
                episode=episode,
                check_record_id=check_id,
                rule=finding.question,
                tier=finding.tier or Tier.B,  # a question this server does not know: a person has to read it
                about_on=incoming.on,
                raised_at=now,
            )
            for check_id, incoming in checks
            for finding in evaluate(incoming.body["answers"])
            if finding.answer != Answer.NO and (finding.tier is None or finding.tier.raises_flag)
        ],
        ignore_conflicts=True,
    )
    if raised and episode is not None:
        restate([episode], now=now)


def acknowledge(*, flag: RedFlag, by: int, now: datetime) -> None:
    """Somebody has seen it. The first to say so is the one recorded."""
    RedFlag.objects.filter(pk=flag.pk, acknowledged_at=None).update(acknowledged_at=now, acknowledged_by=by)


def close(*, flag: RedFlag, because: str, by: int, now: datetime) -> None:
    """Close it with what was done. Closing acknowledges; the patient's sessions go on when the last one is closed."""
    acknowledge(flag=flag, by=by, now=now)
    closed = RedFlag.objects.filter(pk=flag.pk, closed_at=None).update(
        closed_at=now, closed_by=by, closed_because=because
    )
    if closed:
        Patient.objects.filter(pk=flag.patient_id).update(version=F("version") + 1)
        episode = Episode.objects.open().select_related("patient").filter(patient=flag.patient_id).first()
        if episode is not None:
            restate([episode], now=now)
