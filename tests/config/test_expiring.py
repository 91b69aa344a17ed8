"""A record whose time is over is listed, erased after its notice and not before, and stays erased after a restore."""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.access import acting, acting_for_all
from accounts.models import Device
from config import erasing
from config.erasing import Connection
from config.expiring import erase_expired
from recovery.actions.keeping import keep, let_go, list_expired
from recovery.actions.people import end_episode, invite_patient, open_episode
from recovery.models import CareSettings, Episode, Expiry, Message, PainEntry, Patient, RedFlag
from tests import people
from tests.config.test_erasing import data, maria, owner
from tests.moments import NOW
from tests.people import Person
from tests.whole_record import note

__all__ = ["data", "maria", "owner"]  # fixtures
pytestmark = pytest.mark.usefixtures("committed", "noon")

YEARS = 10
OVER = NOW.replace(year=NOW.year + YEARS)
NOTICE = OVER + timedelta(days=30)


@pytest.fixture
def ana(maria: Person) -> Person:
    """Her last bout ended today, at a clinic that keeps records for ten years. Her phone was not used for longer."""
    someone = people.patient(maria)
    with acting_for_all():
        Device.objects.filter(user=someone.user.pk).update(last_used_on=date(2014, 3, 1))
        CareSettings.objects.create(clinic_id=maria.actor.clinic_id, keep_years=YEARS)
        end_episode(
            episode=Episode.objects.get(), because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW
        )
    return someone


def listed() -> list[tuple[date, date]]:
    with acting_for_all():
        return list(Expiry.objects.values_list("listed_on", "erase_on"))


def patients() -> int:
    with acting_for_all():
        return Patient.objects.count()


def test_it_is_listed_thirty_days_ahead_and_erased_by_the_one_road(
    ana: Person, owner: Connection, data: Path
):
    assert list_expired(now=OVER - timedelta(days=1)) == 0
    assert list_expired(now=OVER) == 1
    assert list_expired(now=OVER + timedelta(days=1)) == 0
    assert listed() == [(OVER.date(), NOTICE.date())]
    assert erase_expired(owner, data, now=NOTICE - timedelta(days=1)) == 0
    assert erase_expired(owner, data, now=NOTICE) == 1
    assert patients() == 0
    assert listed() == []
    (stone,) = erasing.read(data / erasing.FILE)
    assert stone.fits(ana.user.pk, NOW)
    assert stone.reason == "The last bout ended 10 years ago, as long as the clinic keeps records."


def test_a_restored_backup_does_not_bring_the_patient_back(ana: Person, owner: Connection, data: Path):
    with acting_for_all():
        row = Patient.objects.get()
    list_expired(now=OVER)
    erase_expired(owner, data, now=NOTICE)
    # As an older backup has them: the same number, added at the same moment.
    owner.execute("SELECT set_config('amble.reach', 'all', false)")
    owner.execute(
        "INSERT INTO accounts_user (id, name, password, is_active) VALUES (%s, 'Ana', '', true)", [row.pk]
    )
    columns = {str(field.column): getattr(row, field.attname) for field in Patient._meta.concrete_fields}
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    owner.execute(f"INSERT INTO recovery_patient ({names}) VALUES ({marks})", list(columns.values()))  # noqa: S608
    owner.commit()
    assert patients() == 1
    assert erasing.again(owner, erasing.read(data / erasing.FILE)) == 1
    assert patients() == 0


def test_a_clinic_that_chose_nothing_keeps_everything(ana: Person, owner: Connection, data: Path):
    with acting_for_all():
        CareSettings.objects.update(keep_years=None)
    assert list_expired(now=OVER + timedelta(days=10_000)) == 0


def comes_back(ana: Person, maria: Person) -> None:
    with acting(maria.actor):
        patient = Patient.objects.get()
        open_episode(patient=patient, by=maria.user.pk, now=NOW, onset_on=NOW.date(), side="left")


def raises_a_flag(ana: Person, maria: Person) -> None:
    of_ana: dict[str, Any] = {"clinic_id": maria.actor.clinic_id, "patient_id": ana.user.pk}
    with acting_for_all():
        RedFlag.objects.create(
            **of_ana, rule="bladder", answer="yes", tier="A", about_on=NOW, raised_at=NOW, raised_on=NOW
        )


def writes(ana: Person, maria: Person) -> None:
    note(ana, "message", text="I moved.")
    with acting_for_all():
        assert Message.objects.unread().count() == 1


def writes_and_is_read_at_once(ana: Person, maria: Person) -> None:
    """By a phone that was used on the day."""
    note(ana, "message", text="I moved.")
    with acting_for_all():
        Message.objects.update(read_at=OVER, read_by=maria.user.pk)
        Device.objects.filter(user=ana.user.pk).update(last_used_on=OVER.date())


def is_still_in_touch_on_paper(ana: Person, maria: Person) -> None:
    note(ana, "pain", region="leg", score=3, asked="now")
    with acting_for_all():
        PainEntry.objects.update(on=NOW.date() + timedelta(days=31))


