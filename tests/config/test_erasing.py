"""Erasing a patient leaves nothing of them, takes nothing of anybody else's, and outlives a restore."""

import os
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql

from accounts.access import Role, acting_for_all
from accounts.models import Membership
from config import erasing
from config.embedded import CannotStart
from config.erasing import Connection, Tombstone
from exercises.models import Exercise
from notifications.models import (
    DeliveryChoices,
    MessagePreferences,
    Notification,
    PushSubscription,
    Receipt,
    Reminder,
)
from recovery.actions.days import close_days
from recovery.models import (
    Episode,
    Expiry,
    NewStart,
    Plan,
    PlanDraft,
    PlanPause,
    Proposal,
    RecordRevision,
    Suspension,
    Task,
)
from tests import people
from tests.moments import NOW
from tests.people import Person
from tests.recovery.test_row_level_security import WITHOUT_PATIENT_DATA
from tests.whole_record import whole_record

pytestmark = pytest.mark.usefixtures("committed", "noon")

# Under row-level security and nobody's record: what a clinic has set or counted.
OF_A_CLINIC = {
    "accounts_auditentry",
    "exercises_figureapproval",
    "notifications_listener",
    "notifications_messagesettings",
    "notifications_remindereffect",
}


@pytest.fixture
def maria(committed: None) -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: Person, noon: None) -> Person:
    return whole(maria, name="CNRY-Ana")


@pytest.fixture
def owner(committed: None) -> Iterator[Connection]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        yield connection


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AMBLE_DATA", str(tmp_path))
    return tmp_path


def whole(maria: Person, *, name: str) -> Person:
    """A patient with a row in every table that has patients."""
    someone = whole_record(maria, name=name)
    with acting_for_all():
        close_days(now=NOW)
        episode = Episode.objects.get(patient=someone.user.pk)
        of_them: dict[str, Any] = {"clinic_id": episode.clinic_id, "patient_id": someone.user.pk}
        of_episode = of_them | {"episode": episode}
        plan, exercise = Plan.objects.filter(episode=episode).latest("number"), Exercise.objects.get()
        said = {"rule": "ambers", "numbers": {}, "for_staff": name, "rule_version": "1"}
        DeliveryChoices.objects.create(**of_them)
        MessagePreferences.objects.get_or_create(**of_them)
        Reminder.objects.create(**of_them, kind="diary", times=["20:00"], next_due_at=NOW)
        PlanDraft.objects.create(**of_episode, starts_on=NOW, updated_by=maria.user, updated_at=NOW)
        NewStart.objects.create(**of_episode, on=NOW, was_on=NOW, set_by=maria.user, set_at=NOW)
        PlanPause.objects.create(
            **of_episode, from_on=NOW, until_on=NOW, reason="other", paused_by=maria.user, paused_at=NOW
        )
        Proposal.objects.create(
            **of_episode,
            **said,
            plan=plan,
            exercise=exercise,
            kind="regress",
            from_dosage={},
            to_exercise=exercise,
            for_day=NOW,
            made_at=NOW,
        )
        Suspension.objects.create(**of_episode, **said, exercise=exercise, suspended_at=NOW, suspended_on=NOW)
        RecordRevision.objects.create(
            **of_them, client_uuid=uuid4(), kind="walk", revision=1, body={}, why="replaced", received_at=NOW
        )
        Expiry.objects.create(**of_them, ended_on=NOW, listed_on=NOW, erase_on=NOW)
        Task.objects.create(**of_them, kind="check_by_hand", cause="x", why=name, opened_at=NOW)
        sent = Notification.objects.create(
            **of_them,
            recipient=someone.user,
            kind="diary",
            local_date=NOW.date(),
            slot="20:00",
            due_at=NOW,
            next_attempt_at=NOW,
            state="sent",
            sent_at=NOW,
        )
        Receipt.objects.create(
            notification=sent, clinic_id=episode.clinic_id, recipient=someone.user, shown_at=NOW
        )
    PushSubscription.objects.create(
        user=someone.user, endpoint=f"https://push.example/{someone.user.pk}", created_at=NOW
    )
    return someone


def erase(someone: Person, *more: str) -> str:
    said = StringIO()
    options = ("--by", "Ada", "--reason", "Asked for it.", *more)
    call_command("erase_patient", str(someone.user.pk), *options, stdout=said)
    return said.getvalue()


def rows(owner: Connection) -> dict[str, list[str]]:
    """All rows of all tables, as their text."""
    erasing.reach_all(owner)
    tables = owner.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'").fetchall()
    found = {
        table: sorted(
            str(text)
            for (text,) in owner.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
        )
        for (table,) in tables
    }
    owner.rollback()
    return found


