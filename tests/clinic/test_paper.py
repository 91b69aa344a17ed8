"""A week on paper: the same records a phone makes, named as typed by staff, corrected by typing it again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from accounts.models import Clinic
from recovery.actions.days import close_days
from recovery.models import DailyPain, ExerciseSession, PainEntry, RecordRevision
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_pages import text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]
FIRST = NOW.date() - timedelta(days=7)


@pytest.fixture
def ana(maria: Person) -> Person:
    ana = people.patient(maria, name="Ana", now=NOW - timedelta(days=20))
    people.plan_for(
        ana, maria, starts_on=(NOW - timedelta(days=14)).date(), now=NOW - timedelta(days=14), times_per_day=2
    )
    return ana


def week(client: Client, person: Person, **boxes: str) -> Any:
    typed = {f"{name}-{n}": "" for name in ("leg", "back", "sessions") for n in range(7)}
    sent = typed | {name.replace("_", "-"): value for name, value in boxes.items()}
    return client.post(
        f"/patients/{person.user.pk}/paper-diary", sent | {"from": FIRST.isoformat()}, follow=True
    )


def kept(person: Person) -> list[tuple[Any, ...]]:
    with acting_for_all():
        rows = PainEntry.objects.filter(patient=person.user.pk, withdrawn=False).order_by(
            "about_on", "region"
        )
        return list(rows.values_list("about_on", "region", "score", "late"))


def test_a_week_on_paper_becomes_the_patients_diary(ana: Person, maria: Person, browser: Browser):
    page = week(browser(maria), ana, leg_0="6", back_0="3", leg_2="0", sessions_0="2", sessions_1="1")
    assert "5 boxes are saved." in text(page)
    assert kept(ana) == [
        (FIRST, "back", 3, False),
        (FIRST, "leg", 6, False),
        (FIRST + timedelta(days=2), "leg", 0, False),
    ]
    with acting_for_all():
        entry = PainEntry.objects.filter(patient=ana.user.pk).first()
        sessions = list(ExerciseSession.objects.filter(patient=ana.user.pk).order_by("on", "slot"))
        outcomes = [list(one.results.values_list("outcome", flat=True)) for one in sessions]
        close_days(now=NOW)
        values = DailyPain.objects.filter(patient=ana.user.pk, region="leg", count__gt=0)
        assert list(values.order_by("on").values_list("on", "total")) == [
            (FIRST, 6),
            (FIRST + timedelta(days=2), 0),
        ]
    assert entry is not None
    assert (entry.body["source"], entry.body["typed_by"]) == ("paper by staff", maria.user.pk)
    assert [(one.on, one.slot) for one in sessions] == [
        (FIRST, 1),
        (FIRST, 2),
        (FIRST + timedelta(days=1), 1),
    ]
    assert outcomes == [["done"]] * 3


def test_typing_a_week_again_corrects_it_and_keeps_what_was_there(
    ana: Person, maria: Person, browser: Browser
):
    client = browser(maria)
    week(client, ana, leg_0="6", leg_1="5", sessions_0="2")
    again = client.get(f"/patients/{ana.user.pk}/paper-diary?from={FIRST}").content.decode()
    assert 'name="leg-0" type="number" inputmode="numeric" min="0" max="10" value="6"' in again
    assert "Nothing was changed." in text(week(client, ana, leg_0="6", leg_1="5", sessions_0="2"))
    assert "3 boxes are saved." in text(week(client, ana, leg_0="4", sessions_0="1"))
    assert kept(ana) == [(FIRST, "leg", 4, False)]
    with acting_for_all():
        assert RecordRevision.objects.filter(patient=ana.user.pk, why="replaced").count() == 3
        done = ExerciseSession.objects.filter(patient=ana.user.pk, withdrawn=False)
        assert list(done.values_list("slot", flat=True)) == [1]
    week(client, ana, leg_0="4", leg_1="7", sessions_0="2")
    assert [score for _, _, score, _ in kept(ana)] == [4, 7]


@pytest.mark.parametrize("typed", ["11", "-1", "five", "5.5", "٥", "9999"])
def test_a_box_that_cannot_be_taken_is_named_and_all_others_are_saved(
    ana: Person, maria: Person, browser: Browser, typed: str
):
    page = week(browser(maria), ana, leg_0="6", leg_1=typed, sessions_3="3")
    assert page.status_code == 422
    said = text(page)
    assert "1 box is saved." in said
    assert "Tue 24 February, leg: Use 0 to 10." in said
    assert "Thu 26 February, sessions done: Use 0 to 2" in said
    assert f'value="{typed}"' in page.content.decode()
    assert kept(ana) == [(FIRST, "leg", 6, False)]


def test_three_severe_days_on_paper_raise_the_flag_of_the_diary(ana: Person, maria: Person, browser: Browser):
    week(browser(maria), ana, leg_3="9", leg_4="9", leg_5="9")
    with acting_for_all():
        close_days(now=NOW)
    assert "Severe pain, 3 days running" in text(browser(maria).get(f"/patients/{ana.user.pk}"))


def test_the_paper_diary_is_the_care_teams_and_needs_its_token(
    hillside: Clinic, ana: Person, maria: Person, browser: Browser
):
    for role, status in ((Role.THERAPIST, 404), (Role.CLINICIAN, 403)):
        assert week(browser(staff(hillside, role, name=role)), ana, leg_0="6").status_code == status
    client = Client(enforce_csrf_checks=True)
    client.force_login(maria.user)
    assert week(client, ana, leg_0="6").status_code == 403
    assert kept(ana) == []
