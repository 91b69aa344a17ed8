from celery import shared_task
from django.utils import timezone

from recovery.actions import days


@shared_task
def close_days() -> None:
    days.close_days(now=timezone.now())
