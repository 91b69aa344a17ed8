"""The API of reminders as phones call it: a token, the whole stack and row-level security."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions as accounts
from accounts.access import acting_for_all
from notifications.models import MessagePreferences, Notification, PushSubscription, Reminder
from notifications.transports.webpush import keys
from recovery.models import Patient
from tests.notifications.conftest import NOON, World, make_world
from tests.notifications.receivers import Browser
from tests.notifications.test_endpoints import BAD, GOOD

Call = Callable[..., Any]


@pytest.fixture
def world(db: None) -> World:
    with acting_for_all():
        return make_world()


def caller(world: World, user_id: int) -> Call:
    _, token = accounts.add_device(
        user_id=user_id, clinic_id=world.clinic.pk, name="Phone", now=timezone.now()
    )
    client = Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=True)

    def call(method: str, path: str, body: object = None) -> Any:
        data = "" if body is None else json.dumps(body)
        return client.generic(method, f"/api/v1/{path}", data, content_type="application/json")

    return call


@pytest.fixture
def ada(world: World) -> Call:
    return caller(world, world.patient.pk)


@pytest.fixture
def stranger(world: World) -> Call:
    with acting_for_all():
        return caller(world, world.add_patient("Stranger").pk)


@pytest.fixture
def therapist(world: World) -> Call:
    return caller(world, world.therapist.pk)


def pointers(response: Any) -> list[str]:
    assert response.headers["Content-Type"].startswith("application/problem+json"), response.content
    return [error["pointer"] for error in response.json()["errors"]]


MORNING = {"kind": "exercise", "times": ["08:30", "18:00"], "weekdays": [1, 3, 5]}
BREAKS = {"kind": "movement_break", "window_start": "09:00", "window_end": "17:00", "every_minutes": 60}


def test_a_reminder_is_made_listed_changed_and_removed(world: World, ada: Call):
    made = ada("POST", "reminders", MORNING)
    assert made.status_code == 201, made.content
    reminder = made.json()
    assert (reminder["times"], reminder["weekdays"], reminder["enabled"]) == (
        ["08:30", "18:00"],
        [1, 3, 5],
        True,
    )
    assert reminder["next_due_at"] > timezone.now().isoformat()
    assert [row["id"] for row in ada("GET", "reminders").json()["results"]] == [reminder["id"]]

    path = f"reminders/{reminder['id']}"
    assert ada("PATCH", path, {"enabled": False}).json()["next_due_at"] is None
    changed = ada("PATCH", path, {"enabled": True, "times": ["09:00"]}).json()
    assert (changed["times"], changed["weekdays"]) == (["09:00"], [1, 3, 5])
    assert changed["next_due_at"] is not None
    assert ada("DELETE", path).status_code == 204
    assert ada("GET", "reminders").json() == {"next": None, "results": []}


def test_each_change_moves_the_patients_version(world: World, ada: Call):
    def version() -> int:
        with acting_for_all():
            return Patient.objects.values_list("version", flat=True).get(pk=world.patient.pk)

    seen = [version()]
    made = ada("POST", "reminders", MORNING).json()
    seen.append(version())
    ada("PATCH", f"reminders/{made['id']}", {"enabled": False})
    seen.append(version())
    ada("PUT", "message-preferences", {"quiet_start": "22:00", "quiet_end": "06:00", "channels": ["email"]})
    seen.append(version())
    ada("DELETE", f"reminders/{made['id']}")
    seen.append(version())
    assert seen == sorted(set(seen))


def test_breaks_are_said_by_window_and_interval(ada: Call):
    made = ada("POST", "reminders", BREAKS).json()
    assert (made["times"], made["window_start"], made["every_minutes"]) == ([], "09:00", 60)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "red_flag"}, "/kind"),
        ({"kind": 3}, "/kind"),
        ({"kind": ["exercise"]}, "/kind"),
        ({"times": []}, "/times"),
        ({"times": "08:30"}, "/times"),
        ({"times": ["8:30"]}, "/times/0"),
        ({"times": ["08:30:15"]}, "/times/0"),
        ({"times": ["24:00"]}, "/times/0"),
        ({"times": ["08:30", "０９:００"]}, "/times/1"),
        ({"times": [None]}, "/times/0"),
        ({"times": [True]}, "/times/0"),
        ({"times": ["22:00"]}, "/times"),
        ({"times": [f"{h:02}:{m:02}" for h in range(8, 18) for m in (0, 20, 40)]}, "/times"),
        ({"weekdays": []}, "/weekdays"),
        ({"weekdays": [0]}, "/weekdays/0"),
        ({"weekdays": [8]}, "/weekdays/0"),
        ({"weekdays": ["1"]}, "/weekdays/0"),
        ({"weekdays": [True]}, "/weekdays/0"),
        ({"enabled": "yes"}, "/enabled"),
        ({"enabled": None}, "/enabled"),
        ({"window_start": "09:00"}, "/window_start"),
        ({"every_minutes": 40}, "/every_minutes"),
        ({"zone": "Europe/Berlin"}, "/zone"),
        ({"next_due_at": "2026-01-01T00:00:00Z"}, "/next_due_at"),
        ({"clinic": 1}, "/clinic"),
        (BREAKS, "/times"),
        (BREAKS | {"times": [], "every_minutes": 5}, "/every_minutes"),
        (BREAKS | {"times": [], "every_minutes": 40.5}, "/every_minutes"),
        (BREAKS | {"times": [], "every_minutes": None}, "/every_minutes"),
        (BREAKS | {"times": [], "window_end": "08:00"}, "/window_end"),
        (BREAKS | {"times": [], "window_end": "09:30"}, "/window_end"),
        (BREAKS | {"times": [], "window_start": "18:00", "window_end": "22:00"}, "/window_start"),
        (BREAKS | {"times": [], "every_minutes": 40}, "/every_minutes"),
        ({"times": ["08:00", "11:00", "14:00", "17:00", "20:00"]}, "/times"),
        (
            BREAKS | {"times": [], "window_start": "07:00", "window_end": "20:59", "every_minutes": 20},
            "/every_minutes",
        ),
    ],
)
def test_a_reminder_that_cannot_be_is_refused_at_its_field(ada: Call, change: dict[str, Any], pointer: str):
    response = ada("POST", "reminders", MORNING | change)
    assert response.status_code == 400
    assert pointers(response)[0].startswith(pointer)
    with acting_for_all():
        assert not Reminder.objects.exists()


def test_a_change_is_judged_together_with_what_it_leaves_alone(ada: Call):
    path = f"reminders/{ada('POST', 'reminders', BREAKS).json()['id']}"
    assert pointers(ada("PATCH", path, {"kind": "walk"})) == ["/window_start"]
    assert pointers(ada("PATCH", path, {"window_end": "09:10"})) == ["/window_end"]
    assert ada("PATCH", path, {"every_minutes": 90}).json()["every_minutes"] == 90


def test_twenty_reminders_are_enough(ada: Call):
    for hour in range(20):
        assert (
            ada("POST", "reminders", {"kind": "walk", "times": [f"{8 + hour % 12:02}:00"]}).status_code == 201
        )
    assert pointers(ada("POST", "reminders", MORNING)) == ["/kind"]


def test_other_peoples_reminders_do_not_exist(ada: Call, stranger: Call, therapist: Call):
    path = f"reminders/{ada('POST', 'reminders', MORNING).json()['id']}"
    for method, body in (("PATCH", {"enabled": False}), ("DELETE", None)):
        assert stranger(method, path, body).status_code == 404
        assert therapist(method, path, body).status_code == 403
    assert stranger("GET", "reminders").json()["results"] == []
    assert therapist("GET", "reminders").status_code == 403
    assert Client().get("/api/v1/reminders").status_code == 401
    assert ada("PATCH", path, {"enabled": False}).status_code == 200


def test_preferences_are_the_usual_ones_until_they_are_chosen(ada: Call):
    usual = {
        "quiet_start": "21:00",
        "quiet_end": "07:00",
        "channels": ["webpush", "email"],
        "paused_until": None,
    }
    assert ada("GET", "message-preferences").json() == usual
    with acting_for_all():
        assert not MessagePreferences.objects.exists()
    chosen = {"quiet_start": "20:00", "quiet_end": "08:00", "channels": ["email"]}
    assert ada("PUT", "message-preferences", chosen).json() == chosen | {"paused_until": None}
    assert ada("GET", "message-preferences").json() == chosen | {"paused_until": None}


def test_breaks_come_every_forty_minutes_if_nothing_else_is_said(ada: Call):
    made = ada(
        "POST", "reminders", {"kind": "movement_break", "window_start": "09:00", "window_end": "14:00"}
    )
    assert (made.status_code, made.json()["every_minutes"]) == (201, 40)


@pytest.mark.parametrize("kind", ["weekly_check", "measures", "walk", "diary"])
def test_every_kind_of_a_patient_can_be_set(ada: Call, kind: str):
    assert ada("POST", "reminders", {"kind": kind, "times": ["18:00"], "weekdays": [7]}).status_code == 201


@pytest.mark.parametrize("kind", ["review", "red_flag"])
def test_what_is_for_staff_is_no_reminder_of_a_patient(ada: Call, kind: str):
    assert pointers(ada("POST", "reminders", {"kind": kind, "times": ["18:00"]})) == ["/kind"]


def test_a_break_from_all_messages_moves_every_reminder_behind_it_and_can_be_ended(ada: Call):
    made = ada("POST", "reminders", {"kind": "walk", "times": ["09:00"]}).json()
    quiet = {"quiet_start": "21:00", "quiet_end": "07:00", "channels": ["email"]}
    back = timezone.localdate() + timedelta(days=9)
    assert ada("PUT", "message-preferences", quiet | {"paused_until": str(back)}).status_code == 200
    (paused,) = ada("GET", "reminders").json()["results"]
    assert datetime.fromisoformat(paused["next_due_at"]).date() == back + timedelta(days=1)
    # Who changes something else does not come back by accident.
    assert ada("PUT", "message-preferences", quiet).json()["paused_until"] == str(back)
    assert ada("PUT", "message-preferences", quiet | {"paused_until": None}).json()["paused_until"] is None
    (again,) = ada("GET", "reminders").json()["results"]
    assert again["next_due_at"] == made["next_due_at"]


@pytest.mark.parametrize("days", [-2, 92])
def test_a_break_ends_within_ninety_days(ada: Call, days: int):
    until = {"paused_until": str(timezone.localdate() + timedelta(days=days))}
    quiet = {"quiet_start": "21:00", "quiet_end": "07:00", "channels": ["email"]}
    for wrong in (until, {"paused_until": "tomorrow"}, {"paused_until": 3}):
        assert pointers(ada("PUT", "message-preferences", quiet | wrong)) == ["/paused_until"]


def test_a_phone_that_first_takes_messages_brings_the_first_reminders(world: World, ada: Call):
    assert ada("GET", "reminders").json()["results"] == []
    ada("POST", "push/subscriptions", body())
    first = ada("GET", "reminders").json()["results"]
    assert [(row["kind"], row["times"]) for row in first] == [("diary", ["20:00"]), ("exercise", ["08:00"])]
    for row in first:
        ada("DELETE", f"reminders/{row['id']}")
    ada("POST", "push/subscriptions", body(GOOD[0] + "2"))
    assert ada("GET", "reminders").json()["results"] == [], "what a patient has removed stays away"


def test_staff_who_take_messages_get_no_reminders(world: World, therapist: Call):
    therapist("POST", "push/subscriptions", body())
    with acting_for_all():
        assert not Reminder.objects.exists()


def test_quiet_hours_over_a_reminder_are_refused(ada: Call):
    ada("POST", "reminders", MORNING)
    early = {"quiet_start": "17:00", "quiet_end": "07:00", "channels": ["email"]}
    assert pointers(ada("PUT", "message-preferences", early)) == ["/quiet_start"]
    for channels in ([], ["sms"], "email", ["email"] * 3):
        response = ada("PUT", "message-preferences", early | {"quiet_start": "22:00", "channels": channels})
        assert response.status_code == 400
        assert pointers(response)[0].startswith("/channels")


def body(url: str = GOOD[0]) -> dict[str, Any]:
    return {"endpoint": url, "keys": Browser().keys}


def test_a_browser_subscribes_again_and_moves_to_who_signs_in_on_it(world: World, ada: Call, stranger: Call):
    first = ada("POST", "push/subscriptions", body())
    assert first.status_code == 201
    assert ada("POST", "push/subscriptions", body()).json()["id"] == first.json()["id"]
    moved = stranger("POST", "push/subscriptions", body())
    assert moved.status_code == 201
    owner = PushSubscription.objects.get()
    assert owner.user_id != world.patient.pk
    assert owner.device_id is not None
    assert ada("DELETE", f"push/subscriptions/{owner.pk}").status_code == 404
    assert stranger("DELETE", f"push/subscriptions/{owner.pk}").status_code == 204
    assert not PushSubscription.objects.exists()


def test_the_eleventh_browser_takes_the_place_of_the_first(ada: Call):
    for n in range(11):
        ada("POST", "push/subscriptions", body(f"{GOOD[0]}{n}"))
    endpoints = set(PushSubscription.objects.values_list("endpoint", flat=True))
    assert endpoints == {f"{GOOD[0]}{n}" for n in range(1, 11)}


@pytest.mark.parametrize("url", BAD)
def test_an_endpoint_that_is_no_push_service_is_not_saved(ada: Call, url: str):
    response = ada("POST", "push/subscriptions", body(url))
    assert response.status_code == 400
    if "\0" not in url:  # which the parser does not let through at all
        assert pointers(response) == ["/endpoint"]
    assert not url or url not in response.content.decode()
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"p256dh": "AAAA"}, {"auth": "AAAA"}, {"auth": 3}, {"p256dh": None}, {"more": "x"}]
)
def test_keys_that_no_browser_makes_are_refused(ada: Call, bad: dict[str, Any]):
    wrong = body()
    wrong["keys"] |= bad
    response = ada("POST", "push/subscriptions", wrong)
    assert response.status_code == 400
    assert pointers(response) == [f"/keys/{name}" for name in bad]


def test_staff_can_be_reached_by_web_push_too(world: World, therapist: Call):
    assert therapist("POST", "push/subscriptions", body()).status_code == 201
    assert PushSubscription.objects.get().user_id == world.therapist.pk


def test_anybody_may_know_the_public_key(db: None):
    assert Client().get("/api/v1/push/key").json() == {"public_key": keys.public_key()}


def test_a_patient_sees_what_was_due_and_what_became_of_it(
    world: World, ada: Call, stranger: Call, therapist: Call
):
    now = timezone.now()
    with acting_for_all():
        for days, state in ((1, "sent"), (2, "missed"), (31, "sent")):
            at = now - timedelta(days=days)
            Notification.objects.create(
                clinic=world.clinic,
                recipient_id=world.patient.pk,
                patient=world.patient,
                kind="diary",
                local_date=at.date(),
                slot="19:30",
                due_at=at,
                next_attempt_at=at,
                state=state,
                sent_at=at if state == "sent" else None,
            )
        world.raise_flag(at=NOON)
    first = ada("GET", "notifications?page_size=1").json()
    assert [row["state"] for row in first["results"]] == ["sent"]
    second = ada("GET", f"notifications?page_size=1&cursor={first['next']}").json()
    assert [row["state"] for row in second["results"]] == ["missed"]
    assert second["next"] is None
    assert [row["in_words"] for page in (first, second) for row in page["results"]] == [
        "Sent.",
        "Not sent: it would have come too late.",
    ]
    with acting_for_all():
        world.patient.language = "es"
        world.patient.save()
    in_spanish = [row["in_words"] for row in ada("GET", "notifications").json()["results"]]
    assert in_spanish == ["Mandado.", "No se mandó: llegaba tarde."]
    for other in (stranger, therapist):
        assert other("GET", "notifications").json()["results"] == []
    of_ada = therapist("GET", f"patients/{world.patient.pk}/notifications").json()["results"]
    assert [row["state"] for row in of_ada] == ["sent", "missed"]
    assert of_ada[0]["in_words"] == "Sent.", "staff read English"
    assert stranger("GET", f"patients/{world.patient.pk}/notifications").status_code == 403


def test_the_care_team_sees_which_reminders_a_patient_has_set(world: World, ada: Call, therapist: Call):
    made = ada("POST", "reminders", MORNING).json()
    assert therapist("GET", f"patients/{world.patient.pk}/reminders").json()["results"] == [made]


def test_the_number_of_queries_does_not_grow(world: World, ada: Call, django_assert_max_num_queries):
    with CaptureQueriesContext(connection) as making:
        ada("POST", "reminders", MORNING)
    statements = [query["sql"] for query in making.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) <= 8, statements
    for hour in range(8, 16):
        ada("POST", "reminders", {"kind": "walk", "times": [f"{hour:02}:00"]})
    for path in ("reminders", "notifications"):
        with django_assert_max_num_queries(5):  # two of them the savepoint of the request
            ada("GET", path)
