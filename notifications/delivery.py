"""From the ledger to the transports: claim, send, finish.

Whoever finishes must still hold the token of the claim. What a sender that dies had in flight is sent twice at most,
and nothing is lost.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection

from accounts.access import acting_for_all
from notifications.claims import TRANSPORTS, Job, State, claim
from notifications.models import MOST_ATTEMPTS, Channel, Notification
from notifications.transports import TransportError

THREADS = 8  # also what a sender that is killed can have sent without having written it down
START_WITHIN_SECONDS = 10.0  # what has not begun by then is given back: a lease and a task must outlast it
BACKOFF_SECONDS = (10.0, 30.0, 120.0, 600.0, 3600.0)
LONGEST_URGENT_WAIT_SECONDS = 60.0
JITTER = 0.2  # of a wait that a service asked for, so that not all come back in one second

FINISH = """
    UPDATE notifications_notification AS row
    SET state = done.state, channel = done.channel, next_attempt_at = done.next_attempt_at, sent_at = done.sent_at,
        error = done.error, attempts = done.attempts, token = NULL
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
        %s::int[]) AS done (id, token, state, channel, next_attempt_at, sent_at, error, attempts)
    WHERE row.id = done.id AND row.token = done.token AND row.state = 'sending'
    RETURNING row.id
"""

log = logging.getLogger(__name__)


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
    """Send one batch of reminders that are ready. Returns how many were looked at: 0 ends the work.

    A sender never has more than THREADS messages that have left, or may have, and are not written down.
    """
    started = time.monotonic()
    claimed = claim(urgent=False, now=now)
    until = started + START_WITHIN_SECONDS
    waiting = iter(claimed.jobs)
    running: dict[Future[Tried | None], Job] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            for job in waiting:
                running[pool.submit(attempt, job, until)] = job
                if len(running) == THREADS:
                    break
            if not running:
                return claimed.rows
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            at = now + timedelta(seconds=time.monotonic() - started)
            write_down([(running.pop(future), future.result()) for future in done], now=at)


def attempt(job: Job, until: float) -> Tried | None:
    """Send to each address, but begin with none after `until` (monotonic). None if none was begun.

    A red flag that was begun goes to every address: a phone whose service hangs does not hide the next one.
    Runs in a thread, without the database.
    """
    results: list[tuple[Any, TransportError | None]] = []
    for address in job.addresses:
        if time.monotonic() > until and not (results and job.message.urgent):
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
    # A service that asks for patience gets it until the message is too late.
    exhausted = error.permanent or (attempts >= MOST_ATTEMPTS and not error.retry_after)
    if later_channels and (exhausted or urgent):
        return Verdict(State.PENDING, later_channels[0])
    pause = max(error.retry_after or 0.0, BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1])
    if urgent:
        return Verdict(State.PENDING, channels[0], min(pause, LONGEST_URGENT_WAIT_SECONDS))
    if exhausted:
        return Verdict(State.FAILED, channel)
    return Verdict(State.PENDING, channel, pause)


def write_down(ended: Sequence[tuple[Job, Tried | None]], *, now: datetime) -> set[int]:
    """Write down what became of several, in a constant number of statements. The ids of those that were still ours:
    where the lease had ended, somebody else holds it now.

    What was not begun (None) is given back with its attempt.
    """
    rows = [_outcome(job, tried, now=now) for job, tried in ended]
    if not rows:
        return set()
    for job, tried in ended:
        _say(job, tried)
    with acting_for_all(), connection.cursor() as cursor:
        cursor.execute(FINISH, [list(column) for column in zip(*rows, strict=True)])
        ours = {pk for (pk,) in cursor.fetchall()}
    noted: dict[str, list[tuple[Any, TransportError | None]]] = {}
    for job, tried in ended:
        noted.setdefault(job.channel, []).extend(tried.results if tried else ())
    for channel, results in noted.items():
        if results:
            TRANSPORTS[channel].note(results, now=now)
    return ours


def _outcome(job: Job, tried: Tried | None, *, now: datetime) -> tuple[Any, ...]:
    """What FINISH takes of one row."""
    row = job.notification
    if tried is None:
        return row.pk, row.token, State.PENDING, row.channel, now, None, row.error, row.attempts - 1
    error = tried.error
    verdict = judge(
        error, attempts=row.attempts, channel=job.channel, channels=job.channels, urgent=row.is_urgent
    )
    state, channel, attempts, sent_at = verdict.state, verdict.channel, row.attempts, None
    if state == State.SENT:
        sent_at = now
    elif state == State.FAILED and row.first_sent_at:
        state, channel, sent_at = State.SENT, Channel.WEBPUSH, row.first_sent_at
    elif not row.is_urgent:
        # A try that had an outcome killed nobody, so it must not be the last one by the count alone; and what one
        # channel used up is not taken from the next.
        most = MOST_ATTEMPTS - 1 if channel == job.channel else 1
        attempts = min(attempts, most) if state == State.PENDING else attempts
    spread = 1 + JITTER * _share(row) if error and error.retry_after else 1.0
    again_at = now + timedelta(seconds=verdict.wait_seconds * spread)
    return row.pk, row.token, state, channel, again_at, sent_at, error.reason if error else "", attempts


def _share(row: Notification) -> float:
    """0 to 1, always the same for one try of one message."""
    return sha256(f"{row.pk} {row.attempts}".encode()).digest()[0] / 255


def _say(job: Job, tried: Tried | None) -> None:
    """Tell the operator what only they can put right, and what did not reach staff."""
    error, row = tried.error if tried else None, job.notification
    if tried and any(failure and failure.ours for _, failure in tried.results):
        log.error("The set-up of %s is wrong: %s. Nothing leaves by it.", job.channel, error and error.reason)
    if error and row.is_urgent and error.reason != row.error:
        log.error(
            "The message %s about a red flag did not leave by %s (%s).", row.pk, job.channel, error.reason
        )
