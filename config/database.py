"""The connections of a web process to PostgreSQL: none waits for ever, and none of a server that is gone is kept.

A statement has its timeout in the server. That does not help where the server does not answer at all, as behind a
network that swallows everything: so the client counts too, and takes longer than any timeout of the server.
"""

from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

LONGEST_SECONDS = 10.0  # without an answer; a statement of the app role ends within five
RECONNECT_SECONDS = 2.0  # then the next request tries anew: the pool itself would wait up to five minutes


class BoundedConnection(psycopg.Connection[Any]):
    """A connection of a pool: OperationalError after LONGEST_SECONDS without an answer.

    One that is lost takes the idle ones of its pool with it. They were lost with the same server, and each of them
    would cost another request.
    """

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, timeout or LONGEST_SECONDS)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # it is we who gave up
                self.pgconn.finish()
            owner = getattr(self, "_pool", None)  # psycopg_pool's own mark
            if self.broken and owner:
                owner.drain()
            raise


def pool(threads: int) -> dict[str, Any]:
    """The options of a pool for so many threads."""
    return {
        "connection_class": BoundedConnection,
        "min_size": 1,
        "max_size": threads,
        "timeout": 5,  # seconds a request waits for a connection
        "reconnect_timeout": RECONNECT_SECONDS,
    }
