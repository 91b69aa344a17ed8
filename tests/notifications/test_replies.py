"""Put off and done, from the notification, over the API as the phone calls it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import acting_for_all
from accounts.actions import add_device
from notifications.claims import claim
from notifications.messages import message_for
from notifications.models import MessagePreferences, Notification, Receipt
from notifications.outcomes import OUTCOMES, in_words
from notifications.planner import plan
from tests.notifications.conftest import NOON, World, make_world

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with acting_for_all(), time_machine.travel(NOON, tick=False):
        yield make_world()


class Phone:
    """Ada's, with the message of noon on its screen."""

    def __init__(self, world: World) -> None:
        self.world = world
        _, token = add_device(user_id=world.patient.pk, clinic_id=world.clinic.pk, name="Phone", now=NOON)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})
        world.remind(world.patient, due=NOON, kind="walk")
        plan(now=NOON)
        self.sent(NOON)

    def sent(self, at: datetime) -> None:
        with acting_for_all():
            self.rows().update(state="sent", sent_at=at)

    def rows(self) -> Any:
        return Notification.objects.filter(slot="12:00")

    def row(self) -> Notification:
        with acting_for_all():
            row: Notification = self.rows().get()
        return row

    def answer(self, what: str, body: object = None, *, at: datetime = NOON) -> Any:
        with time_machine.travel(at, tick=False):
            path = f"/api/v1/notifications/{self.row().pk}/{what}"
            return self.client.post(path, body, content_type="application/json")

    def snooze(self, how_long: str, *, at: datetime = NOON) -> Any:
        return self.answer("snooze", {"for": how_long}, at=at)

    def ready(self, *, at: datetime) -> list[str]:
        with acting_for_all():
            return [job.notification.slot for job in claim(urgent=False, now=at).jobs]


@pytest.fixture
def phone(world: World) -> Phone:
    return Phone(world)


@pytest.mark.parametrize(("how_long", "minutes"), [("30_minutes", 30), ("2_hours", 120)])
def test_a_message_that_was_put_off_comes_back_once_as_the_same_row(
    phone: Phone, how_long: str, minutes: int
):
    before = phone.row()
    said = phone.snooze(how_long)
    assert said.status_code == 200
    assert (said.json()["outcome"], said.json()["comes_back_at"]) == (
        "snoozed",
        (NOON + minutes * MINUTE).isoformat().replace("+00:00", "Z"),
    )
    assert phone.ready(at=NOON + (minutes - 1) * MINUTE) == []
    assert phone.ready(at=NOON + minutes * MINUTE) == ["12:00"]
    assert message_for(phone.row()).tag == message_for(before).tag
    phone.sent(NOON + minutes * MINUTE)
    again = phone.snooze(how_long, at=NOON + (minutes + 1) * MINUTE)
    assert (again.status_code, again.json()["comes_back_at"]) == (200, None)
    assert again.json()["in_words"].endswith("and it came again.")
    assert phone.ready(at=NOON + 9 * HOUR) == []


def test_the_same_answer_sent_twice_moves_nothing(phone: Phone):
    first = phone.snooze("30_minutes").json()
    assert phone.snooze("30_minutes", at=NOON + 5 * MINUTE).json() == first
    assert phone.snooze("2_hours", at=NOON + 6 * MINUTE).json() == first


def test_today_means_no_more_of_this_kind_on_this_date(world: World, phone: Phone):
    assert phone.snooze("today").json()["comes_back_at"] is None
    world.remind(world.patient, due=NOON + HOUR, kind="walk")
    world.remind(world.patient, due=NOON + HOUR, kind="diary")
    plan(now=NOON + HOUR)
    plan(now=NOON + 25 * HOUR)
    with acting_for_all():
        rows = Notification.objects.filter(slot="13:00").order_by("due_at", "kind")
        found = [(row.kind, row.state, row.because) for row in rows]
    assert found == [
        ("diary", "pending", ""),
        ("walk", "skipped", "snoozed"),
        ("diary", "pending", ""),
        ("walk", "pending", ""),
    ]


@pytest.mark.parametrize("minutes", [1, 29, 30])
def test_nothing_comes_back_in_quiet_hours(world: World, phone: Phone, minutes: int):
    with acting_for_all():
        local = (NOON + minutes * MINUTE).astimezone(world.patient.zone)
        MessagePreferences.objects.update(quiet_start=local.time(), quiet_end=time(7))
    assert phone.snooze("30_minutes").json()["comes_back_at"] is None
    assert phone.ready(at=NOON + 30 * MINUTE) == []


def test_what_comes_back_late_stops_at_quiet_hours(world: World, phone: Phone):
    with acting_for_all():
        local = (NOON + HOUR).astimezone(world.patient.zone)
        MessagePreferences.objects.update(quiet_start=local.time(), quiet_end=time(7))
    phone.snooze("30_minutes")
    assert phone.row().expires_at == NOON + HOUR
    assert phone.ready(at=NOON + HOUR) == []
    assert phone.row().state == "missed"


def test_a_retry_of_what_comes_back_does_not_pass_midnight(world: World, phone: Phone):
    with acting_for_all():
        MessagePreferences.objects.update(quiet_start=time(3), quiet_end=time(3))
    phone.snooze("30_minutes", at=NOON + 11 * HOUR)  # 23:00 in Berlin
    assert phone.row().expires_at == NOON + 12 * HOUR


