"""A line of the log says what happened and where, and not what an exception or a library puts into its words."""

import json
import logging
import sys
from typing import Any

from config.logs import Line


def line(logger: str, message: Any, *args: Any, error: bool = False, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord(
        logger, logging.ERROR, "here.py", 7, message, args, sys.exc_info() if error else None
    )
    record.__dict__.update(extra)
    told: dict[str, Any] = json.loads(Line().format(record))
    return told


def test_our_own_sentence_is_shown_whole():
    assert line("notifications.delivery", "Notification %s waits.", 3)["says"] == "Notification 3 waits."


def test_what_a_library_was_given_is_not():
    told = line("urllib3.connectionpool", "Retrying %s", "https://push.example/secret")
    assert (told["says"], told["where"]) == ("Retrying %s", "here.py:7")
    assert "says" not in line("somebody.else", "put together with Ana")
    assert "says" not in line("somebody.else", ValueError("Ana"))


def test_a_name_that_only_begins_like_ours_is_not_ours():
    assert "says" not in line("recovery_of_something", "Ana")


def test_an_exception_is_its_type_and_its_way():
    try:
        try:
            raise KeyError("Ana")
        except KeyError as why:
            raise ValueError("Ana is 5") from why
    except ValueError:
        told = line("recovery", "It failed.", error=True)
    assert [one["type"] for one in told["exceptions"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert told["exceptions"][0]["way"][0].endswith("test_an_exception_is_its_type_and_its_way")
    assert "Ana" not in json.dumps(told)


def test_a_task_of_celery_is_named_without_what_it_raised():
    data = {"name": "recovery.tasks.close_days", "exc": "ValueError('Ana')", "traceback": "Ana"}
    told = line("celery.app.trace", "Task %(name)s: %(exc)s", data, data=data)
    assert told["task"] == "recovery.tasks.close_days"
    assert "Ana" not in json.dumps(told)
