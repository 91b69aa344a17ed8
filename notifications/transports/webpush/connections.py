"""Connections to push services, kept open: no redirects, limits on waiting, and a look at where they lead."""

import heapq
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from notifications.transports.webpush.endpoints import Endpoint, is_extra, is_public

CONNECT_SECONDS = 3.0
MOST_BYTES_READ = 4096
LONGEST_READ_SECONDS = 2.0


class _Deadlines:
    """Shuts sockets that are waited on for too long.

    A socket's own timeout begins anew with each byte, so a service that drips its headers would hold a thread
    for as long as it likes.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.heap: list[tuple[float, int, socket.socket]] = []
        self.under_way: set[int] = set()
        self.count = 0
        self.thread: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float, sock: socket.socket) -> Iterator[None]:
        with self.changed:
            if self.thread is None or not self.thread.is_alive():  # the first time, and after a fork
                self.thread = threading.Thread(target=self._watch, name="push deadlines", daemon=True)
                self.thread.start()
            self.count += 1
            mine = self.count
            self.under_way.add(mine)
            heapq.heappush(self.heap, (time.monotonic() + seconds, mine, sock))
            if self.heap[0][1] == mine:  # else it looks soon enough, and a message costs no wake
                self.changed.notify()
        try:
            yield
        finally:
            with self.changed:
                self.under_way.discard(mine)

    def _watch(self) -> None:
        while True:
            with self.changed:
                while not self.heap:
                    self.changed.wait()
                at, number, sock = self.heap[0]
                if number in self.under_way and (left := at - time.monotonic()) > 0:
                    self.changed.wait(left)
                    continue
                heapq.heappop(self.heap)
                if number not in self.under_way:
                    continue
                # Below TLS, which may be in a read. Only reading: a letter that drips in after our own end would be
                # answered by a reset, and the word that had come before it be lost.
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RD)


_deadlines = _Deadlines()


class _Guarded(HTTPConnection):
    """Resolves once, refuses unless every address is public, and connects to what it has checked.

    A name that answers with a public address first and with a loopback one at the second look (DNS rebinding)
    gets no second look.
    """

    def _new_conn(self) -> socket.socket:
        port = self.port or self.default_port
        try:
            found = socket.getaddrinfo(self.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as failure:
            raise NameResolutionError(self.host, self, socket.gaierror(str(failure))) from failure
        addresses = [str(address[0]) for *_, address in found]
        if not is_extra(self.host, port) and not all(map(is_public, addresses)):
            raise NewConnectionError(
                self, "The name of the push service leads to an address that is not public."
            )
        try:
            return create_connection(
                (addresses[0], port),
                self.timeout,
                source_address=self.source_address,
                socket_options=self.socket_options,
            )
        except OSError as failure:
            raise NewConnectionError(self, "The push service cannot be reached.") from failure

    def getresponse(self) -> urllib3.response.HTTPResponse:  # type: ignore[override]  # urllib3's own answer
        seconds = float(self.timeout or 0)  # the pool has set what is left for the answer
        with _deadlines.within(seconds, self.sock):
            return super().getresponse()


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Guarded


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


_manager = urllib3.PoolManager(num_pools=32, maxsize=8, retries=False)
_manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def post(
    endpoint: Endpoint, body: bytes, headers: Mapping[str, str], *, seconds: float
) -> tuple[int, Mapping[str, str]]:
    """Status and headers of the answer, if it comes within `seconds`. Its body is read away, 4 KiB at most.

    Raises urllib3.exceptions.HTTPError when there is no answer.
    """
    pool = _manager.connection_from_host(endpoint.host, endpoint.port, endpoint.scheme)
    response = pool.urlopen(
        "POST",
        endpoint.target,
        body=body,
        headers=dict(headers),
        redirect=False,
        preload_content=False,
        timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
    )
    _read_away(response)
    return response.status, response.headers


def _read_away(response: urllib3.BaseHTTPResponse) -> None:
    """So that the connection can be used again; a body that is long or slow costs its connection instead."""
    until = time.monotonic() + LONGEST_READ_SECONDS
    size = 0
    try:
        while size < MOST_BYTES_READ and time.monotonic() < until:
            chunk = response.read1(MOST_BYTES_READ)
            if not chunk:
                response.release_conn()
                return
            size += len(chunk)
    except HTTPError:
        pass  # the status came; that its body broke off changes nothing
    response.close()
