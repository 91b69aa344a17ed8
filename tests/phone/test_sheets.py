"""The CSV export: a spreadsheet reads it, runs nothing of it, and takes nothing missing for a zero."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.access import Role, acting, acting_for_all
from phone.sheets import SHEETS
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.records import read
from tests import people
from tests.moments import NOW
from tests.people import Person
from wire.spreadsheet import harmless, sheet

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\u2212")
BEFORE = ("", " ", "  ", '"', "'", "\u00a0", "\ufeff", "\u200b", ' "')
BODIES = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://evil.example";"x")')
CELLS = ["".join(parts) for parts in product(BEFORE, STARTS, BODIES)]


@pytest.mark.parametrize("cell", CELLS, ids=map(repr, CELLS))
def test_no_cell_begins_like_a_formula(cell: str):
    assert not runs(harmless(cell)), harmless(cell)


def runs(cell: str) -> bool:
    """Whether a spreadsheet could take it for a formula, after trimming what spreadsheets trim."""
    return cell.lstrip(' \u00a0\ufeff\u200b"')[:1] in STARTS


@pytest.mark.parametrize("cell", ["Went well;=1+1", "One\n=1+1", "One\r\n@x", "a\t+1", "a; \uff1d1"])
def test_no_part_of_a_cell_does_where_semicolons_or_lines_part_cells(cell: str):
    parts = [
        part
        for line in harmless(cell).splitlines()
        for piece in line.split(";")
        for part in piece.split("\t")
    ]
    assert len(parts) > 1
    assert not any(runs(part) for part in parts)


@pytest.mark.parametrize(
    "cell", ["Better today", "3-4 times", "a=b", "mail@hill.example", "50 %", "'tis so", ""]
)
def test_ordinary_words_stay_as_they_were_written(cell: str):
    assert harmless(cell) == cell


@given(st.text(max_size=40))
def test_any_text_is_read_back_whole_but_for_apostrophes(text: str):
    written = sheet(["a", "b"], [(text, -3)])
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), strict=True))
    assert rows[1][1] == "-3"
    assert not runs(rows[1][0])
    assert rows[1][0].replace("'", "") == text.replace("'", "")


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell():
    written = sheet(["a"], [(-3, 2.5, 0, None, True, "x", "")])
    assert written == b'\xef\xbb\xbf"a"\r\n-3,2.5,0,"","yes","x",""\r\n'


# --- the whole ------------------------------------------------------------------------------------------------


@pytest.fixture
def ana(db: None, noon: None) -> Person:
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana = people.patient(maria)
    plan = people.plan_for(ana, maria, starts_on=NOW.date() - timedelta(days=10))
    note(ana, "pain", region="leg", score=0, asked="now", note="=HYPERLINK(1)", tingling=False)
    note(ana, "pain", region="leg", score=9, asked="now", withdrawn=True)
    note(ana, "pain", region="back", score=6, asked="last_24_hours", about_on="2026-03-01")
    result = {"exercise": "bridge", "outcome": "part", "because": "-tired", "repetitions": 0}
    note(ana, "session", plan=plan.pk, slot=1, leg_before=0, leg_later=3, results=[result])
    note(ana, "walk", minutes=25)
    activities = [{"name": name, "ability": n} for n, name in enumerate(("@stairs", "Shoes", "Sleep"))]
    note(ana, "measure", instrument="psfs", activities=activities)
    note(ana, "measure", instrument="gpe", effect="much_better")
    note(ana, "event", what="flare", about_on="2026-03-01")
    note(ana, "symptom_check", answers={"fever": "no", "=x": "no"})
    note(ana, "message", text="+1", private=True)
    with acting_for_all():
        close_days(now=NOW)
    return ana


def note(person: Person, kind: str, **body: Any) -> None:
    record = {"revision": 1, "at": (NOW - timedelta(hours=1)).isoformat(), **body}
    with acting(person.actor):
        take(patient_id=person.user.pk, records=[read(kind, str(uuid4()), record)], now=NOW)


def sheets(person: Person) -> dict[str, list[dict[str, str]]]:
    answer = Client().get("/api/v1/export/csv", headers=person.headers | {"Accept": "application/zip"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "attachment" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {
            name.removesuffix(".csv"): list(
                csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))
            )
            for name in archive.namelist()
        }


def test_it_holds_what_was_noted_and_nothing_missing_as_a_zero(ana: Person):
    found = sheets(ana)
    assert found.keys() == SHEETS.keys()
    assert all(found.values())
    pain, _ = found["pain"]
    assert (pain["score"], pain["woken"], pain["tingling"], pain["note"]) == ("0", "", "no", "'=HYPERLINK(1)")
    (session,) = found["sessions"]
    assert (session["leg_before"], session["leg_during"], session["leg_later"]) == ("0", "", "3")
    assert (session["plan"], session["started_at"], session["ended_at"]) == ("1", "2026-03-02 11:00", "")
    (one,) = found["exercises"]
    assert (one["repetitions"], one["sets"], one["because"]) == ("0", "", "'-tired")
    assert [row["minutes"] for row in found["walks"]] == ["25"]
    assert [row["score"] for row in found["measures"]] == ["1.0", ""]
    assert found["measures"][0]["answers"] == "'@stairs: 0, Shoes: 1, Sleep: 2"
    assert {row["question"]: row["answer"] for row in found["symptom_checks"]} == {"fever": "no", "'=x": "no"}
    assert found["messages"][0]["text"] == "'+1"


def test_a_day_without_an_entry_has_no_value(ana: Person):
    exported = Client().get("/api/v1/export", headers=ana.headers).json()["daily_pain"]
    days = sheets(ana)["pain_by_day"]
    assert [(row["on"], row["region"], row["answers"]) for row in days] == sorted(
        (row["on"], row["region"], str(row["count"])) for row in exported
    )
    assert {row["answers"] for row in days} == {"0", "1"}
    assert all((row["value"] == "") == (row["answers"] == "0") for row in days)


def test_no_text_of_it_begins_like_a_formula(ana: Person):
    cells = [cell for rows in sheets(ana).values() for row in rows for cell in row.values()]
    assert len(cells) > 50
    assert not any(runs(cell) for cell in cells)


def test_the_number_of_statements_does_not_grow(ana: Person):
    few = statements_of(ana)
    for _ in range(5):
        note(ana, "session", results=[{"exercise": "bridge", "outcome": "done"}])
        note(ana, "walk", minutes=5)
    assert statements_of(ana) == few <= 14


def statements_of(person: Person) -> int:
    with CaptureQueriesContext(connection) as statements:
        sheets(person)
    return len(statements)


def test_it_holds_nothing_of_another_patient(ana: Person):
    maria = people.member(people.clinic("Lakeside"), Role.THERAPIST)
    ben = people.patient(maria, name="Ben")
    assert not any(sheets(ben).values())
    assert "HYPERLINK" in json.dumps(sheets(ana))
