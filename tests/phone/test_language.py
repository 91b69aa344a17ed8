"""A patient reads all that the rules say in their own language, from the moment on in which it is theirs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role, acting_for_all
from exercises.models import Exercise
from recovery.actions.days import close_days
from recovery.models import Progress, Suspension
from recovery.models.people import Language
from recovery.rules.patient_words import PATIENT_WORDS
from tests import people
from tests.moments import NOW
from tests.people import Person
from tests.recovery.test_days import log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

WEEKS = 4


def ask(who: Person, path: str, **headers: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers=who.headers | headers)


def choose(who: Person, language: str) -> Any:
    return Client().put("/api/v1/language", {"language": language}, "application/json", headers=who.headers)


def test_every_language_of_a_patient_has_words():
    assert set(PATIENT_WORDS) == set(Language.values)


def test_a_patient_whose_language_changes_reads_everything_in_the_new_one_at_once():
    """The patient changes it on the phone."""
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana = people.patient(maria)
    start = NOW.date() - timedelta(weeks=WEEKS)
    people.plan_for(ana, maria, starts_on=start)
    for day in range(7 * WEEKS):
        log(ana, start + timedelta(days=day), 6)
    close_days(now=NOW)
    with acting_for_all():
        row = Progress.objects.get(patient=ana.user.pk)
        Suspension.objects.create(
            clinic_id=row.clinic_id,
            patient_id=row.patient_id,
            episode_id=row.pk,
            exercise=Exercise.objects.get(slug="bridge"),
            rule="two_reds",
            numbers={"first": "2026-02-27", "second": "2026-03-01"},
            for_staff="Two red sessions.",
            rule_version="1",
            suspended_at=NOW,
            suspended_on=NOW.date(),
        )

    english = ask(ana, "today")
    assert english.json()["sentence"].startswith("Your leg pain average in week 4 is 6.0.")
    changed = choose(ana, "es")
    assert (changed.status_code, changed.json()) == (200, {"language": "es"})

    today = ask(ana, "today", **{"If-None-Match": english.headers["ETag"]}).json()
    plan, progress = ask(ana, "plan").json(), ask(ana, "progress").json()
    (status,) = [one for one in ask(ana, "timeline").json()["items"] if one.get("rule") == "review.week_4"]
    said = "Tu dolor de pierna en la semana 4 es de 6,0 de promedio."
    assert today["sentence"].startswith(said)
    assert today["sentence"] == progress["sentence"] == status["words"]
    assert today["needs_review"]["sentence"].startswith("Es hora de mirar tu plan contigo.")
    assert plan["needs_review"] == today["needs_review"]
    (advice,) = today["advice"]
    assert advice["paused"]["why"].startswith("Tu pierna notó mucho este ejercicio dos veces.")
    assert plan["plan"]["lines"][0]["paused"] == advice["paused"]

    trend = ask(maria, f"episodes/{row.pk}/trend").json()["status"]
    (changes, suspensions) = (
        ask(maria, path).json() for path in (f"episodes/{row.pk}/status-changes", "suspensions")
    )
    assert trend["for_staff"].startswith("Week 4: leg average 6.0.")
    assert trend["for_patient"] == changes["results"][0]["for_patient"] == today["sentence"]
    assert suspensions["results"][0]["for_patient"] == advice["paused"]["why"]


def test_a_language_that_is_said_again_is_no_news_and_one_that_nobody_speaks_is_refused():
    ana = people.patient(people.member(people.clinic(), Role.THERAPIST))
    before = ask(ana, "today").headers["ETag"]
    assert choose(ana, "en").status_code == 200
    assert ask(ana, "today", **{"If-None-Match": before}).status_code == 304
    refused = choose(ana, "tlh")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/language")
    assert choose(ana, "es").status_code == 200
    assert ask(ana, "today", **{"If-None-Match": before}).status_code == 200
