"""What a phone and a desk know of the server: its address, and a token."""

import json
from dataclasses import dataclass, field
from typing import Any

import urllib3

_pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=3, read=30))


class Stopped(Exception):
    """The story cannot go on; a full sentence that says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    etag: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody at `address`; with a token once they have signed in."""

    address: str
    token: str = field(default="", repr=False)

    def as_bearer(self, token: str) -> "Caller":
        return Caller(self.address, token)

    def call(self, method: str, path: str, body: Any = None, *, expect: int = 200, **headers: str) -> Answer:
        """One request below /api/v1/. Stopped, with the server's own words, for any status but `expect`."""
        answer = self.ask(method, path, body, **headers)
        if answer.status != expect:
            raise Stopped(f"{method} {path} answered {answer.status} where {expect} belongs: {answer.body}")
        return answer

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The same, whatever the status is. A header If_Match is sent as If-Match."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            response = _pool.request(
                method,
                f"{self.address}/api/v1/{path}",
                body=None if body is None else json.dumps(body),
                headers=sent,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Stopped(
                f"{self.address} cannot be reached ({type(error).__name__}): start it with `make run`, "
                "or name another address."
            ) from None
        parsed = json.loads(response.data) if response.data else None
        return Answer(response.status, parsed, response.headers.get("ETag", ""))

    def every(self, path: str) -> list[Any]:
        """All rows of a list, page by page."""
        rows: list[Any] = []
        cursor = ""
        while True:
            page = self.call("GET", f"{path}?page_size=200{cursor}").body
            rows += page["results"]
            if page["next"] is None:
                return rows
            cursor = f"&cursor={page['next']}"

    def page(self, path: str) -> str:
        """A page for people, as text."""
        response = _pool.request("GET", f"{self.address}{path}")
        if response.status != 200:
            raise Stopped(
                f"{path} answered {response.status}: the story reads mail on the mailbox page of "
                "development, so start the server with DEBUG=true and without an EMAIL_URL."
            )
        return response.data.decode()
