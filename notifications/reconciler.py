"""Compares red flags with messages that left, from outside of what it checks.

Flags leave by `manage.py watch`, which needs only PostgreSQL. So this runs in Celery, of which the watch knows
nothing: whatever stops one of the two leaves the other. Its findings are rows, and /health/redflags says 503 when
they are bad or when they are old, so that a reconciler that stands still is noticed too. When the watch is
silent, the reconciler also does its work: the leases of the ledger let both run at once.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import acting_for_all
from accounts.models import Clinic
from notifications import red_flags, urgent
from notifications.clock import database_now
from notifications.models import Alarm, Heartbeat, Listener
from recovery.models import RedFlag
from wire.json import dumps

TOLD_WITHIN = timedelta(seconds=60)
WATCH_SILENT_AFTER = timedelta(seconds=30)
CHECK_OLD_AFTER = timedelta(seconds=150)  # two rounds and a half

log = logging.getLogger(__name__)

WATCH, RECONCILER = "watch", "reconciler"


def beat(name: str, *, now: datetime) -> None:
    """Say that this process has just finished a round."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def is_silent(name: str, *, since: datetime) -> bool:
    return not Heartbeat.objects.filter(name=name, at__gt=since).exists()


def reconcile(*, now: datetime) -> None:
    """Write down, for each clinic, what is wrong with its red flags; stand in for a watch that is silent."""
    if is_silent(WATCH, since=now - WATCH_SILENT_AFTER):
        try:
            red_flags.queue_messages(now=now)
            urgent.deliver_urgent(now=now)
        except Exception:
            log.exception(
                "The watch is silent, and what stands in for it failed. Red flags may reach nobody."
            )
        now = database_now()
    with acting_for_all():
        alarms = [Alarm(clinic_id=clinic, **asdict(found)) for clinic, found in findings(now=now).items()]
        Alarm.objects.exclude(clinic__in=[alarm.clinic_id for alarm in alarms]).delete()
        Alarm.objects.bulk_create(
            alarms,
            update_conflicts=True,
            unique_fields=["clinic"],
            update_fields=["untried", "unanswered", "unheard"],
        )
    beat(RECONCILER, now=now)


@dataclass(slots=True)
class Findings:
    untried: int = 0
    unanswered: int = 0
    unheard: int = 0


def findings(*, now: datetime) -> dict[int, Findings]:
    """What is wrong, by clinic; clinics where nothing is are not in it."""
    flags = list(RedFlag.objects.unanswered())
    if not flags:
        return {}
    ledger = red_flags.told_of(flags)
    minutes = red_flags.minutes_of({flag.clinic_id for flag in flags})
    found: dict[int, Findings] = {}
    for flag in flags:
        told = ledger.get(flag.pk, red_flags.UNTOLD)
        age = told.age(flag, now)
        # A web server whose clock is an hour ahead must not keep a flag out of sight for an hour.
        waits = max(age, flag.raised_at - now) > TOLD_WITHIN
        untried = waits and not told.has_left
        unheard = waits and told is red_flags.UNTOLD
        unanswered = age > timedelta(minutes=minutes[flag.clinic_id].everyone)
        if untried or unanswered:
            of_clinic = found.setdefault(flag.clinic_id, Findings())
            of_clinic.unheard += unheard
            of_clinic.untried += untried
            of_clinic.unanswered += unanswered
    return found


def with_alarms(clinics: QuerySet[Clinic]) -> QuerySet[Clinic]:
    """Each clinic with what its staff must see on every page.

    `nobody_listed`, and the counts `untried`, `unanswered` and `unheard` of the latest round.
    """
    return clinics.annotate(
        nobody_listed=~Exists(Listener.objects.current().filter(clinic=OuterRef("pk"))),
        untried=Coalesce("alarm__untried", 0),
        unanswered=Coalesce("alarm__unanswered", 0),
        unheard=Coalesce("alarm__unheard", 0),
    )


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when all is well, 503 when somebody must look. For any monitor, and so without a sign-in.

    Each thing is true or false and never a number: a stranger learns whether this Amble works, and nothing of
    a patient, not even how many have a red flag.
    """
    now = database_now()
    alarms = Alarm.objects.aggregate(
        untried=Sum("untried", default=0),
        unanswered=Sum("unanswered", default=0),
        unheard=Sum("unheard", default=0),
    )
    failures = {name: count > 0 for name, count in alarms.items()}
    checked = not is_silent(RECONCILER, since=now - CHECK_OLD_AFTER)
    watching = not is_silent(WATCH, since=now - WATCH_SILENT_AFTER)
    ok = checked and watching and not any(failures.values())
    body = {"status": "ok" if ok else "failing", "checked": checked, "watching": watching, **failures}
    answer = HttpResponse(dumps(body), status=200 if ok else 503, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer
