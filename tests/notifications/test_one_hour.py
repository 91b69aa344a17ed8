"""An hour of reminders, told by an invented clock: two beats, four planners' worth of workers, four senders."""

import statistics
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from random import Random

import pytest
from django.db import connections

from accounts.access import acting_for_all
from notifications.clock import database_now
from notifications.delivery import deliver_ordinary
from notifications.models import MessagePreferences, Notification, PushSubscription
from notifications.planner import plan
from tests.notifications.conftest import World
from tests.notifications.receivers import Browser, PushService
from tests.promises import Measured

TICK = timedelta(seconds=10)
LATE = 90.0  # seconds, of 99 in a hundred
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("patients", "minutes"), [(60, 4), pytest.param(1000, 60, marks=pytest.mark.trust)], ids=["short", "long"]
)
def test_each_reminder_of_an_hour_leaves_once_in_time_and_none_in_quiet_hours(
    committed_world: World, service: PushService, patients: int, minutes: int, measured: Measured
):
    random, start = Random(4), database_now()  # noqa: S311 (the same hour each time)
    start = start.replace(second=0, microsecond=0)
    loud = remind(committed_world, service, random, start, patients, minutes)
    end = start + timedelta(minutes=minutes + 2)

    def alone(work: Callable[..., int], now: datetime) -> None:
        try:
            work(now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        now = start
        while now < end:
            now += TICK
            list(pool.map(alone, [plan, plan, *[deliver_ordinary] * 4], [now] * 6))
    with acting_for_all():
        rows = list(Notification.objects.values_list("recipient", "state", "due_at", "sent_at"))
    sent = Counter((push.path, push.headers["Topic"]) for push in service.received)
    lateness = [(sent_at - due_at).total_seconds() for _, _, due_at, sent_at in rows if sent_at]
    p99 = statistics.quantiles(lateness, n=100, method="inclusive")[-1]
    quiet = sum(recipient not in loud for recipient, *_ in rows)
    measured(
        "P-4",
        f"{len(rows)} reminders in {minutes} min: {len(rows) - len(set(rows))} doubled in the ledger, "
        f"{sent.total() - len(sent)} on the way, p99 {p99:.0f} s late, {quiet} in quiet hours",
    )
    assert Counter(recipient for recipient, *_ in rows) == Counter(dict.fromkeys(loud, 1))
    assert {state for _, state, *_ in rows} == {"sent"}
    assert len(sent) == sent.total() == len(loud)
    assert p99 <= LATE
    assert quiet == 0


def remind(
    world: World, service: PushService, random: Random, start: datetime, patients: int, minutes: int
) -> set[int]:
    """Each patient one reminder within the time; for every fifth it falls into their quiet hours. Who is to hear."""
    loud: set[int] = set()
    with acting_for_all():
        for n in range(patients):
            patient = world.add_patient(f"P{n}", time_zone=random.choice(ZONES))
            PushSubscription.objects.create(
                user_id=patient.pk,
                endpoint=service.url(f"/{patient.pk}"),
                created_at=patient.added_at,
                **Browser().keys,
            )
            due = start + timedelta(minutes=random.randrange(1, minutes + 1))
            local = due.astimezone(patient.zone)
            around = ((local + timedelta(hours=hours)).time() for hours in (-1, 1))
            midnight = (time(0), time(0))  # none
            is_quiet = n % 5 == 0
            quiet_start, quiet_end = around if is_quiet else midnight
            MessagePreferences.objects.create(
                patient=patient, clinic=world.clinic, quiet_start=quiet_start, quiet_end=quiet_end
            )
            world.remind(patient, due=due)
            if not is_quiet:
                loud.add(patient.pk)
    return loud
