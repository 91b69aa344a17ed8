"""The experiment on reminders: who takes part, where the lot falls, and what it came to. See notifications.effect."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.access import acting_for_all
from notifications import effect
from notifications.effect import Counts, Effect
from notifications.models import DeliveryChoices, MessageSettings, Notification, ReminderEffect

COUNTED_FOR = timedelta(days=180)
ACTS_WITHIN = timedelta(hours=2)
USUAL_PERCENT: int = MessageSettings._meta.get_field("withheld_percent").get_default()

# What a patient logged after the moment the message was due, whether it left or not. Undone things count for nothing.
MEASURE = """
    WITH asked AS (
        SELECT n.clinic_id, n.patient_id, n.kind, left(n.slot, 2)::int AS hour, n.state = 'withheld' AS withheld,
            CASE n.kind
                WHEN 'exercise' THEN EXISTS (SELECT 1 FROM recovery_exercisesession AS did
                    WHERE did.patient_id = n.patient_id AND NOT did.withdrawn
                        AND did."on" BETWEEN n.local_date - 1 AND n.local_date + 1
                        AND did.happened_at BETWEEN n.due_at AND n.due_at + %(within)s)
                WHEN 'diary' THEN EXISTS (SELECT 1 FROM recovery_painentry AS did
                    WHERE did.patient_id = n.patient_id AND NOT did.withdrawn AND did.asked = 'last_24_hours'
                        AND did."on" BETWEEN n.local_date - 1 AND n.local_date + 1
                        AND did.happened_at BETWEEN n.due_at AND n.due_at + %(within)s)
                ELSE EXISTS (SELECT 1 FROM recovery_walk AS did
                    WHERE did.patient_id = n.patient_id AND NOT did.withdrawn
                        AND did."on" BETWEEN n.local_date - 1 AND n.local_date + 1
                        AND did.happened_at BETWEEN n.due_at AND n.due_at + %(within)s)
            END AS acted
        FROM accounts_clinic AS clinic JOIN notifications_notification AS n ON n.clinic_id = clinic.id
        WHERE n.measured AND n.due_at > %(since)s AND n.due_at <= %(until)s AND n.slot ~ '^[0-2][0-9]:'
    )
    INSERT INTO notifications_remindereffect
        (clinic_id, kind, hour, patients, sent, sent_acted, withheld, withheld_acted)
    SELECT clinic_id, kind, hour, count(DISTINCT patient_id), count(*) FILTER (WHERE NOT withheld),
        count(*) FILTER (WHERE acted AND NOT withheld), count(*) FILTER (WHERE withheld),
        count(*) FILTER (WHERE acted AND withheld)
    FROM asked GROUP BY clinic_id, kind, hour
    ON CONFLICT (clinic_id, kind, hour) DO UPDATE SET patients = excluded.patients, sent = excluded.sent,
        sent_acted = excluded.sent_acted, withheld = excluded.withheld, withheld_acted = excluded.withheld_acted
"""


def drawn(rows: Sequence[Notification]) -> tuple[set[int], set[int]]:
    """Of reminders that are about to leave for the first time: those in the experiment, and those withheld."""
    if not rows:
        return set(), set()
    agreed = DeliveryChoices.objects.filter(patient__in={row.patient_id for row in rows}, measuring=True)
    percents = dict(agreed.values_list("patient", "clinic__message_settings__withheld_percent"))
    key = sha256(b"notifications.withholding " + settings.SECRET_KEY.encode()).digest()
    measured, withheld = set(), set()
    for row in rows:
        if row.patient_id not in percents:
            continue
        percent = percents[row.patient_id]
        measured.add(row.pk)
        if effect.withheld(
            key=key,
            percent=USUAL_PERCENT if percent is None else percent,
            patient_id=row.patient_id,
            kind=row.kind,
            local_date=row.local_date,
            slot=row.slot,
        ):
            withheld.add(row.pk)
    return measured, withheld


def measure(*, now: datetime) -> None:
    """Count again, for each clinic, kind and local hour, the last half year whose two hours have passed."""
    span: dict[str, Any] = {"within": ACTS_WITHIN, "since": now - COUNTED_FOR, "until": now - ACTS_WITHIN}
    with acting_for_all(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_remindereffect")
        cursor.execute(MEASURE, span)


@dataclass(frozen=True, slots=True)
class Told:
    """What one kind of reminder does, over the whole day (`hour` is None) or at one local hour."""

    kind: str
    hour: int | None
    effect: Effect

    @property
    def says(self) -> str | None:
        """The verdict of the kind; of an hour only that there are too few."""
        return self.effect.says if self.hour is None or self.effect.difference is None else None


def told(*, clinic_id: int) -> list[Told]:
    """What was last measured at a clinic, each kind before its hours."""
    by_kind: dict[str, dict[int, Counts]] = defaultdict(dict)
    for row in ReminderEffect.objects.filter(clinic=clinic_id).order_by("kind", "hour"):
        by_kind[row.kind][row.hour] = Counts(
            row.patients, row.sent, row.sent_acted, row.withheld, row.withheld_acted
        )
    found = []
    for kind, hours in by_kind.items():
        found.append(Told(kind, None, effect.effect(sum(hours.values(), Counts(0, 0, 0, 0, 0)))))
        found += [Told(kind, hour, effect.effect(counts)) for hour, counts in hours.items()]
    return found
