import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exercises.catalog.reader import FOLDER
from exercises.models import Exercise, Program, ProgramLine
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(FOLDER / "files", tmp_path / "files")
    shutil.copytree(FOLDER / "programs", tmp_path / "programs")
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def load(folder=FOLDER):
    out = StringIO()
    call_command("load_catalog", folder=folder, stdout=out)
    return out.getvalue().splitlines()


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Exercise, Program, ProgramLine)]


def test_an_empty_database_gets_every_exercise_and_program_with_its_lines():
    assert load() == [
        "Exercises: 36 added, 0 changed, 0 retired, 0 unchanged.",
        "Programs: 5 added, 0 changed, 0 retired, 0 unchanged.",
    ]
    press_up = Exercise.objects.shared().get(slug="press-up")
    assert (press_up.easier.slug, press_up.harder) == ("prone-on-elbows", None)
    assert press_up.in_words(press_up.default) == "10 times, 4 times a day"
    program = Program.objects.shared().get(slug="staying-well")
    first = program.lines.all()[0]
    assert (first.exercise.slug, first.weekdays) == ("graded-walk", [1, 2, 3, 5, 6])
    assert first.dosage_in_words == "30 minutes, once a day, 5 days a week"
    assert list(Exercise.objects.order_by("pk").values_list("slug", flat=True))[20] == "bridge", (
        "in their order"
    )


def test_a_second_load_changes_nothing():
    load()
    before = rows()
    assert load() == [
        "Exercises: 0 added, 0 changed, 0 retired, 36 unchanged.",
        "Programs: 0 added, 0 changed, 0 retired, 5 unchanged.",
    ]
    assert rows() == before


def test_a_load_takes_few_statements():
    with CaptureQueriesContext(
        connection,
    ) as first:
        load()
    assert len(first) <= 25


def test_what_changed_in_a_file_changes_in_its_row_and_nowhere_else(folder):
    load()
    before = {row.slug: row.pk for row in Exercise.objects.all()}
    change(folder / "files/bridge.toml", "least = 5, most = 12", "least = 6, most = 14")
    change(folder / "files/sit-to-stand.toml", "[dosage]", 'harder = "bridge"\n[dosage]')
    change(folder / "files/sit-to-stand.toml", 'harder = "Sit', 'when = "Sit')
    change(folder / "files/sit-to-stand.toml", 'harder = "Siéntate', 'when = "Siéntate')
    change(folder / "programs/ease-and-walk.toml", "minutes = 3", "minutes = 5")
    assert load(folder) == [
        "Exercises: 0 added, 2 changed, 0 retired, 34 unchanged.",
        "Programs: 0 added, 1 changed, 0 retired, 4 unchanged.",
    ]
    assert {row.slug: row.pk for row in Exercise.objects.all()} == before
    assert Exercise.objects.get(slug="bridge").allowed.repetitions == (6, 14)
    assert Exercise.objects.get(slug="sit-to-stand").harder_id == before["bridge"]
    lines = Program.objects.get(slug="ease-and-walk").lines
    assert lines.get(exercise__slug="graded-walk").dosage["minutes"] == 5


def test_what_is_gone_from_the_files_is_retired_and_comes_back_with_its_file(folder):
    load()
    (folder / "files/clamshell.toml").unlink()
    (folder / "programs/graded-walking.toml").unlink()
    assert load(folder)[0] == "Exercises: 0 added, 0 changed, 1 retired, 35 unchanged."
    clamshell = Exercise.objects.get(slug="clamshell")
    assert clamshell.retired_on is not None
    assert not Program.objects.in_use().filter(slug="graded-walking").exists()
    assert load(folder)[0] == "Exercises: 0 added, 0 changed, 0 retired, 35 unchanged."
    assert load()[0] == "Exercises: 0 added, 1 changed, 0 retired, 35 unchanged."
    assert Exercise.objects.get(slug="clamshell").retired_on is None


def test_a_clinics_own_exercise_is_left_alone_also_under_the_same_slug():
    own = people.exercise("bridge", of=people.clinic())
    before = Exercise.objects.filter(pk=own.pk).values().get()
    load()
    load()
    assert Exercise.objects.filter(pk=own.pk).values().get() == before
    assert Exercise.objects.filter(slug="bridge").count() == 2


def test_a_fault_in_one_file_loads_nothing_and_names_file_and_field(folder):
    change(folder / "files/bridge.toml", 'mark = "V2"', 'mark = "sure"')
    with pytest.raises(
        CommandError, match=r"files/bridge\.toml: mark: must be one of V, V2, M, P\."
    ) as error:
        load(folder)
    assert error.value.returncode == 1
    assert not Exercise.objects.exists()
