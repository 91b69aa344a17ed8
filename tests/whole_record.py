"""One patient with something of everything: what an export has to hold, and an erasure to take away."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from accounts.access import acting
from recovery.actions import safety
from recovery.actions.diary import take
from recovery.actions.events import add_event
from recovery.actions.messages import write_to_patient
from recovery.models import Consent, Episode, RedFlag, Reexamination, Review
from recovery.records import read
from tests import people
from tests.moments import NOW
from tests.people import Person


def whole_record(maria: Person, *, name: str = "Ana") -> Person:
    """A patient of Maria's of whom nearly every table holds something."""
    ana = people.patient(maria, name=name)
    plan = people.plan_for(ana, maria, starts_on=NOW.date() - timedelta(days=10))
    people.plan_for(ana, maria, starts_on=NOW.date(), times_per_day=2)
    result = {"exercise": "bridge", "outcome": "part", "because": "Tired.", "repetitions": 0, "worst_pain": 0}
    note(ana, "pain", region="leg", score=0, asked="now", note="=1+1", tingling=False)
    note(ana, "pain", region="back", score=7, asked="last_24_hours", about_on="2026-03-01")
    note(ana, "pain", region="leg", score=3, asked="now", withdrawn=True)
    note(
        ana, "session", plan=plan.pk, slot=1, leg_before=0, leg_later=3, new_numbness=False, results=[result]
    )
    note(ana, "session", results=[{"exercise": "bridge", "outcome": "skipped"}])
    note(ana, "walk", minutes=25)
    note(ana, "event", what="flare", about_on="2026-03-01", note="After lifting.")
    note(ana, "message", text="Is this right?")
    note(ana, "message", text="CNRY-own-note", private=True)
    abilities = [{"name": name, "ability": n} for n, name in enumerate(("Stairs", "Shoes", "Sleep"))]
    note(ana, "measure", instrument="psfs", activities=abilities)
    note(ana, "measure", instrument="rmdq", ticked=[3, 24])
    note(ana, "measure", instrument="gpe", effect="much_better")
    note(ana, "symptom_check", answers={"bladder": "yes", "fever": "no", "later": [1]})
    with acting(maria.actor):
        episode = Episode.objects.select_related("patient").get(patient=ana.user.pk)
        patient = episode.patient
        today = NOW.date()
        add_event(episode=episode, what="imaging", about_on=today, note="", by=maria.user.pk, now=NOW)
        for words, to_patient in (("Keep the knee bent.", True), ("CNRY-staff-note", False)):
            write_to_patient(patient=patient, text=words, to_patient=to_patient, by=maria.user.pk, now=NOW)
        flag = RedFlag.objects.get(patient=patient, rule="bladder")
        safety.acknowledge(flag=flag, by=maria.user.pk, now=NOW)
        safety.act(flag=flag, what="called", note="On her way.", by=maria.user.pk, now=NOW)
        Consent.objects.create(
            clinic=patient.clinic, patient=patient, version="1", given=True, answered_at=NOW
        )
        of_ana = {"clinic": patient.clinic, "patient": patient, "episode": episode}
        look = Reexamination.objects.create(
            **of_ana,
            reflex="present",
            diagnosis_unchanged=True,
            red_flags_checked=True,
            outcome="continue",
            because="It goes well.",
            recorded_on=today,
            recorded_at=NOW,
            recorded_by=maria.user,
        )
        Review.objects.create(
            **of_ana, cause="week_2", due_on=today, opened_at=NOW, opened_on=today, answered_by=look
        )
    return ana


def note(person: Person, kind: str, **body: Any) -> None:
    record = {"revision": 1, "at": (NOW - timedelta(hours=1)).isoformat(), **body}
    with acting(person.actor):
        take(patient_id=person.user.pk, records=[read(kind, str(uuid4()), record)], now=NOW)
