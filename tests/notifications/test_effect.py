"""The lot and the interval as plain functions, and the whole way from consent to the clinic's figures."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import actions as accounts
from accounts.access import acting_for_all
from notifications.claims import claim
from notifications.effect import Counts, effect, wilson, withheld
from notifications.models import DeliveryChoices, MessageSettings, Notification, ReminderEffect
from notifications.red_flags import queue_messages
from notifications.withholding import measure
from recovery.models import ExerciseSession
from tests.notifications.conftest import NOON, World
from tests.notifications.test_pointless import record

KEY = b"a key of these tests"


def lot(n: int, percent: int) -> bool:
    day = date(2026, 1, 1) + timedelta(days=n % 300)
    return withheld(key=KEY, percent=percent, patient_id=n, kind="exercise", local_date=day, slot="09:00")


def test_the_lot_takes_its_share_and_falls_the_same_each_time():
    taken = [n for n in range(20_000) if lot(n, 10)]
    assert 1_850 < len(taken) < 2_150  # 3.5 standard deviations
    assert taken == [n for n in range(20_000) if lot(n, 10)]
    assert not any(lot(n, 0) for n in range(1_000))
    assert set(taken) <= {n for n in range(20_000) if lot(n, 20)}


def test_another_key_makes_another_lot():
    def lots(key: bytes) -> list[bool]:
        return [
            withheld(
                key=key, percent=50, patient_id=n, kind="walk", local_date=date(2026, 1, 1), slot="09:00"
            )
            for n in range(100)
        ]

    assert lots(b"one") != lots(b"other")


def test_the_interval_is_the_published_example():
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80 is 0.2000, 0.0524 to 0.3339 (method 10)."""
    found = effect(Counts(patients=20, sent=70, sent_acted=56, withheld=80, withheld_acted=48))
    assert found.difference == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)
    assert found.says == "more"


@given(sent=st.integers(30, 500), held=st.integers(30, 500), a=st.floats(0, 1), b=st.floats(0, 1))
def test_the_interval_holds_the_difference_and_stays_a_share(sent: int, held: int, a: float, b: float):
    found = effect(Counts(9, sent, int(sent * a), held, int(held * b)))
    assert found.low is not None
    assert found.difference is not None
    assert found.high is not None
    assert -1 <= found.low <= found.difference <= found.high <= 1
    low, high = wilson(int(sent * a), sent)
    assert 0 <= low <= int(sent * a) / sent <= high <= 1


@pytest.mark.parametrize(
    "counts",
    [Counts(20, 29, 9, 500, 3), Counts(20, 500, 9, 29, 3), Counts(4, 500, 99, 500, 3), Counts(0, 0, 0, 0, 0)],
)
def test_too_few_is_said_and_no_figure_given(counts: Counts):
    found = effect(counts)
    assert (found.says, found.difference, found.with_reminder) == ("too_few", None, None)


def due(world: World, *, days: int = 0, kind: str = "exercise", **fields: Any) -> Notification:
    at = NOON - timedelta(days=days)
    return Notification.objects.create(
        clinic=world.clinic,
        recipient_id=world.patient.pk,
        patient=world.patient,
        kind=kind,
        local_date=at.date(),
        slot="12:00",
        expires_at=NOON + timedelta(hours=2),
        next_attempt_at=at,
        **{"due_at": at} | fields,
    )


def agree(world: World, measuring: bool | None = True) -> None:
    DeliveryChoices.objects.create(patient=world.patient, clinic=world.clinic, measuring=measuring)


def states() -> set[tuple[str, bool]]:
    return set(Notification.objects.values_list("state", "measured"))


@pytest.mark.parametrize("measuring", [None, False])
def test_nobody_who_did_not_agree_misses_a_reminder(world: World, measuring: bool | None):
    agree(world, measuring)
    MessageSettings.objects.create(clinic=world.clinic, withheld_percent=20)
    for days in range(60):
        due(world, days=days, due_at=NOON)
    assert len(claim(urgent=False, now=NOON).jobs) == 60
    assert states() == {("sending", False)}


