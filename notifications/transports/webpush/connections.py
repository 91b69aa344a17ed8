"""Connections to push services, kept open: no redirects, limits on waiting, and a look at where they lead."""

import socket
import time
from collections.abc import Mapping

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from notifications.transports.webpush.endpoints import Endpoint, is_extra, is_public

TIMEOUT = urllib3.Timeout(connect=3, read=10)
MOST_BYTES_READ = 4096
LONGEST_READ_SECONDS = 10


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


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Guarded


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


_manager = urllib3.PoolManager(num_pools=32, maxsize=8, retries=False, timeout=TIMEOUT)
_manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def post(endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
    """Status and headers of the answer. Its body is read away, at most 4 KiB of it, and never looked at.

    Raises urllib3.exceptions.HTTPError when there is no answer.
    """
    pool = _manager.connection_from_host(endpoint.host, endpoint.port, endpoint.scheme)
    response = pool.urlopen(
        "POST", endpoint.target, body=body, headers=dict(headers), redirect=False, preload_content=False
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
