"""What people typed is in no log, message, mail or error page, also when everything breaks.

Every request of the authorization matrix is made by whoever may, with a canary in every text; then again while
PostgreSQL refuses to store anything, whose refusals repeat the whole row.
"""

import io
import json
import logging
import os
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client
from psycopg import sql

from accounts.access import acting_for_all
from accounts.models import User
from config.celery import app
from config.logs import Line
from notifications.delivery import deliver_ordinary
from notifications.models import Notification, PushSubscription
from notifications.red_flags import queue_messages
from notifications.urgent import deliver_urgent
from recovery.actions.days import close_days
from tests.moments import NOW
from tests.notifications.receivers import Browser, MailServer, PushService, mail_server, push_service
from tests.test_authorization import CANARY, RULES, World, build_world, undone

TABLES = (
    *("accounts_user", "accounts_invitation", "notifications_reminder", "recovery_dailypain"),
    *("recovery_exercisesession", "recovery_flagaction", "recovery_message", "recovery_outcomemeasure"),
    *("recovery_painentry", "recovery_patient", "recovery_planpause", "recovery_reexamination"),
    *("recovery_staffmessage", "recovery_statuschange", "recovery_symptomcheck", "recovery_timelineevent"),
    "recovery_walk",
)


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    with push_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the app logs, down to the last detail, as its settings write it."""
    root = logging.getLogger()
    (ours,) = [handler for handler in root.handlers if isinstance(handler.formatter, Line)]
    assert isinstance(ours, logging.StreamHandler)
    level, lines = root.level, io.StringIO()
    stream = ours.setStream(lines)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    ours.setStream(stream)


@contextmanager
def nothing_is_stored() -> Iterator[None]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in TABLES:
            owner.execute(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT broken CHECK (false) NOT VALID").format(
                    sql.Identifier(table)
                )
            )
        try:
            yield
        finally:
            for table in TABLES:
                owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT broken").format(sql.Identifier(table)))


def everybody_does_everything(world: World) -> list[Any]:
    """Each route, by the first who may, each taken back before the next. Its answers."""
    answers = []
    for (name, method), statuses in sorted(RULES.items()):
        who = next((who for who in ("ana", "maria", "boss") if statuses[who] < 400), "maria")
        with undone():
            answers.append(world.ask(who, name, method))
    return answers


def everything_that_is_wrong(world: World) -> list[Any]:
    """What is refused is not repeated either; the names of fields are, since the pointer says which."""
    ana, maria = world.people["ana"], world.people["maria"]
    assert ana is not None
    assert maria is not None
    client, json_type = Client(raise_request_exception=False), "application/json"
    said = json.dumps({"revision": 1, "at": CANARY, "note": [CANARY], "mood": CANARY})
    return [
        client.put(f"/api/v1/pain/{CANARY}", said, json_type, headers=ana.headers),
        client.put(f"/api/v1/pain/{CANARY}", said + CANARY, json_type, headers=ana.headers),
        client.post(
            "/api/v1/sync", json.dumps({"records": [{"kind": CANARY}]}), json_type, headers=ana.headers
        ),
        client.get(f"/api/v1/{CANARY}", headers=ana.headers),
        client.get(f"/api/v1/patients?pateint={CANARY}", headers=maria.headers),
        client.get(f"/api/v1/patients?cursor={CANARY}", headers=maria.headers),
        client.get("/api/v1/today", headers={"Authorization": f"Bearer {CANARY}"}),
        client.get("/api/v1/today", headers={"Host": f"{CANARY}.example"}),
        client.post("/api/v1/join", {"code": CANARY, "birth_year": 1980, "device_name": CANARY}, json_type),
        client.post("/api/v1/sign-in", {"email": f"{CANARY}@x.example", "password": CANARY}, json_type),
    ]


def test_what_people_typed_is_in_no_log_message_mail_or_error_page(
    committed: None, noon: None, log: io.StringIO, mails: MailServer, service: PushService
):
    with acting_for_all():
        world = build_world()
    ana, maria = world.people["ana"], world.people["maria"]
    assert ana is not None
    assert maria is not None
    PushSubscription.objects.all().delete()
    browsers = {person.user.pk: Browser() for person in (ana, maria)}
    for pk, browser in browsers.items():
        PushSubscription.objects.create(
            user_id=pk, endpoint=service.url(f"/{pk}"), created_at=NOW, **browser.keys
        )
    User.objects.filter(pk=maria.user.pk).update(email="maria@hill.example")

    with nothing_is_stored():
        broken = [answer for answer in everybody_does_everything(world) if answer.status_code >= 500]
        close_days(now=NOW + timedelta(days=2))
    assert len(broken) >= 15
    everybody_does_everything(world)
    refused = everything_that_is_wrong(world)
    assert all(answer.status_code < 500 for answer in refused)

    with acting_for_all():
        Notification.objects.ordinary().update(
            state="pending",
            sent_at=None,
            due_at=NOW,
            next_attempt_at=NOW,
            expires_at=NOW + timedelta(hours=2),
        )
    queue_messages(now=NOW)
    deliver_ordinary(now=NOW)
    deliver_urgent(now=NOW)
    pushes = [browsers[int(push.path[1:])].open(push.body).decode() for push in service.received]
    assert pushes
    assert mails.received

    with app.connection_for_read() as connection:
        broker: Any = connection.default_channel.client  # type: ignore[attr-defined]
        broker.flushdb()
        for entry in app.conf.beat_schedule.values():
            app.send_task(entry["task"])
        queued = [json.loads(item) for item in broker.lrange("celery", 0, -1)]
        broker.flushdb()
    assert [json.loads(b64decode(item["body"]))[:2] for item in queued] == [[[], {}]] * len(queued) != []

    places = {
        "the log": log.getvalue(),
        "an error page": "\n".join(
            f"{answer.headers}{answer.content.decode()}" for answer in (*broken, *refused)
        ),
        "a push": "".join(pushes),
        "a mail": "".join(mail.as_string() for _, mail in mails.received),
        "the broker": json.dumps(queued),
    }
    assert '"sqlstate": "23514", "constraint": "broken"' in places["the log"]
    if "TEST_POSTGRESQL_LOG" in os.environ:
        places["PostgreSQL's log"] = Path(os.environ["TEST_POSTGRESQL_LOG"]).read_text(errors="replace")
        assert 'violates check constraint "broken"' in places["PostgreSQL's log"]
    address = f"{CANARY}@mail.example"  # where a mail goes to stands in it
    for place, text in places.items():
        found = [line for line in text.replace(address, "").splitlines() if CANARY in line]
        assert not found, f"{place} holds what somebody typed: {found[:3]}"
    assert all(isinstance(json.loads(line), dict) for line in log.getvalue().splitlines())
