"""Pauses and events at the desk: noted, taken back, asked again; a new start; and what follows relief."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.access import acting_for_all
from recovery.actions.days import close_days
from recovery.models import Plan, PlanPause, Progress, Task, TimelineEvent
from recovery.rules.staying_well import PROGRAM
from tests import people
from tests.clinic.conftest import in_recovery
from tests.clinic.test_desk import api, episode_of
from tests.clinic.test_pages import page_of, text
from tests.clinic.test_patient import rows_of, sends
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]
TODAY = NOW.date()
DAY = timedelta(days=1)


def timeline(person: Person) -> str:
    return f"{page_of(person)}/timeline"


def event(**said: str) -> dict[str, str]:
    fields = {"what": "injection", "about_on": str(TODAY - 3 * DAY), "note": "By Dr. Rao"} | said
    return {f"event-{name}": value for name, value in fields.items()}


def pause(**said: str) -> dict[str, str]:
    fields = {"from_on": str(TODAY - 2 * DAY), "until_on": str(TODAY + 4 * DAY), "reason": "holiday"} | said
    return {f"pause-{name}": value for name, value in fields.items()}


def test_an_event_is_noted_stands_in_the_chart_and_is_taken_back_by_staff_alone(
    maria: Person, browser: Browser
):
    ana = in_recovery(maria, 6, 5)
    sends(ana, "event", what="flare", about_on=TODAY - DAY, note="After lifting")
    client = browser(maria)
    said = text(client.post(f"{timeline(ana)}/event", event(), follow=True))
    assert "Noted. It stands in the chart by its number." in said
    assert "Injection 27 February 2026, noted by Maria By Dr. Rao" in said
    assert "Flare 1 March 2026, noted by the patient After lifting" in said
    assert "1 Day 12, Injection By Dr. Rao By Maria" in text(client.get(page_of(ana)))
    with acting_for_all():
        theirs, ours = TimelineEvent.objects.order_by("added_by")[::-1]
    assert client.post(f"{timeline(ana)}/event/{theirs.pk}/take-back").status_code == 404
    said = text(client.post(f"{timeline(ana)}/event/{ours.pk}/take-back", follow=True))
    assert "Taken back." in said
    assert "Injection 27 February" not in said
    items = api(maria, f"episodes/{episode_of(ana).pk}/timeline")["items"]
    assert [one["what"] for one in items if one["kind"] == "event"] == ["flare"]


@pytest.mark.parametrize(
    ("where", "sent", "sentence"),
    [
        ("event", event(about_on=str(TODAY + DAY)), "When: Use a day from 2 December 2025 to 2 March 2026."),
        ("event", event(about_on=""), "When: This field is required."),
        ("pause", pause(until_on=str(TODAY - 3 * DAY)), "Last day: Use a day from the first one on"),
        ("pause", pause(until_on=str(TODAY + 90 * DAY)), "at most 90 days later."),
        ("pause", pause(from_on=str(TODAY - 29 * DAY)), "First day: Use a day from 2 February 2026"),
        ("pause", pause(reason=""), "Why: Say why."),
    ],
)
def test_a_day_that_cannot_be_meant_is_named(
    maria: Person, browser: Browser, where: str, sent: dict[str, str], sentence: str
):
    ana = in_recovery(maria, 6, 5)
    refused = browser(maria).post(f"{timeline(ana)}/{where}", sent)
    assert refused.status_code == 422
    assert sentence in text(refused)
    with acting_for_all():
        assert not TimelineEvent.objects.exists()
        assert not PlanPause.objects.exists()


def test_a_pause_asks_nothing_and_ends_early_with_one_press(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    client = browser(maria)
    said = text(client.post(f"{timeline(ana)}/pause", pause(note="At the sea"), follow=True))
    assert "28 February to 6 March 2026 holiday, by Maria At the sea Ask again from today" in said
    close_days(now=NOW)
    grid = rows_of(client.get(page_of(ana)).content.decode(), "Sessions of the last 14 days")
    assert grid[1][-3:] == ["asked, and no entry", "paused", "paused"] or grid[1][-2:] == ["paused", "paused"]
    (row,) = api(maria, f"episodes/{episode_of(ana).pk}/pauses")["results"]
    assert (row["from_on"], row["until_on"], row["reason"]) == ("2026-02-28", "2026-03-06", "holiday")
    said = text(client.post(f"/pauses/{row['id']}/resume", follow=True))
    assert "The plan is asked again." in said
    assert "asked again from 2 March" in said
    again = text(client.post(f"/pauses/{row['id']}/resume", follow=True))
    assert "Somebody ended this pause already." in again


def test_a_new_start_is_set_where_the_task_asks_for_it_and_does_the_task(maria: Person, browser: Browser):
    ana = in_recovery(maria, None, None, None, 5, 5)
    client = browser(maria)
    tasks = client.get("/tasks").content.decode()
    assert f'href="{timeline(ana)}#new-start"' in tasks
    assert "It is done" not in tasks
    assert f'href="{timeline(ana)}#new-start"' in client.get(page_of(ana)).content.decode()
    early = client.post(f"{timeline(ana)}/new-start", {"start-on": "2025-12-24"})
    assert early.status_code == 422
    assert "Count the weeks from: Use a date from 2026-01-26" in text(early)
    on = TODAY - 14 * DAY
    said = text(client.post(f"{timeline(ana)}/new-start", {"start-on": str(on)}, follow=True))
    assert "The weeks count from 16 February 2026." in said
    with acting_for_all():
        assert Task.objects.get(kind="new_start").done_by_id == maria.user.pk
        close_days(now=NOW + timedelta(hours=1))
    assert episode_of(ana).started_on == on
    assert "Set the new start" not in text(client.get(timeline(ana)))


def test_after_relief_staying_well_begins_with_one_press_and_the_old_plan_comes_back_with_another(
    maria: Person, browser: Browser
):
    people.program(slug=PROGRAM)
    ana = in_recovery(maria, 7, 3, 2, 2, 1)
    client = browser(maria)
    assert "Start staying well" in text(client.get(page_of(ana)))
    assert "Open the old plan again" not in text(client.get(timeline(ana)))
    said = text(client.post(f"{timeline(ana)}/staying-well", follow=True))
    assert "It is sent. Ana is asked for it from now on." in said
    assert "Start staying well" not in said
    again = text(client.post(f"{timeline(ana)}/staying-well", follow=True))
    assert "The staying-well plan is there already." in again
    with acting_for_all():
        Progress.objects.filter(patient=ana.user.pk).update(status="worse", rule="worse.relapse")
    assert f'href="{timeline(ana)}#reopen-plan"' in client.get(page_of(ana)).content.decode()
    client.post(f"{timeline(ana)}/reopen-plan")
    with acting_for_all():
        first, _, third = Plan.objects.filter(patient=ana.user.pk).with_lines().order_by("number")
        lines = [
            [(one.exercise_id, one.dosage) for one in plan.prescriptions.all()] for plan in (first, third)
        ]
    assert lines[0] == lines[1]
