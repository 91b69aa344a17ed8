"""The Celery app of Amble with short leases and ticks, so that the ordinary suite sees a killed worker in seconds.

The long form of the same tests (`make trust`) runs `config` as it is.
"""

from datetime import timedelta

import django

from config import watchdog
from config.celery import app

django.setup()

from notifications import claims, delivery, tasks  # noqa: E402 - they need Django

claims.LEASE = timedelta(seconds=6)
delivery.START_WITHIN_SECONDS = 2.0
tasks.LONGEST_RUN_SECONDS = 5
watchdog.LONGEST_SECONDS, watchdog.LOOK_EVERY_SECONDS = 15.0, 1.0
app.conf.beat_schedule["find due reminders and deliver them"] |= {"schedule": 1.0, "options": {"expires": 2}}
