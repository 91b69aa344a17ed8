"""How often somebody may be wrong. The counts live in PostgreSQL, so that a lost broker opens no door."""

from dataclasses import dataclass

from django.core.cache import cache
from rest_framework.exceptions import Throttled


@dataclass(frozen=True)
class FailureLimit:
    """`failures` wrong tries in `seconds` for one key (an address, an account); then 429 until the time has passed.

    Two tries at the same moment may both be counted as one: the price of a cache without an atomic add.
    """

    name: str
    failures: int
    seconds: int

    def check(self, key: str) -> None:
        if cache.get(self._key(key), 0) >= self.failures:
            raise Throttled(wait=self.seconds)

    def count(self, key: str) -> None:
        cache.add(self._key(key), 0, self.seconds)
        cache.incr(self._key(key))

    def _key(self, key: str) -> str:
        return f"limit:{self.name}:{key}"


JOINING = FailureLimit("join", failures=10, seconds=3600)
SIGNING_IN = FailureLimit("sign-in", failures=10, seconds=900)
