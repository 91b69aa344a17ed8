"""A clock that stands still, and an administrator."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.access import Role
from accounts.models import Clinic
from tests.clinic.conftest import staff
from tests.clinic.second_factor.browsing import Clock
from tests.moments import NOW
from tests.people import Person


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")
