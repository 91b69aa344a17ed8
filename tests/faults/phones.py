"""A phone as the server sees it: it keeps what it noted until the server has answered it (docs/records.md)."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any
from uuid import uuid4

Record = dict[str, Any]

MOST_RECORDS, MOST_BYTES = 100, 60_000  # of phone/static/phone/sync.js
ANSWERS = {"stored", "same", "conflict", "refused"}


def pain(random: Random, **changes: Any) -> Record:
    """One rating of now, as the phone keeps it."""
    return {
        "id": str(uuid4()),
        "kind": "pain",
        "revision": 1,
        "at": datetime.now(UTC).isoformat(),
        "region": random.choice(["leg", "back"]),
        "score": random.randint(0, 10),
        "asked": "now",
    } | changes


@dataclass
class Phone:
    """`answers` holds what the server said of each (id, revision); what is not in it still waits in `outbox`."""

    port: int
    token: str
    pause: float = 0.1  # seconds before it tries again; a real phone takes five, then ten and so on
    outbox: list[Record] = field(default_factory=list)
    answers: dict[tuple[str, int], str] = field(default_factory=dict)
    refused: list[Record] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # what no phone should ever be told
    longest: float = 0.0  # seconds until an answer, whatever it was
    _connection: HTTPConnection | None = None

    def send(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Until nothing waits, or until `until`."""
        while self.outbox and not until():
            batch = self._next_batch()
            answer = self.ask("POST", "sync", {"records": batch})
            if answer is None or answer[0] != 200:
                time.sleep(self.pause)
                continue
            for record, said in zip(batch, answer[1]["answers"], strict=True):
                self._settle(record, said["answer"])

    def put(self, record: Record, *, until: Callable[[], bool] = lambda: False) -> None:
        """One pain entry by itself, until it is answered."""
        while not self.try_put(record) and not until():
            time.sleep(self.pause)

    def try_put(self, record: Record) -> bool:
        body = {name: value for name, value in record.items() if name not in ("id", "kind")}
        answer = self.ask("PUT", f"pain/{record['id']}", body)
        if answer is None or answer[0] not in (200, 201):
            return False
        self.answers[record["id"], record["revision"]] = answer[1]["answer"]
        return True

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any] | None:
        """Status and body; None when there was no answer."""
        began = time.monotonic()
        try:
            self._connection = self._connection or HTTPConnection("127.0.0.1", self.port, timeout=30)
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            self._connection.request(method, f"/api/v1/{path}", json.dumps(body), headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException):
            self.close()
            return None
        finally:
            self.longest = max(self.longest, time.monotonic() - began)
        self.statuses[answer.status] += 1
        media = answer.headers["Content-Type"]
        if answer.status >= 400 and media != "application/problem+json":
            self.wrong.append(f"{answer.status} {media} {said[:200]!r}")
        if answer.status == 503 and not answer.headers["Retry-After"]:
            self.wrong.append("503 without Retry-After")
        if answer.getheader("Connection") == "close":
            self.close()
        return answer.status, json.loads(said)

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _next_batch(self) -> Sequence[Record]:
        """A symptom check goes alone and first: no other record may keep it."""
        if check := next((one for one in self.outbox if one["kind"] == "symptom_check"), None):
            return [check]
        batch: list[Record] = []
        size = 0
        for one in self.outbox[:MOST_RECORDS]:
            size += len(json.dumps(one)) + 1
            if batch and size > MOST_BYTES:
                break
            batch.append(one)
        return batch

    def _settle(self, record: Record, said: str) -> None:
        if said not in ANSWERS:
            self.wrong.append(f"an answer that no phone knows: {said}")
            return
        self.outbox.remove(record)
        self.answers[record["id"], record["revision"]] = said
        if said == "refused":
            self.refused.append(record)
