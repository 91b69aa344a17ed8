"""What patients did, seen by the planner and again by the sender. Each record comes in as a phone sends it."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import acting_for_all
from notifications import staff
from notifications.claims import claim
from notifications.models import MessagePreferences, Notification, Reminder
from notifications.planner import plan
from notifications.schedule import LONGEST_JITTER_SECONDS
from recovery.actions.diary import take
from recovery.models import Episode, Patient, Plan, PlanPause, Prescription, Task
from recovery.records import read
from tests import people
from tests.notifications.conftest import NOON, World

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
JITTERED = NOON + timedelta(seconds=LONGEST_JITTER_SECONDS)


def record(
    patient: Patient, kind: str, *, at: datetime = NOON, received_at: datetime | None = None, **body: Any
) -> None:
    fields = {"revision": 1, "at": at.astimezone(patient.zone).isoformat()}
    records = [read(kind, str(uuid4()), fields | body)]
    (answer,) = take(patient_id=patient.pk, records=records, now=received_at or at)
    assert answer.verdict == "stored"


def heard(patient: Patient, at: datetime) -> None:
    """As if the patient had last touched their reminders then."""
    MessagePreferences.objects.filter(patient=patient).update(heard_at=at)
    Patient.objects.filter(pk=patient.pk).update(added_at=at)


def program(
    world: World, patient: Patient, *, times_per_day: int = 1, weekdays: tuple[int, ...] = ()
) -> Plan:
    episode = Episode.objects.create(
        clinic=world.clinic,
        patient=patient,
        onset_on=NOON.date() - 60 * DAY,
        side="left",
        started_on=NOON.date() - 20 * DAY,
        opened_by=world.therapist,
        opened_at=NOON - 20 * DAY,
    )
    plan = Plan.objects.create(
        clinic=world.clinic,
        patient=patient,
        episode=episode,
        number=1,
        starts_on=NOON.date() - 20 * DAY,
        published_by=world.therapist,
        published_at=NOON,
    )
    Prescription.objects.create(
        clinic=world.clinic,
        patient=patient,
        plan=plan,
        position=1,
        exercise=people.exercise(f"bridge-{patient.pk}"),
        dosage_values={"repetitions": 10, "times_per_day": times_per_day},
        weekdays=list(weekdays),
    )
    return plan


def outcomes() -> list[tuple[str, str, str]]:
    rows = Notification.objects.order_by("due_at", "kind")
    return [(row.kind, row.state, row.because) for row in rows]


DEEDS: dict[str, dict[str, Any]] = {
    "diary": {"kind": "pain", "region": "leg", "score": 3, "asked": "last_24_hours"},
    "walk": {"kind": "walk", "minutes": 10},
    "movement_break": {"kind": "walk", "minutes": 3},
    "exercise": {"kind": "session", "slot": 1, "results": []},
    "weekly_check": {"kind": "symptom_check", "answers": {"bladder": "no"}},
}
REASONS = dict.fromkeys(DEEDS, "done") | {"movement_break": "just_walked"}
WINDOW = {"times": [], "window_start": time(11, 20), "window_end": time(15), "every_minutes": 40}


def remind(world: World, kind: str, patient: Patient | None = None) -> None:
    if kind == "exercise":
        program(world, patient or world.patient)
    fields = WINDOW if kind == "movement_break" else {}
    world.remind(patient or world.patient, due=NOON, kind=kind, **fields)


@pytest.mark.parametrize("kind", DEEDS)
def test_a_reminder_of_what_is_done_is_not_planned(world: World, kind: str):
    remind(world, kind)
    record(world.patient, at=NOON - 5 * MINUTE, **DEEDS[kind])
    plan(now=NOON)
    assert outcomes() == [(kind, "skipped", REASONS[kind])]


@pytest.mark.parametrize("kind", DEEDS)
def test_what_is_done_between_planning_and_sending_does_not_leave(world: World, kind: str):
    remind(world, kind)
    plan(now=NOON)
    assert outcomes() == [(kind, "pending", "")]
    record(world.patient, at=NOON, **DEEDS[kind])
    assert claim(urgent=False, now=JITTERED).jobs == []
    assert outcomes() == [(kind, "skipped", REASONS[kind])]


@pytest.mark.parametrize("kind", DEEDS)
def test_what_was_done_on_another_day_or_taken_back_keeps_no_reminder_away(world: World, kind: str):
    remind(world, kind)
    record(world.patient, at=NOON - 7 * DAY, **DEEDS[kind])
    plan(now=NOON)
    assert outcomes() == [(kind, "pending", "")]


def test_a_long_walk_that_has_just_ended_keeps_the_break_away(world: World):
    """Its record says when it began; one that is noted afterwards says when that was."""
    remind(world, "movement_break")
    record(world.patient, "walk", at=NOON - 50 * MINUTE, received_at=NOON - 4 * MINUTE, minutes=45)
    plan(now=NOON)
    assert outcomes() == [("movement_break", "skipped", "just_walked")]


def test_a_walk_of_long_ago_that_arrives_now_keeps_no_break_away(world: World):
    remind(world, "movement_break")
    record(world.patient, "walk", at=NOON - 50 * MINUTE, received_at=NOON, minutes=10)
    plan(now=NOON)
    assert outcomes() == [("movement_break", "pending", "")]


def test_a_rating_of_now_is_not_the_evening_diary(world: World):
    remind(world, "diary")
    record(world.patient, "pain", at=NOON - MINUTE, region="leg", score=3, asked="now")
    plan(now=NOON)
    assert outcomes() == [("diary", "pending", "")]


def test_a_red_flag_between_planning_and_sending_stops_what_asks_to_move(world: World):
    for kind in ("exercise", "movement_break", "diary"):
        remind(world, kind)
    plan(now=NOON)
    world.raise_flag(at=NOON)
    assert [job.notification.kind for job in claim(urgent=False, now=JITTERED).jobs] == ["diary"]


def test_the_second_exercise_reminder_waits_for_the_second_session(world: World):
    program(world, world.patient, times_per_day=2)
    world.remind(world.patient, due=NOON - 4 * 60 * MINUTE, times=[time(8)])
    world.remind(world.patient, due=NOON)
    record(world.patient, "session", at=NOON - 5 * MINUTE, slot=1, results=[])
    plan(now=NOON)
    assert outcomes()[1] == ("exercise", "pending", "")


def test_a_day_that_the_program_leaves_free_has_no_exercise_reminder(world: World):
    program(world, world.patient, weekdays=(1, 5))  # NOON is a Wednesday
    world.remind(world.patient, due=NOON)
    plan(now=NOON)
    assert outcomes() == [("exercise", "skipped", "nothing_asked")]


def test_after_the_end_of_an_episode_nobody_is_asked_to_move(world: World):
    program(world, world.patient)
    Episode.objects.update(ended_on=NOON.date(), ended_because="discharge", ended_by=world.therapist)
    world.remind(world.patient, due=NOON)
    plan(now=NOON)
    assert outcomes() == [("exercise", "skipped", "ended")]


def test_the_fifth_message_of_a_date_and_the_ninth_break_do_not_leave(world: World):
    for n in range(6):
        world.remind(world.patient, due=NOON + n * MINUTE, kind="diary")
    world.remind(
        world.patient,
        due=NOON,
        kind="movement_break",
        times=[],
        window_start=time(11, 58),
        window_end=time(12, 10),
        every_minutes=1,
    )
    for minute in range(11):  # as it goes in life: a look every few seconds
        plan(now=NOON + minute * MINUTE)
    states = [(kind, state, why) for kind, state, why in outcomes() if kind == "diary"]
    assert states == [("diary", "pending", "")] * 4 + [("diary", "skipped", "enough")] * 2
    assert sum(state == "pending" for kind, state, _ in outcomes() if kind == "movement_break") == 8


def live(world: World, days: int, kind: str = "walk") -> list[int]:
    """Daily reminders, each sent and ignored: the days on which one left."""
    world.remind(world.patient, due=NOON, kind=kind)
    start = NOON
    heard(world.patient, start - DAY)
    left = []
    for n in range(days):
        now = start + n * DAY
        plan(now=now)
        if Notification.objects.filter(state="pending").update(state="sent", sent_at=now):
            left.append(n + 1)
        staff.hand_over_the_silent(now=now)
    return left


def test_an_ignored_reminder_fades_and_then_a_person_is_told_once(world: World):
    assert live(world, 20) == [1, 2, 3, 6]
    preferences = MessagePreferences.objects.get()
    assert preferences.silent_since == NOON.date() - DAY
    assert preferences.silence_is_told
    assert outcomes()[-1] == ("walk", "skipped", "silent")


def test_each_silence_is_handed_over_once(world: World):
    world.remind(world.patient, due=NOON, kind="diary")
    told = 0
    heard(world.patient, NOON - 9 * DAY)
    for n in range(30):
        now = NOON + n * DAY
        if n == 12:
            record(world.patient, "walk", at=now - MINUTE, minutes=4)
        plan(now=now)
        told += staff.hand_over_the_silent(now=now)
    assert told == 2
    causes = (
        Task.objects.filter(patient=world.patient, kind="silent")
        .order_by("id")
        .values_list("cause", flat=True)
    )
    assert list(causes) == [str(NOON.date() - 9 * DAY), str(NOON.date() + 12 * DAY)]


def test_nobody_is_told_of_the_silence_of_a_patient_who_was_discharged(world: World):
    program(world, world.patient)
    Episode.objects.update(ended_on=NOON.date(), ended_because="discharge", ended_by=world.therapist)
    world.remind(world.patient, due=NOON, kind="diary")
    heard(world.patient, NOON - 20 * DAY)
    plan(now=NOON)
    assert outcomes() == [("diary", "skipped", "ended")]
    assert staff.hand_over_the_silent(now=NOON) == 0


def test_what_the_patient_does_brings_the_reminder_back(world: World):
    assert live(world, 5) == [1, 2, 3]
    record(world.patient, "walk", at=NOON + 4 * DAY + MINUTE, minutes=4)
    plan(now=NOON + 5 * DAY)
    assert outcomes()[-1] == ("walk", "pending", "")


def test_holidays_are_no_silence(world: World):
    world.remind(world.patient, due=NOON, kind="diary")
    heard(world.patient, NOON - 30 * DAY)
    MessagePreferences.objects.update(paused_until=NOON.date() - DAY)
    plan(now=NOON)
    assert outcomes() == [("diary", "pending", "")]


def pause(world: World, plan: Plan, first: date, last: date, **fields: Any) -> None:
    PlanPause.objects.create(
        clinic=world.clinic,
        patient=plan.patient,
        episode=plan.episode,
        from_on=first,
        until_on=last,
        reason="holiday",
        paused_by=world.therapist,
        paused_at=NOON,
        **fields,
    )


TODAY = NOON.date()


@pytest.mark.parametrize("kind", ["diary", "exercise", "weekly_check"])
def test_in_a_pause_of_the_plan_nothing_comes_and_nobody_is_silent(world: World, kind: str):
    pause(world, program(world, world.patient), TODAY - 9 * DAY, TODAY)
    world.remind(world.patient, due=NOON, kind=kind)
    heard(world.patient, NOON - 10 * DAY)
    plan(now=NOON)
    assert outcomes() == [(kind, "skipped", "paused")]
    assert staff.hand_over_the_silent(now=NOON) == 0


@pytest.mark.parametrize(
    ("until", "resumed", "state"), [(1, None, "pending"), (1, 9, "skipped"), (9, None, "skipped")]
)
def test_a_pause_of_the_plan_is_no_silence_up_to_its_real_end(
    world: World, until: int, resumed: int | None, state: str
):
    early = {"resumed_on": TODAY - resumed * DAY, "resumed_by": world.therapist} if resumed else {}
    pause(world, program(world, world.patient), TODAY - 14 * DAY, TODAY - until * DAY, **early)
    world.remind(world.patient, due=NOON, kind="diary")
    heard(world.patient, NOON - 15 * DAY)
    plan(now=NOON)
    assert outcomes()[0][1] == state


@pytest.mark.parametrize(("closed", "why"), [(None, ""), (2, ""), (8, "silent")])
def test_the_time_under_a_red_flag_is_no_silence(world: World, closed: int | None, why: str):
    world.remind(world.patient, due=NOON, kind="diary")
    heard(world.patient, NOON - 30 * DAY)
    flag = world.raise_flag(at=NOON - 29 * DAY)
    if closed is not None:
        flag.closed_at, flag.closed_by, flag.closed_because = NOON - closed * DAY, world.therapist, "Seen."
        flag.closed_on = flag.closed_at.date()
        flag.acknowledged_at, flag.acknowledged_by = flag.closed_at, world.therapist
        flag.save()
    plan(now=NOON)
    assert outcomes()[0][2] == why


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("message", {"text": "I am in pain, please call.", "private": False}),
        ("measure", {"instrument": "gpe", "effect": "much_better"}),
    ],
)
def test_who_wrote_a_message_or_answered_a_measure_was_heard(world: World, kind: str, body: dict[str, Any]):
    world.remind(world.patient, due=NOON, kind="diary")
    heard(world.patient, NOON - 9 * DAY)
    record(world.patient, kind, at=NOON - DAY, **body)
    plan(now=NOON)
    assert outcomes() == [("diary", "pending", "")]


def test_only_the_evening_answer_ends_the_fading_of_the_diary(world: World):
    assert live(world, 3, kind="diary") == [1, 2, 3]
    for n, (asked, state) in enumerate((("now", "skipped"), ("last_24_hours", "pending")), start=3):
        now = NOON + n * DAY
        record(world.patient, "pain", at=now - 23 * 60 * MINUTE, region="leg", score=3, asked=asked)
        plan(now=now)
        assert outcomes()[-1][1] == state


def test_a_pause_calls_off_what_was_already_planned(world: World):
    world.remind(world.patient, due=NOON, kind="diary")
    plan(now=NOON)
    MessagePreferences.objects.update(paused_until=NOON.date())
    assert claim(urgent=False, now=JITTERED).jobs == []
    assert outcomes() == [("diary", "skipped", "paused")]


def test_nothing_leaves_in_quiet_hours_that_were_chosen_after_planning(world: World):
    world.remind(world.patient, due=NOON, kind="diary")
    plan(now=NOON)
    MessagePreferences.objects.update(quiet_start=time(11), quiet_end=time(14))
    assert claim(urgent=False, now=JITTERED).jobs == []
    assert outcomes() == [("diary", "skipped", "quiet_hours")]


def test_a_message_leaves_within_a_minute_and_never_after_its_date(world: World):
    MessagePreferences.objects.create(
        patient=world.patient, clinic=world.clinic, quiet_start=time(4), quiet_end=time(4)
    )
    last_minute = datetime.combine(date(2026, 6, 10), time(21, 59), tzinfo=NOON.tzinfo)  # 23:59 in Berlin
    world.remind(world.patient, due=last_minute, kind="diary")
    patients = [world.add_patient(f"P{n}") for n in range(30)]
    for patient in patients:
        world.remind(patient, due=NOON, kind="diary")
    plan(now=NOON)
    plan(now=last_minute)
    rows = list(Notification.objects.all())
    waits = {(row.next_attempt_at - row.due_at).total_seconds() for row in rows}
    assert len(waits) > 10
    assert all(0 <= wait <= 60 for wait in waits)
    late = next(row for row in rows if row.slot == "23:59")
    assert world.patient.local_date(late.next_attempt_at) == late.local_date


def test_the_number_of_statements_does_not_depend_on_the_number_of_patients(world: World):
    def statements(number: int, day: int) -> tuple[int, int]:
        due = NOON + day * DAY
        for n in range(number):
            patient = world.add_patient(f"P{day}-{n}")
            for kind in ("diary", "walk", "weekly_check"):
                world.remind(patient, due=due, kind=kind)
        with CaptureQueriesContext(connection) as planning:
            assert plan(now=due) == 3 * number
        with CaptureQueriesContext(connection) as claiming:
            assert len(claim(urgent=False, now=due + MINUTE).jobs) == 3 * number
        Reminder.objects.all().delete()
        Notification.objects.all().delete()
        return len(planning), len(claiming)

    assert statements(2, 0) == statements(20, 1)


def test_a_row_of_another_worker_is_judged_by_the_one_that_holds_it(committed_world: World):
    with acting_for_all():
        remind(committed_world, "walk")
    plan(now=NOON)
    with acting_for_all():
        record(committed_world.patient, "walk", at=NOON, minutes=4)
    assert claim(urgent=False, now=JITTERED).jobs == []
    with acting_for_all():
        assert outcomes() == [("walk", "skipped", "done")]
