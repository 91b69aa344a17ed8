from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connections

from accounts.access import acting_for_all
from notifications.actions import change_reminder, locked_preferences, remove_reminder
from notifications.clock import database_now
from notifications.models import MessagePreferences, Notification, Reminder
from notifications.planner import plan
from recovery.models import Patient
from tests.notifications.conftest import NOON, World


def ledger() -> list[tuple[str, date, str, str]]:
    rows = Notification.objects.order_by("due_at", "kind").values_list("kind", "local_date", "slot", "state")
    return list(rows)


def test_a_slot_that_has_come_due_is_in_the_ledger_and_the_reminder_waits_for_the_next(world: World):
    reminder = world.remind(world.patient, due=NOON)
    assert plan(now=NOON + timedelta(seconds=4)) == 1
    assert ledger() == [("exercise", date(2026, 6, 10), "12:00", "pending")]
    row = Notification.objects.get()
    assert (row.recipient_id, row.patient_id, row.due_at) == (world.patient.pk, world.patient.pk, NOON)
    assert row.expires_at == NOON + timedelta(hours=2)
    reminder.refresh_from_db()
    assert reminder.next_due_at == NOON + timedelta(days=1)


def test_planning_again_changes_nothing(world: World):
    reminder = world.remind(world.patient, due=NOON)
    plan(now=NOON)
    before = Notification.objects.values().get()
    # As if a planner had died after its rows and before the next instant: it does the same once more.
    Reminder.objects.filter(pk=reminder.pk).update(next_due_at=NOON)
    assert plan(now=NOON) == 1
    assert Notification.objects.values().get() == before


def test_what_is_not_due_or_switched_off_is_left_alone(world: World):
    world.remind(world.patient, due=NOON + timedelta(seconds=1))
    world.remind(world.patient, due=NOON, enabled=False)
    assert plan(now=NOON) == 0
    assert ledger() == []


def test_a_message_is_too_late_when_quiet_hours_begin(world: World):
    evening = datetime.combine(NOON, time(18), tzinfo=NOON.tzinfo)  # 20:00 in Berlin, quiet from 21:00
    world.remind(world.patient, due=evening)
    plan(now=evening)
    assert Notification.objects.get().expires_at == evening + timedelta(hours=1)


def test_after_an_outage_each_patient_gets_at_most_one_message_and_sees_the_others(world: World):
    patients = [world.patient, *(world.add_patient(f"P{n}") for n in range(20))]
    for patient in patients:
        world.remind(patient, due=NOON)
        world.remind(patient, due=NOON + timedelta(hours=1, minutes=30), kind="walk")
        world.remind(
            patient,
            due=NOON + timedelta(minutes=40),
            kind="movement_break",
            times=[],
            window_start=time(12),
            window_end=time(15),
            every_minutes=40,
        )
    assert plan(now=NOON + timedelta(hours=3)) == 63
    for patient in patients:
        own = Notification.objects.filter(recipient=patient.pk)
        assert own.count() == 6  # 12:00, 13:30 and the breaks at 12:40, 13:20, 14:00, 14:40
        assert [(row.kind, row.slot) for row in own.filter(state="pending")] == [("movement_break", "14:40")]
        assert own.filter(state="missed").count() == 5


def test_what_is_more_than_two_hours_late_never_leaves(world: World):
    world.remind(world.patient, due=NOON)
    plan(now=NOON + timedelta(hours=2))
    assert ledger() == [("exercise", date(2026, 6, 10), "12:00", "missed")]


def test_two_reminders_of_one_minute_both_leave_when_they_are_on_time(world: World):
    world.remind(world.patient, due=NOON)
    world.remind(world.patient, due=NOON, kind="walk")
    plan(now=NOON + timedelta(seconds=10))
    assert [state for *_, state in ledger()] == ["pending", "pending"]


def test_a_zone_nobody_knows_stops_nobody_elses_reminders(world: World):
    lost = world.add_patient("Lost", time_zone="Mars/Olympus")
    MessagePreferences.objects.create(patient=lost, clinic=world.clinic)
    Reminder.objects.create(
        clinic=world.clinic, patient=lost, kind="walk", times=[time(10)], next_due_at=NOON
    )
    world.remind(world.patient, due=NOON)
    assert plan(now=NOON) == 2
    assert {(row.recipient_id, row.slot) for row in Notification.objects.all()} == {
        (lost.pk, "10:00"),
        (world.patient.pk, "12:00"),
    }


