from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """PostgreSQL's clock (aware, UTC). Leases and due times go by it: the clocks of machines differ."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
