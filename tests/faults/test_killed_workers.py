"""kill -9 of workers in the middle of their work: nothing is lost, and only what nobody can know of comes twice."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
import redis

from notifications.delivery import THREADS
from tests.faults.house import confirming, due_now, house, reachable, states
from tests.notifications.conftest import World
from tests.notifications.receivers import Browser
from tests.promises import Measured

CHILDREN = 2  # of one worker, each with its threads


@dataclass(frozen=True)
class Form:
    messages: int
    kills: int
    app: str
    patience: float


SHORT = Form(messages=500, kills=3, app="tests.faults.quick", patience=180)
LONG = Form(messages=2000, kills=20, app="config", patience=300)


@pytest.mark.processes
@pytest.mark.parametrize("form", [SHORT, pytest.param(LONG, marks=pytest.mark.trust)], ids=["short", "long"])
@pytest.mark.timeout(1800)
def test_killed_workers_lose_nothing_and_double_what_no_phone_has_confirmed(
    committed_world: World, tmp_path: Path, form: Form, measured: Measured
):
    """Half of the phones confirm what they show, as the app does; the others never do, like a phone without a network.

    Whether a message that was in flight at a kill has left only its phone can tell. One that confirmed gets no second.
    The others get it again, in the place of the first: to double none of theirs would lose those that had not left.
    Between the kills the broker loses all it has, which is nothing but ticks.
    """
    flushed = 0
    random = Random(4)  # noqa: S311 - the same victims each time
    with house(tmp_path, app=form.app) as amble:
        amble.service.delay = 0.02
        browser = Browser()
        patients = reachable(committed_world, amble.service, 50, browser=browser)
        with confirming(amble.service, browser, patients[::2]):
            due_now(patients, each=form.messages // 50)
            for kill in range(form.kills):
                # Evenly over the work, and only while there is some: a kill of an idle worker proves nothing.
                reached = form.messages * (kill + 1) // (form.kills + 2)
                amble.wait_for(lambda: len(amble.service.received) > reached, seconds=form.patience)  # noqa: B023
                amble.kill(random.choice(["worker one", "worker two"]))
                assert states()["sent"] < form.messages, "all was done: this kill would prove nothing"
                if kill % 2:
                    with redis.Redis(port=amble.broker.port) as client:
                        client.flushall()
                    flushed += 1
            amble.wait_for(lambda: states() == {"sent": form.messages}, seconds=form.patience)
        received = amble.received()
        confirm = {f"/{patient.pk}" for patient in patients[::2]}
        doubled = Counter({True: 0, False: 0})
        for (path, _), times in received.items():
            doubled[path in confirm] += times - 1
    measured(
        "P-4",
        f"{form.kills} kills and {flushed} flushed queues in {form.messages} messages: "
        f"lost {form.messages - len(received)}, doubled {doubled[True]} to phones that confirm and "
        f"{doubled[False]} to phones that do not",
    )
    assert len(received) == form.messages, "lost"
    assert doubled[True] <= form.kills, "more than one in flight a kill"
    assert doubled[False] <= form.kills * CHILDREN * THREADS
