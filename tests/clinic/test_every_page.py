"""Every page of the desk, from its URLconf: what it may not do to the record, to a browser, or with what was typed.

One clinic for all of it, in which whatever can be typed about a patient wants to be code, and a formula.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from clinic.everything import everything
from tests.clinic.test_authorization import ROUTES, RULES, Desk, same_desk
from tests.moments import NOW
from tests.test_authorization import World, build_world, undone

__all__ = ["same_desk"]  # a fixture

TYPED = "=<img src=x onerror=go()>\"'{{7|add:7}}"
# All that a page loads; the figures move by the phone's own player.
OURS = re.compile(r"/static/(clinic|exercises|phone)/[\w./-]+(#\w+)?")
LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "object": "data", "base": "href"}
# Notes of who read, sessions, and who is signed in where.
MAY_WRITE = {"accounts_auditentry", "django_session"}
# What a search repeats to who typed it.
REPEATS = {"worklist": "q", "catalog": "q", "roster": "q", "audit": "patient"}
WROTE = """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE schemaname = 'public'"""


@pytest.fixture(scope="module")
def same_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """That of the matrix, with another text in the place of its canary."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), undone():
        patch.setattr("tests.test_authorization.CANARY", TYPED)
        with time_machine.travel(NOW, tick=True):
            world = build_world()
        yield world
    connection.close()


@dataclass(frozen=True)
class Visit:
    """One page that somebody opened, and the tables that PostgreSQL wrote to meanwhile, by triggers too."""

    name: str
    who: str
    answer: Any
    wrote: frozenset[str]

    @property
    def html(self) -> str:
        return str(self.answer.content.decode())


@pytest.fixture(scope="module")
def visited() -> list[Visit]:
    return []


@pytest.fixture
def visits(same_desk: Desk, visited: list[Visit], noon: None) -> list[Visit]:
    """Each page by each of those who may, once: somebody who treats, an administrator, a stranger at the door."""
    if not visited:
        for (name, method), people in sorted(RULES.items()):
            for who in ("maria", "boss", "nobody"):
                if method == "GET" and people[who] == 200:
                    visited.append(_visit(same_desk, who, name))
                    if name in REPEATS and who != "nobody":
                        visited.append(_visit(same_desk, who, name, **{REPEATS[name]: TYPED}))
    return visited


def _visit(desk: Desk, who: str, name: str, **asked: str) -> Visit:
    client = Client()
    if who in desk.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = desk.sessions[who]
    path = desk.path(name, ROUTES[name, "GET"])
    with undone():
        before = _written()
        answer = client.get(f"{path}?{urlencode(asked)}" if asked else path)
        after = _written()
    return Visit(
        name, who, answer, frozenset(table for table, count in after.items() if count > before[table])
    )


def _written() -> dict[str, int]:
    """How many rows of each table this transaction has written so far, what was taken back included."""
    with connection.cursor() as cursor:
        cursor.execute(WROTE)
        return dict(cursor.fetchall())


class Inside(HTMLParser):
    """What of a page a browser would run or load, and what it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.runs: list[str] = []
        self.shown = ""
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in LOADS:
            self.loads.append(named.get(LOADS[tag]) or f"<{tag}>")
        self._in_script = tag == "script"
        self.runs += [f"<{tag}>"] * (tag == "style")
        for name, value in attrs:
            if name.startswith(("on", "style", "srcdoc", "hx-on")):
                self.runs.append(f"{name}={value}")
            if name in ("href", "src", "action", "formaction") or name.startswith("hx-"):
                self.runs += [f"{name}={value}"] * ("javascript:" in (value or "").lower())
            self.shown += f" {value}"

    def handle_data(self, data: str) -> None:
        self.shown += data
        self.runs += [data] * (self._in_script and bool(data.strip()))

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


def pages(visits: list[Visit]) -> list[tuple[Visit, Inside]]:
    return [
        (one, Inside(one.html))
        for one in visits
        if one.answer.headers["Content-Type"].startswith("text/html")
    ]


def test_reading_a_page_writes_only_who_read_and_the_session(visits: list[Visit]):
    wrote = {(one.name, one.who, table) for one in visits for table in one.wrote}
    assert {table for _, _, table in wrote} == MAY_WRITE, wrote


def test_a_page_loads_only_files_of_ours_and_runs_nothing_else(visits: list[Visit]):
    found = pages(visits)
    assert len(found) > 60
    for one, inside in found:
        assert [file for file in inside.loads if not OURS.fullmatch(file)] == [], one.name
        assert inside.runs == [], one.name
        assert "default-src 'self'" in one.answer.headers["Content-Security-Policy"], one.name
        assert "no-store" in one.answer.headers["Cache-Control"], one.name


def test_what_was_typed_is_shown_as_it_was_typed(visits: list[Visit]):
    """That it runs nothing says the test before this one: of these same pages."""
    shown = {one.name for one, inside in pages(visits) if TYPED in inside.shown}
    assert shown >= {
        *("worklist", "patient", "thread", "messages", "red-flags", "reviews", "record-review", "tasks"),
        *("builder", "handout", "report", "invitation", "invitations", "paper", "care", "timeline"),
        *("roster", "keeping", "audit", "catalog"),
    }


def test_what_was_typed_is_no_formula_in_any_sheet(same_world: World, desk_of_all: None):
    ana, boss = same_world.people["ana"], same_world.people["boss"]
    assert ana is not None
    assert boss is not None
    own = Client().get("/api/v1/export/csv", headers=ana.headers).content
    cells = [
        cell
        for file in (own, b"".join(everything(boss.actor, route=None)))
        for cell in _cells(zipfile.ZipFile(io.BytesIO(file)))
    ]
    assert len([cell for cell in cells if TYPED in cell]) > 20
    assert [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![\d.]+$)", cell)] == []


def _cells(archive: zipfile.ZipFile) -> Iterator[str]:
    for name in archive.namelist():
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")):
                yield from row


@pytest.fixture
def desk_of_all(same_desk: Desk, noon: None) -> Iterator[None]:
    with undone():
        yield


def test_every_form_is_refused_without_its_token_and_none_answers_a_get(same_desk: Desk, desk_of_all: None):
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = same_desk.sessions["maria"]
    forms = [name for name, method in ROUTES if method == "POST"]
    assert len(forms) > 40
    for name in forms:
        path = same_desk.path(name, ROUTES[name, "POST"])
        assert client.post(path).status_code == 403, name
        if (name, "GET") not in ROUTES:
            assert client.get(path).status_code == 405, name
