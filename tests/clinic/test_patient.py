"""The whole page of one patient: the API's numbers, what waits on it, and what it costs."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic, Device
from clinic import words
from notifications.models import Kind, Notification
from recovery.actions.diary import take
from recovery.actions.events import add_event
from recovery.actions.pauses import pause_plan
from recovery.models import Plan, Proposal
from recovery.records import read
from tests import people
from tests.clinic.conftest import in_recovery, staff
from tests.clinic.test_desk import api, episode_of, proposal_on, review_of, task_for, writes
from tests.clinic.test_pages import page_of, statements, text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


def sends(someone: Person, kind: str, **fields: Any) -> None:
    record = read(kind, str(uuid4()), {"revision": 1, "at": NOW, **fields})
    with acting(someone.actor):
        (taken,) = take(patient_id=someone.user.pk, records=[record], now=NOW)
    assert taken.verdict == "stored"


def does(someone: Person, days_ago: int, outcome: str, *, slot: int = 1) -> None:
    with acting_for_all():
        plan = Plan.objects.filter(patient=someone.user.pk).latest("number")
        slug = plan.prescriptions.get().exercise.slug
    results = [{"exercise": slug, "outcome": outcome}]
    at = NOW - timedelta(days=days_ago)
    sends(someone, "session", at=at, plan=plan.pk, slot=slot, results=results)


def pauses(someone: Person, by: Person, days_ago: int, days: int) -> None:
    episode = episode_of(someone)
    first = NOW.date() - timedelta(days=days_ago)
    with acting(by.actor):
        pause_plan(
            episode=episode,
            from_on=first,
            until_on=first + timedelta(days=days - 1),
            reason="holiday",
            note="At the sea",
            by=by.user.pk,
            now=NOW,
        )


def notes_event(someone: Person, by: Person, note: str = "By Dr. Rao") -> None:
    episode = episode_of(someone)
    about_on = NOW.date() - timedelta(days=4)
    with acting(by.actor):
        add_event(episode=episode, what="injection", about_on=about_on, note=note, by=by.user.pk, now=NOW)


def reminded(someone: Person, kind: Kind, days_ago: int, **became: Any) -> None:
    at = NOW - timedelta(days=days_ago)
    with acting_for_all():
        Notification.objects.create(
            clinic_id=someone.actor.clinic_id,
            recipient=someone.user,
            patient_id=someone.user.pk,
            kind=kind,
            local_date=at.date(),
            slot="09:00",
            due_at=at,
            next_attempt_at=at,
            **became,
        )


def rows_of(page: str, caption: str) -> list[list[str]]:
    """The cells of a table by the label of its region, each as it is read aloud."""
    table = page.split(f'aria-label="{caption}"')[1].split("</table>")[0]
    seen = re.sub(r'<span aria-hidden="true">[^<]*</span>', "", table)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in seen.split("<tr")[1:]]
    return [[" ".join(unescape(re.sub(r"<[^>]+>", "", cell)).split()) for cell in row] for row in rows]


# --- one source with the API --------------------------------------------------------------------------


def test_course_and_adherence_have_the_numbers_of_the_api(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, 5, 5, 4)
    for days_ago in (1, 2, 3, 9):
        does(ana, days_ago, "done")
    trend = api(maria, f"episodes/{episode_of(ana).pk}/trend")
    page = browser(maria).get(page_of(ana)).content.decode()
    said = text(browser(maria).get(page_of(ana)))
    week, month = trend["adherence"]["week"], trend["adherence"]["month"]
    assert (week["sessions"]["done"], month["sessions"]["done"]) == (3, 4)
    for window in (week, month):
        sessions = window["sessions"]
        expected = f"{sessions['done']} / {sessions['asked']}, {sessions['word']}"
        assert f"Sessions, {window['days']} days {expected}" in said
    assert f"Dose, 28 days {words.dose(month['dose'])}" in said
    assert f"Change a week, last 4 {words.slope(trend['slope'])}" in said
    plot = json.loads(unescape(page.split('data-plot="')[1].split('"')[0]))
    assert plot["start"] == trend["start"]
    assert [value for value in plot["leg"] if value is not None] == [d["value"] for d in trend["days"]["leg"]]
    assert plot["band"] == [[week["low"], week["high"]] for week in trend["expected"]["weeks"]]
    assert plot["baseline"] == trend["baseline"]["value"]
    lines = [[value for _, value in piece] for piece in plot["lines"]["leg"]]
    assert lines == [[point["value"] for point in piece] for piece in trend["lines"]["leg"]]


def test_the_grid_says_in_words_what_came_of_each_day_and_adds_up_to_the_adherence_of_the_api(
    maria: Person, browser: Browser
):
    ana = in_recovery(maria, 6, 5, 5)
    for days_ago, outcome in ((1, "done"), (2, "part"), (3, "hurts_too_much"), (4, "skipped")):
        does(ana, days_ago, outcome)
    pauses(ana, maria, days_ago=9, days=2)
    page = browser(maria).get(page_of(ana)).content.decode()
    days, sessions, bridge, leg = rows_of(page, "Sessions of the last 14 days")
    assert (len(days), days[1], days[-1]) == (15, "Mon 16 February", "Sun 1 March")
    entry = "asked, and no entry"
    last = [entry, "skipped", "hurt too much", "done in part", "done"]
    assert bridge == ["Bridge", *[entry] * 5, "paused", "paused", *[entry] * 2, *last]
    week = api(maria, f"episodes/{episode_of(ana).pk}/trend")["adherence"]["week"]["sessions"]
    counted = [re.fullmatch(r"(\d) of (\d) done", cell) for cell in sessions[-7:]]
    assert [sum(int(one[n]) for one in counted if one) for n in (1, 2)] == [week["done"], week["asked"]]
    assert leg == ["Leg pain", *["5.0"] * 14]


def test_events_pauses_and_plan_changes_explain_the_chart(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, 5)
    people.plan_for(ana, maria, starts_on=NOW.date(), times_per_day=2)
    pauses(ana, maria, days_ago=9, days=2)
    notes_event(ana, maria)
    timeline = api(maria, f"episodes/{episode_of(ana).pk}/timeline")["items"]
    response = browser(maria).get(page_of(ana))
    said = text(response)
    assert "1 Day 18, Injection By Dr. Rao By Maria" in said
    assert "Day 13, Paused until 22 February: holiday At the sea" in said
    effect = api(maria, f"episodes/{episode_of(ana).pk}/trend")["plans"][1]["effect"]["sentence"]
    assert f"B Day 22, version 2 Bridge: 10 times, once a day → 10 times, twice a day {effect}" in said
    lettered = {item["letter"]: item["on"] for item in timeline if item["kind"] == "plan"}
    assert lettered.keys() == {"A", "B"}
    for item in timeline:
        if item["kind"] == "status":
            assert item["words"] in said
    drawing = response.content.decode().split('<svg class="trend wide')[1].split("</svg>")[0]
    assert re.findall(r'<text class="lane-name[^>]*>([^<]*)', drawing) == ["Paused", "Bridge"]
    assert re.findall(r'<text class="change"[^>]*>(\w+)<', drawing) == [*lettered]
    assert '<g class="event">' in drawing
    assert "−30 %" in drawing


def test_measures_have_the_numbers_of_the_api(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, 5, 5)
    for weeks, ability in ((3, 2), (0, 6)):
        activities = [{"name": name, "ability": ability} for name in ("Sit", "Walk", "Sleep")]
        at = NOW - timedelta(weeks=weeks, hours=1)
        sends(ana, "measure", at=at, instrument="psfs", activities=activities)
    sends(ana, "measure", instrument="gpe", effect="much_better")
    found = {
        one["instrument"]: one for one in api(maria, f"episodes/{episode_of(ana).pk}/measures")["instruments"]
    }
    said = text(browser(maria).get(page_of(ana)))
    last = found["psfs"]["answers"][-1]
    assert (last["score"], last["change"]["points"]) == (6, 4)
    assert f"{found['psfs']['name']} of 10, more is better" in said
    assert "6.0 better, by 4.0" in said
    assert "much better" in said


def test_a_patient_without_anything_has_a_page_that_says_what_is_not_there(maria: Person, browser: Browser):
    said = text(browser(maria).get(page_of(people.patient(maria))))
    for nothing in (
        "There is nothing to draw yet.",
        "No plan yet.",
        "Nothing has been written yet.",
        "No reminder was due in the last 30 days.",
    ):
        assert nothing in said
    assert "Waiting for you" not in said


def test_on_the_first_day_of_a_plan_no_day_has_ended(maria: Person, browser: Browser):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=NOW.date())
    said = text(browser(maria).get(page_of(ana)))
    assert "The first day has not ended." in said
    assert "The first week has not ended." in said


# --- what waits on the page ---------------------------------------------------------------------------


def test_a_proposal_is_accepted_where_it_stands_and_a_review_is_one_click_away(
    maria: Person, browser: Browser
):
    ana = in_recovery(maria, 6, 6, 6, 6, 6)
    proposal = proposal_on(ana)
    review, task = review_of(ana), task_for(ana)
    client = browser(maria)
    page = client.get(page_of(ana))
    said = text(page)
    assert proposal.for_staff in said
    assert review.in_words in said
    assert f'href="/episodes/{review.episode_id}/review"' in page.content.decode()
    assert f'href="/tasks#task-{task.pk}"' in page.content.decode()
    accepted = client.post(f"/proposals/{proposal.pk}/accept", {"next": page_of(ana)}, follow=True)
    assert accepted.redirect_chain == [(page_of(ana), 302)]
    assert "Accepted. The patient sees it from today." in text(accepted)
    with acting_for_all():
        assert Proposal.objects.get(pk=proposal.pk).decided_by_id == maria.user.pk


def test_messages_and_notes_stand_on_the_page_and_an_answer_comes_back_to_it(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    for n in range(4):
        writes(ana, f"Question {n}", at=NOW - timedelta(hours=9 - n))
    client = browser(maria)
    said = text(client.get(page_of(ana)))
    assert "Messages 4" in said
    assert "Question 0" in said
    assert "Mark 4 as read" in said
    client.post(f"{page_of(ana)}/messages", {"text": "Seems shy", "to_patient": "no", "next": page_of(ana)})
    said = text(client.get(page_of(ana)))
    assert "Seems shy Maria, today 13:00 · note, the patient never sees it" in said
    assert "All 5 messages and notes" in said


def test_a_clinician_outside_of_the_care_team_reads_and_changes_nothing(
    hillside: Clinic, maria: Person, browser: Browser
):
    ana = in_recovery(maria, 6, 6, 6, 6, 6)
    proposal = proposal_on(ana)
    page = browser(staff(hillside, Role.CLINICIAN, name="Rao")).get(page_of(ana)).content.decode()
    assert proposal.for_staff in page
    for deed in ("/accept", "/decline", '/sign-out"', 'class="write"'):
        assert deed not in page.split("<main")[1].split("</main>")[0]


# --- phones and reminders -----------------------------------------------------------------------------


def test_a_lost_phone_is_signed_out(hillside: Clinic, maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    phone = ana.actor.device_id
    path = f"{page_of(ana)}/phones/{phone}/sign-out"
    assert "test last seen 2 March 2026 Sign out" in text(browser(maria).get(page_of(ana)))
    assert browser(staff(hillside, Role.THERAPIST, name="Noor")).post(path).status_code == 404
    assert browser(staff(hillside, Role.CLINICIAN, name="Rao")).post(path).status_code == 403
    tokenless = Client(enforce_csrf_checks=True)
    tokenless.force_login(maria.user)
    assert tokenless.post(path).status_code == 403
    assert tokenless.get(path).status_code == 405
    mine = f"{page_of(ana)}/phones/{maria.actor.device_id}/sign-out"
    assert browser(maria).post(mine).status_code == 404
    assert Device.objects.get(user=ana.user).revoked_at is None
    said = text(browser(maria).post(path, follow=True))
    assert "Signed out. What that phone had not sent yet stays on it." in said
    assert "test signed out 2 March 2026" in said
    assert Client().get("/api/v1/me", headers=ana.headers).status_code == 401


def test_reminders_are_counted_by_what_became_of_them_as_the_api_tells_it(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    reminded(ana, Kind.EXERCISE, 1, state="sent", sent_at=NOW, done_at=NOW)
    reminded(ana, Kind.EXERCISE, 2, state="sent", sent_at=NOW)
    reminded(ana, Kind.DIARY, 1, state="skipped", because="done")
    reminded(ana, Kind.DIARY, 31, state="failed")
    page = browser(maria).get(page_of(ana))
    assert rows_of(page.content.decode(), "Reminders by kind") == [
        ["Reminder", "Due", "Done", "Sent", "Not needed"],
        ["Exercise", "2", "1", "1", "0"],
        ["Diary", "1", "0", "0", "1"],
    ]
    told = api(maria, f"patients/{ana.user.pk}/notifications")["results"]
    assert len(told) == 3
    for one in told:
        assert one["in_words"] in text(page)


# --- what it costs ------------------------------------------------------------------------------------


def test_the_page_costs_the_same_however_much_there_is(maria: Person, browser: Browser):
    client = browser(maria)
    ana, ben = in_recovery(maria, 6, 5), in_recovery(maria, *[6] * 12, name="Ben")
    proposal_on(ben)
    task_for(ben)
    notes_event(ben, maria)
    pauses(ben, maria, days_ago=5, days=2)
    for n in range(5):
        writes(ben, f"Question {n}")
        does(ben, n + 1, "done")
        reminded(ben, Kind.DIARY, n + 1, state="sent", sent_at=NOW)
        people.plan_for(ben, maria, starts_on=NOW.date())
    empty, full = statements(client, page_of(ana)), statements(client, page_of(ben))
    assert len(full) == len(empty) <= 45, "\n".join(full)
