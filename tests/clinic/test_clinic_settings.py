"""The page of the clinic's settings: what it saves, what it refuses, and two administrators at once."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import Clinic
from notifications.models import Listener, MessageSettings
from recovery.models import CareSettings
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_pages import text
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")


def fields(page: Any) -> dict[str, Any]:
    """What a browser would send of the page's form as it stands."""
    html = page.content.decode()
    form = html[html.index('<input type="hidden" name="seen"') : html.index("Save the settings")]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        assert name is not None
        if 'type="checkbox"' in tag:
            if " checked" in tag and value:
                sent.setdefault(name[1], []).append(value[1])
        elif name[1] != "csrfmiddlewaretoken":
            sent[name[1]] = unescape(value[1]) if value else ""
    for name_, inner in re.findall(r'<textarea name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name_] = unescape(inner.removeprefix("\n"))
    for name_, inner in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        assert chosen is not None
        sent[name_] = chosen[1]
    return sent


def test_what_is_chosen_is_what_the_api_says_afterwards(
    helena: Person, maria: Person, hillside: Clinic, browser: Browser
):
    client = browser(helena)
    sent = fields(client.get("/clinic")) | {
        "name": "Hillside Physio",
        "time_zone": "Europe/Lisbon",
        "hours_1": "8:00-12:30, 14:00 to 18:00",
        "emergency_text_en": "Call 112.",
        "emergency_number": "112",
        "out_of_hours_text_es": "Llama al 061.",
        "review_weeks": "4 2, 8",
        "list_after_minutes": "10",
        "people": [str(maria.user.pk)],
        "mailboxes": "Front@Desk.example\n\nnight@desk.example",
    }
    saved = client.post("/clinic", sent, follow=True)
    assert "Saved. It holds from now on." in text(saved)
    care = Client().get("/api/v1/care-settings", headers=helena.headers).json()
    assert care["emergency_text"] == {"en": "Call 112."}
    assert care["out_of_hours_text"] == {"es": "Llama al 061."}
    assert care["crisis_text"] == {}
    assert care["review_weeks"] == [2, 4, 8]
    assert care["hours"] == [
        {"weekday": 1, "opens": "08:00", "closes": "12:30"},
        {"weekday": 1, "opens": "14:00", "closes": "18:00"},
    ]
    assert (care["version"], care["changed_by"]) == (1, helena.user.pk)
    speaking = Client().get("/api/v1/message-settings", headers=helena.headers).json()
    assert (speaking["list_after_minutes"], speaking["administrators_after_minutes"]) == (10, 30)
    assert [one.get("user") or one.get("address") for one in speaking["listeners"]] == [
        maria.user.pk,
        "front@desk.example",
        "night@desk.example",
    ]
    hillside.refresh_from_db()
    assert (hillside.name, hillside.time_zone) == ("Hillside Physio", "Europe/Lisbon")
    again = fields(client.get("/clinic"))
    assert again["hours_1"] == "08:00-12:30, 14:00-18:00"
    assert client.post("/clinic", again).status_code == 302
    assert Client().get("/api/v1/care-settings", headers=helena.headers).json() == care | {"version": 2} | {
        "changed_at": Client().get("/api/v1/care-settings", headers=helena.headers).json()["changed_at"]
    }


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Name of the clinic: This field is required."),
        ("time_zone", "Mars/Olympus", "Time zone: Select a valid choice."),
        ("hours_2", "8 to 12", "Tuesday: Write it like 08:00-12:30, 14:00-18:00."),
        ("hours_2", "25:00-26:00", "Tuesday: Write it like"),
        ("hours_2", "12:00-08:00", "Tuesday: Write the times of a day in their order"),
        ("hours_2", "08:00-12:00, 11:00-13:00", "Tuesday: Write the times of a day in their order"),
        ("emergency_number", "call us", "Emergency number: Write a number as one dials it"),
        ("review_weeks", "2, soon", "Weeks of a review: Write whole weeks"),
        ("review_weeks", "60", "Weeks of a review: Ensure this value is less than or equal to 52."),
        ("review_weeks", "", "Weeks of a review: This field is required."),
        ("administrators_after_minutes", "1", "The administrators come after the list."),
        ("everyone_after_minutes", "3", "Everybody again, after minutes: Ensure this value is greater"),
        ("list_after_minutes", "", "The clinic’s list, after minutes: This field is required."),
        ("withheld_percent", "50", "Reminders left out, of 100: Ensure this value is less than"),
        ("mailboxes", "nobody", "Mailboxes on the list: Enter a valid email address."),
        ("people", ["999999"], "Colleagues on the list: Select a valid choice."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(
    helena: Person, hillside: Clinic, browser: Browser, field: str, typed: Any, said: str
):
    client = browser(helena)
    sent = fields(client.get("/clinic")) | {"crisis_number": "116 123"} | {field: typed}
    page = client.post("/clinic", sent)
    assert page.status_code == 422
    assert said in text(page)
    assert 'value="116 123"' in page.content.decode()
    assert not CareSettings.objects.exists()
    assert not MessageSettings.objects.exists()


def test_of_two_administrators_the_second_sees_what_the_first_saved_and_decides(
    helena: Person, hillside: Clinic, browser: Browser
):
    otto = staff(hillside, Role.ADMINISTRATOR, name="Otto")
    first, second = browser(helena), browser(otto)
    hers, his = fields(first.get("/clinic")), fields(second.get("/clinic"))
    first.post("/clinic", hers | {"emergency_number": "112", "mailboxes": "night@desk.example"})
    page = second.post("/clinic", his | {"emergency_number": "999"})
    assert page.status_code == 409
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())
    assert "They saved: Emergency number 112 Mailboxes on the list night@desk.example" in shown
    assert CareSettings.objects.get().emergency_number == "112"
    again = fields(page)
    assert again["emergency_number"] == "999"
    assert second.post("/clinic", again).status_code == 302
    assert CareSettings.objects.get().emergency_number == "999"
    assert not Listener.objects.exists()


def test_a_change_over_the_api_counts_as_somebody_elses(helena: Person, browser: Browser):
    client = browser(helena)
    sent = fields(client.get("/clinic"))
    MessageSettings.objects.create(clinic_id=helena.actor.clinic_id, list_after_minutes=5)
    assert client.post("/clinic", sent).status_code == 409


def test_only_an_administrator_sees_and_changes_the_clinic(
    helena: Person, maria: Person, hillside: Clinic, browser: Browser
):
    sent = fields(browser(helena).get("/clinic"))
    rao = staff(hillside, Role.CLINICIAN, name="Rao")
    for person in (maria, rao):
        assert browser(person).get("/clinic").status_code == 403
        assert browser(person).post("/clinic", sent).status_code == 403
    assert Client().post("/clinic", sent).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(helena.user)
    assert strict.post("/clinic", sent).status_code == 403
    assert not CareSettings.objects.exists()


def test_what_was_typed_is_inert_and_another_clinic_keeps_its_own(helena: Person, browser: Browser):
    lake = people.clinic("Lakeside")
    client = browser(helena)
    sent = fields(client.get("/clinic")) | {"emergency_text_en": "</textarea><script>alert(1)</script>"}
    client.post("/clinic", sent)
    html = client.get("/clinic").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    with acting_for_all():
        assert not CareSettings.objects.filter(clinic=lake).exists()
