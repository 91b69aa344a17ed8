"""What is shipped and how it is set: the bill of materials, and settings that production accepts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.sbom import bill

PROJECT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DATABASE_URL": "postgresql://amble@/amble",
    "DEBUG": "false",
    "PUBLIC_URL": "https://amble.example.org",
    "ALLOWED_HOSTS": "amble.example.org",
    "BEHIND_PROXY": "true",
    "MAILBOX_DIR": "",
    "SECRET_KEY": "6f1Zq0vXb7Kc3mPw9sTn2yRd5gHj8kLa4eUi1oQx6BvC",
}


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        env={"PATH": os.environ["PATH"], **PRODUCTION, **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def test_the_settings_of_production_pass_djangos_check_for_deployment():
    done = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=PRODUCTION["SECRET_KEY"] * 2)
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), (
        done.stderr
    )


@pytest.mark.parametrize("key", ["", "short", "x" * 49, "x" * 60, "django-insecure-" + "a1B2c3D4" * 8])
def test_production_refuses_a_secret_that_is_short_or_comes_from_an_example(key: str):
    done = manage("check", SECRET_KEY=key)
    assert done.returncode != 0
    assert "SECRET_KEY must be at least 50 random characters" in done.stderr


def test_the_bill_of_materials_has_every_package_of_the_lock_with_its_hashes():
    lock = (PROJECT / "requirements.txt").read_text()
    made = bill(lock, version="1")
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    names = [component["name"] for component in made["components"]]
    assert names == re.findall(r"^(\S+)==", lock, re.MULTILINE)
    assert "django" in names
    assert sum(len(component["hashes"]) for component in made["components"]) == lock.count("--hash=sha256:")
    assert all(component["hashes"] for component in made["components"])
    assert made == bill(lock, version="1")


def test_a_line_that_is_no_package_is_an_error():
    with pytest.raises(ValueError, match="no package"):
        bill("-e .", version="1")
