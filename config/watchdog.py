"""A worker that is alive and takes nothing from the queue ends, so that its supervisor starts another.

Celery's workers have more than once come back like this from a broker's restart (celery #8030, #9054, #10205); nobody
would hear of it but patients who hear nothing.
"""

import logging
import os
import threading
import time
from typing import Any

from celery import Celery
from celery.signals import task_received, worker_ready
from kombu.exceptions import ChannelError

LONGEST_SECONDS = 120.0  # twice what a task may take, and twelve ticks of beat
LOOK_EVERY_SECONDS = 15.0

log = logging.getLogger(__name__)


class Watchdog:
    """Of one worker: when it last took a task or had no broker, and whether tasks wait."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.took_at = time.monotonic()

    def note(self, **_: Any) -> None:
        self.took_at = time.monotonic()

    def watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            if self._tasks_wait() and time.monotonic() - self.took_at > LONGEST_SECONDS:
                log.critical("This worker took no task for %d s, and tasks wait: it ends.", LONGEST_SECONDS)
                os._exit(1)  # whatever hangs would not hear a signal; what it had begun goes by its lease

    def _tasks_wait(self) -> bool:
        """False when the broker is away too: time without it is no idleness, and a new worker could do no more."""
        try:
            with self.app.connection_for_read(transport_options={"max_retries": 1}) as connection:
                channel: Any = connection.default_channel
                return bool(
                    channel.queue_declare(self.app.conf.task_default_queue, passive=True).message_count
                )
        except ChannelError:
            return False  # the queue is empty, which Redis does not tell from one that never was
        except Exception as failure:  # kombu's, redis-py's, the system's
            log.info("The broker does not say what waits (%s).", type(failure).__name__)
            self.note()
            return False


@worker_ready.connect
def watch_over(sender: Any, **_: Any) -> None:
    watchdog = Watchdog(sender.app)
    task_received.connect(watchdog.note, weak=False)
    threading.Thread(target=watchdog.watch, name="watchdog", daemon=True).start()
