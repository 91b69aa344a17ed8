"""The ways out. Siblings have one shape, `Transport`; a new one is a sibling and its name in models.Channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to leave. On a screen it replaces an older one with the same `tag`.

    `title` and `body` are in `language`; `notification_id` is what a receipt names; `unsubscribe_url` is empty where
    nobody may unsubscribe. What has the same `key` is the same message, sent a second time by whoever took over from a
    sender that was killed.
    """

    title: str
    body: str
    url: str
    tag: str
    lasts_seconds: int
    language: str = "en"
    urgent: bool = False
    notification_id: int = 0
    unsubscribe_url: str = ""
    key: str = ""


class TransportError(Exception):
    """A message did not leave.

    `reason` is a short code of ours, never the other side's words, which may hold personal data. `permanent`:
    the same message to the same address will not leave later either. `retry_after`: seconds that the other
    side asked for. `gone`: the address itself is dead and shall be forgotten. `ours`: our own set-up is wrong,
    and nothing will leave this way until the operator puts it right.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        gone: bool = False,
        ours: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.gone = gone
        self.ours = ours


class Transport(Protocol):
    def addresses(self, user_ids: Iterable[int], *, to_staff: bool = False) -> dict[int, list[Any]]:
        """The addresses of each person who has one, as a patient or `to_staff`, best first."""

    def send(self, message: Message, address: Any) -> None:
        """Send or raise TransportError. Runs in a thread and must not touch the database."""

    def note(self, results: Sequence[tuple[Any, TransportError | None]], *, now: datetime) -> None:
        """Remember how it went with each address, and forget those that are gone."""
