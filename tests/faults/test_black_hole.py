"""PostgreSQL takes what it is asked and never answers, as behind a network that drops everything."""

import os
import time
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.access import acting_for_all
from config.database import LONGEST_SECONDS
from notifications.clock import database_now
from tests.faults.house import house
from tests.faults.phones import Phone, pain
from tests.faults.proxy import proxy
from tests.faults.test_broker import token_of
from tests.faults.test_red_flags_first import hears
from tests.notifications.conftest import World
from tests.promises import Measured

ANSWERED_WITHIN = (
    LONGEST_SECONDS + 5 + 3
)  # what a request waits for an answer, for a connection, and this machine
RECOVERED_WITHIN = 35.0


SECONDS = 60


@pytest.mark.trust
@pytest.mark.processes
@pytest.mark.timeout(300)
def test_a_database_that_swallows_everything_is_a_503_and_red_flags_go_on_after_it(
    committed_world: World, tmp_path: Path, measured: Measured
):
    url = urlsplit(os.environ["DATABASE_URL"])
    socket = f"{parse_qs(url.query)['host'][0]}/.s.PGSQL.5432"
    with proxy(socket) as between:
        way = f"postgresql://{url.username}:{url.password}@127.0.0.1:{between.port}{url.path}?sslmode=disable"
        with house(
            tmp_path, "web", "watch", app="config", tasks=False, database=f"{way}&gssencmode=disable"
        ) as amble:
            phone, random = Phone(amble.web_port, token_of(committed_world)), Random(1)  # noqa: S311 (the same each time)
            hears(committed_world, amble.service)
            phone.put(pain(random))
            assert phone.statuses == {201: 1}

            between.hang()
            until = time.monotonic() + SECONDS
            entry = pain(random)
            phone.longest = 0.0
            while time.monotonic() < until:
                phone.try_put(entry)
                time.sleep(phone.pause)
            assert between.swallowed > 0, "nobody spoke to the database: this would prove nothing"
            assert phone.statuses.keys() == {201, 503}
            assert phone.longest <= ANSWERED_WITHIN

            between.heal(tell=False)
            healed = time.monotonic()
            phone.put(entry)
            recovered = time.monotonic() - healed
            with acting_for_all():
                committed_world.raise_flag(at=database_now())
            amble.wait_for(lambda: amble.received(), seconds=RECOVERED_WITHIN)
            heard = time.monotonic() - healed
            phone.close()
    said = (
        f"PostgreSQL silent for {SECONDS} s: 503 within {phone.longest:.0f} s; after it a record stored in "
        f"{recovered:.0f} s, a red flag told of in {heard:.0f} s"
    )
    measured("P-1", said)
    print(said)
    assert recovered <= RECOVERED_WITHIN
    assert heard <= RECOVERED_WITHIN
    assert phone.wrong == []
