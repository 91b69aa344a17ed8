"""How long staff stay signed in: until 15 minutes after the last thing they did, and twelve hours at most.

A session without its two moments is over: whoever has one from before signs in once more. Who has given the password
and still owes the second factor is not signed in at all: a session of nobody keeps for whom it waits.
"""

from dataclasses import asdict, dataclass
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

PASSWORD_LASTS = timedelta(minutes=5)  # then it is asked again before a second factor is added or removed
HALF_LASTS = timedelta(minutes=5)
PASSWORD_AT, SECOND_FACTOR, HALF = "password", "second_factor", "half"


@receiver(user_logged_in, dispatch_uid="accounts.sessions")
def _begin(request: Any, **_: Any) -> None:
    begin(request.session, now=timezone.now())


def begin(session: SessionBase, *, now: datetime) -> None:
    session[SINCE] = session[SEEN] = session[PASSWORD_AT] = int(now.timestamp())


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


# --- the second factor ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Half:
    """Somebody who has given the password, when (seconds), and what they were about to do (clinic.door)."""

    user_id: int
    at: int
    go_to: str
    held: str


def begin_half(session: SessionBase, *, user_id: int, go_to: str, held: str, now: datetime) -> None:
    """In place of whoever was signed in here."""
    session.flush()
    session[HALF] = asdict(Half(user_id, int(now.timestamp()), go_to, held))


def half(session: SessionBase, *, now: datetime) -> Half | None:
    """Who owes the second factor here. None after five minutes."""
    kept = session.get(HALF)
    if kept is None or now.timestamp() - kept["at"] >= HALF_LASTS.total_seconds():
        return None
    return Half(**kept)


def end_half(session: SessionBase, half: Half) -> None:
    """The second factor was given, and the session is theirs. The password is as old as it is."""
    session.pop(HALF, None)
    session[PASSWORD_AT] = half.at
    session[SECOND_FACTOR] = True


def knows_password(session: SessionBase, *, now: datetime) -> bool:
    """Whether the password was given here a moment ago."""
    return bool(now.timestamp() - session.get(PASSWORD_AT, 0) < PASSWORD_LASTS.total_seconds())


def note_password(session: SessionBase, *, now: datetime) -> None:
    session[PASSWORD_AT] = int(now.timestamp())
