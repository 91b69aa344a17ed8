"""Who read and who changed what of whom, that nobody takes it back, and that an altered entry is found."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client

from accounts import audit
from accounts.access import Role, acting, acting_for_all
from accounts.actions import end_membership
from accounts.models import AuditEntry, AuditSeal, Membership
from recovery.models import Episode, Patient, RedFlag, StaffMessage
from tests import people
from tests.moments import NOW

pytestmark = pytest.mark.usefixtures("noon")


def entries(**wanted: object) -> list[AuditEntry]:
    with acting_for_all():
        return list(AuditEntry.objects.filter(**wanted).order_by("id"))


def get(person: people.Person, path: str) -> int:
    return Client().get(f"/api/v1/{path}", headers=person.headers).status_code


@pytest.mark.django_db
class TestReading:
    @pytest.mark.promise
    def test_staff_who_read_a_record_are_noted_once_with_their_device(self):
        hill = people.clinic()
        maria = people.member(hill, Role.THERAPIST)
        ana = people.patient(maria)
        assert get(maria, f"patients/{ana.user.pk}") == 200
        [read] = entries(deed="read")
        assert (read.user_id, read.clinic_id, read.about) == (maria.user.pk, hill.pk, [ana.user.pk])
        assert (read.what, read.through) == ("api patient", f"device {maria.actor.device_id}")

    def test_a_list_is_one_entry_that_names_every_patient_on_it(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana, ben = people.patient(maria), people.patient(maria, name="Ben")
        assert get(maria, "worklist") == 200
        [read] = entries(deed="read")
        assert (read.what, read.about) == ("api worklist", sorted([ana.user.pk, ben.user.pk]))

    def test_a_patient_who_reads_their_own_record_is_not_noted(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana = people.patient(maria)
        assert get(ana, "today") == 200
        assert get(ana, "progress") == 200
        assert entries(deed="read") == []

    def test_who_was_refused_has_read_nothing(self):
        hill = people.clinic()
        maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
        ana = people.patient(maria)
        assert get(carla, f"patients/{ana.user.pk}") == 404
        assert get(carla, "worklist") == 200
        assert entries(deed="read") == []

    def test_a_page_of_the_desk_is_noted_with_its_session(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana = people.patient(maria)
        desk, other = Client(), Client()
        for browser in (desk, other):
            browser.force_login(maria.user)
            assert browser.get(f"/patients/{ana.user.pk}").status_code == 200
        first, second = entries(deed="read")
        assert (first.what, first.about) == ("desk patient", [ana.user.pk])
        assert first.through.startswith("session ")
        assert first.through != second.through
        assert str(desk.session.session_key) not in first.through

    def test_an_administrator_who_is_shown_an_unanswered_review_has_read_of_its_patient(self):
        hill = people.clinic()
        maria, boss = people.member(hill, Role.THERAPIST), people.member(hill, Role.ADMINISTRATOR)
        ana = people.patient(maria)
        assert get(boss, "roster") == 200
        assert entries(deed="read") == []  # names and enrolment are no record
        with acting_for_all():
            episode = Episode.objects.get()
            episode.reviews.create(
                clinic=hill,
                patient_id=ana.user.pk,
                cause="week_2",
                due_on=NOW - timedelta(days=60),
                opened_at=NOW,
                opened_on=NOW - timedelta(days=60),
            )
        assert get(boss, "reviews") == 200
        assert [read.about for read in entries(deed="read")] == [[ana.user.pk]]


@pytest.mark.django_db
class TestChanging:
    def test_what_staff_change_is_noted_with_the_columns_and_without_their_values(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana = people.patient(maria)
        with acting(maria.actor):
            Patient.objects.filter(pk=ana.user.pk).update(name="Anna", email="anna@example.org")
        [change] = entries(deed="update", what="recovery_patient")
        assert (change.user_id, change.about, change.row) == (maria.user.pk, [ana.user.pk], str(ana.user.pk))
        assert sorted(change.columns) == ["email", "name"]
        assert change.through == f"device {maria.actor.device_id}"
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("SELECT changes FROM accounts_auditentry")

    def test_bulk_and_raw_sql_are_noted_row_by_row(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana = people.patient(maria)
        with acting(maria.actor):
            message = {"clinic_id": maria.actor.clinic_id, "patient_id": ana.user.pk, "author": maria.user}
            StaffMessage.objects.bulk_create(
                StaffMessage(**message, text=text, to_patient=True, written_at=NOW) for text in "ab"
            )
            connection.cursor().execute("DELETE FROM recovery_staffmessage")
        assert len(entries(deed="insert", what="recovery_staffmessage")) == 2
        assert len(entries(deed="delete", what="recovery_staffmessage", user_id=maria.user.pk)) == 2

    def test_a_write_that_changes_nothing_is_none(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        people.patient(maria)
        with acting(maria.actor):
            Episode.objects.update(side="right")
        assert entries(deed="update", what="recovery_episode") == []

    def test_what_a_phone_writes_has_revisions_and_is_not_noted_here(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana = people.patient(maria)
        before = len(entries())
        body = {"revision": 1, "at": NOW.isoformat(), "region": "leg", "score": 3, "asked": "now"}
        answer = Client().put(
            "/api/v1/pain/0b7d7a3e-6f0a-4a55-8a63-6a6d8e0f4c11", body, "application/json", headers=ana.headers
        )
        assert answer.status_code == 201, answer.content
        assert len(entries()) == before

    def test_closing_a_red_flag_is_noted_and_raising_it_is_not(self):
        hill = people.clinic()
        maria = people.member(hill, Role.THERAPIST)
        ana = people.patient(maria)
        with acting(ana.actor):
            RedFlag.objects.create(
                clinic=hill,
                patient_id=ana.user.pk,
                rule="x",
                tier="A",
                about_on=NOW,
                raised_at=NOW,
                raised_on=NOW,
            )
        assert entries(what="recovery_redflag") == []
        with acting(maria.actor):
            RedFlag.objects.update(closed_at=NOW, closed_on=NOW, closed_by=maria.user, closed_because="Seen.")
        [closed] = entries(what="recovery_redflag")
        assert "closed_because" in closed.columns

    def test_a_membership_that_ends_is_noted(self):
        maria = people.member(people.clinic(), Role.THERAPIST)
        with acting(maria.actor):
            end_membership(membership=Membership.objects.get(user=maria.user), now=NOW)
        assert entries(what="accounts_membership", deed="update")[0].columns == ["ended_at"]


@pytest.mark.django_db
class TestNobodyTakesItBack:
    @pytest.mark.promise
    @pytest.mark.parametrize("table", ["accounts_auditentry", "accounts_auditseal"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
    def test_the_app_may_not_change_or_remove_it(self, statement: str, table: str):
        with pytest.raises(ProgrammingError, match="permission denied"), acting_for_all():
            connection.cursor().execute(statement.format(table))

    def test_the_app_makes_no_seal_of_its_own(self):
        with pytest.raises(ProgrammingError, match="permission denied"), acting_for_all():
            AuditSeal.objects.create(through=1, entries=1, digest=b"", chain=b"", sealed_at=NOW)

    def test_nobody_writes_an_entry_in_another_ones_name(self):
        hill = people.clinic()
        maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
        carla.actor.saw.add(7)
        with pytest.raises(ProgrammingError, match="row-level security"), acting(maria.actor):
            audit.note_reading(carla.actor, face="api", route=None)

    def test_a_patient_sees_who_read_and_an_administrator_the_clinic_and_nobody_else_anything(self):
        hill = people.clinic()
        maria, boss = people.member(hill, Role.THERAPIST), people.member(hill, Role.ADMINISTRATOR)
        doctor = people.member(hill, Role.CLINICIAN)
        stan = people.member(people.clinic("Lakeside"), Role.ADMINISTRATOR)
        ana, ben = people.patient(maria), people.patient(maria, name="Ben")
        assert get(maria, f"patients/{ana.user.pk}") == 200

        def seen(person: people.Person) -> set[str]:
            with acting(person.actor):
                return set(AuditEntry.objects.filter(clinic_id=hill.pk).values_list("deed", flat=True))

        assert seen(ana) == {"read"}
        assert seen(ben) == seen(maria) == seen(doctor) == seen(stan) == set()
        assert seen(boss) == {"read", "insert"}


# --- seals ------------------------------------------------------------------------------------------------


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """The owner of the tables, whom no grant holds back."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("SELECT set_config('amble.reach', 'all', false)")
        owner.execute("TRUNCATE accounts_auditentry, accounts_auditseal RESTART IDENTITY")
        yield owner


