"""Three days of records on two phones, sent through a slow network that is cut again and again."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from accounts.access import acting_for_all
from recovery.models import PainEntry, RecordRevision, RedFlag
from recovery.rules.red_flags import symptom_check
from tests.faults.house import house
from tests.faults.phones import Phone, Record, pain
from tests.faults.proxy import Link, proxy
from tests.faults.test_broker import token_of
from tests.faults.test_red_flags_first import hears
from tests.notifications.conftest import World
from tests.promises import Measured

FLAGS_WITHIN, ALL_WITHIN = 10.0, 60.0
BYTES_PER_SECOND, LATENCY = 400_000 / 8, 0.4


@dataclass(frozen=True)
class Form:
    records: int
    resent: int
    edited: int  # on both phones, each its own way
    invalid: int
    flags: int
    cuts: int


SHORT = Form(records=60, resent=6, edited=3, invalid=2, flags=1, cuts=6)
LONG = Form(records=300, resent=30, edited=10, invalid=5, flags=3, cuts=50)


@pytest.mark.processes
@pytest.mark.timeout(300)
@pytest.mark.parametrize("form", [SHORT, pytest.param(LONG, marks=pytest.mark.trust)], ids=["short", "long"])
def test_three_days_offline_arrive_whole_and_what_may_be_an_emergency_first(
    committed_world: World, tmp_path: Path, form: Form, measured: Measured
):
    random = Random(14)  # noqa: S311 (the same each time)
    with house(tmp_path, "web", "watch", app="config", tasks=False) as amble:
        hears(committed_world, amble.service)
        link = Link(BYTES_PER_SECOND, LATENCY / 2, form.cuts, 9_000, random)
        with proxy(amble.web_port, link) as network:
            one, other = (Phone(port, token_of(committed_world)) for port in (amble.web_port,) * 2)
            noted = diary(random, form.records)
            before = noted[
                : form.edited + form.resent
            ]  # of which the answers to some were lost with the network
            one.outbox = list(before)
            one.send()
            one.answers.clear()
            for phone in (one, other):
                phone.close()
                phone.port = network.port
            edits = [
                record | {"revision": 2, "score": 10 - record["score"]} for record in noted[: form.edited]
            ]
            others = [
                record | {"revision": 2, "note": "on the other phone"} for record in noted[: form.edited]
            ]
            invalid = [pain(random, score=11 + n) for n in range(form.invalid)]
            checks = [check(question) for question in list(symptom_check())[: form.flags]]
            one.outbox = [*noted[form.edited :], *edits, *invalid, *checks]
            other.outbox = list(others)

            began = time.monotonic()
            with ThreadPoolExecutor(3) as pool:
                heard = pool.submit(amble.wait_for, lambda: flags_told(amble) >= form.flags, seconds=60)
                sending = [pool.submit(phone.send) for phone in (one, other)]
                for each in sending:
                    each.result()
                took = time.monotonic() - began
                told_after = heard.result()
            for phone in (one, other):
                phone.close()
        cuts = link.made
    connections.close_all()

    with acting_for_all():
        entries = {
            str(e.client_uuid): e for e in PainEntry.objects.filter(patient=committed_world.patient.pk)
        }
        revisions = list(RecordRevision.objects.filter(patient=committed_world.patient.pk))
        flags = list(RedFlag.objects.filter(patient=committed_world.patient.pk))
        first_record = min(e.received_at for e in entries.values() if str(e.client_uuid) not in ids(before))
    missing = ids(noted) - entries.keys()
    kept = {(str(r.client_uuid), r.body["score"], r.body["note"]) for r in revisions if r.revision == 2}
    kept |= {(uuid, e.body["score"], e.body["note"]) for uuid, e in entries.items()}
    said = (
        f"{len(noted)} records, {len(missing)} missing, {len(one.refused)} refused and shown, {len(flags)} flags "
        f"told of after {told_after:.1f} s; all in {took:.1f} s through {cuts} cuts"
    )
    measured("P-3", f"{form.invalid} refused and shown, {form.edited} kept twice, 0 others waiting")
    measured("P-14", said)
    print(said)
    assert cuts == form.cuts, "the network was not cut so often: this would prove less"
    assert (one.outbox, other.outbox, one.wrong, other.wrong) == ([], [], [], [])
    assert (missing, entries.keys() - ids(noted)) == (set(), set())
    assert all(entries[record["id"]].score == record["score"] for record in noted[form.edited :]), (
        "what was noted is not what is stored"
    )
    assert all((r["id"], r["score"], r.get("note", "")) in kept for r in (*edits, *others)), (
        "one of two was lost"
    )
    assert sum(entry.conflicted for entry in entries.values()) == form.edited
    assert ids(one.refused) == ids(invalid)
    assert len(flags) == form.flags
    assert max(flag.raised_at for flag in flags) <= first_record, (
        "a record went before what may be an emergency"
    )
    assert told_after <= FLAGS_WITHIN
    assert took <= ALL_WITHIN


def diary(random: Random, count: int) -> list[Record]:
    """So many ratings over the last three days."""
    ago = sorted((random.uniform(0, 72) for _ in range(count)), reverse=True)
    now = datetime.now(UTC)
    return [pain(random, at=(now - timedelta(hours=hours)).isoformat()) for hours in ago]


def check(question: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "kind": "symptom_check",
        "revision": 1,
        "at": datetime.now(UTC).isoformat(),
        "answers": {question: "yes"},
    }


def flags_told(amble: Any) -> int:
    return Counter(path for path, _ in amble.received())["/therapist"]


def ids(records: list[Record]) -> set[str]:
    return {record["id"] for record in records}