def test_with_consent_some_are_withheld_for_good_and_the_ledger_says_so(world: World):
    agree(world)
    MessageSettings.objects.create(clinic=world.clinic, withheld_percent=20)
    for days in range(90):
        due(world, days=days, due_at=NOON)
    jobs = claim(urgent=False, now=NOON).jobs
    kept_back = Notification.objects.filter(state="withheld")
    assert 5 <= kept_back.count() <= 35
    assert len(jobs) + kept_back.count() == 90
    assert states() == {("sending", True), ("withheld", True)}
    assert claim(urgent=False, now=NOON + timedelta(hours=1)).rows == len(jobs), "none comes back"


def test_a_red_flag_is_never_withheld(world: World):
    agree(world)
    MessageSettings.objects.create(clinic=world.clinic, withheld_percent=20)
    for n in range(40):
        world.raise_flag(at=NOON, rule=f"rule {n}")
    queue_messages(now=NOON)
    assert len(claim(urgent=True, now=NOON).jobs) == 80
    assert states() == {("sending", False)}


def acted(world: World, at: Any, *, withdrawn: bool = False) -> None:
    ExerciseSession.objects.create(
        clinic=world.clinic,
        patient=world.patient,
        client_uuid=uuid4(),
        revision=1,
        withdrawn=withdrawn,
        conflicted=False,
        happened_at=at,
        utc_offset_minutes=120,
        on=at.date(),
        clock_suspect=False,
        body={},
        received_at=at,
    )


def test_who_acted_within_two_hours_is_counted_in_both_arms(world: World):
    for days, (state, after) in enumerate(
        [("sent", 60), ("sent", 121), ("sent", -1), ("withheld", 119), ("withheld", None), ("missed", 5)]
    ):
        row = due(world, days=days + 1)
        sent_at = row.due_at if state == "sent" else None
        Notification.objects.filter(pk=row.pk).update(state=state, measured=True, sent_at=sent_at)
        if after is not None:
            acted(world, row.due_at + timedelta(minutes=after))
    due(world, days=20)  # drawn for nothing: not in it
    acted(world, NOON - timedelta(days=5) + timedelta(minutes=3), withdrawn=True)
    measure(now=NOON)
    measure(now=NOON)
    found = ReminderEffect.objects.get()
    assert (found.kind, found.hour, found.patients) == ("exercise", 12, 1)
    assert (found.sent, found.sent_acted, found.withheld, found.withheld_acted) == (4, 2, 2, 1)


def test_only_the_evening_answer_counts_for_the_diary(world: World):
    row = due(world, days=1, kind="diary")
    Notification.objects.filter(pk=row.pk).update(state="withheld", measured=True)
    for asked, acted in (("now", 0), ("last_24_hours", 1)):
        record(
            world.patient, "pain", at=row.due_at + timedelta(minutes=5), region="leg", score=3, asked=asked
        )
        measure(now=NOON)
        assert ReminderEffect.objects.get().withheld_acted == acted


def test_staff_read_it_in_a_constant_number_of_statements(world: World, django_assert_num_queries):
    now = timezone.now()
    _, token = accounts.add_device(
        user_id=world.therapist.pk, clinic_id=world.clinic.pk, name="Desk", now=now
    )
    client = Client(headers={"Authorization": f"Bearer {token}"})
    for kind in ("exercise", "diary", "walk"):
        ReminderEffect.objects.bulk_create(
            ReminderEffect(
                clinic=world.clinic, kind=kind, hour=hour, patients=9,
                sent=40, sent_acted=30, withheld=10, withheld_acted=2,
            )
            for hour in (8, 9, 10, 11)
        )  # fmt: skip
    with django_assert_num_queries(4):  # savepoint, token, rows, savepoint
        rows = client.get("/api/v1/reminder-effect").json()
    day, hour = (next(row for row in rows if row["kind"] == "walk" and row["hour"] == h) for h in (None, 8))
    assert (day["sent"], day["withheld"], day["says"]) == (160, 40, "more")
    assert day["with_reminder"] == 0.75
    assert day["low"] > 0.3
    with acting_for_all():
        ReminderEffect.objects.filter(kind="walk", hour=8).update(withheld=40, withheld_acted=2)
    hours = [row for row in client.get("/api/v1/reminder-effect").json() if row["hour"] == 8]
    (walk,) = (row for row in hours if row["kind"] == "walk")
    assert (walk["says"], walk["difference"]) == (None, 0.7), "one of many hours differs by chance"
    assert (hour["says"], hour["difference"]) == ("too_few", None)
    with acting_for_all():
        ReminderEffect.objects.all().delete()
    assert client.get("/api/v1/reminder-effect").json() == []