@pytest.mark.parametrize(("zone", "minutes"), [("Asia/Kolkata", 12 * 60), ("America/New_York", -12 * 60)])
def test_a_traveller_gets_a_date_once_and_is_reminded_at_the_new_local_time(
    world: World, zone: str, minutes: int
):
    now = database_now()
    nine = next_nine = world.remind(world.patient, due=now, times=[time(9)], kind="walk")
    Notification.objects.create(  # today's has left in Berlin
        clinic=world.clinic,
        recipient_id=world.patient.pk,
        patient=world.patient,
        kind="walk",
        local_date=now.astimezone(world.patient.zone).date(),
        slot="09:00",
        due_at=now,
        next_attempt_at=now,
        state="sent",
        sent_at=now,
    )
    Reminder.objects.filter(pk=nine.pk).update(next_due_at=now + timedelta(days=9))
    Patient.objects.filter(pk=world.patient.pk).update(time_zone=zone)
    traveller = Patient.objects.get(pk=world.patient.pk)
    arrived = database_now()
    assert plan(now=arrived) == 1, "the new zone did not wake the planner"
    next_nine.refresh_from_db()
    assert next_nine.next_due_at is not None
    assert arrived < next_nine.next_due_at <= arrived + timedelta(days=1)
    assert next_nine.next_due_at.astimezone(traveller.zone).time() == time(9)
    plan(now=next_nine.next_due_at)
    plan(now=next_nine.next_due_at + timedelta(days=1))
    dates = list(Notification.objects.filter(kind="walk").values_list("local_date", flat=True))
    assert len(dates) == len(set(dates))


def switched_off(world: World, reminder: Reminder) -> None:
    preferences = locked_preferences(world.patient)
    change_reminder(reminder=reminder, preferences=preferences, fields={"enabled": False}, now=NOON)


@pytest.mark.parametrize("end", [lambda _, reminder: remove_reminder(reminder=reminder), switched_off])
def test_a_reminder_that_was_removed_or_switched_off_comes_no_more(
    world: World, end: Callable[[World, Reminder], None]
):
    reminder = world.remind(world.patient, due=NOON, kind="diary")
    world.remind(world.patient, due=NOON, kind="walk")
    plan(now=NOON)
    end(world, reminder)
    assert [state for *_, state in ledger()] == ["skipped", "pending"]
    assert Notification.objects.get(kind="diary").because == "removed"


def test_what_another_reminder_still_asks_for_comes(world: World):
    reminder = world.remind(world.patient, due=NOON, kind="diary")
    world.remind(world.patient, due=NOON, kind="diary", times=[time(12), time(20)])
    plan(now=NOON)
    remove_reminder(reminder=reminder)
    assert [state for *_, state in ledger()] == ["pending"]


@pytest.mark.parametrize("times", [[time(12)], [time(12), time(18)], [time(18)]])
def test_an_edit_between_due_and_planned_loses_nothing(world: World, times: list[time]):
    reminder = world.remind(world.patient, due=NOON)
    change_reminder(
        reminder=reminder,
        preferences=locked_preferences(world.patient),
        fields={"times": times},
        now=NOON + timedelta(seconds=4),
    )
    plan(now=NOON + timedelta(seconds=8))
    assert [slot for _, _, slot, _ in ledger()] == (["12:00"] if time(12) in times else [])
    reminder.refresh_from_db()
    following = time(18) if time(18) in times else time(12)
    assert reminder.next_due_at is not None
    assert reminder.next_due_at.astimezone(world.patient.zone).time() == following


def test_a_change_of_zone_between_due_and_planned_loses_nothing(world: World):
    now = database_now()
    due = now - timedelta(minutes=1)
    reminder = world.remind(world.patient, due=due)
    Patient.objects.filter(pk=world.patient.pk).update(time_zone="Africa/Tunis")
    reminder.refresh_from_db()
    assert reminder.next_due_at == due


def test_four_planners_at_once_write_each_slot_once(committed_world: World):
    with acting_for_all():
        for n in range(150):
            committed_world.remind(committed_world.add_patient(f"P{n}"), due=NOON)

    def plan_in_thread(_: int) -> int:
        try:
            return plan(now=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        handled = sum(pool.map(plan_in_thread, range(4)))
    with acting_for_all():
        assert handled == 150
        assert Notification.objects.count() == 150
        assert set(Reminder.objects.values_list("next_due_at", flat=True)) == {NOON + timedelta(days=1)}


def test_nobody_is_asked_to_move_under_an_open_red_flag_and_everybody_may_log(world: World):
    world.raise_flag(at=NOON)
    world.remind(world.patient, due=NOON)
    world.remind(world.patient, due=NOON, kind="diary")
    plan(now=NOON)
    assert [(kind, state) for kind, _, _, state in ledger()] == [
        ("diary", "pending"),
        ("exercise", "skipped"),
    ]
