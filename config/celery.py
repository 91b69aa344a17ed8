"""The Celery app and the one timetable of everything that runs by itself.

Beat runs in UTC and only ticks: what is due, for whom and in which zone is decided in the database. An old
tick expires, so that an outage is not followed by a burst.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("amble")
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
    "count what reminders do": {
        "task": "notifications.tasks.measure_reminders",
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
}
