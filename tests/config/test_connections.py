"""The pool of a web process: a server that is gone costs one request, one that is silent costs ten seconds."""

import os
import time
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from config import database
from tests.faults.proxy import proxy

THREADS = 4


def test_a_server_that_was_started_again_costs_one_request_and_not_one_for_each_connection(
    django_db_setup: None,
):
    asked = {**database.pool(THREADS), "min_size": THREADS}
    with ConnectionPool(os.environ["DATABASE_URL"], open=True, **asked) as pool:
        pool.wait(10)
        connections = [pool.getconn() for _ in range(THREADS)]
        backends = [connection.info.backend_pid for connection in connections]
        for connection in connections:
            pool.putconn(connection)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            ended = other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [backends])
            assert ended.fetchall() == [(True,)] * THREADS
        lost = 0
        for _ in range(3 * THREADS):
            connection = pool.getconn()
            try:
                connection.execute("SELECT 1")
                connection.rollback()
            except psycopg.OperationalError:
                lost += 1
            finally:
                pool.putconn(connection)
        assert lost == 1


def test_a_server_that_is_silent_is_given_up(django_db_setup: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "LONGEST_SECONDS", 0.5)
    url = urlsplit(os.environ["DATABASE_URL"])
    with proxy(f"{parse_qs(url.query)['host'][0]}/.s.PGSQL.5432") as between:
        way = f"postgresql://{url.username}:{url.password}@127.0.0.1:{between.port}{url.path}?sslmode=disable"
        with database.BoundedConnection.connect(f"{way}&gssencmode=disable", autocommit=True) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            between.hang()
            began = time.monotonic()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
            assert time.monotonic() - began < 5
            assert between.swallowed > 0
            assert connection.closed
        between.heal()
