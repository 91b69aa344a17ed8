"""Pictures of every page of the desk, to be looked at: docs/screenshots/<page>-<width>.jpg, <page>-empty-<width>.jpg.

    python -m tests.screenshots [--to DIR]

Starts a PostgreSQL of its own and a web process, makes the demo clinic, one where nothing has happened yet and one
whose only patient was added just now, and visits each page as somebody who works with it.
"""

import argparse
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from config import embedded
from tests.bench.server import configure, prepare, web

PROJECT = Path(__file__).resolve().parents[1]
WIDTHS, HEIGHT = (1280, 768), 800
MOST = 1600  # what is taller goes on in the same way
PATIENT = "Fatima El Amrani"  # who is on track
PASSWORD = "a clinic where nothing has happened"

# Name of the picture, and where the page is: a number in braces is that of the first such link at its place.
OF_NOBODY = {"sign-in": "sign-in", "join": "clinic/join"}
OF_PATIENTS = {
    "patient": "patients/{patient}",
    "thread": "patients/{patient}/messages",
    "builder-start": "patients/{patient}/program",
    "handout": "patients/{patient}/handout",
    "report": "patients/{patient}/report",
    "timeline": "patients/{patient}/timeline",
    "paper-diary": "patients/{patient}/paper-diary",
    "invitation": "patients/{patient}/invitation",
    "care": "patients/{patient}/care",
}
OF_THERAPISTS = OF_PATIENTS | {
    "worklist": "",
    "red-flags": "red-flags",
    "messages": "messages",
    "reviews": "reviews",
    "review": "episodes/{episode}/review",
    "tasks": "tasks",
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
    "new-password": "account/password/new",
    "notifications": "your-notifications",
}
OF_CLINICIANS = {"cohort": "cohort", "reminder-effect": "reminder-effect"}
OF_ADMINISTRATORS = {
    "clinic": "clinic",
    "staff": "clinic/staff",
    "invite-colleague": "clinic/staff/invite",
    "colleague": "clinic/staff/{colleague}",
    "hand-over": "clinic/staff/{colleague}/hand-over",
    "cover-for": "clinic/staff/{colleague}/cover",
    "roster": "clinic/patients",
    "keeping": "clinic/keeping",
    "export": "clinic/export",
    "audit": "audit",
}
EVERYTHING = OF_THERAPISTS | OF_CLINICIANS | OF_ADMINISTRATORS
EMPTY = (
    "worklist",
    "red-flags",
    "messages",
    "reviews",
    "tasks",
    "invitations",
    "cohort",
    "reminder-effect",
    "staff",
    "roster",
    "keeping",
    "audit",
)
# Who walks, past which pages, and what their pictures are called beside the page.
WALKS = (
    ("", OF_NOBODY, ""),
    ("therapist", OF_THERAPISTS, ""),
    ("clinician", OF_CLINICIANS, ""),
    ("administrator", OF_ADMINISTRATORS, ""),
    ("half", {"second-step": "sign-in/second"}, ""),
    ("nobody's", {name: EVERYTHING[name] for name in EMPTY}, "-empty"),
    ("newcomer's", OF_PATIENTS, "-empty"),
)
# Where the links to a patient, an episode and a colleague are.
PLACES = {
    "patient": ("", r"/patients/(\d+)"),
    "episode": ("reviews", r"/episodes/(\d+)/review"),
    "colleague": ("clinic/staff", r"/clinic/staff/(\d+)"),
}


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
    second factor; and of "newcomer's" at one with a patient of whom there is nothing yet.
    """
    prepare()
    from django.core.management import call_command
    from django.db import connection

    from accounts.access import Role, acting_for_all
    from accounts.models import Clinic, FactorKind, Membership, SecondFactor, User
    from config.demo import make_clinic
    from recovery.actions.people import add_patient, open_episode

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_catalog", verbosity=0, stdout=StringIO())
    now = datetime.now(UTC)
    keys: dict[str, tuple[str, str]] = {}
    for key in make_clinic(now=now):
        if key.role != Role.PATIENT:
            keys.setdefault(key.role.value, (key.first, key.second))  # the first therapist has the patient
    _work_for(PATIENT, now)
    staff = (Role.THERAPIST, Role.CLINICIAN, Role.ADMINISTRATOR)

    def colleague(name: str, of: Clinic, roles: tuple[Role, ...]) -> User:
        user = User(email=f"{name.split()[0].lower()}@example.org", name=name)
        user.set_password(PASSWORD)
        user.save()
        for role in roles:
            Membership.objects.create(user=user, clinic=of, role=role, started_at=now)
        return user

    with acting_for_all():
        lakeside, riverside = (
            Clinic.objects.create(name=f"{name} Physiotherapy", time_zone="Europe/Berlin", created_at=now)
            for name in ("Lakeside", "Riverside")
        )
        colleague("Nina Roth", lakeside, staff)
        careful = colleague("Omar Roth", lakeside, staff[:1])
        SecondFactor.objects.create(
            user=careful, kind=FactorKind.APP, name="Phone", secret=b"", counter=0, added_at=now
        )
        ivo = colleague("Ivo Lind", riverside, staff[:1])
        newcomer = add_patient(
            clinic_id=riverside.pk,
            name="Jo Novak",
            birth_year=1984,
            time_zone="Europe/Berlin",
            by=ivo.pk,
            today=now.date(),
            now=now,
        )
        open_episode(
            patient=newcomer, by=ivo.pk, now=now, onset_on=now.date() - timedelta(days=20), side="left"
        )
    connection.close()
    own = {"nobody's": "nina", "half": "omar", "newcomer's": "ivo"}
    return keys | {key: (f"{name}@example.org", PASSWORD) for key, name in own.items()}


def _work_for(name: str, now: datetime) -> None:
    """An answer, a question that nobody has read, and something a rule could not decide."""
    from accounts.access import Actor, Role, acting, acting_for_all
    from recovery.actions.diary import take
    from recovery.actions.tasks import open_task
    from recovery.models import Patient, StaffMessage
    from recovery.models.tasks import TaskKind
    from recovery.records import read

    with acting_for_all():
        patient = Patient.objects.get(user__name=name)
        therapist = patient.care_team.values_list("user", flat=True)[0]
        whose = {"clinic_id": patient.clinic_id, "patient_id": patient.pk}
        StaffMessage.objects.create(
            **whose,
            author_id=therapist,
            text="Yes. Put a towel under your elbows, and stop where the leg begins to tingle.",
            to_patient=True,
            written_at=now - timedelta(hours=20),
            read_at=now - timedelta(hours=12),
        )
        why = "Two exercises hurt too much: ask what happened."
        kind = TaskKind.CHECK_BY_HAND
        open_task(**whose, episode_id=None, kind=kind, cause="pictures", why=why, now=now)
    with acting(Actor(patient.pk, patient.clinic_id, frozenset({Role.PATIENT}), now.date())):
        for text, at in (
            ("I did the press-ups on the floor. Is that right?", now - timedelta(hours=22)),
            ("Much better, thank you. May I swim on Sunday?", now - timedelta(hours=3)),
        ):
            record = read("message", str(uuid4()), {"revision": 1, "at": at, "text": text, "private": False})
            take(patient_id=patient.pk, records=[record], now=at)


def _visit(address: str, keys: dict[str, tuple[str, str]], to: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import FLAGS, chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for width in WIDTHS:
            for who, pages, suffix in WALKS:
                page = _signed_in(browser, address, *keys[who], width) if who else _window(browser, width)
                for name, path in pages.items():
                    _shoot(page, _address(page, address, path), to / f"{name}{suffix}-{width}.jpg")
                page.context.close()
        _shoot_builder(browser, address, keys["therapist"], to)
        browser.close()


def _shoot_builder(browser: Any, address: str, key: tuple[str, str], to: Path) -> None:
    """Last of all: a draft that has been begun is what the start of the builder leads to."""
    page = _signed_in(browser, address, *key, WIDTHS[0])
    page.goto(_address(page, address, OF_PATIENTS["builder-start"]))
    page.get_by_role("button", name=re.compile("^Adjust")).click()
    page.wait_for_selector("#lines .line")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        _shoot(page, page.url, to / f"builder-{width}.jpg")


def _window(browser: Any, width: int) -> Any:
    return browser.new_context(viewport={"width": width, "height": HEIGHT}, locale="en-GB").new_page()


def _signed_in(browser: Any, address: str, email: str, password: str, width: int) -> Any:
    page = _window(browser, width)
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#main")
    return page


def _address(page: Any, address: str, path: str) -> str:
    for name in re.findall(r"{(\w+)}", path):
        where, pattern = PLACES[name]
        page.goto(f"{address}/{where}")
        own = page.get_by_role("link", name=PATIENT)
        links = own if name == "patient" and own.count() else page.locator("main a")
        targets = " ".join(link.get_attribute("href") or "" for link in links.all())
        found = re.search(pattern + r"\b", targets)
        assert found is not None, path
        path = path.replace(f"{{{name}}}", found[1])
    return f"{address}/{path}"


def _shoot(page: Any, url: str, file: Path) -> None:
    answer = page.goto(url)
    assert answer.ok, f"{url}: {answer.status}"
    page.wait_for_timeout(400)  # what scripts draw
    tall = min(page.evaluate("document.documentElement.scrollHeight"), MOST)
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": max(tall, HEIGHT)}
    page.screenshot(path=file, full_page=True, clip=clip, animations="disabled", type="jpeg", quality=72)


if __name__ == "__main__":
    sys.exit(main())
