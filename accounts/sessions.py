"""How long staff stay signed in: until 15 minutes after the last thing they did, and twelve hours at most.

A session without its two moments is over: whoever has one from before signs in once more.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.utils import timezone

IDLE = timedelta(minutes=15)  # without activity; a poll is none
WARNING = timedelta(minutes=2)  # before that, the page says so
LONGEST = timedelta(hours=12)  # whatever one does
NOTED_EVERY = timedelta(minutes=1)  # so that most pages write nothing; the server's 15 minutes are up to 16
SINCE, SEEN = "since", "seen"


@receiver(user_logged_in, dispatch_uid="accounts.sessions")
def _begin(request: Any, **_: Any) -> None:
    begin(request.session, now=timezone.now())


def begin(session: SessionBase, *, now: datetime) -> None:
    session[SINCE] = session[SEEN] = int(now.timestamp())


def is_open(session: SessionBase, *, now: datetime) -> bool:
    """Whether its person is still taken to be there."""
    if SINCE not in session or SEEN not in session:
        return False
    at = now.timestamp()
    return bool(
        at - session[SINCE] < LONGEST.total_seconds()
        and at - session[SEEN] < (IDLE + NOTED_EVERY).total_seconds()
    )


def note(session: SessionBase, *, now: datetime) -> None:
    """The person has just done something."""
    if now.timestamp() - session[SEEN] >= NOTED_EVERY.total_seconds():
        session[SEEN] = int(now.timestamp())
