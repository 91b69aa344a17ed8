import logging
import time
from collections.abc import Callable
from datetime import datetime

from celery import shared_task

from notifications import delivery, notices, planner, receipts, reconciler, staff, withholding, written
from notifications.clock import database_now

LONGEST_RUN_SECONDS = 15  # then the next tick goes on; a batch of slow services still ends in the time limit

log = logging.getLogger(__name__)


@shared_task
def remind() -> None:
    """Plan what has come due and deliver what is ready. Any number of these may run at once."""
    until = time.monotonic() + LONGEST_RUN_SECONDS
    for part in (
        planner.plan,
        written.tell_of_messages,
        staff.hand_over_the_silent,
        notices.tell_of_opened_records,
        receipts.repeat_unseen,
    ):
        _do(part)
    while delivery.deliver_ordinary(now=database_now()) and time.monotonic() < until:
        pass


def _do(part: Callable[..., int]) -> None:
    """One part of a round: what is wrong in it keeps nobody's message from leaving."""
    now: datetime = database_now()
    try:
        part(now=now)
    except Exception:
        log.exception("%s.%s has failed; the round goes on without it.", part.__module__, part.__name__)


@shared_task
def tell_of_reviews() -> None:
    staff.tell_of_reviews(now=database_now())
    notices.tell_of_erasures(now=database_now())


@shared_task
def reconcile_red_flags() -> None:
    reconciler.reconcile(now=database_now())


@shared_task
def measure_reminders() -> None:
    withholding.measure(now=database_now())
