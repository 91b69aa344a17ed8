"""A patient with a plan of several kinds of exercise, and what a session left at the server."""

from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from accounts.access import acting, acting_for_all
from exercises.models import Exercise
from recovery.actions.plan import publish_plan
from recovery.models import Episode, ExerciseSession, Plan, PlanDraft
from tests import people
from tests.browser.conftest import Phone, stored, wait_until
from tests.moments import BERLIN
from tests.people import Person

SLOTS = {"times_per_day": 1, "days_per_week": 7}
STRETCH = {"repetitions": 2, "hold_seconds": 5}
BRIDGE = {"sets": 2, "repetitions": 3}
LYING = {"minutes": 1}


def exercise(slug: str, sides: str, dosage: dict[str, int], **text: Any) -> Exercise:
    return Exercise.objects.create(
        slug=slug,
        groups=[],
        regions=[],
        position="supine",
        sides=sides,
        text={"en": text},
        dosage=dosage | SLOTS,
        dosage_range={name: {"least": 1, "most": most} for name, most in (dosage | SLOTS).items()},
        mark="P",
    )


def patient_with_session(maria: Person, *, name: str = "Ana") -> Person:
    """Once a day: a stretch of each leg, two times 5 seconds; two sets of 3 bridges; one minute of lying."""
    stretch = exercise(
        "stretch",
        "each-leg",
        STRETCH,
        name="Hamstring stretch, lying",
        position="On your back, one leg up.",
        steps=["Lie on your back.", "Straighten your knee until you feel a gentle pull.", "Keep breathing."],
        caution="Stop before your leg tingles.",
        easier="Keep your knee a little bent.",
    )
    bridge = exercise("bridge", "middle", BRIDGE, name="Bridge", steps=["Lift your hips.", "Lower them."])
    lying = exercise("lying", "middle", LYING, name="Position of ease", steps=["Lie still.", "Breathe."])
    return plan_of(maria, name, [(stretch, STRETCH), (bridge, BRIDGE), (lying, LYING)])


def plan_of(maria: Person, name: str, exercises: list[tuple[Exercise, dict[str, int]]]) -> Person:
    """A patient whose plan of three days asks for these once a day."""
    now = datetime.now(BERLIN)
    start = now - timedelta(days=3)
    person = people.patient(maria, name=name, now=start)
    lines = [
        {"exercise": one.pk, "dosage": dosage | SLOTS, "weekdays": [], "side": "", "note": ""}
        for one, dosage in exercises
    ]
    with acting(maria.actor):
        episode = Episode.objects.select_related("patient").get(patient=person.user.pk)
        draft = PlanDraft.objects.create(
            episode=episode,
            clinic_id=episode.clinic_id,
            patient_id=episode.patient_id,
            lines=lines,
            starts_on=start.date(),
            updated_by=maria.user,
            updated_at=start,
        )
        publish_plan(episode=episode, seen_version=draft.version, by=maria.user.pk, now=start)
    return person


def session_of(person: Person) -> dict[str, Any]:
    """The one session of this person, as soon as the server has it, with its row's own columns."""
    found = ("body", "slot", "plan", "revision")
    wait_until(lambda: stored(person, ExerciseSession, *found))
    ((body, slot, plan, revision),) = stored(person, ExerciseSession, *found)
    with acting_for_all():
        assert plan == Plan.objects.get(episode__patient=person.user.pk).pk
    return {**body, "slot": slot, "revision": revision}


def outcomes(session: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What came of each exercise, with what was counted of it, in the order of a dose."""
    counts = ("sets", "repetitions", "hold_seconds", "minutes")
    return [(one["outcome"], *(one[name] for name in counts)) for one in session["results"]]


def pass_time(phone: Phone, seconds: int) -> None:
    """Let the phone's installed clock run, in steps that each leave time to draw."""
    for _ in range(seconds):
        phone.page.clock.run_for(1000)


def start(phone: Phone, *, leg: int = 3, reach: str = "Knee") -> None:
    """From today's screen to the first exercise, answering what is asked before."""
    page = phone.page
    page.clock.install()
    phone.open()
    page.get_by_role("link", name="Start Your session").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your session")
    page.get_by_role("button", name=f"Leg pain now {leg} of 10").click()
    page.get_by_role("radio", name=reach).check(force=True)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hamstring stretch, lying")


def do_all_of(phone: Phone, seconds: int) -> None:
    """Begin the exercise that is shown without waiting, and do it to its end."""
    phone.page.get_by_role("button", name="Start now").click()
    pass_time(phone, seconds)


# What each takes from "Start now" on: holds with a breath between, five seconds to change legs; paced ones and a rest.
STRETCH_SECONDS = 5 + 4 + 5 + 5 + 5 + 4 + 5 + 1
BRIDGE_SECONDS = 3 * 4 + 30 + 3 * 4 + 1
LYING_SECONDS = 60 + 1
