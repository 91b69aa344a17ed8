"""What stands beside the exercises: the timeline, the messages, the patient's own data, whom to call."""

import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.access import acting, acting_for_all
from accounts.models import Device
from recovery.actions.events import add_event
from recovery.actions.messages import read_by_staff, write_to_patient
from recovery.consents import text
from recovery.models import CareSettings, Consent, Episode, Message, Patient, StaffMessage, TimelineEvent
from tests.browser.conftest import Phone, code_for, patient_with_plan, stored, wait_until
from tests.browser.server import Server
from tests.moments import BERLIN
from tests.people import Person


def write(person: Person, by: Person, words: str, **more: Any) -> None:
    with acting(by.actor):
        patient = Patient.objects.get(pk=person.user.pk)
        write_to_patient(
            patient=patient,
            text=words,
            by=by.user.pk,
            now=datetime.now(BERLIN),
            **{"to_patient": True} | more,
        )


def consents(person: Person) -> list[tuple[str, bool]]:
    with acting_for_all():
        rows = Consent.objects.filter(patient=person.user.pk).order_by("id")
        return list(rows.values_list("version", "given"))


# --- what happened --------------------------------------------------------------------------------------------


def test_an_injection_is_noted_without_a_network_and_stands_in_the_story(
    joined: Phone, ana: Person, maria: Person
):
    with acting(maria.actor):
        episode = Episode.objects.select_related("patient").get(patient=ana.user.pk)
        add_event(
            episode=episode,
            what="imaging",
            about_on=datetime.now(BERLIN).date(),
            note="Disc L5",
            by=maria.user.pk,
            now=datetime.now(BERLIN),
        )
    joined.open("events")
    page = joined.page
    story = page.locator(".story li")
    expect(story.filter(has_text="A scan or X-ray")).to_contain_text("Noted by Maria")
    expect(story.filter(has_text="Your plan A began")).to_be_visible()
    joined.offline()
    page.get_by_role("radio", name="I had an injection").check(force=True)
    yesterday = str(datetime.now(BERLIN).date() - timedelta(days=1))
    page.get_by_label("On which day?").fill(yesterday)
    page.get_by_label("A note").fill("Left side")
    page.get_by_role("button", name="Save").click()
    mine = story.filter(has_text="I had an injection")
    expect(mine).to_contain_text("Only on this phone so far")
    assert joined.axe() == []
    expect(page.get_by_label("A note")).to_have_value("")
    joined.offline(False)
    joined.unsent(0)
    expect(mine).not_to_contain_text("Only on this phone")
    page.reload()
    expect(mine).to_have_count(1)
    rows = stored(ana, TimelineEvent, "what", "about_on", "body__note", "withdrawn")
    assert ("injection", date.fromisoformat(yesterday), "Left side", False) in rows
    expect(story.filter(has_text="A scan or X-ray").get_by_role("button")).to_have_count(0)
    mine.get_by_role("button", name="Remove").click()
    expect(mine).to_have_count(0)
    joined.unsent(0)
    assert [
        row[3] for row in stored(ana, TimelineEvent, "what", "about_on", "body__note", "withdrawn")
    ].count(True) == 1


def test_an_event_without_its_kind_is_asked_for_and_the_note_stays(joined: Phone):
    joined.open("events")
    page = joined.page
    page.get_by_label("A note").fill("something")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("Choose what it was.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("A note")).to_have_value("something")


# --- messages -------------------------------------------------------------------------------------------------


def test_a_message_waits_is_sent_and_is_answered(joined: Phone, ana: Person, maria: Person):
    page = joined.page
    joined.open("messages")
    expect(page.get_by_text("Answers within 2 working days. Not for emergencies.")).to_be_visible()
    joined.offline()
    page.get_by_label("Your message").fill("It pulls in the calf.\nShould I stop?")
    page.get_by_role("button", name="Send").click()
    bubble = page.locator(".bubble").filter(has_text="It pulls in the calf.")
    expect(bubble).to_contain_text("Only on this phone so far")
    expect(page.get_by_label("Your message")).to_have_value("")
    expect(page.get_by_label("Your message")).to_be_focused()
    joined.offline(False)
    expect(bubble).to_contain_text("Sent")
    assert stored(ana, Message, "text", "private") == [("It pulls in the calf.\nShould I stop?", False)]
    with acting(maria.actor):
        patient = Patient.objects.get(pk=ana.user.pk)
        read_by_staff(patient=patient, until=datetime.now(BERLIN), by=maria.user.pk, now=datetime.now(BERLIN))
    write(ana, maria, "Leave out the last set.")
    write(ana, maria, "Ana sounds worried.", to_patient=False)
    joined.open()
    expect(page.get_by_role("link", name="Messages 1 new message")).to_be_visible()
    page.get_by_role("link", name="Messages").click()
    expect(bubble).to_contain_text("Read")
    expect(page.locator(".bubble").filter(has_text="Leave out the last set.")).to_contain_text("Maria")
    expect(page.get_by_text("Ana sounds worried.")).to_have_count(0)
    with acting_for_all():
        wait_until(lambda: StaffMessage.objects.get(to_patient=True).read_at)
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_role("link", name="Messages Write to your care team")).to_be_visible()


