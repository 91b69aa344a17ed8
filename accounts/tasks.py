from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from accounts import audit


@shared_task
def seal_audit() -> None:
    audit.seal()


@shared_task
def forget_sessions() -> None:
    """Those that are over: what somebody typed and never sent may lie in them."""
    SessionStore.clear_expired()
