"""Every value the settings read is explained, and the embedded servers' file says what the settings need."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests import servers

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = (PROJECT / "config" / "settings.py").read_text()
READ_BY_SETTINGS = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS)) - {"AMBLE_PROCESS"}
READ_BY_UP = {"AMBLE_DATA", "HOST", "PORT"}
READ_BY_BACKUP = {"BACKUP_FOLDER", "BACKUP_RECIPIENT", "DATABASE_BACKUP_URL"}


def test_every_value_has_its_sentence():
    example = (PROJECT / ".env.example").read_text()
    explained = re.findall(r"^# [^\n]+[.]\n# ([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(explained) == sorted(READ_BY_SETTINGS | READ_BY_UP | READ_BY_BACKUP)


def test_the_tests_say_every_value_themselves():
    made = {"SECRET_KEY", "VAPID_PRIVATE_KEY", *servers.URLS}
    assert {*servers.SETTINGS, *made} == READ_BY_SETTINGS


def settings(folder: Path, expression: str, **environment: str) -> str:
    """What the settings say in a process of its own that knows only a data folder."""
    given = dict.fromkeys(READ_BY_SETTINGS, "") | {
        "DEBUG": "true",
        "AMBLE_ROLE": "app",
        "WEB_THREADS": "0",
    }
    given |= {"DJANGO_SETTINGS_MODULE": "config.settings", "AMBLE_DATA": str(folder), "LOG_LEVEL": "INFO"}
    done = subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({expression})"],
        env={"PATH": os.environ["PATH"], **given, **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def write(folder: Path) -> None:
    (folder / "environment").write_text(
        f"DEBUG=true\nSECRET_KEY={'kept-key-' * 6}\nMAILBOX_DIR=/kept\nDATABASE_URL=postgresql://a:b@/c?host=/d\n"
        "REDIS_URL=unix:///d/valkey.sock?db=0\n"
    )


def test_without_a_database_url_the_values_come_from_the_data_folder(tmp_path):
    write(tmp_path)
    assert settings(tmp_path, "settings.DATABASES['default']['OPTIONS']['host']") == "/d"
    assert settings(tmp_path, "settings.CELERY_BROKER_URL") == "redis+socket:///d/valkey.sock?db=0"


def test_before_the_first_run_one_sentence_says_what_to_do(tmp_path):
    assert "run `make run` first" in settings(tmp_path, "settings.DEBUG")


def test_what_the_environment_says_wins(tmp_path):
    write(tmp_path)
    assert settings(tmp_path, "settings.SECRET_KEY", SECRET_KEY="mine" * 20) == "mine" * 20


def test_mail_is_kept_in_development_only(tmp_path):
    write(tmp_path)
    assert settings(tmp_path, "settings.MAILBOX_DIR") == "/kept"
    assert settings(tmp_path, "[settings.MAILBOX_DIR]", DEBUG="false") == "['']"
    assert settings(tmp_path, "[settings.MAILBOX_DIR]", EMAIL_URL="smtp://mail.example.org") == "['']"
