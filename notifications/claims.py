"""Taking messages from the ledger that are ready, with a lease and a token, and settling those that must not leave now.

The claim is committed before anything is sent, so that no transaction waits for a push service. A sender that dies
leaves its claims to the next one when the lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.lookups import GreaterThan

from accounts.access import acting_for_all
from notifications.effect import MEASURED_KINDS
from notifications.facts import REMINDERS, pointless_now
from notifications.messages import message_for
from notifications.models import MOST_ATTEMPTS, Channel, Notification, Receipt, all_channels
from notifications.planner import ON_TIME
from notifications.staff import answered
from notifications.transports import Message, Transport
from notifications.withholding import drawn
from notifications.words import FOR_STAFF
from notifications.written import read_already
from recovery.models import Patient

# A channel is a module or folder of its name beside the others: that, and its line in Channel, is all of it.
TRANSPORTS: dict[str, Transport] = {
    channel: import_module(f"notifications.transports.{channel}") for channel in Channel.values
}

BATCH = 100
LEASE = timedelta(seconds=60)
URGENT_LEASE = timedelta(seconds=10)  # a red flag whose sender was killed goes on after this

State = Notification.State


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed notification with all that its sending needs."""

    notification: Notification
    message: Message
    channel: str
    channels: Sequence[str]
    addresses: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    rows: int  # how many were ready, with those that are too late for a try
    jobs: Sequence[Job]


def claim(*, urgent: bool, now: datetime, most: int = BATCH, channel: str = "") -> Claimed:
    """Take up to `most` of what is ready, of one channel if it is named. What another sender holds is passed over.

    Here also falls the lot: which reminders of those who agreed are withheld (see notifications.withholding).
    """
    with acting_for_all():
        ledger = Notification.objects.urgent().unanswered() if urgent else Notification.objects.ordinary()
        if channel:
            ledger = ledger.filter(channel=channel)
        # What nobody has heard of comes before what could not be sent: old failures hold up no new red flag.
        order = [GreaterThan(F("attempts"), 0), "next_attempt_at"] if urgent else ["next_attempt_at"]
        ready = ledger.ready(at=now).order_by(*order).select_for_update(skip_locked=True)
        rows = list(ready[:most]) if most > 0 else []
        if not rows:
            return Claimed(0, [])
        going = _set_aside(rows, now=now) if not urgent else rows
        taken = Notification.objects.filter(pk__in=[row.pk for row in going])
        taken.update(
            state=State.SENDING,
            token=uuid4(),
            # Counted before the work: a message that kills its sender is not tried for ever.
            attempts=F("attempts") + 1,
            next_attempt_at=now + (URGENT_LEASE if urgent else LEASE),
        )
        return Claimed(len(rows), _jobs(list(taken)))


def _set_aside(rows: Sequence[Notification], *, now: datetime) -> list[Notification]:
    """Settle the reminders that must not leave now, and return the others."""
    again = [row.pk for row in rows if row.state == State.SENDING]  # their last sender never came back
    shown = _shown(again) if again else set()
    missed = {row.pk for row in rows if row.expires_at and row.expires_at <= now} - shown
    failed = {row.pk for row in rows if row.attempts >= MOST_ATTEMPTS} - shown - missed
    # What became pointless since it was planned: the session is done, a red flag was raised.
    left = [row for row in rows if row.pk not in shown | missed | failed]
    because = pointless_now(left, now=now) | answered(left) | read_already(left)
    missed |= _behind_a_later_one([row for row in left if row.pk not in because], now=now)
    # A reminder that the patient put off is owed to them: no lot is drawn for it.
    first = [
        row
        for row in rows
        if row.attempts == 0
        and row.kind in MEASURED_KINDS
        and not row.first_sent_at
        and not row.snoozed_at
        and row.pk not in missed | because.keys()
    ]
    measured, withheld = drawn(first)
    settled = Notification.objects.filter
    if shown:
        # It left: the phone says so, and gets it no second time.
        settled(pk__in=shown).update(state=State.SENT, sent_at=now, token=None)
    over = missed | failed | because.keys()
    if over:
        # What had left once before has not become unsent by a second try that came to nothing.
        settled(pk__in=over, first_sent_at__isnull=False).update(
            state=State.SENT, sent_at=F("first_sent_at"), channel=Channel.WEBPUSH, token=None
        )
        whens = [When(pk=pk, then=Value(why.value)) for pk, why in because.items()]
        settled(pk__in=because, first_sent_at=None).update(
            state=State.SKIPPED, because=Case(*whens, default=Value("")), token=None
        )
        settled(pk__in=missed, first_sent_at=None).update(state=State.MISSED, token=None)
        settled(pk__in=failed, first_sent_at=None).update(state=State.FAILED, error="no-outcome", token=None)
    if measured:
        settled(pk__in=measured).update(measured=True)
        settled(pk__in=withheld).update(state=State.WITHHELD)
    return [row for row in rows if row.pk not in shown | over | withheld]


