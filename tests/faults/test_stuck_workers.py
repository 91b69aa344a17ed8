"""Workers that are alive and take nothing end, and others go on where they were."""

import time
from pathlib import Path

import pytest
from celery import Celery

from tests.faults.house import due_now, house, reachable, states
from tests.notifications.conftest import World


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_workers_that_take_no_more_tasks_are_replaced(committed_world: World, tmp_path: Path):
    with house(tmp_path, app="tests.faults.quick") as amble:
        patients = reachable(committed_world, amble.service, 20)
        due_now(patients, each=1)
        amble.wait_for(lambda: states() == {"sent": 20}, seconds=180)
        before = {name: amble.running[name] for name in ("worker one", "worker two")}

        with Celery(broker=amble.environment["REDIS_URL"]) as outside:
            told = outside.control.cancel_consumer("celery", reply=True, timeout=20, limit=2) or []
        assert len(told) == 2, f"not both workers heard it: {told}"
        time.sleep(3)  # a tick that had reached one of them has run, or has expired
        due_now(patients, each=1, first_slot=60)
        time.sleep(3)
        assert states() == {"sent": 20, "pending": 20}, "something was taken: this would prove nothing"
        assert all(worker.poll() is None for worker in before.values()), "they are not stuck, they have ended"

        amble.wait_for(lambda: states() == {"sent": 40}, seconds=180)
        assert any(worker.poll() == 1 for worker in before.values())
        assert set(amble.received().values()) == {1}
    assert "took no task for 15 s, and tasks wait: it ends" in amble.log.read_text()
