"""What whoever runs Amble may ask without a sign-in, and what a page says while the database is away."""

import json
import shutil
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from config import disk, health
from config.up import _say_of_the_disk


@pytest.mark.django_db
def test_it_is_ready_when_the_database_is_as_this_version_needs_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(health, "_was_whole", False)
    settings.DATABASE_APP_ROLE = "postgres"
    assert Client().get("/readyz").status_code == 503
    settings.DATABASE_APP_ROLE = connection.settings_dict["USER"]
    answer = Client().get("/readyz")
    assert (answer.status_code, json.loads(answer.content)["status"]) == (200, "ok")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/readyz", "/health/redflags", "/", "/api/v1/me"])
def test_without_a_database_every_page_is_a_503_and_not_an_error(
    path: str, django_db_setup: None, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
):
    """The address leads nowhere: who asks is told to come again."""
    client = Client(
        raise_request_exception=False, headers={"Authorization": "Bearer x"} if "api" in path else {}
    )
    client.cookies["sessionid"] = "a" * 32
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
        try:
            answer = client.get(path)
            lives = Client().get("/livez")
        finally:
            connection.close()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Content-Type"] == "application/problem+json"
    assert lives.status_code == 200


def test_a_disk_that_fills_up_is_said_once_at_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    usage = shutil.disk_usage(tmp_path)
    free = usage.free / usage.total
    said = _say_of_the_disk(tmp_path, "enough")
    capsys.readouterr()
    for low, very_low, least in ((free + 0.1, 0, 0), (1, free + 0.1, 0), (1, 1, 2**62)):
        monkeypatch.setattr(disk, "LOW", low)
        monkeypatch.setattr(disk, "VERY_LOW", very_low)
        monkeypatch.setattr(disk, "NONE_BYTES", least)
        said = _say_of_the_disk(tmp_path, said)
        said = _say_of_the_disk(tmp_path, said)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" has ")[2].partition(" room")[0] for line in lines][-2:] == ["very low", "no"]
