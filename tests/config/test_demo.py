from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.access import acting_for_all
from accounts.actions import check_credentials, use_invitation
from config.demo import LIVES, make_clinic
from recovery.models import Plan, Progress
from tests import people
from tests.moments import NOW

pytestmark = pytest.mark.django_db

SHOWN = {
    "Amara Nwosu": ("alert", "alert.red_flag"),
    "Jonas Lindqvist": ("worse", "worse.recent"),
    "Mei-Ling Chen": ("review", "review.week_4"),
    "Tomás Herrera": ("review", "review.week_4"),
    "Leilani Kahale": ("no_data", "no_data.silent"),
    "Oskar Nowak": ("watch", "watch.above_band"),
    "Fatima El Amrani": ("on_track", "on_track.in_band"),
    "Samuel Adeyemi": ("relieved", "relieved.two_weeks"),
    "Ingrid Solberg": ("no_data", "no_data.no_plan"),
}


@pytest.fixture
def _catalog() -> None:
    call_command("load_catalog", stdout=StringIO())


@pytest.mark.usefixtures("_catalog")
@pytest.mark.parametrize("days_later", [0, 5])  # a weekend has no strength work
def test_each_patient_is_in_the_state_they_show(days_later: int) -> None:
    make_clinic(now=NOW + timedelta(days=days_later))
    with acting_for_all():
        rows = list(Progress.objects.values_list("patient__name", "status", "rule", "numbers"))
        plans = Counter(Plan.objects.values_list("patient__name", flat=True))
    assert {name: (status, rule) for name, status, rule, _ in rows} == SHOWN
    assert plans == {life.name: len(life.programs) for life in LIVES if life.programs}
    adherence = {name: numbers.get("adherence_percent") for name, _, _, numbers in rows}
    assert adherence["Mei-Ling Chen"] >= 80
    assert adherence["Tomás Herrera"] < 50


@pytest.mark.usefixtures("_catalog")
def test_everybody_gets_in_with_what_is_printed() -> None:
    screen = StringIO()
    call_command("load_demo", stdout=screen)
    lines = screen.getvalue().splitlines()
    administrator = next(line for line in lines if "Administrator" in line)
    email, password = administrator.split()[-2:]
    assert check_credentials(email=email, password=password)
    amara = next(line.split() for line in lines if "Amara" in line)
    assert use_invitation(code=amara[2], second_factor=amara[3], now=timezone.now())


def test_it_refuses_a_database_with_a_clinic() -> None:
    people.clinic()
    with pytest.raises(CommandError, match="There is a clinic already"):
        call_command("load_demo", stdout=StringIO())
