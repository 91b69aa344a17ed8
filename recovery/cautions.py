"""What the record says of a patient that an exercise's cautions may meet, in three statements."""

from datetime import date
from fractions import Fraction

from recovery.models import Episode, PainEntry, Progress, RedFlag
from recovery.rules.cautions import RECENT, Known
from recovery.rules.diary import Region

WEAK_FOOT = ("foot_drop", "leg_weakness", "fast_weakness")


def known_of(episode: Episode, *, today: date) -> Known:
    """`today` is the patient's local date."""
    weeks = Progress.objects.values_list("weeks", flat=True).get(pk=episode.pk)
    levels = [value for _, value in weeks if value is not None] if episode.region == Region.LEG else []
    entries = list(
        PainEntry.objects.filter(
            patient=episode.patient_id, withdrawn=False, on__gt=today - RECENT, on__lte=today
        )
        .order_by("happened_at")
        .values_list("on", "body__tingling", "body__reach")
    )
    return Known(
        leg=Fraction(str(levels[-1])) if levels else None,
        tingling_on=max((on for on, tingling, _ in entries if tingling is True), default=None),
        reaches=tuple(reach for _, _, reach in entries if reach),
        cleared=frozenset(episode.exclusions_cleared),
        weak_foot=RedFlag.objects.open().filter(patient=episode.patient_id, rule__in=WEAK_FOOT).exists(),
    )
