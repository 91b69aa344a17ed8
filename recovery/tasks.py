from celery import shared_task
from django.utils import timezone

from recovery.actions import days, keeping, ladder


@shared_task
def close_days() -> None:
    days.close_days(now=timezone.now())


@shared_task
def judge_ladders() -> None:
    ladder.judge_ladders(now=timezone.now())


@shared_task
def list_expired() -> None:
    keeping.list_expired(now=timezone.now())
