"""The phone's clock: any zone on any day, and years off."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import pytest

from accounts.access import Role, acting_for_all
from recovery.models import PainEntry
from recovery.records import read
from tests import people
from tests.moments import NOW
from tests.phone.test_records import pain, sync
from tests.promises import Measured

ZONES = sorted(available_timezones())
A_YEAR = 366
HOURS = (0, 9, 17)  # of UTC, so that some zones have another date
TEN_YEARS = 3652


@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.trust)])
@pytest.mark.timeout(600)
def test_the_local_date_is_the_phones_in_every_zone_on_every_day(every: int, measured: Measured):
    first, uuid, wrong, tried, elsewhere = datetime(2026, 1, 1, tzinfo=UTC), str(uuid4()), [], 0, 0
    for name in ZONES[::every]:
        zone = ZoneInfo(name)
        for n in range(A_YEAR):
            for hour in HOURS:
                moment = first + timedelta(days=n, hours=hour)
                local = moment.astimezone(zone)
                said = {"revision": 1, "at": local.isoformat(), "zone": name}
                one = read("pain", uuid, said | {"region": "leg", "score": 3, "asked": "now"})
                tried += 1
                elsewhere += local.date() != moment.date()
                if (one.on, one.record.at) != (local.date(), moment):
                    wrong.append(said["at"])
    measured("P-15", f"{len(wrong)} of {tried} local dates wrong, in {len(ZONES[::every])} zones")
    assert elsewhere > tried / 10, "no zone had another date: this would prove nothing"
    assert wrong == []


@pytest.mark.usefixtures("noon", "db")
@pytest.mark.parametrize("records", [60, pytest.param(3000, marks=pytest.mark.trust)])
def test_no_clock_is_refused_however_wrong(records: int, measured: Measured):
    random = Random(15)  # noqa: S311 (the same clocks each time)
    ana = people.patient(people.member(people.clinic(), Role.THERAPIST))
    days = [-TEN_YEARS, TEN_YEARS, *(random.uniform(-TEN_YEARS, TEN_YEARS) for _ in range(records - 2))]
    sent, answers = [], []
    for off in days:
        name = random.choice(ZONES)
        at = (NOW + timedelta(days=off)).astimezone(ZoneInfo(name))
        sent.append({"id": str(uuid4()), "kind": "pain", **pain(at=at.isoformat(), zone=name)})
    for start in range(0, records, 100):
        answers += [one["answer"] for one in sync(ana, *sent[start : start + 100])]  # asserts 200
    with acting_for_all():
        rows = dict(PainEntry.objects.values_list("client_uuid", "on"))
        suspects = PainEntry.objects.filter(clock_suspect=True).count()
    right = sum(
        rows[key].isoformat() == one["at"][:10] for one in sent for key in rows if str(key) == one["id"]
    )
    measured(
        "P-15", f"{answers.count('refused')} of {records} records refused, of clocks 10 years off either way"
    )
    assert set(answers) == {"stored"}
    assert right == records
    assert records * 0.8 < suspects < records
