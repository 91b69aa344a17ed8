import logging
import os
import signal
import time
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from notifications import reconciler, red_flags, urgent
from notifications.clock import database_now

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.5
BEAT_EVERY_SECONDS = 10.0
LONGEST_ROUND_SECONDS = 30.0  # a round waits for PostgreSQL alone, and each statement has five seconds


class Command(BaseCommand):
    help = "Tells staff about red flags at once. Needs PostgreSQL and nothing else; SIGTERM ends it."
    requires_system_checks = ()  # a page that is broken must not keep red flags from people

    def handle(self, *args: Any, **options: Any) -> None:
        self.stop = Event()
        self.unheard: frozenset[int] = frozenset()
        self.sender = urgent.UrgentSender()
        self.next_beat = 0.0
        self.round_began = time.monotonic()
        Thread(target=self.end_if_stuck, name="watchdog", daemon=True).start()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: self.stop.set())
        lost_at: float | None = None
        while not self.stop.is_set():
            began = self.round_began = time.monotonic()
            try:
                self.sweep()
            except (OperationalError, InterfaceError):
                if lost_at is None:
                    lost_at = time.monotonic()
                    self.stderr.write("The database cannot be reached, so red flags reach nobody; trying on.")
                connection.close()
                self.stop.wait(EVERY_SECONDS)
                continue
            except Exception:
                # Whatever it was, the next round may reach people. No beat: the reconciler stands in and says so.
                log.exception("A round of the watch failed; the next one follows.")
            if lost_at is not None:
                self.stderr.write(f"The database is back after {time.monotonic() - lost_at:.0f} seconds.")
                lost_at = None
            self.sender.rest(max(0.0, began + EVERY_SECONDS - time.monotonic()))
        self.sender.close(now=database_now)

    def end_if_stuck(self) -> None:
        """A database that swallows what it is asked holds a round for ever: another process finds its way anew."""
        while not self.stop.wait(1):
            if time.monotonic() - self.round_began > LONGEST_ROUND_SECONDS:
                log.critical("A round of the watch takes longer than %d s: it ends.", LONGEST_ROUND_SECONDS)
                os._exit(1)  # what it had begun to send goes by its lease

    def sweep(self) -> None:
        """Queue what is due, begin what is ready, write down what has ended. Waits for no service."""
        try:
            self.queue()
        finally:  # what is queued already leaves all the same
            self.sender.step(now=database_now())
        if time.monotonic() > self.next_beat:
            reconciler.beat(reconciler.WATCH, now=database_now())
            self.next_beat = time.monotonic() + BEAT_EVERY_SECONDS

    def queue(self) -> None:
        swept = red_flags.queue_messages(now=database_now())
        if swept.unheard - self.unheard:
            self.stderr.write(
                f"{len(swept.unheard)} red flags have nobody to hear of them: no care team, no clinician, no "
                "administrator. Invite somebody to the clinic."
            )
        self.unheard = swept.unheard
