"""From the ledger to the transports: claim, commit, send, finish.

A message is claimed with a lease and a token, and the claim is committed before anything is sent, so that no
transaction waits for a push service. Whoever finishes must still hold the token. A sender that dies leaves
its claims to the next one when the lease ends: at most what it had in flight is sent twice, and nothing is
lost.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.lookups import GreaterThan

from accounts.access import acting_for_all
from notifications.effect import MEASURED_KINDS
from notifications.facts import REMINDERS, pointless_now
from notifications.messages import message_for
from notifications.models import (
    MOST_ATTEMPTS,
    Channel,
    Notification,
    Receipt,
    all_channels,
)
from notifications.planner import ON_TIME
from notifications.staff import answered
from notifications.transports import Message, Transport, TransportError
from notifications.withholding import drawn
from notifications.words import FOR_STAFF
from notifications.written import read_already
from recovery.models import Patient

# A channel is a module or folder of its name beside the others: that, and its line in Channel, is all of it.
TRANSPORTS: dict[str, Transport] = {
    channel: import_module(f"notifications.transports.{channel}") for channel in Channel.values
}

BATCH = 100
THREADS = 8  # also what a sender that is killed can have sent without having written it down
URGENT_THREADS = 16  # of each channel, so that one that hangs cannot hold up the other
LEASE = timedelta(seconds=60)
URGENT_LEASE = timedelta(seconds=10)  # a red flag whose sender was killed goes on after this
START_WITHIN_SECONDS = 10.0  # what has not begun by then is given back: a lease and a task must outlast it
URGENT_START_WITHIN_SECONDS = 5.0
STAND_IN_SECONDS = 10.0  # with the longest mail after it this is less than a task may take
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
                running[pool.submit(_try, job, until)] = job
                if len(running) == THREADS:
                    break
            if not running:
                return claimed.rows
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            at = now + timedelta(seconds=time.monotonic() - started)
            write_down([(running.pop(future), future.result()) for future in done], now=at)


class UrgentSender:
    """Sends red flags, which wait for nothing else: not for a reminder, nor for a service that hangs.

    Each channel has threads of its own, and nothing here waits for one.
    """

    def __init__(self) -> None:
        self.pools = {channel: ThreadPoolExecutor(URGENT_THREADS) for channel in Channel.values}
        self.running: dict[Future[Tried | None], Job] = {}

    def step(self, *, now: datetime) -> int:
        """Write down what has ended since the last step, and begin what is ready. How many rows were looked at."""
        self._write_down(now)
        self._keep(now)
        looked_at = 0
        for channel, pool in self.pools.items():
            busy = sum(job.channel == channel for job in self.running.values())
            claimed = claim(urgent=True, now=now, most=URGENT_THREADS - busy, channel=channel)
            looked_at += claimed.rows
            until = time.monotonic() + URGENT_START_WITHIN_SECONDS
            for job in claimed.jobs:
                self.running[pool.submit(_try, job, until)] = job
        return looked_at

    def rest(self, seconds: float) -> None:
        """Wait so long, or until a message has ended, whichever is first."""
        if self.running:
            wait(self.running, timeout=seconds, return_when=FIRST_COMPLETED)
        else:
            time.sleep(seconds)

    def close(self, *, now: Callable[[], datetime]) -> None:
        """Let what is under way end, and write it down."""
        for pool in self.pools.values():
            pool.shutdown(wait=False)  # what runs goes on
        while self.running:
            self._keep(now())
            self.rest(0.5)
            self._write_down(now())

    def _keep(self, now: datetime) -> None:
        """Renew the leases of what is under way, so that nobody sends it a second time while a service is slow."""
        held = {job.notification.pk: job.notification.token for job in self.running.values()}
        if not held:
            return
        with acting_for_all():
            ours = Notification.objects.filter(pk__in=held, token__in=set(held.values()), state=State.SENDING)
            ours.filter(next_attempt_at__lt=now + URGENT_LEASE / 2).update(next_attempt_at=now + URGENT_LEASE)

    def _write_down(self, now: datetime) -> None:
        done = [future for future in self.running if future.done()]
        write_down([(self.running[future], future.result()) for future in done], now=now)
        for future in done:
            del self.running[future]


def deliver_urgent(*, now: datetime) -> int:
    """Send the red flags that are ready until none is left, and wait for the end of it. How many rows were looked at.

    Begins nothing after STAND_IN_SECONDS: what is left then is for the next one.
    """
    started = time.monotonic()

    def elapsed() -> timedelta:
        return timedelta(seconds=time.monotonic() - started)

    sender = UrgentSender()
    looked_at = 0
    try:
        while elapsed().total_seconds() < STAND_IN_SECONDS:
            found = sender.step(now=now + elapsed())
            looked_at += found
            if not found and not sender.running:
                break
            sender.rest(0.5)
    finally:
        sender.close(now=lambda: now + elapsed())
    return looked_at


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


def _try(job: Job, until: float) -> Tried | None:
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


def finish(job: Job, tried: Tried, *, now: datetime) -> bool:
    """Write down what became of it. False if the lease had ended and somebody else holds it now."""
    return job.notification.pk in write_down([(job, tried)], now=now)


def write_down(ended: Sequence[tuple[Job, Tried | None]], *, now: datetime) -> set[int]:
    """Write down what became of several, in a constant number of statements. Those that were still ours.

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
