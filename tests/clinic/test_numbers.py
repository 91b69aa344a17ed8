"""The numbers on the pages of the desk are the API's: one clinic, a table of pages, and what of the API stands on each.

The course of the worklist, the patient page and the report, and the cohort, have tests of their own beside their pages.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import Role, acting_for_all
from clinic import words
from notifications.models import Kind, MessageSettings, PushSubscription
from recovery.actions import safety
from recovery.models import CareSettings, RedFlag
from recovery.rules.need import Need
from tests import people
from tests.clinic.conftest import answer_yes, in_recovery, staff
from tests.clinic.test_desk import api, episode_of, proposal_on, task_for, writes
from tests.clinic.test_effect import counted
from tests.clinic.test_pages import text
from tests.clinic.test_patient import does, reminded, sends
from tests.moments import NOW
from tests.people import Person
from tests.test_authorization import undone

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def everybody(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Person]]:
    """Maria treats, and Helena is the administrator. Ana writes and does, Ben has red flags, Cleo is relieved."""
    with django_db_blocker.unblock(), undone(), time_machine.travel(NOW, tick=True):
        yield _everybody()
    connection.close()


def _everybody() -> dict[str, Person]:
    hillside = people.clinic()
    maria = staff(hillside, Role.THERAPIST, name="Maria")
    helena = staff(hillside, Role.ADMINISTRATOR, name="Helena")
    ana = in_recovery(maria, 6, 5, None, 5, 4, name="Ana")
    ben = in_recovery(maria, 6, 6, 6, 6, name="Ben")
    cleo = in_recovery(maria, 7, 3, 2, 2, 1, name="Cleo")
    for days_ago in (1, 2, 3, 9):
        does(ana, days_ago, "done")
    proposal_on(ana)
    for n in range(3):
        writes(ana, f"Question {n}", at=NOW - timedelta(hours=9 - n))
    sends(ana, "measure", instrument="rmdq", ticked=[1, 2, 3, 4, 5, 6, 7], at=NOW - timedelta(weeks=3))
    sends(ana, "measure", instrument="rmdq", ticked=[1, 2])
    sends(ana, "measure", instrument="gpe", effect="much_better")
    reminded(ana, Kind.EXERCISE, 1, state="sent", sent_at=NOW, done_at=NOW)
    task_for(ben)
    answer_yes(ben, "foot_drop")
    answer_yes(ben, "bladder")
    program = people.program(of=hillside)
    program.lines.update(dosage={"sets": 3, "hold_seconds": 30, "times_per_day": 4, "days_per_week": 7})
    for hour in (8, 9):
        counted(hillside, "exercise", hour, sent=200, withheld=20)
    with acting_for_all():
        first, second = RedFlag.objects.order_by("rule")
        RedFlag.objects.filter(pk=first.pk).update(raised_at=NOW - timedelta(minutes=5))
        RedFlag.objects.filter(pk=second.pk).update(raised_at=NOW - timedelta(minutes=12))
        second.refresh_from_db()
        safety.acknowledge(flag=second, by=maria.user.pk, now=NOW)
        MessageSettings.objects.create(
            clinic=hillside,
            list_after_minutes=7,
            administrators_after_minutes=21,
            everyone_after_minutes=43,
        )
        CareSettings.objects.create(clinic=hillside, keep_years=11)
        PushSubscription.objects.create(
            user=maria.user, endpoint="https://push.example/1", p256dh="", auth="", created_at=NOW
        )
    return {"maria": maria, "helena": helena, "ana": ana, "ben": ben, "cleo": cleo}


def on(day: str) -> date:
    return date.fromisoformat(day)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def clock(moment: datetime) -> str:
    return words.clock(moment, BERLIN)


def days_late(due_on: str, before: str = "") -> str:
    late = (NOW.date() - on(due_on)).days
    return f"{before}{late} day{'s' * (late != 1)} late" if late else ""


# --- what of an answer of the API stands on a page ----------------------------------------------------


def chips(rows: Any) -> Iterable[str]:
    yield f"{len(rows)} patients"
    yield f"All {len(rows)}"
    for need, count in Counter(row["need"] for row in rows).items():
        yield f"{words.NEED[Need(need)]} {count}"


def worklist_rows(rows: Any) -> Iterable[str]:
    for row in rows:
        values = [value for _, value in row["weeks"]]
        baseline = next(value for value in values if value is not None)
        last_entry = words.moment(at(row["last_entry_at"]), BERLIN, NOW)
        yield (
            f"{words.pain(values[-1])} {words.change(values[-1], baseline)} "
            f"{row['sessions_done']} / {row['sessions_asked']} {last_entry}"
        )


def facts(trend: Any) -> Iterable[str]:
    now = trend["weeks"][-1]["value"]
    yield f"day {(NOW.date() - on(trend['start'])).days + 1} "
    yield f"Leg, last full week {words.pain(now)}"
    yield f"Since baseline {words.change(now, trend['baseline']['value'])}"


def relief(trend: Any) -> Iterable[str]:
    found = trend["recovery"]
    yield f"Meaningful improvement since {words.day(on(found['improved_on']))}."
    yield f"Relief by the diary on {words.day(on(found['relief']['on']))}."
    yield f"Relieved, at {words.pain(found['relief']['level'])}"


def effects(trend: Any) -> Iterable[str]:
    for plan in trend["plans"][1:]:
        yield plan["effect"]["sentence"]


def plan_on_its_patients_page(plans: Any) -> Iterable[str]:
    newest = plans[0]
    yield f"Plan, version {newest['number']} From {words.day(on(newest['starts_on']))}"
    yield from (f"{line['name']} {line['in_words']}" for line in newest["lines"])


def plan_on_paper(plans: Any) -> Iterable[str]:
    yield f"About {plans[0]['minutes_a_day']} minutes a day."
    yield from (f"{line['name']} {line['in_words']}" for line in plans[0]["lines"])


def proposals(rows: Any) -> Iterable[str]:
    for row in rows:
        yield f"{row['from_in_words']} → {row['to_in_words']} {row['for_staff']}"


def tasks(rows: Any) -> Iterable[str]:
    yield f"To do {len(rows)}"


def proposals_counted(rows: Any) -> Iterable[str]:
    yield f"Proposals {len(rows)}"


def reviews(rows: Any) -> Iterable[str]:
    """The longest due of each patient, and how many more."""
    first: dict[int, Any] = {}
    for row in rows:
        first.setdefault(row["patient"], row)
    for patient, row in first.items():
        more = sum(one["patient"] == patient for one in rows) - 1
        day = on(row["due_on"])
        yield (
            f"{row['why']} {f'+{more} more ' if more else ''}{day.day} {day:%B} {days_late(row['due_on'])}"
        )


def reviews_of_ben(rows: Any) -> Iterable[str]:
    for row in rows:
        if row["name"] == "Ben":
            day = on(row["due_on"])
            yield f"due {day.day} {day:%B}{days_late(row['due_on'], ', ')} {row['why']}"


def reviews_to_record(rows: Any) -> Iterable[str]:
    for row in rows:
        if row["name"] == "Ben":
            yield f"{row['why']} due {words.day(on(row['due_on']))}"


def status_of_ben(trend: Any) -> Iterable[str]:
    yield trend["status"]["for_staff"]


def measures(found: Any) -> Iterable[str]:
    by_name = {one["instrument"]: one["answers"] for one in found["instruments"]}
    last = by_name["rmdq"][-1]
    assert last["change"]["points"] == -5
    yield f"{words.pain(last['score'])} better, by {words.pain(abs(last['change']['points']))}"
    yield f"week {last['week']}"


def measures_on_paper(found: Any) -> Iterable[str]:
    for one in found["instruments"]:
        if one["answers"] and one["answers"][-1]["score"] is not None:
            yield f"{one['name']} : {words.pain(one['answers'][-1]['score'])}"


def unread(found: Any) -> Iterable[str]:
    yield f"{_unread(found)} unread"


def unread_on_the_page(found: Any) -> Iterable[str]:
    yield f"Messages {_unread(found)} "
    yield f"Mark {_unread(found)} as read"


def _unread(found: Any) -> int:
    return sum(one["from_patient"] and one["read_at"] is None for one in found["messages"])


def flags(rows: Any) -> Iterable[str]:
    for row in rows:
        raised = at(row["raised_at"])
        yield f"Raised today {clock(raised)} · rule {row['rule']} , tier {row['tier']}"
        if row["acknowledged_at"]:
            minutes = (at(row["acknowledged_at"]) - raised) // timedelta(minutes=1)
            yield f"{minutes} min after it was raised"


def escalation(settings: Any) -> Iterable[str]:
    raised = NOW - timedelta(minutes=5)
    yield f"Next is told: Clinic’s list in {settings['list_after_minutes'] - 5} min."
    for name in ("list", "administrators", "everyone"):
        yield clock(raised + timedelta(minutes=settings[f"{name}_after_minutes"]))


def flags_on_the_page(rows: Any) -> Iterable[str]:
    for row in rows:
        yield f"Raised today {clock(at(row['raised_at']))} · tier {row['tier']}"


def flags_on_paper(rows: Any) -> Iterable[str]:
    for row in rows:
        yield words.day(at(row["raised_at"]).date())


def phones(rows: Any) -> Iterable[str]:
    yield from (f"{row['name']} last seen {words.day(on(row['last_used_on']))}" for row in rows)


def reminders(rows: Any) -> Iterable[str]:
    for kind, count in Counter(row["kind"] for row in rows).items():
        yield f"{Kind(kind).label.capitalize()} {count}"
    yield f"The newest {len(rows)}"


def programs_to_start_from(rows: Any) -> Iterable[str]:
    for row in rows:
        count = len(row["lines"])
        yield (
            f"{row['text']['name']} {row['text']['for_whom']} {count} exercise{'s' * (count != 1)} · "
            f"about {row['minutes_a_day']} min a day"
        )


def programs_in_the_catalog(rows: Any) -> Iterable[str]:
    for row in rows:
        yield f"{row['text']['name']} {len(row['lines'])} exercise"
        yield from (line["in_words"] for line in row["lines"])


def effect(rows: Any) -> Iterable[str]:
    for row in rows:
        if row["hour"] is None:
            with_reminder, without = (round(100 * row[name]) for name in ("with_reminder", "without"))
            difference, low, high = (round(100 * row[name]) for name in ("difference", "low", "high"))
            yield (
                f"Exercise {row['sent']} {row['withheld']} {with_reminder}% {without}% "
                f"+{difference} (+{low} to +{high})"
            )


def care_team(rows: Any) -> Iterable[str]:
    yield from (f"{row['name']} since {words.day(on(row['from_on']))}" for row in rows)


def patients_of_maria(rows: Any) -> Iterable[str]:
    yield f"Therapist since {words.day(NOW.date())} {len(rows)} "


def kept_for(settings: Any) -> Iterable[str]:
    yield f"Records are kept for {settings['keep_years']} years"


def browsers(rows: Any) -> Iterable[str]:
    yield f"Your browsers {len(rows)}"


def enrolled(found: Any) -> Iterable[str]:
    assert found["enrolled"] is None
    yield "Enrolled fewer than 5"


@dataclass(frozen=True)
class Twin:
    """A page and the answer of the API that has its numbers. In an address, {ana} is her id and {ana_episode} hers."""

    page: str
    of_api: str
    says: Callable[[Any], Iterable[str]]
    who: str = "maria"
    asks: str = "maria"  # of the API, where it is somebody else


TWINS = [
    Twin("/", "worklist", chips),
    Twin("/", "worklist", worklist_rows),
    Twin("/patients/{ana}", "episodes/{ana_episode}/trend", facts),
    Twin("/patients/{cleo}", "episodes/{cleo_episode}/trend", facts),
    Twin("/patients/{cleo}", "episodes/{cleo_episode}/trend", relief),
    Twin("/patients/{ana}", "episodes/{ana_episode}/plans", plan_on_its_patients_page),
    Twin("/patients/{ana}", "proposals", proposals),
    Twin("/patients/{ana}", "episodes/{ana_episode}/measures", measures),
    Twin("/patients/{ana}", "patients/{ana}/messages", unread_on_the_page),
    Twin("/patients/{ana}", "patients/{ana}/devices", phones),
    Twin("/patients/{ana}", "patients/{ana}/notifications", reminders),
    Twin("/patients/{ben}", "reviews", reviews_of_ben),
    Twin("/patients/{ben}", "red-flags", flags_on_the_page),
    Twin("/patients/{ana}/report", "episodes/{ana_episode}/measures", measures_on_paper),
    Twin("/patients/{ben}/report", "red-flags", flags_on_paper),
    Twin("/patients/{ana}/handout", "episodes/{ana_episode}/plans", plan_on_paper),
    Twin("/patients/{ana}/program", "programs", programs_to_start_from),
    Twin("/patients/{ana}/care", "patients/{ana}/care-team", care_team),
    Twin("/exercises", "programs", programs_in_the_catalog),
    Twin("/red-flags", "red-flags", flags),
    Twin("/red-flags", "message-settings", escalation),
    Twin("/messages", "patients/{ana}/messages", unread),
    Twin("/tasks", "tasks", tasks),
    Twin("/tasks", "proposals", proposals),
    Twin("/tasks", "proposals", proposals_counted),
    Twin("/reviews", "reviews", reviews),
    Twin("/episodes/{ben_episode}/review", "reviews", reviews_to_record),
    Twin("/episodes/{ben_episode}/review", "episodes/{ben_episode}/trend", status_of_ben),
    Twin("/reminder-effect", "reminder-effect", effect),
    Twin("/cohort", "engagement", enrolled),
    Twin("/your-notifications", "push/subscriptions", browsers),
    Twin("/clinic/staff", "patients", patients_of_maria, who="helena"),
    Twin("/clinic/keeping", "care-settings", kept_for, who="helena", asks="helena"),
]


@pytest.fixture
def desk(everybody: dict[str, Person], noon: None) -> Iterator[dict[str, Person]]:
    with undone():
        yield everybody


def page_for(person: Person, path: str) -> Any:
    client = Client()
    client.force_login(person.user)
    return client.get(path)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: f"{twin.page}-{twin.says.__name__}")
def test_the_numbers_of_the_page_are_those_of_the_api(desk: dict[str, Person], twin: Twin):
    ids = {name: desk[name].user.pk for name in ("ana", "ben", "cleo")}
    ids |= {f"{name}_episode": episode_of(desk[name]).pk for name in ids}
    found = api(desk[twin.asks], twin.of_api.format_map(ids))
    if isinstance(found, dict):
        found = found.get("results", found)
    expected = list(twin.says(found))
    page = text(page_for(desk[twin.who], twin.page.format_map(ids)))
    assert expected
    assert [said for said in expected if " ".join(said.split()) not in page] == [], page


def test_the_builder_has_the_doses_and_the_bounds_of_the_api(desk: dict[str, Person]):
    ana, maria = desk["ana"], desk["maria"]
    client = Client()
    client.force_login(maria.user)
    path = f"/patients/{ana.user.pk}/program"
    client.post(path, {"do": "start", "from": ""})
    draft = api(maria, f"episodes/{episode_of(ana).pk}/draft")
    page = client.get(path).content.decode()
    for n, line in enumerate(draft["lines"]):
        allowed = api(maria, f"exercises/{line['exercise']}")["dosage_range"]
        shown = dict(re.findall(rf'name="{n}-(\w+)" type="number"[^>]*value="(\d*)"', page))
        counts = {name: str(count) for name, count in line["dosage"].items() if name != "days_per_week"}
        assert {name: count for name, count in shown.items() if count} == counts
        for name in shown:
            least, most = allowed[name]["least"], allowed[name]["most"]
            assert re.search(rf'name="{n}-{name}" [^>]*min="{least}" max="{most}"', page)


def test_the_paper_diary_asks_for_as_many_sessions_as_the_api_counts(desk: dict[str, Person]):
    page = text(page_for(desk["maria"], f"/patients/{desk['ana'].user.pk}/paper-diary"))
    week = api(desk["maria"], f"episodes/{episode_of(desk['ana']).pk}/trend")["adherence"]["week"]
    assert sum(map(int, re.findall(r" of (\d)", page))) == week["sessions"]["asked"]
