"""The table of answers (docs/records.md): what becomes of one record, given what is kept of its id."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recovery.records import Incoming, Why

Verdict = Literal["stored", "same", "conflict", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record. `created` is whether its id was new; a refusal says where and why, with a code."""

    verdict: Verdict
    created: bool = False
    known: bool = False  # this very content was here before
    pointer: str = ""
    reason: str = ""
    code: Why = "invalid"
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class Kept:
    """A record's revisions as they stand: the current one, what it replaced, what is in conflict with it.

    `place` is the whole rule.
    """

    row_id: int | None = None
    revision: int | None = None
    body: dict[str, Any] = field(default_factory=dict)
    incoming: Incoming | None = None
    conflicted: bool = False
    others: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    to_keep: list[tuple[int, dict[str, Any], str]] = field(default_factory=list)

    def place(self, incoming: Incoming) -> Answer:
        revision, body = incoming.revision, incoming.body
        answer = Answer("stored", ignored=incoming.ignored)
        if self.revision is None:
            self._become(incoming)
            return replace(answer, created=True)
        if (revision, body) == (self.revision, self.body):
            return replace(answer, verdict="same", known=True)
        rivals = [b for r, b in [(self.revision, self.body), *self.others] if r == revision and b != body]
        if (revision, body) in self.others:
            return replace(answer, verdict="conflict" if rivals else "same", known=True)
        if revision > self.revision:
            self._keep(self.revision, self.body, "replaced")
            self._become(incoming)
            return answer
        if rivals:
            self._keep(revision, body, "conflict")
            self.conflicted = True
            return replace(answer, verdict="conflict")
        # An older revision that was overtaken on its way.
        self._keep(revision, body, "replaced")
        return answer

    def _become(self, incoming: Incoming) -> None:
        self.revision, self.body, self.incoming = incoming.revision, incoming.body, incoming

    def _keep(self, revision: int, body: dict[str, Any], why: str) -> None:
        self.others.append((revision, body))
        self.to_keep.append((revision, body, why))
