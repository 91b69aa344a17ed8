"""How far patients go with Amble: enrolled, started, still writing after a month, and why episodes ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, DateTimeField, ExpressionWrapper, F, Q

from accounts.access import Actor
from recovery.models import Progress
from recovery.models.episode import Ending

MONTH = 30  # program days after which somebody has kept on; P
LEAST_SHOWN = 5  # one to four episodes are told as "fewer than 5"; P


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts of episodes; None is one to four.

    `started` have a plan that has begun. `month` began so long ago that day 30 has ended: of these `kept_on` wrote
    something on day 30 or later, `ended_before` ended by then without that, and the rest fell silent.
    """

    whose: str
    enrolled: int | None
    started: int | None
    month: int | None
    kept_on: int | None
    ended_before: int | None
    fell_silent: int | None
    ended: Mapping[Ending, int | None]


def engagement(actor: Actor) -> Engagement:
    """Of the episodes whose records this person may read, in one statement."""
    day_30 = ExpressionWrapper(
        F("episode__started_on") + timedelta(days=MONTH - 1), output_field=DateTimeField()
    )
    month = Q(episode__started_on__lte=actor.today - timedelta(days=MONTH))
    kept_on = month & Q(last_entry_at__gte=day_30)
    left = month & ~Q(last_entry_at__gte=day_30, last_entry_at__isnull=False)
    ended_before = left & Q(episode__ended_on__lt=day_30)
    counted = {
        "enrolled": Q(),
        "started": Q(episode__started_on__lte=actor.today),
        "month": month,
        "kept_on": kept_on,
        "ended_before": ended_before,
        **{f"ended_{why.value}": Q(episode__ended_because=why) for why in Ending},
    }
    found: dict[str, int] = Progress.objects.visible_to(actor).aggregate(
        **{name: Count("pk", filter=which) for name, which in counted.items()}
    )
    silent = found["month"] - found["kept_on"] - found["ended_before"]
    return Engagement(
        whose="clinic" if actor.is_clinician else "own patients",
        **{name: shown(found[name]) for name in ("enrolled", "started", "month", "kept_on", "ended_before")},
        fell_silent=shown(silent),
        ended={why: shown(found[f"ended_{why.value}"]) for why in Ending},
    )


def shown(count: int) -> int | None:
    return None if 0 < count < LEAST_SHOWN else count