def _shown(ids: Sequence[int]) -> set[int]:
    """Which of these a screen has shown; not as it first was, before the patient put it off."""
    of_this_time = Q(notification__snoozed_at=None) | Q(shown_at__gt=F("notification__snoozed_at"))
    return set(Receipt.objects.filter(of_this_time, pk__in=ids).values_list("pk", flat=True))


def _behind_a_later_one(rows: Sequence[Notification], *, now: datetime) -> set[int]:
    """Reminders that nobody tried in time, and that a later one of the patient makes superfluous.

    So a patient gets one message after an outage and no burst. What they put off is owed to them.
    """
    late = [
        row.pk
        for row in rows
        if row.kind in REMINDERS
        and row.attempts == 0
        and now - row.due_at > ON_TIME
        and not row.snoozed_at
        and not row.first_sent_at
    ]
    if not late:
        return set()
    later = Notification.objects.ordinary().filter(
        Q(due_at__gt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__gt=OuterRef("pk")),
        Q(state=State.SENT) | Q(state__in=[State.PENDING, State.SENDING], expires_at__gt=now),
        recipient=OuterRef("recipient"),
        kind__in=REMINDERS,
        due_at__gte=OuterRef("due_at"),
        due_at__lte=now,
    )
    behind = Notification.objects.filter(Exists(later), pk__in=late)
    return set(behind.values_list("pk", flat=True))


def _jobs(notifications: Sequence[Notification]) -> list[Job]:
    recipients = {row.recipient_id for row in notifications if not row.is_urgent}
    patients = Patient.objects.filter(pk__in=recipients) if recipients else Patient.objects.none()
    chosen: dict[int, list[str]] = {}
    languages: dict[int, str] = {}
    for pk, language, channels in patients.values_list("pk", "language", "message_preferences__channels"):
        languages[pk] = language
        if channels is not None:
            chosen[pk] = channels
    by_way: dict[tuple[str, bool], list[Notification]] = {}
    channels_of: dict[int, list[str]] = {}
    for row in notifications:
        channels_of[row.pk] = channels = _channels(row, chosen)
        channel = row.channel if row.channel in channels else next(iter(channels), "")
        by_way.setdefault((channel, row.is_for_staff), []).append(row)
    jobs = []
    for (channel, to_staff), rows in by_way.items():
        transport = TRANSPORTS.get(channel)
        people = {row.recipient_id for row in rows if row.recipient_id}
        addresses = transport.addresses(people, to_staff=to_staff) if transport and people else {}
        jobs += [
            Job(
                row,
                message_for(row, languages.get(row.recipient_id or 0, FOR_STAFF)),
                channel,
                channels_of[row.pk],
                addresses.get(row.recipient_id, []) if row.recipient_id else [row.address],
            )
            for row in rows
        ]
    return jobs


def _channels(row: Notification, chosen: dict[int, list[str]]) -> list[str]:
    """A red flag has a row for each channel, and what goes a second time goes where it was sent to."""
    if row.channel and (row.is_urgent or row.first_sent_at):
        return [row.channel]
    return chosen.get(row.recipient_id or 0, all_channels())
