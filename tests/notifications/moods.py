"""A push service in all its moods, by path, on loopback: what it answers, and what it does to the connection."""

import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "201": (201, {}, b""),
    "200": (200, {}, b"ok"),
    "202": (202, {}, b""),
    "204": (204, {}, b""),
    "400": (400, {}, b"bad token"),
    "401": (401, {}, b""),
    "403": (403, {}, b""),
    "404": (404, {}, b""),
    "410": (410, {}, b""),
    "413": (413, {}, b""),
    "429": (429, {"Retry-After": "120"}, b""),
    "429-absurd": (429, {"Retry-After": "99999999999999"}, b""),
    "503": (503, {"Retry-After": "30"}, b""),
    "500": (500, {}, b""),
    "502": (502, {"Content-Type": "text/html"}, b"<html><h1>Bad gateway</h1></html>"),
    "10-megabytes": (201, {}, b"x" * 10_000_000),
}
STRANGE = ("redirect", "hang", "reset", "drip", "dripping-headers", "garbage")


@dataclass
class Moody:
    host: str
    calls: Counter[str] = field(default_factory=Counter)

    def url(self, mood: str, scheme: str = "http") -> str:
        return f"{scheme}://{self.host}/{mood}"


@contextmanager
def moody_service(folder: Path | None = None) -> Iterator[Moody]:
    """Plain HTTP; with a folder for its key HTTPS, with a certificate that nobody signed."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            mood = self.path.strip("/")
            moody.calls[mood] += 1
            if mood in ANSWERS:
                self._answer(*ANSWERS[mood])
            elif mood == "redirect":
                self._answer(307, {"Location": moody.url("stolen")}, b"")
            elif mood == "hang":
                over.wait(60)
            elif mood == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
            elif mood == "drip":
                self._drip(b"HTTP/1.1", b" ")
            elif mood == "dripping-headers":
                self._drip(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"x")
            elif mood == "garbage":
                self.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n")
                self.close_connection = True
            else:
                self._answer(201, {}, b"")

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def _drip(self, start: bytes, letter: bytes) -> None:
            """An answer that never ends, a letter at a time: no wait for one byte is ever long."""
            with suppress(OSError):
                self.wfile.write(start)
                until = time.monotonic() + 60
                while time.monotonic() < until and not over.wait(0.05):
                    self.wfile.write(letter)
            self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if folder is not None:
        server.socket = _unsigned(folder).wrap_socket(server.socket, server_side=True)
    moody = Moody(f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield moody
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _unsigned(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    ).sign(key, SHA256())
    file = folder / "service.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
