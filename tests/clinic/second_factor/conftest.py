"""A clock that stands still, and an administrator."""

import pytest

from accounts.access import Role
from accounts.models import Clinic
from tests.clinic.conftest import staff
from tests.clinic.second_factor.browsing import Clock
from tests.people import Person


@pytest.fixture(autouse=True)
def clock(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")
