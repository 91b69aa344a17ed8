"""Sending red flags: each channel has threads of its own, and nothing waits for a service."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from accounts.access import acting_for_all
from notifications import claims
from notifications.claims import Job, State, claim
from notifications.delivery import Tried, attempt, write_down
from notifications.models import Channel, Notification

THREADS = 16  # of each channel, so that one that hangs cannot hold up the other
START_WITHIN_SECONDS = 5.0
STAND_IN_SECONDS = 10.0  # with the longest mail after it this is less than a task may take


class UrgentSender:
    """Sends red flags, which wait for nothing else: not for a reminder, nor for a service that hangs."""

    def __init__(self) -> None:
        self.pools = {channel: ThreadPoolExecutor(THREADS) for channel in Channel.values}
        self.running: dict[Future[Tried | None], Job] = {}

    def step(self, *, now: datetime) -> int:
        """Write down what has ended since the last step, and begin what is ready. How many rows were looked at."""
        self._write_down(now)
        self._keep(now)
        looked_at = 0
        for channel, pool in self.pools.items():
            busy = sum(job.channel == channel for job in self.running.values())
            claimed = claim(urgent=True, now=now, most=THREADS - busy, channel=channel)
            looked_at += claimed.rows
            until = time.monotonic() + START_WITHIN_SECONDS
            for job in claimed.jobs:
                self.running[pool.submit(attempt, job, until)] = job
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
            ours.filter(next_attempt_at__lt=now + claims.URGENT_LEASE / 2).update(
                next_attempt_at=now + claims.URGENT_LEASE
            )

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