def test_a_private_note_is_marked_and_staff_never_see_it(joined: Phone, ana: Person, maria: Person):
    page = joined.page
    joined.open("messages")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_have_text("Write something first.")
    page.get_by_role("radio", name="Only me").check(force=True)
    page.get_by_label("Your private note").fill("Afraid of the bike.")
    page.get_by_role("button", name="Keep the note").click()
    note = page.locator(".bubble.private", has_text="Afraid of the bike.")
    expect(note).to_contain_text("Private note")
    expect(note).to_contain_text("Only you see this.")
    joined.unsent(0)
    assert stored(ana, Message, "text", "private") == [("Afraid of the bike.", True)]
    head = {"kind": "message", "id": str(uuid4()), "revision": 1, "at": datetime.now(BERLIN).isoformat()}
    elsewhere = {"records": [head | {"text": "From my other phone.", "private": True}]}
    Client().post("/api/v1/sync", json.dumps(elsewhere), "application/json", headers=ana.headers)
    page.reload()
    other = page.locator(".bubble.private", has_text="From my other phone.")
    expect(other).to_contain_text("Only you see this.")
    assert joined.axe() == []
    expect(other.get_by_role("button")).to_have_count(0)  # only the phone that wrote it has what to take back
    note.get_by_role("button", name="Remove").click()
    expect(note).to_have_count(0)
    joined.unsent(0)
    assert stored(ana, Message, "withdrawn") == [(True,), (False,)]


# --- the patient's data ---------------------------------------------------------------------------------------


def test_what_was_agreed_to_on_joining_is_on_the_server_with_its_version(
    phone: Phone, ana: Person, maria: Person
):
    page = phone.page
    page.goto(f"{phone.server.address}/app/join#{code_for(ana, maria)}")
    page.get_by_label("Year of birth").fill("1980")
    page.get_by_role("button", name="Next").click()
    for card in text()["cards"]["en"]:
        expect(page.get_by_role("heading", name=card["title"])).to_be_visible()
        expect(page.get_by_text(card["text"])).to_be_visible()
    assert consents(ana) == []
    page.get_by_role("button", name="I agree, start").click()
    wait_until(lambda: consents(ana))
    assert consents(ana) == [(text()["version"], True)]
    phone.open("data")
    expect(page.get_by_text("You agreed on")).to_be_visible()
    page.get_by_role("button", name="Take my yes back").click()
    expect(page.get_by_text("You took your yes back on")).to_be_visible()
    assert phone.axe() == []
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_text("You agreed on")).to_be_visible()
    assert [given for _, given in consents(ana)] == [True, False, True]


def test_an_agreement_that_did_not_arrive_is_sent_at_the_next_start(
    phone: Phone, ana: Person, maria: Person, server: Server
):
    server.answer_with("/api/v1/consent", "503 Away")
    phone.join(ana, maria)
    wait_until(lambda: server.times("POST", "/api/v1/consent"))
    assert consents(ana) == []
    phone.open()
    wait_until(lambda: consents(ana))
    assert consents(ana) == [(text()["version"], True)]
    phone.open()
    phone.unsent(0)
    assert len(consents(ana)) == 1


def used(person: Person) -> list[str]:
    """Their phones that nobody has signed out."""
    phones = Device.objects.filter(user=person.user, revoked_at=None)
    return [name for name in phones.values_list("name", flat=True) if name == "Linux"]


def test_somebody_else_who_signs_in_on_a_phone_is_asked_as_well(joined: Phone, ana: Person, maria: Person):
    ben = patient_with_plan(maria, "Ben")
    wait_until(lambda: consents(ana))
    page = joined.page
    page.goto(f"{joined.server.address}/app/join#{code_for(ben, maria)}")
    page.get_by_label("Year of birth").fill("1980")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="I agree, start").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ben")
    wait_until(lambda: consents(ben))
    assert (len(consents(ana)), len(consents(ben))) == (1, 1)
    wait_until(lambda: not used(ana))  # and it is none of Ana's phones any more
    assert len(used(ben)) == 1


