"""Red flags that are raised and acknowledged at any moment: each step on its minute, and none ends unheard."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from notifications.clock import database_now
from notifications.escalation import ADMINISTRATORS, EVERYONE, LIST, TEAM
from notifications.models import Alarm, Notification
from notifications.reconciler import WATCH, beat, reconcile
from notifications.red_flags import queue_messages
from recovery.models import CareTeamMember, RedFlag
from tests.notifications.conftest import World
from tests.promises import Measured

SWEEP = timedelta(seconds=30)
TOLERANCE = timedelta(seconds=30)
AFTER = {TEAM: 0, LIST: 15, ADMINISTRATORS: 30, EVERYONE: 60}


@pytest.mark.parametrize("runs", [40, pytest.param(1000, marks=pytest.mark.trust)])
@pytest.mark.timeout(900)
def test_each_flag_is_acknowledged_or_goes_through_every_step_on_its_minute(
    world: World, runs: int, measured: Measured
):
    random, start = Random(6), database_now()  # noqa: S311 (the same runs each time)
    to_come = sorted((start + timedelta(seconds=random.uniform(0, 600)) for _ in range(runs)), reverse=True)
    raised: dict[int, datetime] = {}
    acknowledged: dict[int, datetime] = {}
    now = start
    while now < start + timedelta(minutes=90):
        now += SWEEP * random.uniform(0.2, 1)
        while to_come and to_come[-1] <= now:
            flag = raise_flag(world, at=to_come.pop(), number=len(raised))
            raised[flag.pk] = flag.raised_at
            if random.random() < 0.7:
                acknowledged[flag.pk] = flag.raised_at + timedelta(minutes=random.uniform(0, 75))
        seen = [pk for pk, at in acknowledged.items() if at <= now]
        RedFlag.objects.filter(pk__in=seen, acknowledged_at=None).update(
            acknowledged_at=now, acknowledged_by=world.therapist
        )
        queue_messages(now=now)
    steps: dict[int, dict[int, datetime]] = defaultdict(dict)
    for row in Notification.objects.order_by("-due_at"):
        steps[row.red_flag_id or 0][row.step or 0] = row.due_at
    wrong = [
        (pk, step)
        for pk, at in raised.items()
        for step, minutes in AFTER.items()
        if not is_right(steps[pk].get(step), at + timedelta(minutes=minutes), acknowledged.get(pk))
    ]
    beat(WATCH, now=now)
    reconcile(now=now)
    unanswered = len(raised.keys() - acknowledged.keys())
    measured(
        "P-6",
        f"{runs} runs, {len(wrong)} steps not on their minute; {unanswered} never seen, all at the last step",
    )
    assert wrong == []
    assert unanswered > runs / 10
    assert Alarm.objects.get().unanswered == unanswered


def raise_flag(world: World, *, at: datetime, number: int) -> RedFlag:
    """Of a patient of its own, whom the therapist cares for."""
    patient = world.add_patient(f"P{number}")
    CareTeamMember.objects.create(
        clinic=world.clinic,
        patient=patient,
        user=world.therapist,
        from_on=patient.added_at.date(),
        added_by=world.administrator,
        added_at=patient.added_at,
    )
    return replace(world, patient=patient).raise_flag(at=at)


def is_right(taken: datetime | None, due: datetime, seen: datetime | None) -> bool:
    """Taken within the tolerance of its minute; not at all where a person had been faster."""
    if taken is None:
        return seen is not None and seen <= due + TOLERANCE
    return due <= taken <= due + TOLERANCE and (seen is None or taken < seen + TOLERANCE)
