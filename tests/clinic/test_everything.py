"""The export of a clinic: all of it, nothing of another, nobody's private note, and each patient noted as read."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role, acting, acting_for_all
from accounts.limits import count_all, sign_in_limits
from accounts.models import AuditEntry, Clinic
from clinic import everything
from tests import people
from tests.clinic.conftest import PASSWORD, staff
from tests.clinic.test_pages import text
from tests.moments import NOW
from tests.people import Person
from tests.whole_record import note, whole_record

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")


def asked(client: Client) -> Any:
    return client.post("/clinic/export", {"password": PASSWORD})


def opened(answer: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(answer.getvalue()))


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def test_all_of_a_patient_is_in_it_as_json_and_as_sheets_that_run_nothing(
    helena: Person, maria: Person, browser: Browser
):
    ana = whole_record(maria, name="=Ana()")
    answer = asked(browser(helena))
    assert answer["Content-Disposition"] == 'attachment; filename="amble-clinic-2026-03-02.zip"'
    archive = opened(answer)
    assert archive.testzip() is None
    record = json.loads(archive.read(f"patients/{ana.user.pk}/record.json"))
    with acting_for_all():
        for model in everything.tables():
            there = model._default_manager.filter(patient=ana.user.pk)
            if model.__name__ == "Message":
                there = there.filter(private=False)
            assert len(record[model._meta.model_name]) == there.count(), model
    sheets = {name.split("/")[-1] for name in archive.namelist() if name.startswith("patients/")}
    assert {f"{table}.csv" for table in record if record[table]} < sheets
    assert rows(archive, "patients.csv")[0]["name"] == "'=Ana()"
    pains = rows(archive, f"patients/{ana.user.pk}/painentry.csv")
    assert [pain["score"] for pain in pains] == [str(pain["score"]) for pain in record["painentry"]]
    clinic = json.loads(archive.read("clinic.json"))
    assert {one["user__name"] for one in clinic["staff"]} == {"Helena", "Maria"}


def test_nothing_of_another_clinic_and_no_note_for_oneself_is_in_it(
    helena: Person, maria: Person, browser: Browser
):
    whole_record(maria, name="Ana")
    stan = staff(people.clinic("CNRY-Lakeside"), Role.THERAPIST, Role.ADMINISTRATOR, name="CNRY-Stan")
    ben = people.patient(stan, name="CNRY-Ben")
    note(ben, "pain", region="leg", score=4, asked="now", note="CNRY-pain")
    archive = opened(asked(browser(helena)))
    everywhere = "".join(name + archive.read(name).decode() for name in archive.namelist())
    assert "CNRY-staff-note" in everywhere
    assert "CNRY" not in everywhere.replace("CNRY-staff-note", "")
    theirs = opened(asked(browser(stan)))
    assert "CNRY-pain" in theirs.read(f"patients/{ben.user.pk}/record.json").decode()


def test_each_patient_is_noted_as_read_and_reads_it(helena: Person, maria: Person, browser: Browser):
    ana, ben = people.patient(maria, name="Ana"), people.patient(maria, name="Ben")
    asked(browser(helena)).getvalue()
    with acting_for_all():
        noted = AuditEntry.objects.get(what="desk export")
    assert (noted.user_id, noted.deed, noted.about) == (helena.user.pk, "read", [ana.user.pk, ben.user.pk])
    with acting(ana.actor):
        assert AuditEntry.objects.visible_to(ana.actor).readings_of(ana.user.pk).get() == noted


def test_without_the_password_there_is_no_file_and_ten_wrong_ones_are_enough(
    helena: Person, maria: Person, browser: Browser
):
    people.patient(maria)
    client = browser(helena)
    assert "Enter your password." in text(client.post("/clinic/export", {}))
    for _ in range(9):
        count_all(sign_in_limits(address="127.0.0.1", email="helena@example.org"), now=NOW)
    assert client.post("/clinic/export", {"password": "three calm otters"}).status_code == 422
    assert asked(client).status_code == 429
    with acting_for_all():
        assert not AuditEntry.objects.filter(what="desk export").exists()


def test_it_costs_the_same_for_one_patient_and_for_as_many_as_a_chunk_has(
    helena: Person, maria: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(everything, "CHUNK", 2)
    client = browser(helena)

    def cost() -> int:
        with CaptureQueriesContext(connection) as statements:
            asked(client).getvalue()
        return len(statements)

    whole_record(maria, name="Ana")
    one = cost()
    people.patient(maria)
    assert cost() == one
    people.patient(maria)
    whole_chunk = cost() - one
    assert 0 < whole_chunk < 50
