"""The administrator's page of who read and who changed what of whom."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.access import Role, acting
from accounts.models import Clinic, SecondFactor
from clinic.audit import TABLE
from recovery.models import Episode, StaffMessage
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_pages import page_of, statements, text
from tests.moments import NOW
from tests.people import Person

Browser = Callable[[Person], Client]

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def boss(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Boss")


def rows(page: object) -> list[str]:
    body = re.search(r"<tbody>(.*)</tbody>", page.content.decode(), re.DOTALL)  # type: ignore[attr-defined]
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]


def test_an_administrator_reads_who_looked_at_whom(maria: Person, boss: Person, browser: Browser):
    ana = people.patient(maria, name="Ana")
    browser(maria).get(page_of(ana))
    page = browser(boss).get("/audit")
    assert 'href="/audit" aria-current="page"' in page.content.decode()
    assert re.fullmatch(
        r"Maria \d+ \w+ \d{4} [\d:]{8} Read patient, at the desk Ana session [0-9a-f]{12}", rows(page)[0]
    )


def test_the_time_is_on_the_clinics_clock(maria: Person, boss: Person, browser: Browser):
    browser(maria).get(page_of(people.patient(maria, name="Ana")))
    page = browser(boss).get("/audit").content.decode()
    (moment, shown), *_ = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', page)
    noted = datetime.fromisoformat(moment)
    assert noted.utcoffset() == noted.astimezone(ZoneInfo("Europe/Berlin")).utcoffset() != timedelta(0)
    assert shown.endswith(f"{noted:%H:%M:%S}")


def test_a_list_names_three_and_counts_the_others(maria: Person, boss: Person, browser: Browser):
    for n in range(5):
        people.patient(maria, name=f"Ana {n}")
    browser(maria).get("/")
    assert "Ana 0, Ana 1, Ana 2 and 2 more" in rows(browser(boss).get("/audit"))[0]


def test_it_says_which_columns_changed_and_nothing_of_what_they_say(
    maria: Person, boss: Person, browser: Browser
):
    ana = people.patient(maria)
    with acting(maria.actor):
        Episode.objects.update(side="left")
        note = {"clinic_id": ana.actor.clinic_id, "patient_id": ana.user.pk, "author": maria.user}
        StaffMessage.objects.create(**note, text="CNRY-note", to_patient=False, written_at=NOW)
    page = browser(boss).get("/audit")
    assert "Changed an episode: side" in rows(page)[1]
    assert "Added a message or note of staff" in rows(page)[0]
    assert "CNRY" not in page.content.decode()


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.CLINICIAN])
def test_nobody_else_of_the_staff_reads_it(hillside: Clinic, browser: Browser, role: str):
    noor = staff(hillside, role, name="Noor")
    client = browser(noor)
    assert client.get("/audit").status_code == 403
    assert "/audit" not in client.get("/").content.decode()


def test_an_administrator_of_another_clinic_sees_nothing_of_it(maria: Person, browser: Browser):
    stan = staff(people.clinic("Seaside"), Role.ADMINISTRATOR, name="Stan")
    ana = people.patient(maria, name="Ana")
    browser(maria).get(page_of(ana))
    page = text(browser(stan).get("/audit"))
    assert "Ana" not in page
    assert "Maria" not in page


def test_it_is_narrowed_to_a_patient_a_person_and_a_day(
    hillside: Clinic, maria: Person, boss: Person, browser: Browser
):
    noor = staff(hillside, Role.CLINICIAN, name="Noor")
    ana, ben = people.patient(maria, name="Ana"), people.patient(maria, name="Ben")
    for who in (maria, noor):
        for whom in (ana, ben):
            browser(who).get(page_of(whom))
    client = browser(boss)
    of_ana = rows(client.get("/audit?patient=ana"))
    assert of_ana
    assert all("Ana" in row for row in of_ana)
    assert not [row for row in of_ana if "Ben" in row]
    by_noor = rows(client.get(f"/audit?patient=ana&person={noor.user.pk}"))
    assert [row for row in by_noor if "Maria" in row] == []
    assert len(by_noor) == 1
    today = datetime.now(UTC).date()  # PostgreSQL's clock is not moved
    assert rows(client.get("/audit?on=2001-01-01")) == []
    assert "Nothing found" in text(client.get("/audit?patient=nobody"))
    assert client.get(f"/audit?on={today}&person=&patient=").status_code == 200


@pytest.mark.parametrize("query", ["on=yesterday", "on=9999-12-31", "person=0", "person=x", "patient=%00"])
def test_what_cannot_be_meant_is_said(boss: Person, browser: Browser, query: str):
    answer = browser(boss).get(f"/audit?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_a_page_has_fifty_and_leads_to_the_earlier_ones(maria: Person, boss: Person, browser: Browser):
    ana = people.patient(maria, name="Ana")
    with acting(maria.actor):
        note = {"clinic_id": ana.actor.clinic_id, "patient_id": ana.user.pk, "author": maria.user}
        notes = (StaffMessage(**note, text="x", to_patient=False, written_at=NOW) for _ in range(60))
        StaffMessage.objects.bulk_create(notes)
    client = browser(boss)
    first = client.get(f"/audit?person={maria.user.pk}")
    link = re.search(r'href="(\?[^"]*after=[^"]*)"', first.content.decode())
    assert link
    second = client.get("/audit" + unescape(link[1]))
    assert len(rows(first)) == 50
    assert sum("note of staff" in row for row in rows(first) + rows(second)) == 60
    assert len(statements(client, "/audit")) <= 12


def test_every_audited_table_has_its_words(db: None):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit'")
        assert {name for (name,) in cursor.fetchall()} == set(TABLE)


def test_what_whoever_runs_amble_did_to_an_account_is_on_the_page_of_each_clinic_of_theirs(
    maria: Person, boss: Person, browser: Browser
):
    lake, wood = people.clinic("Lakeside"), people.clinic("Woodside")
    people.member(lake, Role.THERAPIST, user=maria.user)
    stan = staff(lake, Role.ADMINISTRATOR, name="Stan")
    other = staff(wood, Role.ADMINISTRATOR, name="Wanda")
    SecondFactor.objects.create(user=maria.user, kind="app", name="x", secret=b"", counter=0, added_at=NOW)
    call_command("reset_second_factor", maria.user.email, stdout=StringIO())
    said = r"Whoever runs Amble .* Deleted a second factor Maria command reset_second_factor"
    for administrator in (boss, stan):
        assert [row for row in rows(browser(administrator).get("/audit")) if re.fullmatch(said, row)]
    assert "Maria" not in text(browser(other).get("/audit"))


def test_a_clinic_that_the_host_opened_says_so(browser: Browser, db: None):
    options = {"time_zone": "Europe/Berlin", "administrator": "Helena", "email": "helena@example.org"}
    call_command("start_clinic", "Lakeside", stdout=StringIO(), **options)
    lake = Clinic.objects.get(name="Lakeside")
    page = rows(browser(staff(lake, Role.ADMINISTRATOR, name="Boss")).get("/audit"))
    (opened,) = (row for row in page if "Added the clinic" in row)
    assert opened.startswith("Whoever runs Amble")
    assert opened.endswith("command start_clinic")


def test_whom_a_clinic_invited_it_knows_by_email_alone(maria: Person, browser: Browser):
    """Not by the name that they have at another clinic: else any address could be asked for its name."""
    stan = staff(people.clinic("Lakeside"), Role.ADMINISTRATOR, name="Stan")
    client = browser(stan)
    invited = {"name": "Somebody", "email": maria.user.email, "role": "therapist"}
    assert client.post("/clinic/staff/invite", invited).status_code == 200
    page = rows(client.get("/audit"))
    assert [row for row in page if "an invitation" in row and str(maria.user.email) in row]
    for address in ("/audit", "/clinic/staff"):
        assert "Maria" not in text(client.get(address))
