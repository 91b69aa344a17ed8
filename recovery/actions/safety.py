"""Red flags: raised with their cause in one transaction, open until a person closes them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F

from recovery.actions.days import restate
from recovery.models import Episode, Patient, RedFlag
from recovery.rules.red_flags import Answer, Finding, Tier, evaluate

Check = tuple[int | None, date, Mapping[str, Any]]  # the record if there is one, its local date, the answers


def raise_red_flags(*, patient_id: int, checks: Sequence[Check], now: datetime) -> None:
    """Raise what these symptom checks say. A flag that was raised stays: no revision of a check lowers it."""
    found = [
        (check, finding) for check in checks for finding in evaluate(_given(check[2])) if _alerts(finding)
    ]
    if not found:
        return
    patient = Patient.objects.get(pk=patient_id)
    episode = Episode.objects.open().select_related("patient").filter(patient=patient_id).first()
    raised = RedFlag.objects.bulk_create(
        [
            RedFlag(
                clinic_id=patient.clinic_id,
                patient=patient,
                episode=episode,
                check_record_id=check_id,
                rule=finding.question,
                tier=finding.tier or Tier.B,  # a question this server does not know: a person has to read it
                about_on=on,
                raised_at=now,
            )
            for (check_id, on, _), finding in found
        ],
        ignore_conflicts=True,
    )
    if raised and episode is not None:
        restate([episode], now=now)


def heed_refused_check(*, patient_id: int, fields: Mapping[str, Any], now: datetime) -> None:
    """A symptom check that could not be taken: what can be read of its answers is judged all the same."""
    answers = fields.get("answers")
    if isinstance(answers, Mapping):
        today = Patient.objects.get(pk=patient_id).local_date(now)
        raise_red_flags(patient_id=patient_id, checks=[(None, today, answers)], now=now)


def _given(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    return {question[:48]: answer for question, answer in answers.items() if answer is not None}


def _alerts(finding: Finding) -> bool:
    return finding.answer != Answer.NO and (finding.tier is None or finding.tier.raises_flag)


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
