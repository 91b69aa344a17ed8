"""From the ledger to the transports: claim, commit, send, finish.

A message is claimed with a lease and a token, and the claim is committed before anything is sent, so that no
transaction waits for a push service. Whoever finishes must still hold the token. A sender that dies leaves
its claims to the next one when the lease ends: at most what it had in flight is sent twice, and nothing is
lost.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F

from accounts.access import acting_for_all
from notifications.facts import skip_pointless
from notifications.messages import message_for
from notifications.models import (
    MOST_ATTEMPTS,
    Channel,
    MessagePreferences,
    Notification,
    all_channels,
)
from notifications.transports import Message, Transport, TransportError, email, webpush

TRANSPORTS: dict[str, Transport] = {Channel.WEBPUSH: webpush, Channel.EMAIL: email}

BATCH = 100
THREADS = 8
LEASE = timedelta(seconds=60)
START_WITHIN_SECONDS = 10.0  # what has not begun by then is given back: a lease and a task must outlast it
BACKOFF_SECONDS = (10.0, 30.0, 120.0, 600.0, 3600.0)
LONGEST_URGENT_WAIT_SECONDS = 60.0

State = Notification.State
log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of each address that was tried."""

    results: Sequence[tuple[Any, TransportError | None]]

    @property
    def error(self) -> TransportError | None:
        """None if any address took the message; else the error that leaves most hope."""
        errors = [error for _, error in self.results]
        if None in errors:
            return None
        found = [error for error in errors if error]
        return min(
            found, key=lambda error: error.permanent, default=TransportError("no-address", permanent=True)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    state: str
    channel: str
    wait_seconds: float = 0.0


def deliver_ordinary(*, now: datetime) -> int:
    """Send one batch of reminders that are ready. Returns how many were looked at: 0 ends the work."""
    return _deliver(urgent=False, now=now)


def deliver_urgent(*, now: datetime) -> int:
    """The same for red flags, which wait for nothing else."""
    return _deliver(urgent=True, now=now)


def judge(
    error: TransportError | None, *, attempts: int, channel: str, channels: Sequence[str], urgent: bool
) -> Verdict:
    """What follows from a try: it was sent, another channel is next, it waits, or it has failed.

    A red flag does not wait for a channel that hesitates: the next one is tried at once, and after the last
    the first again. It never fails; it is tried until somebody has acknowledged it.
    """
    if error is None:
        return Verdict(State.SENT, channel)
    later_channels = channels[channels.index(channel) + 1 :] if channel in channels else channels
    if later_channels and (error.permanent or urgent):
        return Verdict(State.PENDING, later_channels[0])
    wait = error.retry_after or BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]
    if urgent:
        return Verdict(State.PENDING, channels[0], min(wait, LONGEST_URGENT_WAIT_SECONDS))
    if error.permanent or attempts >= MOST_ATTEMPTS:
        return Verdict(State.FAILED, channel)
    return Verdict(State.PENDING, channel, wait)


def _deliver(*, urgent: bool, now: datetime) -> int:
    started = time.monotonic()
    claimed = claim(urgent=urgent, now=now)
    with ThreadPoolExecutor(THREADS) as pool:
        jobs = {pool.submit(_try, job, started + START_WITHIN_SECONDS): job for job in claimed.jobs}
        for done in as_completed(jobs):
            tried = done.result()
            at = now + timedelta(seconds=time.monotonic() - started)
            if tried is None:
                _give_back(jobs[done].notification, now=at)
            else:
                finish(jobs[done], tried, now=at)
    return claimed.rows


