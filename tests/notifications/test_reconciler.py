"""The reconciler on its own: what it finds, what a monitor reads, what staff see, and that it stands in."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts.access import acting_for_all
from accounts.models import Clinic, Membership
from notifications import claims
from notifications.clock import database_now
from notifications.models import Alarm, Heartbeat, Listener, Notification
from notifications.reconciler import RECONCILER, WATCH, beat, reconcile, with_alarms
from notifications.red_flags import queue_messages
from recovery.models import RedFlag
from tests.notifications.conftest import World
from tests.notifications.receivers import MailServer

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return database_now()


def health() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/health/redflags")
    return answer.status_code, json.loads(answer.content)


def alarm(world: World) -> tuple[int, int, int] | None:
    with acting_for_all():
        return (
            Alarm.objects.filter(clinic=world.clinic).values_list("untried", "unanswered", "unheard").first()
        )


def test_all_is_well_when_both_processes_finish_their_rounds(world: World, now: datetime):
    beat(WATCH, now=now)
    reconcile(now=now)
    assert health() == (
        200,
        {"status": "ok", "checked": True, "watching": True}
        | dict.fromkeys(("untried", "unanswered", "unheard"), False),
    )


@pytest.mark.parametrize(("name", "shown"), [(WATCH, "watching"), (RECONCILER, "checked")])
def test_a_process_that_stands_still_is_a_503_before_there_is_any_flag(
    world: World, now: datetime, name: str, shown: str
):
    beat(WATCH, now=now)
    reconcile(now=now)
    Heartbeat.objects.filter(name=name).update(at=now - timedelta(seconds=151))
    status, body = health()
    assert (status, body["status"], body[shown]) == (503, "failing", False)


def test_a_flag_of_which_no_message_left_within_a_minute_is_an_alarm(world: World, now: datetime):
    """The watch beats and yet sends nothing: broken in the way that it would not notice itself."""
    beat(WATCH, now=now)
    world.raise_flag(at=now - 2 * MINUTE)
    queue_messages(now=now)
    reconcile(now=now)
    assert alarm(world) == (1, 0, 0)
    status, body = health()
    assert (status, body["untried"]) == (503, True)
    Notification.objects.update(attempts=40)
    reconcile(now=now)
    assert alarm(world) == (1, 0, 0), "forty tries that came to nothing told nobody"
    Notification.objects.filter(channel="email").update(state="sent", sent_at=now)
    reconcile(now=now)
    assert alarm(world) is None
    assert health()[0] == 200


def test_a_flag_of_this_minute_is_none(world: World, now: datetime):
    beat(WATCH, now=now)
    world.raise_flag(at=now - timedelta(seconds=50))
    reconcile(now=now)
    assert health()[0] == 200


def test_a_flag_that_everybody_was_told_of_and_nobody_answers_is_an_alarm_until_somebody_does(
    world: World, now: datetime
):
    beat(WATCH, now=now)
    flag = world.raise_flag(at=now - timedelta(minutes=61))
    queue_messages(now=now)
    Notification.objects.update(attempts=1, state="sent", sent_at=now)
    reconcile(now=now)
    assert alarm(world) == (0, 1, 0)
    RedFlag.objects.filter(pk=flag.pk).update(acknowledged_at=now, acknowledged_by=world.therapist)
    reconcile(now=now)
    assert alarm(world) is None


def test_a_flag_that_there_is_nobody_to_tell_of_is_an_alarm(world: World, now: datetime):
    beat(WATCH, now=now)
    Membership.objects.exclude(role="patient").update(ended_at=now)
    world.raise_flag(at=now - 2 * MINUTE)
    queue_messages(now=now)
    reconcile(now=now)
    assert alarm(world) == (1, 0, 1)


def test_a_dead_watch_is_stood_in_for(committed_world: World, mails: MailServer):
    now = database_now()
    with acting_for_all():
        committed_world.raise_flag(at=now - 2 * MINUTE)
    reconcile(now=now)
    assert [address for address, _ in mails.received] == ["therapist@example.org"]
    status, body = health()
    assert (status, body["watching"], body["untried"]) == (503, False, False)


def test_all_sixty_flags_are_told_of_in_the_round_that_stands_in(committed_world: World, mails: MailServer):
    now = database_now()
    with acting_for_all():
        for n in range(60):
            committed_world.raise_flag(at=now - 2 * MINUTE, rule=f"rule {n}")
    reconcile(now=now)
    assert len(mails.received) == 60
    assert alarm(committed_world) is None


def test_findings_are_written_when_the_stand_in_fails(
    committed_world: World, monkeypatch: pytest.MonkeyPatch, caplog
):
    now = database_now()
    with acting_for_all():
        committed_world.raise_flag(at=now - 2 * MINUTE)
    monkeypatch.setitem(claims.TRANSPORTS, "email", None)
    monkeypatch.setitem(claims.TRANSPORTS, "webpush", object())
    reconcile(now=now)
    assert "Red flags may reach nobody" in caplog.text
    assert alarm(committed_world) == (1, 0, 0)


def test_a_web_server_whose_clock_is_ahead_hides_no_flag(world: World, now: datetime):
    """Two hours ahead, by its own account the flag is not raised yet."""
    beat(WATCH, now=now)
    world.raise_flag(at=now + 120 * MINUTE)
    reconcile(now=now)
    assert alarm(world) == (1, 0, 1)
    queue_messages(now=now)
    Notification.objects.update(state="sent", sent_at=now)
    beat(WATCH, now=now + 61 * MINUTE)
    reconcile(now=now + 61 * MINUTE)
    assert alarm(world) == (0, 1, 0)


def test_the_answer_tells_a_stranger_nothing_of_a_patient(world: World, now: datetime):
    beat(WATCH, now=now)
    world.raise_flag(at=now)
    reconcile(now=now)
    answer = Client().get("/health/redflags")
    assert answer.status_code == 200, "a flag that is being told of is no failure, and nobody's business"
    assert "drop" not in answer.content.decode()
    assert Client().post("/health/redflags").status_code == 405
    assert answer["Cache-Control"] == "no-store"


# --- what staff see, and what the administrator sets ---------------------------------------------------


def of_clinic(world: World) -> Clinic:
    return with_alarms(Clinic.objects.all()).get(pk=world.clinic.pk)


def test_an_empty_list_is_a_banner_and_who_left_does_not_fill_it(world: World, now: datetime):
    assert of_clinic(world).nobody_listed  # type: ignore[attr-defined]
    Listener.objects.create(clinic=world.clinic, user=world.therapist)
    assert not of_clinic(world).nobody_listed  # type: ignore[attr-defined]
    Membership.objects.filter(user=world.therapist).update(ended_at=now)
    assert of_clinic(world).nobody_listed  # type: ignore[attr-defined]
    Listener.objects.create(clinic=world.clinic, address="desk@example.org")
    assert not of_clinic(world).nobody_listed  # type: ignore[attr-defined]


def page(world: World) -> str:
    client = Client()
    client.force_login(world.therapist)
    return client.get("/").content.decode()


def test_every_page_of_the_staff_shows_the_alarms_in_red(world: World, now: datetime):
    assert "Nobody is on the clinic's list" in page(world)
    with acting_for_all():
        Listener.objects.create(clinic=world.clinic, user=world.therapist)
    assert 'class="alarm"' not in page(world)
    Alarm.objects.create(clinic=world.clinic, untried=2, unanswered=1, unheard=1)
    shown = page(world)
    assert shown.count('class="alarm" role="alert"') == 3
    for sentence in ("do not leave", "nobody to tell", "1 red flag was sent to everybody"):
        assert sentence in shown
    assert "Ada" not in shown.split("<main")[0]


SETTINGS = {
    "list_after_minutes": 10,
    "administrators_after_minutes": 20,
    "everyone_after_minutes": 45,
    "withheld_percent": 0,
}


@pytest.fixture
def boss(world: World) -> Callable[..., Any]:
    _, token = accounts.add_device(
        user_id=world.administrator.pk, clinic_id=world.clinic.pk, name="Desk", now=timezone.now()
    )
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def call(body: object = None) -> Any:
        path = "/api/v1/message-settings"
        return client.get(path) if body is None else client.put(path, body, content_type="application/json")

    return call


def test_the_administrator_sets_the_minutes_and_the_list(world: World, boss: Callable[..., Any]):
    usual = boss().json()
    assert (usual["list_after_minutes"], usual["administrators_after_minutes"]) == (15, 30)
    assert (usual["everyone_after_minutes"], usual["withheld_percent"], usual["listeners"]) == (60, 10, [])
    wanted = SETTINGS | {"listeners": [{"user": world.therapist.pk}, {"address": "desk@example.org"}]}
    for _ in range(2):
        answer = boss(wanted)
        assert answer.status_code == 200, answer.content
    assert boss().json() == wanted


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"list_after_minutes": 0}, "/list_after_minutes"),
        ({"list_after_minutes": 30}, "/administrators_after_minutes"),
        ({"everyone_after_minutes": 19}, "/everyone_after_minutes"),
        ({"withheld_percent": 21}, "/withheld_percent"),
        ({"withheld_percent": "10"}, "/withheld_percent"),
        ({"listeners": [{"user": 999_999}]}, "/listeners/0/user"),
        ({"listeners": [{}]}, "/listeners/0"),
        ({"listeners": [{"user": 1, "address": "a@b.example"}]}, "/listeners/0"),
        ({"listeners": [{"address": "nobody"}]}, "/listeners/0/address"),
        ({"listeners": [{"address": "a@b.example"}] * 51}, "/listeners"),
        ({"more": 1}, "/more"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_their_field(
    world: World, boss: Callable[..., Any], change: dict[str, Any], pointer: str
):
    answer = boss(SETTINGS | {"listeners": []} | change)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer), answer.json()
    assert not Listener.objects.exists()


def test_a_patient_of_the_clinic_is_nobody_for_its_list(world: World, boss: Callable[..., Any]):
    answer = boss(SETTINGS | {"listeners": [{"user": world.patient.pk}]})
    assert answer.status_code == 400
