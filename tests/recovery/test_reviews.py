"""Reviews on real rows: opened by the close of the day, owned by somebody, answered by a recorded re-examination."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic, Membership
from notifications.models import Notification
from notifications.staff import tell_of_reviews
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.people import add_to_care_team, end_episode
from recovery.actions.reviews import record_reexamination
from recovery.models import CareSettings, Episode, Patient, Progress, Reexamination, Review
from recovery.records import read
from tests import people
from tests.moments import NOW
from tests.recovery.test_days import log, progress

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
FOUND = {"outcome": "examined", "diagnosis_unchanged": True, "red_flags_checked": True}


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


def weeks_in(maria: people.Person, weeks: int, *levels: int, name: str = "Ana") -> people.Person:
    """A patient so many whole weeks after the start, with a diary of these weekly levels."""
    someone = people.patient(maria, name=name)
    start = TODAY - timedelta(weeks=weeks)
    people.plan_for(someone, maria, starts_on=start)
    for week, level in enumerate(levels):
        for day in range(4):
            log(someone, start + timedelta(weeks=week, days=day), level)
    return someone


def reviews(someone: people.Person) -> list[tuple[str, date, bool]]:
    """Cause, due date and whether it is open, oldest first."""
    with acting_for_all():
        rows = Review.objects.filter(patient=someone.user.pk).order_by("due_on", "id")
        return [(row.cause, row.due_on, row.answered_by_id is None) for row in rows]


def ask(who: people.Person, method: str, path: str, body: Any = None, **headers: str) -> Any:
    more = {"content_type": "application/json", "headers": who.headers | headers}
    return getattr(Client(), method.lower())(f"/api/v1/{path}", body, **more)


def episode_of(someone: people.Person) -> int:
    return int(progress(someone).pk)


def record(who: people.Person, someone: people.Person, **found: Any) -> Any:
    return ask(who, "post", f"episodes/{episode_of(someone)}/reviews", FOUND | found)


def test_reviews_fall_due_by_the_calendar_and_the_close_opens_each_once(maria: people.Person):
    ana = weeks_in(maria, 4, 6, 5, 4, 3)
    for _ in range(2):
        close_days(now=NOW)
    assert reviews(ana) == [("week_2", TODAY - timedelta(weeks=2), True), ("week_4", TODAY, True)]
    assert progress(ana).review_due_on == TODAY - timedelta(weeks=2)
    assert progress(ana).needs_review_since is None


def test_the_clinics_own_weeks_count(maria: people.Person):
    CareSettings.objects.create(clinic_id=maria.actor.clinic_id, review_weeks=[3, 8])
    ana = weeks_in(maria, 4, 6, 5, 4, 3)
    close_days(now=NOW)
    assert [cause for cause, _, _ in reviews(ana)] == ["week_3"]


def test_a_recording_answers_what_is_open_and_what_falls_due_within_a_week(
    maria: people.Person, clock: TimeMachineFixture
):
    ana = weeks_in(maria, 3, 6, 5, 4)
    close_days(now=NOW)
    assert record(maria, ana).status_code == 201
    assert progress(ana).review_due_on is None
    close_days(now=NOW + timedelta(weeks=1))
    assert reviews(ana) == [("week_2", TODAY - timedelta(weeks=1), False)]
    close_days(now=NOW + timedelta(weeks=3))
    assert [cause for cause, _, is_open in reviews(ana) if is_open] == ["week_6"]


def test_without_progress_by_week_4_the_plan_needs_a_review_until_one_is_recorded(maria: people.Person):
    ana = weeks_in(maria, 4, 6, 6, 6, 6)
    close_days(now=NOW)
    assert progress(ana).needs_review_since == TODAY
    today, plan = ask(ana, "get", "today").json(), ask(ana, "get", "plan").json()
    assert today["needs_review"] == plan["needs_review"]
    assert today["needs_review"]["since"] == str(TODAY)
    assert today["sessions"], "the sessions go on"
    (row,) = ask(maria, "get", "worklist").json()["results"]
    assert (row["needs_review_since"], row["review_due_on"]) == (
        str(TODAY),
        str(TODAY - timedelta(weeks=2)),
    )
    path = f"episodes/{episode_of(ana)}/plans"
    assert ask(maria, "get", path).json()["results"][0]["needs_review_since"] == str(TODAY)

    assert record(maria, ana, outcome="continue", because="A new job; starts now.").status_code == 201
    assert ask(ana, "get", "today").json()["needs_review"] is None
    close_days(now=NOW + timedelta(days=1))
    assert progress(ana).needs_review_since is None
    assert ask(maria, "get", path).json()["results"][0]["needs_review_since"] is None


def test_the_status_opens_a_review_when_none_is_open(maria: people.Person):
    CareSettings.objects.create(clinic_id=maria.actor.clinic_id, review_weeks=[52])
    ana = weeks_in(maria, 5, 6, 6, 6, 6, 6)
    close_days(now=NOW)
    assert reviews(ana) == [("status", TODAY - timedelta(weeks=1), True)]
    assert record(maria, ana).status_code == 201
    close_days(now=NOW + timedelta(weeks=1))
    assert [is_open for _, _, is_open in reviews(ana)] == [False], "the same status asks once"


def test_the_status_adds_nothing_to_a_review_that_is_open(maria: people.Person):
    ana = weeks_in(maria, 5, 6, 6, 6, 6, 6)
    close_days(now=NOW)
    assert progress(ana).status == "review"
    assert [cause for cause, _, _ in reviews(ana)] == ["week_4"]


def test_an_ended_episode_has_nothing_due(maria: people.Person):
    ana = weeks_in(maria, 4, 6, 6, 6, 6)
    close_days(now=NOW)
    with acting(maria.actor):
        end_episode(episode=Episode.objects.get(), because="discharge", on=TODAY, by=maria.user.pk, now=NOW)
    close_days(now=NOW)
    assert progress(ana).review_due_on is None
    assert ask(maria, "get", "reviews").json()["results"] == []


def test_a_recording_is_never_changed_and_a_correction_is_another_row(maria: people.Person):
    ana = weeks_in(maria, 2, 6, 6)
    close_days(now=NOW)
    first = record(maria, ana, reflex="present").json()
    second = record(maria, ana, reflex="absent", corrects=first["id"]).json()
    listed = ask(maria, "get", f"episodes/{episode_of(ana)}/reviews").json()["results"]
    assert [(row["reflex"], row["corrects"]) for row in listed] == [
        ("absent", first["id"]),
        ("present", None),
    ]
    with acting_for_all():
        assert Review.objects.get().answered_by_id == first["id"] != second["id"]
    with pytest.raises(ProgrammingError, match="permission denied"), acting(maria.actor):
        Reexamination.objects.filter(pk=first["id"]).update(reflex="absent")


def test_a_correction_answers_nothing_and_satisfies_nothing(maria: people.Person, clock: TimeMachineFixture):
    ana = weeks_in(maria, 2, 6, 6)
    first = record(maria, ana).json()
    clock.move_to(NOW + timedelta(days=13), tick=False)
    assert record(maria, ana, corrects=first["id"]).status_code == 201
    week_4 = ("week_4", TODAY + timedelta(weeks=2), True)
    close_days(now=NOW + timedelta(weeks=2))
    assert reviews(ana) == [week_4]
    assert record(maria, ana, corrects=first["id"]).status_code == 201
    assert reviews(ana) == [week_4]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"outcome": "continue"}, "/because"),
        ({"outcome": "continue", "because": "  "}, "/because"),
        ({"outcome": ""}, "/outcome"),
        ({"red_flags_checked": "yes"}, "/red_flags_checked"),
        ({"heel_walk": "fine"}, "/heel_walk"),
        ({"corrects": 4711}, "/corrects"),
    ],
)
def test_a_recording_says_what_follows(maria: people.Person, wrong: dict[str, Any], pointer: str):
    ana = weeks_in(maria, 2, 6, 6)
    answer = record(maria, ana, **wrong)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_recording_of_another_patient_cannot_be_corrected_from_here(maria: people.Person):
    ana, ben = weeks_in(maria, 2, 6, 6), weeks_in(maria, 2, 6, 6, name="Ben")
    first = record(maria, ben).json()
    assert record(maria, ana, corrects=first["id"]).status_code == 400


def owned(who: people.Person) -> list[tuple[str, list[str]]]:
    rows = ask(who, "get", "reviews").json()["results"]
    return [(row["owner"], [person["name"] for person in row["owners"]]) for row in rows]


def test_an_unanswered_review_moves_on(maria: people.Person, clock: TimeMachineFixture):
    clinic = Clinic.objects.get()
    doctor = people.member(clinic, Role.CLINICIAN, name="Doctor")
    boss = people.member(clinic, Role.ADMINISTRATOR, name="Boss")
    weeks_in(maria, 2, 6, 6)
    close_days(now=NOW)
    assert owned(maria) == owned(doctor) == [("therapist", ["Maria"])]
    assert owned(boss) == []
    clock.move_to(NOW + timedelta(days=7), tick=False)
    assert owned(maria) == owned(doctor) == [("clinician", ["Doctor"])]
    assert owned(boss) == []
    clock.move_to(NOW + timedelta(days=14), tick=False)
    assert owned(maria) == owned(doctor) == owned(boss) == [("administrator", ["Boss"])]
    (row,) = ask(boss, "get", "reviews").json()["results"]
    assert [row[name] for name in ("cause", "why", "episode")] == [None] * 3, "that is of the record"


def test_a_therapist_who_administers_too_hears_of_what_nobody_answers(
    maria: people.Person, clock: TimeMachineFixture
):
    both = people.member(Clinic.objects.get(), Role.THERAPIST, Role.ADMINISTRATOR, name="Both")
    weeks_in(maria, 2, 6, 6)
    weeks_in(both, 2, 6, 6, name="Ben")
    close_days(now=NOW)
    clock.move_to(NOW + timedelta(days=14), tick=False)
    rows = ask(both, "get", "reviews").json()["results"]
    assert {row["name"]: row["cause"] for row in rows} == {"Ana": None, "Ben": "week_2"}


def test_a_covering_colleague_owns_it_while_they_cover(maria: people.Person, clock: TimeMachineFixture):
    carla = people.member(Clinic.objects.get(), Role.THERAPIST, name="Carla")
    ana = weeks_in(maria, 2, 6, 6)
    close_days(now=NOW)
    with acting(maria.actor):
        add_to_care_team(
            patient=Patient.objects.get(pk=ana.user.pk),
            user_id=carla.user.pk,
            by=maria.user.pk,
            from_on=TODAY,
            until_on=TODAY + timedelta(days=2),
            now=NOW,
        )
    assert owned(carla) == [("therapist", ["Carla"])]
    clock.move_to(NOW + timedelta(days=3), tick=False)
    assert owned(carla) == []
    assert owned(maria) == [("therapist", ["Maria"])]


def test_a_clinician_of_the_clinic_may_record_for_a_colleague(maria: people.Person):
    doctor = people.member(Clinic.objects.get(), Role.CLINICIAN, name="Doctor")
    ana = weeks_in(maria, 2, 6, 6)
    close_days(now=NOW)
    assert record(doctor, ana).json()["recorded_by"] == {"id": doctor.user.pk, "name": "Doctor"}
    assert progress(ana).review_due_on is None
    (row,) = ask(maria, "get", "reviews?open=false").json()["results"]
    assert row["cause"] == "week_2"


def test_closing_takes_as_many_statements_with_reviews_for_one_patient_as_for_four(maria: people.Person):
    def statements(first: int, patients: int) -> int:
        for n in range(patients):
            weeks_in(maria, 4, 6, 6, 6, 6, name=f"P{first + n}")
        with CaptureQueriesContext(connection) as queries:
            assert close_days(now=NOW) == patients
        return len(queries)

    assert statements(0, 1) == statements(1, 4)
    with acting_for_all():
        assert Progress.objects.filter(needs_review_since=TODAY).count() == 5


def test_the_due_list_takes_no_more_statements_for_five_patients(maria: people.Person):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ask(maria, "get", "reviews").status_code == 200
        return sum("SAVEPOINT" not in query["sql"] for query in queries)

    weeks_in(maria, 4, 6, 6, 6, 6)
    close_days(now=NOW)
    statements()  # the first request of the day notes that the desk was used
    at_first = statements()
    for n in range(4):
        weeks_in(maria, 4, 6, 6, 6, 6, name=f"P{n}")
    close_days(now=NOW)
    assert statements() == at_first


def test_of_reviews_past_before_the_first_plan_only_the_latest_opens_and_it_begins_with_the_therapist(
    maria: people.Person,
):
    hill = Clinic.objects.get()
    people.member(hill, Role.CLINICIAN, name="Carl")
    boss = people.member(hill, Role.ADMINISTRATOR, name="Adam")
    ana = weeks_in(maria, 9)
    close_days(now=NOW)
    assert [cause for cause, _, _ in reviews(ana)] == ["week_6"]
    (row,) = ask(maria, "get", "reviews").json()["results"]
    assert (row["owner"], [one["name"] for one in row["owners"]]) == ("therapist", ["Maria"])
    assert ask(boss, "get", "reviews").json()["results"] == []


def test_a_stop_that_nothing_else_asks_about_is_a_review(maria: people.Person):
    CareSettings.objects.create(clinic=Clinic.objects.get(), review_weeks=[3, 12])
    ana = weeks_in(maria, 4, 3, 3, 3)
    for day, score in enumerate((3, 3, 3, 2)):
        log(ana, TODAY - timedelta(days=7 - day), score)
    with acting_for_all():
        episode = Episode.objects.select_related("patient").get()
        at = NOW - timedelta(days=12)
        record_reexamination(episode=episode, by=maria.user.pk, now=at, **FOUND)
    close_days(now=NOW)
    row = progress(ana)
    assert row.status != "review"
    assert (row.needs_review_since, row.review_due_on) == (TODAY, TODAY)
    assert reviews(ana) == [("stop", TODAY, True)]
    assert record(maria, ana).status_code == 201
    close_days(now=NOW + timedelta(days=1))
    assert (reviews(ana), progress(ana).needs_review_since) == ([("stop", TODAY, False)], None)


def stiff(someone: people.Person, at: str) -> None:
    fields = {"revision": 1, "at": at, "answers": {"morning_stiffness": "yes"}}
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[read("symptom_check", str(uuid4()), fields)], now=NOW)


def test_a_phone_whose_clock_is_ahead_puts_no_review_off_and_the_earlier_date_stands(maria: people.Person):
    ana = weeks_in(maria, 1)
    stiff(ana, "2035-03-02T12:00:00+01:00")
    assert reviews(ana) == [("symptom.morning_stiffness", TODAY + timedelta(days=14), True)]
    stiff(ana, f"{TODAY - timedelta(days=3)}T12:00:00+01:00")
    stiff(ana, f"{TODAY}T08:00:00+01:00")
    assert reviews(ana) == [("symptom.morning_stiffness", TODAY + timedelta(days=11), True)]


def test_the_owner_hears_of_an_answer_that_worries_at_once_and_once(maria: people.Person):
    ana = weeks_in(maria, 1)
    stiff(ana, NOW.isoformat())
    for later in (0, 1, 14):
        tell_of_reviews(now=NOW + timedelta(days=later))
    with acting_for_all():
        message = Notification.objects.get(patient=ana.user.pk)
    assert (message.recipient_id, message.due_at) == (maria.user.pk, NOW)


def test_an_answer_that_worries_is_read_also_when_the_episode_ends(maria: people.Person):
    ana = weeks_in(maria, 1)
    stiff(ana, NOW.isoformat())
    path = f"episodes/{episode_of(ana)}/end"
    assert ask(maria, "post", path, {"because": "discharge", "on": str(TODAY)}).status_code == 204
    assert ask(maria, "get", "reviews").json()["results"] == []
    (task,) = ask(maria, "get", "tasks").json()["results"]
    assert (task["kind"], task["cause"]) == ("read_answer", "symptom.morning_stiffness")
    assert task["why"].startswith("Symptom check:")


def test_a_correction_names_an_original(maria: people.Person):
    ana = weeks_in(maria, 1)
    first = record(maria, ana).json()["id"]
    second = record(maria, ana, corrects=first).json()["id"]
    answer = record(maria, ana, corrects=second)
    assert (answer.status_code, "corrects" in answer.content.decode()) == (400, True)
    assert record(maria, ana, corrects=first).status_code == 201


def test_nobody_acts_on_their_own_record(maria: people.Person):
    ana = weeks_in(maria, 1)
    Membership.objects.create(user=ana.user, clinic=Clinic.objects.get(), role=Role.CLINICIAN, started_at=NOW)
    answer = record(ana, ana)
    assert (answer.status_code, "own record" in answer.content.decode()) == (403, True)
    assert ask(ana, "get", f"episodes/{episode_of(ana)}/reviews").status_code == 200
