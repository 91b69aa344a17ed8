"""kill -9 of workers in the middle of their work: nothing is lost, and only what was in flight comes twice."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from notifications.delivery import THREADS
from tests.faults.house import due_now, house, reachable, states
from tests.notifications.conftest import World

CHILDREN = 2  # of one worker, each with its threads


@dataclass(frozen=True)
class Form:
    messages: int
    kills: int
    app: str
    patience: float


SHORT = Form(messages=500, kills=3, app="tests.faults.quick", patience=60)
LONG = Form(messages=2000, kills=20, app="config", patience=300)


@pytest.mark.processes
@pytest.mark.parametrize("form", [SHORT, pytest.param(LONG, marks=pytest.mark.trust)], ids=["short", "long"])
@pytest.mark.timeout(1800)
def test_killed_workers_lose_nothing_and_double_what_was_in_flight(
    committed_world: World, tmp_path: Path, form: Form, capsys: pytest.CaptureFixture[str]
):
    random = Random(4)  # noqa: S311 - the same victims each time
    with house(tmp_path, app=form.app) as amble:
        amble.service.delay = 0.02
        due_now(reachable(committed_world, amble.service, 50), each=form.messages // 50)
        for kill in range(form.kills):
            # Evenly over the work, and only while there is some: a kill of an idle worker proves nothing.
            reached = form.messages * (kill + 1) // (form.kills + 2)
            amble.wait_for(lambda: len(amble.service.received) > reached, seconds=form.patience)  # noqa: B023
            amble.kill(random.choice(["worker one", "worker two"]))
            assert states()["sent"] < form.messages, "all was done: this kill would prove nothing"
        amble.wait_for(lambda: states() == {"sent": form.messages}, seconds=form.patience)
        received = amble.received()
        doubled = received.total() - len(received)
    with capsys.disabled():
        print(f"\n{form.kills} kills of {form.messages} messages: lost 0, doubled {doubled}")
    assert len(received) == form.messages, f"{form.messages - len(received)} lost"
    assert doubled <= form.kills * CHILDREN * THREADS