def claim(*, urgent: bool, now: datetime) -> Claimed:
    """Take up to a batch of what is ready. Rows that another sender holds are passed over."""
    with acting_for_all():
        ledger = Notification.objects.urgent() if urgent else Notification.objects.ordinary()
        ready = ledger.ready(at=now).order_by("next_attempt_at").select_for_update(skip_locked=True)
        rows = list(ready[:BATCH])
        missed = [row.pk for row in rows if row.expires_at and row.expires_at <= now]
        # Its last sender never came back from the last try it had.
        failed = [row.pk for row in rows if row.attempts >= MOST_ATTEMPTS and not row.is_urgent]
        Notification.objects.filter(pk__in=failed).update(state=State.FAILED, error="no-outcome", token=None)
        Notification.objects.filter(pk__in=missed).update(state=State.MISSED, token=None)
        # What became pointless since it was planned: the session is done, a red flag was raised.
        skipped = skip_pointless([row for row in rows if row.pk not in {*missed, *failed}], now=now)
        taken = Notification.objects.filter(pk__in={row.pk for row in rows} - {*missed, *failed, *skipped})
        taken.update(
            state=State.SENDING,
            token=uuid4(),
            # Counted before the work: a message that kills its sender is not tried for ever.
            attempts=F("attempts") + 1,
            next_attempt_at=now + LEASE,
        )
        return Claimed(len(rows), _jobs(list(taken)))


def _jobs(notifications: Sequence[Notification]) -> list[Job]:
    chosen = dict(
        MessagePreferences.objects.filter(
            patient__in={row.recipient_id for row in notifications}
        ).values_list("patient", "channels")
    )
    by_channel: dict[str, list[Notification]] = {}
    channels_of: dict[int, list[str]] = {}
    for row in notifications:
        # Staff have no preferences here: a red flag goes every way there is.
        channels = all_channels() if row.is_urgent else chosen.get(row.recipient_id, all_channels())
        channels_of[row.pk] = channels
        channel = row.channel if row.channel in channels else next(iter(channels), "")
        by_channel.setdefault(channel, []).append(row)
    jobs = []
    for channel, rows in by_channel.items():
        transport = TRANSPORTS.get(channel)
        addresses = transport.addresses({row.recipient_id for row in rows}) if transport else {}
        jobs += [
            Job(row, message_for(row), channel, channels_of[row.pk], addresses.get(row.recipient_id, []))
            for row in rows
        ]
    return jobs


def _try(job: Job, until: float) -> Tried | None:
    """Send to each address, but begin with none after `until` (monotonic). None if none was begun.

    Runs in a thread, without the database.
    """
    results: list[tuple[Any, TransportError | None]] = []
    for address in job.addresses:
        if time.monotonic() > until:
            break
        try:
            TRANSPORTS[job.channel].send(job.message, address)
        except TransportError as error:
            results.append((address, error))
        except Exception:
            # A fault of ours in one message must not stop the others.
            log.exception("Notification %s could not be sent by %s.", job.notification.pk, job.channel)
            results.append((address, TransportError("error", permanent=False)))
        else:
            results.append((address, None))
    return None if job.addresses and not results else Tried(results)


def finish(job: Job, tried: Tried, *, now: datetime) -> bool:
    """Write down what became of it. False if the lease had ended and somebody else holds it now."""
    row, error = job.notification, tried.error
    verdict = judge(
        error, attempts=row.attempts, channel=job.channel, channels=job.channels, urgent=row.is_urgent
    )
    if error and row.is_urgent:
        log.error(
            "The message %s about a red flag did not leave by %s (%s).", row.pk, job.channel, error.reason
        )
    with acting_for_all():
        for address, outcome in tried.results:
            TRANSPORTS[job.channel].note(address, outcome, now=now)
        return bool(
            row.held().update(
                state=verdict.state,
                channel=verdict.channel,
                next_attempt_at=now + timedelta(seconds=verdict.wait_seconds),
                sent_at=now if error is None else None,
                error=error.reason if error else "",
                token=None,
            )
        )


def _give_back(row: Notification, *, now: datetime) -> None:
    with acting_for_all():
        row.held().update(state=State.PENDING, attempts=F("attempts") - 1, next_attempt_at=now, token=None)
