"""The broker hangs, or is dead: a request notices nothing, and reminders go on where they were."""

import json
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.access import acting_for_all
from accounts.actions import add_device
from notifications.planner import ON_TIME
from tests.faults.house import House, due_now, house, reachable, states
from tests.notifications.conftest import World
from tests.promises import Measured

STARTED_WITHIN = 180.0
RESUMES_WITHIN = 30.0
MOST_ADDED = 0.050
FEWEST, MOST = 200, 1000  # pairs of writes; a 95th percentile of less is the chance of this machine


@dataclass(frozen=True)
class Form:
    seconds: float
    app: str
    tick_lasts: float  # in the queue, then it expires


SHORT = Form(seconds=30, app="tests.faults.quick", tick_lasts=2)
LONG = Form(seconds=600, app="config", tick_lasts=10)
FORMS = pytest.mark.parametrize(
    "form", [SHORT, pytest.param(LONG, marks=pytest.mark.trust)], ids=["short", "long"]
)


class Phone:
    """Writes one pain entry after the other, to the web process and its control in turns."""

    def __init__(self, amble: House, token: str) -> None:
        self.ports = {"web": amble.web_port, "control": amble.control_port}
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.statuses: Counter[int] = Counter()

    def write_for(self, seconds: float) -> tuple[float, float]:
        """The 95th percentiles of the seconds that a write took, for so long and FEWEST pairs: web, and control.

        Where they are too far apart it goes on, over all writes from the first on: what the machine did to one of
        them by chance evens out, and what the broker does to a request stays.
        """
        connections = {
            name: HTTPConnection("127.0.0.1", port, timeout=70) for name, port in self.ports.items()
        }
        times: dict[str, list[float]] = {name: [] for name in connections}
        until, turns = time.monotonic() + seconds, list(connections)
        while True:
            turns.reverse()  # neither is always the second, beside what the first has left to do
            for name in turns:
                times[name].append(self._write(connections[name]))
                time.sleep(0.01)
            pairs = len(times["web"])
            if time.monotonic() < until or pairs < FEWEST:
                continue
            web, control = (statistics.quantiles(times[name], n=20)[-1] for name in ("web", "control"))
            if web <= control + MOST_ADDED or pairs >= MOST:
                break
        for connection in connections.values():
            connection.close()
        return web, control

    def _write(self, connection: HTTPConnection) -> float:
        at = datetime.now(UTC).isoformat()
        body = json.dumps({"revision": 1, "at": at, "region": "leg", "score": 3, "asked": "now"})
        began = time.monotonic()
        connection.request("PUT", f"/api/v1/pain/{uuid4()}", body, self.headers)
        answer = connection.getresponse()
        answer.read()
        self.statuses[answer.status] += 1
        return time.monotonic() - began


def token_of(world: World) -> str:
    """Of a phone of the patient, newly signed in."""
    with acting_for_all():
        _, token = add_device(
            user_id=world.patient.pk, clinic_id=world.clinic.pk, name="Phone", now=datetime.now(UTC)
        )
    return token


def prove(amble: House, mode: str) -> None:
    """The fault is there: the broker takes a connection and says nothing, or takes none."""
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(port=amble.proxy.port, socket_timeout=1, socket_connect_timeout=1, retry=once)
    failure = redis.TimeoutError if mode == "hung" else redis.ConnectionError
    with pytest.raises(failure):
        client.ping()
    client.close()


@pytest.mark.processes
@pytest.mark.timeout(3600)
@FORMS
def test_a_broker_that_hangs_and_then_dies_costs_no_request_and_no_reminder(
    committed_world: World, tmp_path: Path, form: Form, measured: Measured
):
    with house(tmp_path, "web", "control", app=form.app) as amble:
        phone = Phone(amble, token_of(committed_world))
        patients = reachable(committed_world, amble.service, 20)
        due_now(patients, each=1)
        amble.wait_for(lambda: states() == {"sent": 20}, seconds=STARTED_WITHIN)
        phone.write_for(3)  # warm
        # After more than ON_TIME each patient gets the latest of theirs and no burst.
        each = 1 if form.seconds > ON_TIME.total_seconds() else 5
        sent = 20
        for first_slot, mode in ((120, "hung"), (220, "dead")):
            if mode == "hung":
                amble.proxy.hang()
            else:
                amble.broker.kill()
            prove(amble, mode)
            time.sleep(form.tick_lasts + 1)  # what had already reached a worker has run, or has expired
            due_now(patients, each=5, first_slot=first_slot)
            during, control = phone.write_for(form.seconds)
            prove(amble, mode)
            assert states()["pending"] == 100, "reminders left: the fault did not reach the workers"
            if mode == "hung":
                assert amble.proxy.swallowed > 0, "nobody spoke to the hung broker: this would prove nothing"
                amble.proxy.heal()
            else:
                amble.broker.start()
            sent += 20 * each
            resumed = amble.wait_for(
                lambda: states()["sent"] == sent and not states()["pending"] + states()["sending"],  # noqa: B023
                seconds=RESUMES_WITHIN,
            )
            measured(
                "P-10",
                f"broker {mode} for {form.seconds:g} s: p95 of a pain PUT {during * 1000:.0f} ms, beside "
                f"{control * 1000:.0f} ms with a good broker; {20 * each} of 100 reminders resumed in {resumed:.1f} s",
            )
            assert during <= control + MOST_ADDED
        received = amble.received()
    assert phone.statuses.keys() == {201}
    assert set(received.values()) == {1}, "doubled"
    assert len(received) == sent, "lost"
    assert states()["missed"] == 220 - sent
