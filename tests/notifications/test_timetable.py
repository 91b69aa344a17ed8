"""What the timetable and the code around it must never do with the broker; see config/celery.py."""

import re
from pathlib import Path

from config.celery import app

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "clinic", "config", "exercises", "notifications", "phone", "recovery", "wire")
# An ETA beyond the visibility timeout runs twice, and a timetable by a wall clock skips the hour of a clock change.
PUBLISHES = re.compile(r"\.(delay|apply_async|send_task|retry)\(|\b(countdown|eta)=|\bcrontab\(")


def test_nothing_but_beat_speaks_to_the_broker():
    """So a broker that hangs costs a request nothing, and no message waits in it for later."""
    files = [path for room in ROOMS for path in (PROJECT / room).rglob("*.py")]
    assert len(files) > 100
    said = {str(path.relative_to(PROJECT)): PUBLISHES.findall(path.read_text()) for path in files}
    assert {name: found for name, found in said.items() if found} == {}


def test_beat_ticks_in_utc_in_plain_seconds_and_an_old_tick_is_worth_nothing():
    app.loader.import_default_modules()
    assert str(app.conf.timezone) == "UTC"
    for name, entry in app.conf.beat_schedule.items():
        assert isinstance(entry["schedule"], float), name
        assert entry["options"]["expires"] <= entry["schedule"], name
        assert entry["task"] in app.tasks, name
        assert not entry.get("args"), "what is due is in the database"


def test_a_task_ends_before_its_message_could_come_again():
    visibility = app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit < visibility
