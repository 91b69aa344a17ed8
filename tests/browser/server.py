"""A real server in threads of the test, on its database and as the app role; what goes wrong is asked of it by name."""

import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return super().get_environ() | {"amble.connection": self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a test that fails says what it needs."""


@dataclass
class Server:
    """`asked` is every request so far, as (method, path, status). A fault is for a path and so many requests to it."""

    asked: list[tuple[str, str, int]] = field(default_factory=list)
    _faults: dict[str, list[Callable[..., Iterable[bytes]]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self._application = WSGIHandler()
        self._server = ThreadedWSGIServer(("127.0.0.1", 0), _Handler, connections_override=None)
        self._server.daemon_threads = False  # stop() waits for what is being answered
        self._server.set_app(self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def times(self, method: str, path: str) -> int:
        """How often this was asked for and answered or dropped."""
        return sum(one[:2] == (method, path) for one in self.asked)

    def drop_reply(self, path: str, times: int = 1) -> None:
        """Do the work, and let the connection break before the answer."""
        self._add(path, times, self._without_reply)

    def answer_with(self, path: str, status: str, times: int = 1) -> None:
        """Answer so without doing anything."""

        def refuse(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            start(status, [("Content-Type", "text/plain")])
            return [b""]

        self._add(path, times, refuse)

    def _add(self, path: str, times: int, fault: Callable[..., Iterable[bytes]]) -> None:
        with self._lock:
            self._faults.setdefault(path, []).extend([fault] * times)

    def _without_reply(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        for _ in self._application(environ, lambda *_: lambda _: None):
            pass
        environ["amble.connection"].shutdown(socket.SHUT_RDWR)
        start("200 OK", [])  # which nobody hears
        return []

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        with self._lock:
            waiting = self._faults.get(path)
            fault = waiting.pop(0) if waiting else None

        def started(status: str, headers: Any, exc_info: Any = None) -> Any:
            self.asked.append((method, path, int(status.split()[0])))
            return start(status, headers, exc_info)

        if fault == self._without_reply:
            self.asked.append((method, path, 0))
            return fault(environ, start)
        return (fault or self._application)(environ, started)