def note(owner: psycopg.Connection, count: int) -> None:
    owner.execute(
        "INSERT INTO accounts_auditentry (clinic_id, through, deed, what, about)"
        " SELECT 1, 'role test', 'read', 'api patient', ARRAY[n] FROM generate_series(1, %s) AS n",
        [count],
    )


def tamper(owner: psycopg.Connection, statement: str) -> None:
    """Not even the owner has a policy that lets them change an entry: they take the wall away first."""
    assert owner.execute("UPDATE accounts_auditentry SET deed = 'update'").rowcount == 0
    owner.execute("ALTER TABLE accounts_auditentry NO FORCE ROW LEVEL SECURITY")
    assert owner.execute(statement).rowcount
    owner.execute("ALTER TABLE accounts_auditentry FORCE ROW LEVEL SECURITY")


def verify(**options: str) -> str:
    said = StringIO()
    call_command("verify_audit", stdout=said, **options)
    return said.getvalue()


@pytest.mark.usefixtures("committed")
class TestSeals:
    @pytest.mark.promise
    def test_one_altered_row_of_a_hundred_thousand_is_found(self, owner: psycopg.Connection):
        note(owner, 100_000)
        assert len(audit.seal()) == 10
        assert "up to entry 100000" in verify()
        tamper(owner, "UPDATE accounts_auditentry SET about = ARRAY[1] WHERE id = 54321")
        with pytest.raises(CommandError, match="Entries 50001 to 60000 are not as they were sealed"):
            verify()

    @pytest.mark.parametrize(
        "tampering",
        [
            "DELETE FROM accounts_auditentry WHERE id = 5",
            "DELETE FROM accounts_auditentry",
            "TRUNCATE accounts_auditentry",
            "UPDATE accounts_auditentry SET at = at + interval '1 second' WHERE id = 5",
            "UPDATE accounts_auditentry SET id = 100 WHERE id = 5",
            "INSERT INTO accounts_auditentry (id, through, deed, what, about) VALUES (-3, '', 'read', '', '{}')",
            "UPDATE accounts_auditentry SET changes = '{\"name\": 1}' WHERE id = 5",
            "DELETE FROM accounts_auditseal WHERE id = 1",
            "UPDATE accounts_auditseal SET through = 11 WHERE id = 1",
            "UPDATE accounts_auditseal SET chain = digest WHERE id = 2",
        ],
    )
    def test_whatever_the_owner_does_to_what_was_sealed_is_found(
        self, owner: psycopg.Connection, tampering: str
    ):
        for _ in range(3):
            note(owner, 10)
            audit.seal()
        verify()
        tamper(owner, tampering)
        with pytest.raises(CommandError):
            verify()

    def test_seals_that_were_cut_off_are_found_by_a_hash_that_was_kept_elsewhere(
        self, owner: psycopg.Connection
    ):
        note(owner, 10)
        audit.seal()
        note(owner, 10)
        said = StringIO()
        call_command("seal_audit", stdout=said)
        anchor = said.getvalue().split()[-1]
        verify(anchor=anchor)
        tamper(owner, "DELETE FROM accounts_auditseal WHERE id = 2")
        tamper(owner, "DELETE FROM accounts_auditentry WHERE id > 10")
        verify()
        with pytest.raises(CommandError, match="cut off"):
            verify(anchor=anchor)

    def test_nothing_is_sealed_over_an_entry_that_is_still_being_written(self, owner: psycopg.Connection):
        """An id drawn before the seal and committed after it would look like one slipped in later."""
        note(owner, 1)
        with owner.transaction():
            note(owner, 1)
            assert audit.seal() == []
        assert [seal.entries for seal in audit.seal()] == [2]
        verify()

    def test_two_who_seal_at_once_make_one_chain(self, owner: psycopg.Connection):
        note(owner, 30_000)

        def run() -> None:
            audit.seal()
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        audit.seal()
        assert sum(seal.entries for seal in AuditSeal.objects.all()) == 30_000
        verify()

    def test_values_can_be_erased_without_breaking_a_seal(self, owner: psycopg.Connection):
        people.member(people.clinic(), Role.THERAPIST)
        audit.seal()
        tamper(owner, "UPDATE accounts_auditentry SET changes = NULL")
        verify()

    def test_the_values_are_kept_for_the_owner_and_secrets_are_not(self, owner: psycopg.Connection):
        maria = people.member(people.clinic(), Role.THERAPIST)
        people.patient(maria, name="Ana")
        with acting(maria.actor):
            Patient.objects.update(name="Anna")
        [[name]] = owner.execute("SELECT changes -> 'name' FROM accounts_auditentry WHERE deed = 'update'")
        assert name == ["Ana", "Anna"]
        [[digest]] = owner.execute(
            "SELECT token_digest::text FROM accounts_device WHERE user_id = %s", [maria.user.pk]
        )
        noted = owner.execute("SELECT changes::text FROM accounts_auditentry WHERE what = 'accounts_device'")
        assert all(digest[2:] not in changes for (changes,) in noted)
