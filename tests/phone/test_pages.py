import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.access import Role
from accounts.actions import Issued
from accounts.models import Invitation
from phone import files
from recovery.consents import text
from recovery.rules.red_flags import symptom_check

SCREENS = ("", "join", "pain", "evening", "help", "a-screen-of-a-later-version")

# Closing an answer looks after the connections that other tests left open.
pytestmark = pytest.mark.django_db


def get(path: str) -> str:
    answer = Client().get(f"/app/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def is_there(address: str) -> bool:
    answer = Client().get(address)
    answer.close()
    return answer.status_code == 200


def test_the_link_of_a_patients_invitation_leads_to_a_page_that_never_sees_the_code():
    link = Issued("ABCD-EFGH", Invitation(role=Role.PATIENT)).link
    page, _, code = link.removeprefix(settings.PUBLIC_URL).partition("#")
    assert code == "ABCD-EFGH"
    assert page == "/app/join"
    assert get("join")


def test_every_screen_is_the_same_page_and_knows_nobody():
    assert len({get(screen) for screen in SCREENS}) == 1
    assert "Set-Cookie" not in Client().get("/app/").headers


def test_the_page_runs_only_our_scripts_and_turns_no_text_into_one():
    policy = Client().get("/app/").headers["Content-Security-Policy"]
    directives = {name: values for name, *values in map(str.split, policy.split(";"))}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["require-trusted-types-for"] == ["'script'"]
    assert "unsafe" not in policy
    page = get("")
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page)


def test_the_pain_strip_is_in_the_page_with_eleven_keys_a_region_and_none_chosen():
    page = get("")
    for region in ("leg", "back"):
        strip = re.search(rf'data-region="{region}".*?class="ends"', page, re.DOTALL)
        assert strip
        assert re.findall(r'data-score="(\d+)"', strip[0]) == [str(score) for score in range(11)]
    assert 'aria-pressed="true"' not in page


def test_the_first_script_stands_before_the_strip_and_is_no_module():
    page = get("")
    first = page.index("phone/first.js")
    assert first < page.index("data-score")
    assert page[page.rindex("<script", 0, first) : first] == '<script src="/static/'


def test_the_worker_keeps_every_file_the_symptom_check_and_the_cards():
    worker = get("sw.js")
    kept = json.loads(worker.split("const FILES = ")[1].split(";\n")[0])
    assert len(kept) == len(set(kept)) == len(files.names()) + len(files.DATA)
    assert all(map(is_there, kept))
    assert f'const BUILD = "{files.build()}"' in worker


def test_a_change_of_any_file_is_another_build(monkeypatch: pytest.MonkeyPatch):
    before = files._build.__wrapped__()
    contents = list(files.contents())
    monkeypatch.setattr(files, "contents", lambda: [*contents[:-1], contents[-1] + b" "])
    assert files._build.__wrapped__() != before


def test_the_symptom_check_answers_without_a_sign_in():
    questions = json.loads(get("symptom-check.json"))["questions"]
    assert [question["id"] for question in questions] == list(symptom_check())


def test_what_is_agreed_to_can_be_read_before_anybody_is_signed_in():
    assert json.loads(get("consent.json")) == text()


@pytest.mark.parametrize("name", ["symptom_check.json", "consent.json"])
def test_other_questions_or_cards_are_another_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
):
    before = files._build.__wrapped__()
    changed = [tmp_path / path.name if path.name == name else path for path in files.DATA]
    (tmp_path / name).write_text("{}")
    monkeypatch.setattr(files, "DATA", changed)
    assert files._build.__wrapped__() != before


def test_the_app_can_be_installed():
    answer = Client().get("/app/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["start_url"] == manifest["scope"] == "/app/"
    assert manifest["display"] == "standalone"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert any(icon["purpose"] == "maskable" for icon in manifest["icons"])
    assert all(is_there(icon["src"]) for icon in manifest["icons"])
