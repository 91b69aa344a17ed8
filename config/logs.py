"""One line of JSON for each record of a log, from a list of what may be in it.

Never in it: what an exception says, since PostgreSQL's and msgspec's repeat values ("Failing row contains (...)"), and
what libraries put into their sentences, except for those that speak of queues and processes only.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

# Whose sentences are shown whole: our own, which name ids and codes, and those of Celery's processes.
SHOWN_WHOLE = {
    *("config", "phone", "clinic", "notifications", "recovery", "exercises", "accounts", "wire"),
    *("celery.apps", "celery.beat", "celery.worker", "kombu", "granian"),
}


class Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({name: value for name, value in _told(record) if value}, ensure_ascii=False)


def _told(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    yield "at", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    yield "level", record.levelname
    yield "logger", record.name
    if _is_shown_whole(record.name):
        yield "says", record.getMessage()
    else:
        # Without arguments it may be a sentence that was put together before, with values.
        yield "says", record.msg if record.args and isinstance(record.msg, str) else None
        yield "where", f"{record.pathname}:{record.lineno}"
    yield "status", getattr(record, "status_code", None)
    request = getattr(record, "request", None)
    yield "method", getattr(request, "method", None)
    yield "route", getattr(getattr(request, "resolver_match", None), "route", None)
    data = getattr(record, "data", None)  # Celery's, of a task
    yield "task", data.get("name") if isinstance(data, dict) else None
    if record.exc_info and record.exc_info[1]:
        yield "exceptions", [_exception(error) for error in _chain(record.exc_info[1])]


def _is_shown_whole(logger: str) -> bool:
    parts = logger.split(".")
    return any(".".join(parts[:n]) in SHOWN_WHOLE for n in (1, 2))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, then what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _exception(error: BaseException) -> dict[str, Any]:
    """Its type and its way, and of PostgreSQL's the code and the constraint; not its words."""
    told = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "sqlstate": getattr(error, "sqlstate", None),
        "constraint": getattr(getattr(error, "diag", None), "constraint_name", None),
        "way": [
            f"{place.filename}:{place.lineno} {place.name}"
            for place in traceback.extract_tb(error.__traceback__)
        ],
    }
    return {name: value for name, value in told.items() if value}
