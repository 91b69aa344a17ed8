"""What moves a patient in the worklist beside their status: an unread message, exercises that hurt, an old red flag."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from recovery.models import Episode, ExerciseResult, Message, Progress, RedFlag
from recovery.models.diary import Outcome
from recovery.rules.need import HURT_TIMES, HURT_WITHIN


def note_need(patients: Iterable[int], *, now: datetime) -> None:
    """Read it again from the rows it is about, in one statement: whoever calls this, however often, it is right."""
    of_patient = {"patient": OuterRef("patient")}
    hurt = ExerciseResult.objects.filter(
        outcome=Outcome.HURTS,
        session__patient=OuterRef("patient"),
        session__withdrawn=False,
        session__on__gt=now.date() - HURT_WITHIN,
    )
    flags = RedFlag.objects.open().filter(**of_patient).values("patient")
    opened = Episode.objects.filter(pk=OuterRef("pk")).values("opened_at")
    Progress.objects.going_on().filter(patient__in=list(patients)).update(
        unread=Exists(Message.objects.unread().filter(**of_patient)),
        hurt_twice=Exists(hurt.order_by()[HURT_TIMES - 1 :]),
        waits_since=Coalesce(
            Subquery(flags.annotate(oldest=Min("raised_at")).values("oldest")), Subquery(opened)
        ),
    )