def test_what_waits_and_cannot_come_back_says_so(world: World, phone: Phone):
    with acting_for_all():
        phone.rows().update(state="pending", sent_at=None)
        local = (NOON + 20 * MINUTE).astimezone(world.patient.zone)
        MessagePreferences.objects.update(quiet_start=local.time(), quiet_end=time(7))
    said = phone.snooze("30_minutes").json()
    assert said["in_words"] == "You put it off for 30 minutes. It will not come back today."


def test_what_the_lot_left_out_cannot_be_put_off(phone: Phone):
    with acting_for_all():
        phone.rows().update(state="withheld", sent_at=None)
    assert phone.snooze("30_minutes").status_code == 409
    assert phone.row().state == "withheld"


@pytest.mark.parametrize("state", Notification.State.values)
@pytest.mark.parametrize("put_off", [False, True])
def test_the_list_has_words_for_every_state(phone: Phone, state: str, put_off: bool):
    change = {"state": state, "sent_at": NOON if state == "sent" else None}
    change |= {"because": "done" if state == "skipped" else ""}
    change |= {"snoozed_for": "30_minutes", "snoozed_at": NOON} if put_off else {}
    with acting_for_all():
        phone.rows().update(**change)
    with time_machine.travel(NOON, tick=False):
        (said,) = phone.client.get("/api/v1/notifications").json()["results"]
    assert said["outcome"] in OUTCOMES
    assert said["in_words"].endswith(".")
    with acting_for_all():
        assert said["in_words"] == in_words(phone.row())


def test_what_a_screen_confirmed_is_shown_in_the_list_without_a_statement_a_row(phone: Phone):
    row = phone.row()
    with acting_for_all():
        Receipt.objects.create(
            notification=row, clinic_id=row.clinic_id, recipient_id=row.patient_id, shown_at=NOON
        )
        for n in range(9):
            row.pk, row.slot = None, f"11:0{n}"
            row.save()
    with time_machine.travel(NOON, tick=False), CaptureQueriesContext(connection) as asked:
        rows = phone.client.get("/api/v1/notifications").json()["results"]
    assert Counter(row["outcome"] for row in rows) == {"shown": 1, "sent": 9}
    assert sum("notifications_receipt" in query["sql"] for query in asked) == 1


def test_nothing_comes_back_on_another_date(world: World, phone: Phone):
    with acting_for_all():
        MessagePreferences.objects.update(quiet_start=time(3), quiet_end=time(3))
    late = NOON + 11 * HOUR + 45 * MINUTE  # 23:45 in Berlin
    assert phone.snooze("30_minutes", at=late).json()["comes_back_at"] is None


def test_done_ends_a_message_for_good_and_is_said_again_without_harm(phone: Phone):
    said = phone.answer("done")
    assert (said.status_code, said.json()["outcome"], said.json()["in_words"]) == (200, "done", "Done.")
    assert phone.answer("done", at=NOON + MINUTE).json() == said.json()
    assert phone.snooze("30_minutes").json() == said.json()
    assert phone.ready(at=NOON + 2 * HOUR) == []


def test_done_keeps_a_message_that_was_put_off_from_coming_back(phone: Phone):
    phone.snooze("30_minutes")
    assert phone.answer("done", at=NOON + MINUTE).json()["outcome"] == "done"
    assert phone.ready(at=NOON + 30 * MINUTE) == []


def test_what_is_done_meanwhile_does_not_come_back(world: World, phone: Phone):
    phone.snooze("30_minutes")
    with acting_for_all():
        world.raise_flag(at=NOON)
    assert phone.ready(at=NOON + 30 * MINUTE) == []
    assert (phone.row().state, phone.row().because) == ("skipped", "red_flag")


def test_a_sender_that_holds_the_message_no_longer_does(phone: Phone):
    with acting_for_all():
        phone.rows().update(state="pending", sent_at=None)
        (job,) = claim(urgent=False, now=NOON + 2 * MINUTE).jobs
    phone.snooze("30_minutes", at=NOON + 2 * MINUTE)
    with acting_for_all():
        assert job.notification.held().update(state="sent", sent_at=NOON) == 0


@pytest.mark.parametrize("state", ["missed", "failed"])
def test_there_is_nothing_to_put_off_when_nothing_came(phone: Phone, state: str):
    with acting_for_all():
        phone.rows().update(state=state, sent_at=None)
    assert phone.snooze("30_minutes").status_code == 409


@pytest.mark.parametrize(
    "body", [{}, {"for": "5_minutes"}, {"for": 30}, {"for": None}, {"for": "today", "x": 1}]
)
def test_an_answer_nobody_knows_is_refused_at_its_field(phone: Phone, body: dict[str, Any]):
    response = phone.answer("snooze", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == ("/x" if "x" in body else "/for")
    assert phone.row().snoozed_for == ""


def test_an_answer_counts_as_a_sign_of_life(world: World, phone: Phone):
    with acting_for_all():
        MessagePreferences.objects.update(heard_at=NOON - 100 * HOUR)
    phone.answer("done")
    with acting_for_all():
        assert MessagePreferences.objects.get().heard_at == NOON
