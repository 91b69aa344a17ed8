"""How often somebody may be wrong. The counts live in PostgreSQL, so that a lost broker opens no door."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection
from rest_framework.exceptions import Throttled

from accounts.models import FailureCount

COUNT = """
    INSERT INTO accounts_failurecount AS f (key, count, until) VALUES (%(key)s, 1, %(until)s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN f.until <= %(now)s THEN 1 ELSE f.count + 1 END,
        until = CASE WHEN f.until <= %(now)s THEN excluded.until ELSE f.until END
"""


@dataclass(frozen=True)
class FailureLimit:
    """`failures` wrong tries in `seconds` for one key (an address, an account); then 429 until the time has passed."""

    name: str
    failures: int
    seconds: int

    def check(self, key: str, *, now: datetime) -> None:
        blocked = FailureCount.objects.filter(
            key=self._key(key), until__gt=now, count__gte=self.failures
        ).first()
        if blocked:
            raise Throttled(wait=(blocked.until - now).total_seconds())

    def count(self, key: str, *, now: datetime) -> None:
        FailureCount.objects.filter(until__lte=now).delete()
        until = now + timedelta(seconds=self.seconds)
        with connection.cursor() as cursor:
            cursor.execute(COUNT, {"key": self._key(key), "until": until, "now": now})

    def _key(self, key: str) -> str:
        """A digest: a stranger chooses what is tried, and it may be somebody's email."""
        return sha256(f"{self.name}:{key}".encode()).hexdigest()


JOINING = FailureLimit("join", failures=10, seconds=3600)
# One person at one address; and, far above what people mistype, one address and one account from anywhere: ten wrong
# passwords of a stranger must not lock somebody out.
SIGNING_IN = FailureLimit("sign-in", failures=10, seconds=900)
SIGNING_IN_FROM = FailureLimit("sign-in-from", failures=100, seconds=900)
SIGNING_IN_AS = FailureLimit("sign-in-as", failures=100, seconds=86_400)
# Only who has the password gets so far, so it is counted by the person alone. Of a million codes of an app three are
# right at any time: these limits leave a guesser about one chance in 7,000 a day.
SECOND_FACTOR = FailureLimit("second-factor", failures=10, seconds=900)
SECOND_FACTOR_OF_A_DAY = FailureLimit("second-factor-of-a-day", failures=50, seconds=86_400)
# A name and a year of birth that fit nobody still say that somebody is no patient here.
OPENING_A_RECORD = FailureLimit("open-record", failures=10, seconds=3600)


Limits = list[tuple[FailureLimit, str]]  # each with its key


def check_all(limits: Limits, *, now: datetime) -> None:
    for limit, key in limits:
        limit.check(key, now=now)


def count_all(limits: Limits, *, now: datetime) -> None:
    for limit, key in limits:
        limit.count(key, now=now)


def second_factor_limits(*, user_id: int) -> Limits:
    """What a wrong code counts against. A passkey is not guessed: who has one gets in while others try codes."""
    return [(SECOND_FACTOR, str(user_id)), (SECOND_FACTOR_OF_A_DAY, str(user_id))]


def sign_in_limits(*, address: str, email: str) -> Limits:
    """What a wrong password counts against."""
    email = email.lower()
    return [(SIGNING_IN, f"{address} {email}"), (SIGNING_IN_FROM, address), (SIGNING_IN_AS, email)]
