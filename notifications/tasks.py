import time

from celery import shared_task

from notifications import delivery, planner, receipts, reconciler, staff, withholding
from notifications.clock import database_now

LONGEST_RUN_SECONDS = 15  # then the next tick goes on; a batch of slow services still ends in the time limit


@shared_task
def remind() -> None:
    """Plan what has come due and deliver what is ready. Any number of these may run at once."""
    until = time.monotonic() + LONGEST_RUN_SECONDS
    planner.plan(now=database_now())
    staff.hand_over_the_silent(now=database_now())
    receipts.repeat_unseen(now=database_now())
    while delivery.deliver_ordinary(now=database_now()) and time.monotonic() < until:
        pass


@shared_task
def tell_of_reviews() -> None:
    staff.tell_of_reviews(now=database_now())


@shared_task
def reconcile_red_flags() -> None:
    reconciler.reconcile(now=database_now())


@shared_task
def measure_reminders() -> None:
    withholding.measure(now=database_now())
