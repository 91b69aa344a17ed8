"""The Celery app of a task that does nothing, set up as Amble's own."""

from celery import Celery
from django.conf import settings
from redis import Redis

DONE = "bench-done"

app = Celery("empty")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(ignore_result=True)
def empty(*, last: bool) -> None:
    if last:
        Redis.from_url(settings.REDIS_URL).lpush(DONE, "1")