def test_the_whole_record_is_saved_as_a_file(joined: Phone):
    joined.tap_and_wait("leg", 4)
    joined.unsent(0)
    joined.open("data")
    with joined.page.expect_download() as download:
        joined.page.get_by_role("button", name="Save a copy").click()
    assert download.value.suggested_filename == f"amble-{datetime.now(BERLIN):%Y-%m-%d}.json"
    record = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert [one["score"] for one in record["pain"]] == [4]
    joined.page.get_by_text("The file was saved.").wait_for()
    with joined.page.expect_download() as download:
        joined.page.get_by_role("button", name="Save as FHIR").click()
    assert download.value.suggested_filename == f"amble-{datetime.now(BERLIN):%Y-%m-%d}.fhir.json"
    assert json.loads(download.value.path().read_text(encoding="utf-8"))["resourceType"] == "Bundle"
    with joined.page.expect_download() as download:
        joined.page.get_by_role("button", name="Save a table").click()
    assert download.value.suggested_filename == f"amble-{datetime.now(BERLIN):%Y-%m-%d}.csv.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert b"leg" in archive.read("pain.csv")
    joined.offline()
    joined.page.get_by_role("button", name="Save a copy").click()
    expect(joined.page.get_by_role("alert")).to_contain_text("This did not reach your clinic's Amble.")


def test_another_phone_is_signed_out_from_this_one(
    joined: Phone, new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    other = new_phone(user_agent="Mozilla/5.0 (Linux; Android 14)")
    other.join(ana, maria)
    joined.open("data")
    row = joined.page.get_by_role("listitem").filter(has_text="Android")
    expect(joined.page.get_by_role("listitem").filter(has_text="This phone")).to_have_count(1)
    row.get_by_role("button", name="Sign out").click()
    expect(row).to_have_count(0)
    other.tap_and_wait("leg", 4)
    expect(other.page.get_by_text("This phone was signed out")).to_be_visible()
    other.unsent(1)


def test_nothing_that_is_unsent_goes_from_the_phone_unasked(joined: Phone, ana: Person):
    page = joined.page
    joined.offline()
    joined.tap_and_wait("leg", 4)
    page.get_by_role("link", name="Help").click()
    page.get_by_role("link", name="Your data").click()
    page.get_by_role("button", name="Remove from this phone").click()
    expect(page.get_by_text("1 entry is not sent yet. Nobody else has it.")).to_be_visible()
    page.get_by_role("button", name="No, keep").click()
    assert len(joined.kept("outbox")) == 1
    page.get_by_role("button", name="Remove from this phone").click()
    page.get_by_role("button", name="Remove anyway").click()
    expect(page.get_by_text("What is not sent will be lost for ever.")).to_be_visible()
    assert joined.axe() == []
    assert len(joined.kept("outbox")) == 1
    joined.offline(False)
    joined.unsent(0)
    page.get_by_role("button", name="Yes, remove").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Join Amble")
    for store in ("outbox", "records", "refused"):
        assert joined.kept(store) == []
    assert "Ana" not in json.dumps(joined.kept("kept"))
    assert stored(ana) == [("leg", 4, False)]
    wait_until(lambda: not Device.objects.filter(user=ana.user, revoked_at=None).exists())


def test_what_is_removed_in_spite_of_two_warnings_is_gone(joined: Phone, ana: Person):
    page = joined.page
    joined.open("data")
    joined.offline()
    page.evaluate("import('/static/phone/records.js').then(({ save }) => save('walk', { minutes: 5 }))")
    joined.unsent(1)
    for name in ("Remove from this phone", "Remove anyway", "Yes, lose it and remove"):
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Join Amble")
    for store in ("outbox", "records", "refused"):
        assert joined.kept(store) == []
    assert "Ana" not in json.dumps(joined.kept("kept"))
    # What is cached is the app, the same for everybody: no answer of the server to somebody.
    cached = page.evaluate(
        """async () => {
            const caches_of = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
            return (await Promise.all(caches_of)).flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    assert "/app/" in cached
    assert [path for path in cached if not path.startswith(("/app/", "/static/"))] == []


def test_erasing_is_asked_of_the_clinic_by_a_message(joined: Phone, ana: Person):
    joined.open("data")
    expect(joined.page.get_by_text("Only your clinic can delete your record.")).to_be_visible()
    joined.page.get_by_role("link", name="Write the message").click()
    expect(joined.page.get_by_label("Your message")).to_have_value(
        "Please delete all that Amble keeps about me. Please tell me when it is done."
    )
    joined.page.get_by_role("button", name="Send").click()
    joined.unsent(0)
    assert stored(ana, Message, "private") == [(False,)]


# --- help -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", [True, False], ids=["online", "offline"])
def test_help_names_whom_to_call_in_the_clinics_own_words(joined: Phone, maria: Person, network: bool):
    with acting_for_all():
        CareSettings.objects.create(
            clinic_id=maria.actor.clinic_id,
            emergency_number="112",
            emergency_text={"en": "Call 112 at once."},
        )
    joined.open()
    wait_until(lambda: "Call 112 at once." in json.dumps(joined.kept("kept")))
    joined.wait_for_worker()
    joined.offline(not network)
    joined.page.get_by_role("link", name="Help").click()
    expect(joined.page.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    expect(joined.page.get_by_text("Call 112 at once.")).to_be_visible()
    expect(joined.page.get_by_text("When your clinic is closed", exact=True)).to_be_visible()
