"""Pictures of every page of the desk, to be looked at: docs/screenshots/<page>-<width>.jpg, and <page>-empty-1280.jpg.

    python -m tests.screenshots [--to DIR]

Starts a PostgreSQL of its own and a web process, makes the demo clinic and one where nothing has happened yet, and
visits each page as somebody who works with it.
"""

import argparse
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from config import embedded
from tests.bench.server import configure, prepare, web

PROJECT = Path(__file__).resolve().parents[1]
WIDTHS, HEIGHT = (1280, 768), 800
MOST = 1600  # what is taller goes on in the same way
PATIENT = "Fatima El Amrani"
PASSWORD = "a clinic where nothing has happened"

# Name of the picture, and where the page is. {patient} is somebody on track.
OF_THERAPISTS = {
    "worklist": "",
    "red-flags": "red-flags",
    "messages": "messages",
    "reviews": "reviews",
    "tasks": "tasks",
    "patient": "patients/{patient}",
    "thread": "patients/{patient}/messages",
    "builder-start": "patients/{patient}/program",
    "handout": "patients/{patient}/handout",
    "report": "patients/{patient}/report",
    "timeline": "patients/{patient}/timeline",
    "paper-diary": "patients/{patient}/paper-diary",
    "invitation": "patients/{patient}/invitation",
    "care": "patients/{patient}/care",
    "catalog": "exercises",
    "exercise": "exercises/new",
    "program": "programs/new",
    "figures": "figures",
    "add-patient": "patients/new",
    "invitations": "invitations",
    "emergency": "patients/open",
    "cover": "cover",
    "account": "account",
    "add-app": "account/app",
    "add-passkey": "account/passkey",
    "password": "account/password",
    "notifications": "your-notifications",
}
OF_CLINICIANS = {"cohort": "cohort", "reminder-effect": "reminder-effect"}
OF_ADMINISTRATORS = {
    "clinic": "clinic",
    "staff": "clinic/staff",
    "invite-colleague": "clinic/staff/invite",
    "roster": "clinic/patients",
    "keeping": "clinic/keeping",
    "export": "clinic/export",
    "audit": "audit",
}
EMPTY = ("worklist", "red-flags", "messages", "reviews", "tasks", "invitations", "cohort", "roster", "audit")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots")
    parser.add_argument("--to", type=Path, default=PROJECT / "docs/screenshots")
    to = parser.parse_args().to
    to.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="amble-pictures-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to pass through here
    try:
        with embedded.running(folder, valkey=False) as servers:
            configure(servers.environment)
            keys = _clinics()
            with web(folder) as (_, port):
                _visit(f"http://127.0.0.1:{port}", keys, to)
    finally:
        shutil.rmtree(folder)
    return 0


def _clinics() -> dict[str, tuple[str, str]]:
    """Email and password by role at the demo clinic; of "nobody's" at one without patients, where "half" owes the
    second factor.
    """
    prepare()
    from django.core.management import call_command
    from django.db import connection

    from accounts.access import Role, acting_for_all
    from accounts.models import Clinic, FactorKind, Membership, SecondFactor, User
    from config.demo import make_clinic

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_catalog", verbosity=0, stdout=StringIO())
    now = datetime.now(UTC)
    keys: dict[str, tuple[str, str]] = {}
    for key in make_clinic(now=now):
        if key.role != Role.PATIENT:
            keys.setdefault(key.role.value, (key.first, key.second))  # the first therapist has the patient
    with acting_for_all():
        clinic = Clinic.objects.create(
            name="Lakeside Physiotherapy", time_zone="Europe/Berlin", created_at=now
        )
        someone = User(email="nina@example.org", name="Nina Roth")
        someone.set_password(PASSWORD)
        someone.save()
        for role in (Role.THERAPIST, Role.CLINICIAN, Role.ADMINISTRATOR):
            Membership.objects.create(user=someone, clinic=clinic, role=role, started_at=now)
        careful = User(email="omar@example.org", name="Omar Roth")
        careful.set_password(PASSWORD)
        careful.save()
        Membership.objects.create(user=careful, clinic=clinic, role=Role.THERAPIST, started_at=now)
        SecondFactor.objects.create(
            user=careful, kind=FactorKind.APP, name="Phone", secret=b"", counter=0, added_at=now
        )
    connection.close()
    return keys | {"nobody's": ("nina@example.org", PASSWORD), "half": ("omar@example.org", PASSWORD)}


def _visit(address: str, keys: dict[str, tuple[str, str]], to: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import FLAGS, chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for width in WIDTHS:
            for role, pages in (
                ("therapist", OF_THERAPISTS),
                ("clinician", OF_CLINICIANS),
                ("administrator", OF_ADMINISTRATORS),
            ):
                page = _signed_in(browser, address, *keys[role], width)
                patient = _patient(page, address) if role == "therapist" else ""
                for name, path in pages.items():
                    _shoot(page, f"{address}/{path.format(patient=patient)}", to / f"{name}-{width}.jpg")
                page.context.close()
        _shoot_builder(browser, address, keys["therapist"], to)
        for width in WIDTHS:
            page = _signed_in(browser, address, *keys["half"], width)
            _shoot(page, f"{address}/sign-in/second", to / f"second-step-{width}.jpg")
            page.context.close()
        page = _signed_in(browser, address, *keys["nobody's"], WIDTHS[0])
        everything = OF_THERAPISTS | OF_CLINICIANS | OF_ADMINISTRATORS
        for name in EMPTY:
            _shoot(page, f"{address}/{everything[name]}", to / f"{name}-empty-{WIDTHS[0]}.jpg")
        browser.close()


def _shoot_builder(browser: Any, address: str, key: tuple[str, str], to: Path) -> None:
    """Last of all: a draft that has been begun is what the start of the builder leads to."""
    page = _signed_in(browser, address, *key, WIDTHS[0])
    page.goto(f"{address}/patients/{_patient(page, address)}/program")
    page.get_by_role("button", name=re.compile("^Adjust")).click()
    page.wait_for_selector("#lines .line")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        _shoot(page, page.url, to / f"builder-{width}.jpg")


def _signed_in(browser: Any, address: str, email: str, password: str, width: int) -> Any:
    page = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme="light").new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#main")
    return page


def _patient(page: Any, address: str) -> str:
    page.goto(address)
    found = re.search(r"\d+", page.get_by_role("link", name=PATIENT).first.get_attribute("href"))
    assert found is not None
    return found[0]


def _shoot(page: Any, url: str, file: Path) -> None:
    answer = page.goto(url)
    assert answer.ok, f"{url}: {answer.status}"
    page.wait_for_timeout(400)  # what scripts draw
    tall = min(page.evaluate("document.documentElement.scrollHeight"), MOST)
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": max(tall, HEIGHT)}
    page.screenshot(path=file, full_page=True, clip=clip, animations="disabled", type="jpeg", quality=72)


if __name__ == "__main__":
    sys.exit(main())
