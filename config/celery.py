"""The Celery app and the one timetable of everything that runs by itself.

Beat runs in UTC and only ticks: what is due, for whom and in which zone is decided in the database. An old
tick expires, so that an outage is not followed by a burst.
"""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection

from config import watchdog as watchdog  # it connects itself to each worker that starts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LONGEST_BETWEEN_CONNECTIONS = 5


class EagerConnection(Connection):
    """A broker that is back is noticed within seconds: kombu would by then wait 30 between two looks."""

    def _ensure_connection(
        self,
        errback: Any = None,
        max_retries: int | None = None,
        interval_start: int = 2,
        interval_step: int = 2,
        interval_max: int = 30,
        *rest: Any,
        **named: Any,
    ) -> Any:
        longest = min(interval_max, LONGEST_BETWEEN_CONNECTIONS)
        return super()._ensure_connection(
            errback, max_retries, interval_start, interval_step, longest, *rest, **named
        )


class Messaging(AMQP):
    Connection = EagerConnection


app = Celery("amble", amqp=Messaging)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "find due reminders and deliver them": {
        "task": "notifications.tasks.remind",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "compare red flags with attempts": {
        "task": "notifications.tasks.reconcile_red_flags",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "tell staff of the reviews that are due": {
        "task": "notifications.tasks.tell_of_reviews",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "count what reminders do": {
        "task": "notifications.tasks.measure_reminders",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "seal the audit": {
        "task": "accounts.tasks.seal_audit",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "forget the sessions that are over": {
        "task": "accounts.tasks.forget_sessions",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "close the days that have ended": {
        "task": "recovery.tasks.close_days",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "propose the next step of exercises, and suspend what was red twice": {
        "task": "recovery.tasks.judge_ladders",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "list the records whose time is over": {
        "task": "recovery.tasks.list_expired",
        "schedule": 86400.0,
        "options": {"expires": 86400},
    },
}