def is_invited_again(ana: Person, maria: Person) -> None:
    with acting(maria.actor):
        invite_patient(patient=Patient.objects.get(), by=maria.user.pk, now=NOTICE - timedelta(days=1))


def is_kept(ana: Person, maria: Person) -> None:
    with acting_for_all():
        keep(expiry=Expiry.objects.get(), because="A lawsuit.", by=maria.user.pk, now=OVER)


def is_kept_for_longer_by_all(ana: Person, maria: Person) -> None:
    with acting_for_all():
        CareSettings.objects.update(keep_years=YEARS + 1)


IN_TOUCH = [writes_and_is_read_at_once, is_still_in_touch_on_paper, is_invited_again]
WAITS = [comes_back, raises_a_flag, writes, is_kept_for_longer_by_all, *IN_TOUCH]


@pytest.mark.parametrize("happens", [*WAITS, is_kept])
def test_for_whom_something_waits_is_not_erased(
    ana: Person, maria: Person, owner: Connection, data: Path, happens: Callable[[Person, Person], None]
):
    """Also when the list was made before it happened, and nobody has looked at it since."""
    list_expired(now=OVER)
    happens(ana, maria)
    assert erase_expired(owner, data, now=NOTICE) == 0
    assert patients() == 1
    list_expired(now=NOTICE)
    assert len(listed()) == (1 if happens is is_kept else 0)


@pytest.mark.parametrize("happens", WAITS)
def test_for_whom_something_waits_is_not_even_listed(
    ana: Person, maria: Person, happens: Callable[[Person, Person], None]
):
    happens(ana, maria)
    assert list_expired(now=OVER) == 0


def test_whom_nobody_keeps_any_longer_has_thirty_days_more(
    ana: Person, maria: Person, owner: Connection, data: Path
):
    list_expired(now=OVER)
    is_kept(ana, maria)
    later = OVER + timedelta(days=400)
    with acting_for_all():
        let_go(expiry=Expiry.objects.get(), now=later)
    assert erase_expired(owner, data, now=later + timedelta(days=29)) == 0
    assert erase_expired(owner, data, now=later + timedelta(days=30)) == 1


def test_the_command_erases_as_the_owner_only(ana: Person, data: Path, monkeypatch: pytest.MonkeyPatch):
    list_expired(now=OVER)
    with acting_for_all():
        Expiry.objects.update(erase_on=NOW)
        CareSettings.objects.update(keep_years=5)
        Episode.objects.update(ended_on=date(2015, 3, 1))
    with monkeypatch.context() as context:
        context.setenv("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
        with pytest.raises(CommandError, match="as its owner"):
            call_command("erase_expired")
    assert patients() == 1
    said = StringIO()
    call_command("erase_expired", stdout=said)
    assert "Erased 1 records." in said.getvalue()
    assert patients() == 0


def test_a_folder_that_takes_no_tombstone_erases_nobody(ana: Person, owner: Connection, data: Path):
    list_expired(now=OVER)
    with pytest.raises(OSError, match="missing"):
        erase_expired(owner, data / "missing", now=NOTICE)
    assert patients() == 1


def test_one_record_that_cannot_be_erased_keeps_no_other(
    ana: Person, maria: Person, owner: Connection, data: Path
):
    """Whatever PostgreSQL says of the first: else it would stand before all the others, hour after hour."""
    ben = people.patient(maria, name="Ben")
    with acting_for_all():
        Device.objects.filter(user=ben.user.pk).update(last_used_on=date(2014, 3, 1))
        episode = Episode.objects.get(patient=ben.user.pk)
        end_episode(episode=episode, because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW)
    assert list_expired(now=OVER) == 2
    refused = {"on": "recovery_patient", "why": f"OLD.user_id = {ana.user.pk}"}
    owner.execute(
        "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE division_by_zero; END $$"
    )
    owner.execute(
        "CREATE TRIGGER refused BEFORE DELETE ON {on} FOR EACH ROW WHEN ({why}) EXECUTE FUNCTION refused()".format(
            **refused
        )
    )
    owner.commit()
    try:
        assert erase_expired(owner, data, now=NOTICE) == 1
        with acting_for_all():
            assert list(Patient.objects.values_list("pk", flat=True)) == [ana.user.pk]
    finally:
        owner.rollback()
        owner.execute("DROP FUNCTION refused() CASCADE")
        owner.commit()
    assert erase_expired(owner, data, now=NOTICE) == 1
    assert patients() == 0


def test_an_end_on_a_leap_day_is_over_on_the_last_of_february(ana: Person):
    ended = date(2024, 2, 29)
    with acting_for_all():
        Episode.objects.update(onset_on=ended, ended_on=ended)
    assert list_expired(now=datetime(2034, 2, 27, tzinfo=NOW.tzinfo)) == 0
    assert list_expired(now=datetime(2034, 2, 28, tzinfo=NOW.tzinfo)) == 1
