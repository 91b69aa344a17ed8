"""The thread of a patient and their care team, over HTTP, and who sees which note."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting
from recovery.models import Message, Patient, RecordRevision, StaffMessage
from tests import people
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def maria(db: None) -> Person:
    return people.member(people.clinic(), Role.THERAPIST, name="Maria")


@pytest.fixture
def ana(maria: Person) -> Person:
    return people.patient(maria)


def ask(person: Person, method: str, path: str, body: Any = None) -> Any:
    text = "" if body is None else json.dumps(body)
    return Client().generic(method, f"/api/v1/{path}", text, "application/json", headers=person.headers)


def write(ana: Person, text: str, **changes: Any) -> str:
    uuid = str(uuid4())
    body = {"revision": 1, "at": "2026-03-01T20:00:00+01:00", "text": text} | changes
    assert ask(ana, "PUT", f"messages/{uuid}", body).status_code == 201
    return uuid


def texts(answer: Any) -> list[str]:
    return [message["text"] for message in answer.json()["messages"]]


def test_both_sides_see_one_thread_newest_first(ana: Person, maria: Person):
    write(ana, "It pulls in the calf.")
    answer = ask(maria, "POST", f"patients/{ana.user.pk}/messages", {"text": "Keep the knee bent."})
    assert (answer.status_code, answer.json()["author"]) == (201, "Maria")
    for seen in (ask(ana, "GET", "messages"), ask(maria, "GET", f"patients/{ana.user.pk}/messages")):
        assert sorted(texts(seen)) == ["It pulls in the calf.", "Keep the knee bent."]


def test_a_private_note_is_seen_by_its_own_side_only(ana: Person, maria: Person):
    write(ana, "My diary.", private=True)
    ask(maria, "POST", f"patients/{ana.user.pk}/messages", {"text": "Check the reflex.", "to_patient": False})
    assert texts(ask(ana, "GET", "messages")) == ["My diary."]
    assert texts(ask(maria, "GET", f"patients/{ana.user.pk}/messages")) == ["Check the reflex."]


def test_postgresql_alone_keeps_private_notes_apart(ana: Person, maria: Person):
    uuid = write(ana, "My diary.", private=True)
    body = {"revision": 2, "at": "2026-03-01T20:00:00+01:00", "text": "My other diary.", "private": True}
    ask(ana, "PUT", f"messages/{uuid}", body)
    ask(maria, "POST", f"patients/{ana.user.pk}/messages", {"text": "Check the reflex.", "to_patient": False})
    with acting(maria.actor):
        assert (Message.objects.count(), RecordRevision.objects.count(), StaffMessage.objects.count()) == (
            0,
            0,
            1,
        )
    with acting(ana.actor):
        assert (Message.objects.count(), RecordRevision.objects.count(), StaffMessage.objects.count()) == (
            1,
            1,
            0,
        )


def test_a_withdrawn_message_is_gone_and_kept(ana: Person, maria: Person):
    uuid = write(ana, "Forget this.")
    body = {"revision": 2, "at": "2026-03-01T20:00:00+01:00", "text": "Forget this.", "withdrawn": True}
    assert ask(ana, "PUT", f"messages/{uuid}", body).status_code == 200
    assert texts(ask(maria, "GET", f"patients/{ana.user.pk}/messages")) == []
    with acting(maria.actor):
        assert Message.objects.get().text == "Forget this."


def test_the_first_reader_is_the_one_recorded(ana: Person, maria: Person):
    write(ana, "It pulls in the calf.")
    shown = ask(maria, "GET", f"patients/{ana.user.pk}/messages").json()["messages"][0]
    assert shown["read_at"] is None
    ask(maria, "POST", f"patients/{ana.user.pk}/messages/read", {"until": shown["received_at"]})
    write(ana, "And in the foot.")
    with acting(maria.actor):
        assert Message.objects.filter(read_by=maria.user).count() == 1


def test_what_staff_write_reaches_the_phone_and_is_seen_to_be_read(ana: Person, maria: Person):
    with acting(ana.actor):
        before = Patient.objects.get().version
    ask(maria, "POST", f"patients/{ana.user.pk}/messages", {"text": "Keep the knee bent."})
    shown = ask(ana, "GET", "messages").json()["messages"][0]
    ask(ana, "POST", "messages/read", {"until": shown["received_at"]})
    assert ask(maria, "GET", f"patients/{ana.user.pk}/messages").json()["messages"][0]["read_at"]
    with acting(ana.actor):
        assert Patient.objects.get().version == before + 2


def test_an_older_page_goes_on_where_the_last_one_ended(ana: Person, maria: Person):
    for number in range(3):
        ask(maria, "POST", f"patients/{ana.user.pk}/messages", {"text": f"{number}"})
    with acting(maria.actor):
        middle = StaffMessage.objects.get(text="1")
        StaffMessage.objects.filter(text="0").update(written_at=middle.written_at.replace(year=2025))
    before = middle.written_at.isoformat().replace("+00:00", "Z")
    assert texts(ask(ana, "GET", f"messages?before={before}")) == ["0"]


@pytest.mark.parametrize("text", ["", "x" * 2001, 7, None])
def test_a_message_has_words_and_an_end(ana: Person, text: Any):
    answer = ask(
        ana, "PUT", f"messages/{uuid4()}", {"revision": 1, "at": "2026-03-01T20:00:00+01:00", "text": text}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/text"