def test_nothing_is_left_of_the_patient_in_any_table(owner: Connection, ana: Person):
    before = rows(owner)
    of_patients = before.keys() - WITHOUT_PATIENT_DATA - OF_A_CLINIC
    assert {table for table in of_patients if not before[table]} == set()
    erase(ana, "--yes")
    after = rows(owner)
    assert {table for table in of_patients if after[table]} == set()
    everything = "\n".join(text for texts in after.values() for text in texts)
    before_that = "\n".join(text for texts in before.values() for text in texts)
    for trace in ("CNRY", "Stairs", "On her way", f"push.example/{ana.user.pk}"):
        assert trace in before_that
        assert trace not in everything
    assert [len(after[table]) for table in ("accounts_user", "accounts_device", "accounts_membership")] == [
        1,
        1,
        1,
    ]


def test_nothing_of_another_patient_goes(owner: Connection, maria: Person):
    whole(maria, name="Ben")
    alone = rows(owner)
    erase(whole(maria, name="Ana"), "--yes")
    after = rows(owner)
    changed = {table for table in alone if alone[table] != after[table]}
    assert changed == {"accounts_auditentry", "recovery_erasure"}
    assert set(alone["accounts_auditentry"]) < set(after["accounts_auditentry"])


def test_without_a_yes_it_is_only_shown(owner: Connection, ana: Person, data: Path):
    before = rows(owner)
    said = erase(ana)
    assert "CNRY-Ana" in said
    assert "recovery_painentry" in said
    assert "Nothing was erased" in said
    assert rows(owner) == before
    assert list(data.iterdir()) == []


def test_the_phone_of_who_was_erased_is_signed_out(ana: Person, client):
    assert client.get("/api/v1/today", headers=ana.headers).status_code == 200
    erase(ana, "--yes")
    assert client.get("/api/v1/today", headers=ana.headers).status_code == 401


def test_who_also_works_at_the_clinic_stays_one_of_its_staff(owner: Connection, maria: Person, client):
    nina = whole_record(maria, name="Nina")
    Membership.objects.create(
        user=nina.user, clinic_id=nina.actor.clinic_id, role=Role.THERAPIST, started_at=NOW
    )
    erase(nina, "--yes")
    assert rows(owner)["recovery_patient"] == []
    assert client.get("/api/v1/me", headers=nina.headers).json()["roles"] == [Role.THERAPIST]


def test_what_is_left_says_who_did_it_when_and_why_and_names_nobody(
    owner: Connection, ana: Person, data: Path
):
    erase(ana, "--yes")
    (stone,) = erasing.read(data / erasing.FILE)
    assert (stone.by, stone.reason) == ("Ada", "Asked for it.")
    assert (data / erasing.FILE).stat().st_mode & 0o777 == 0o600
    kept = owner.execute("SELECT fingerprint, by, reason FROM recovery_erasure").fetchall()
    assert kept == [(stone.fingerprint, "Ada", "Asked for it.")]
    assert stone.fits(ana.user.pk, NOW)
    # A database that was restored gives the number anew.
    assert not stone.fits(ana.user.pk, NOW + timedelta(microseconds=1))
    with pytest.raises(CommandError, match="There is no patient"):
        erase(ana, "--yes")


def test_a_folder_that_takes_no_tombstone_erases_nobody(
    owner: Connection, ana: Person, data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AMBLE_DATA", str(data / "missing"))
    before = rows(owner)
    with pytest.raises(CommandError, match="Nothing was erased"):
        erase(ana, "--yes")
    assert rows(owner) == before


def test_the_app_role_erases_nobody(owner: Connection, ana: Person, monkeypatch: pytest.MonkeyPatch):
    before = rows(owner)
    with monkeypatch.context() as context:
        context.setenv("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
        with pytest.raises(CommandError, match="as its owner"):
            erase(ana, "--yes")
    assert rows(owner) == before


def test_whom_a_tombstone_fits_is_erased_again_and_nobody_else(owner: Connection, ana: Person, maria: Person):
    whole_record(maria, name="Ben")
    added_at = erasing.added_at(owner, ana.user.pk)
    owner.rollback()
    told: dict[str, Any] = {"by": "Ada", "reason": "Asked.", "now": NOW}
    stones = [
        Tombstone.of(ana.user.pk, added_at, **told),
        Tombstone.of(999, added_at, **told),
    ]
    assert erasing.again(owner, stones) == 1
    assert erasing.again(owner, stones) == 0
    names = owner.execute("SELECT name FROM accounts_user ORDER BY id").fetchall()
    assert [name for (name,) in names] == ["Maria", "Ben"]
    assert len(rows(owner)["recovery_erasure"]) == 2


def test_a_list_is_remembered_once_and_refused_when_it_is_cut_short(data: Path):
    stones = [Tombstone.of(n, NOW, by="Ada", reason="Asked.", now=NOW) for n in range(3)]
    erasing.remember(data, stones[:2])
    erasing.remember(data, stones)
    assert erasing.read(data / erasing.FILE) == stones
    whole = (data / erasing.FILE).read_text()
    (data / erasing.FILE).write_text(whole[:-20])
    with pytest.raises(CannotStart, match="not a whole list"):
        erasing.read(data / erasing.FILE)
