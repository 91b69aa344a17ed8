"""How long a slow phone takes: to start without a network, from a tap to a number on its disk, for a frame of a figure.

    python -m tests.bench phone [--starts 9] [--taps 15] [--slower 6]

Starts a PostgreSQL of its own and a web process with production settings, joins a patient of the demo clinic in
Chromium, and waits for the service worker. Then it cuts the network and slows the CPU (devtools protocol). A start is
a new page in a browser that has just been started: from the navigation until the pain pad takes taps with the plan
on the screen. A tap is durable when the phone says "saved", which it does after the strict commit of its database;
read from the browser's own clock, drawing included. A frame is one moment of a figure put into the page, without its
painting, measured over 100 moments of each of the figures. Prints medians beside their goals, which hold on a
machine with nothing else to do. Exits 1 when a tap is not on the phone.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from config import embedded
from exercises.figures.reader import drawn
from tests.bench.server import configure, prepare, web

START_MS = 1500  # the goal of a start
TAP_MS = 150  # the goal of a tap
FRAME_MS = 2  # the goal of a frame, of any figure
PATIENT = "Fatima El Amrani"
# The page is watched from inside: neither the clock of this process nor its way to the browser is part of a time.
WATCH = """
window.times = {};
const ready = () => document.documentElement.dataset.ready !== undefined && document.querySelector("#screen h1");
new MutationObserver(() => { if (ready()) times.start ??= performance.now(); })
    .observe(document, { subtree: true, childList: true, attributes: true });
addEventListener("click", () => { times.tapped = performance.now(); times.saved = 0; }, true);
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    if (document.querySelector("#saved .done")) times.saved ||= performance.now();
}).observe(document.getElementById("saved"), { subtree: true, childList: true, characterData: true }));
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench phone")
    parser.add_argument("--starts", type=int, default=9)
    parser.add_argument("--taps", type=int, default=15)
    parser.add_argument("--slower", type=float, default=6, help="how many times slower the CPU is made")
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="amble-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who has to pass through here
    try:
        with embedded.running(folder, valkey=False) as servers:
            configure(servers.environment)
            code, birth_year = _invitation()
            with web(folder) as (_, port):
                starts, taps, frames, kept = _measure(
                    folder, f"http://127.0.0.1:{port}", code, birth_year, given
                )
    finally:
        shutil.rmtree(folder)
    print(
        f"\nCPU {given.slower:g} times slower, no network; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores.\n"
    )
    print(f"{'':<32}{'median ms':>10}{'least':>8}{'most':>8}{'goal':>8}")
    for name, times, goal in (
        ("cold start to usable", starts, START_MS),
        ("tap to durable", taps, TAP_MS),
        (f"a frame of a figure, of {len(frames)}", frames, FRAME_MS),
    ):
        digits = 2 if goal < 10 else 0
        median = statistics.median(times)
        print(f"{name:<32}{median:>10.{digits}f}{min(times):>8.{digits}f}{max(times):>8.{digits}f}{goal:>8}")
    print(f"\n{kept} of {given.taps} taps are on the phone.")
    return 0 if kept == given.taps else 1


def _invitation() -> tuple[str, int]:
    """The demo clinic with its diaries, and a way in for one of its patients."""
    prepare()
    from django.core.management import call_command
    from django.db import connection

    from accounts.access import acting_for_all
    from config.demo import make_clinic
    from recovery.actions.people import invite_patient
    from recovery.models import Patient

    call_command("collectstatic", interactive=False, verbosity=0)  # the app as it is served in production
    call_command("load_catalog", verbosity=0, stdout=StringIO())
    now = datetime.now(UTC)
    make_clinic(now=now)
    with acting_for_all():
        patient = Patient.objects.select_related("user").get(name=PATIENT)
        by = patient.care_team.values_list("user", flat=True)[0]
        code = invite_patient(patient=patient, by=by, now=now).secret
    connection.close()
    return code, patient.birth_year


def _measure(
    folder: Path, address: str, code: str, birth_year: int, given: argparse.Namespace
) -> tuple[list[float], list[float], list[float], int]:
    """Milliseconds of each start, each tap and a frame of each figure, and how many taps are in the phone's outbox."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        with _phone(playwright, folder) as page:
            page.goto(f"{address}/app/join#{code}")
            page.get_by_label("Year of birth").fill(str(birth_year))
            page.get_by_role("button", name="Next").click()
            page.get_by_role("button", name="I agree, start").click()
            page.wait_for_selector("#pad [data-score='4']")
            page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            page.wait_for_selector("#sending [data-unsent='0']")
            page.wait_for_selector("#screen .card.row")
        starts = []
        for _ in range(given.starts):
            with _phone(playwright, folder, slower=given.slower) as page:
                page.goto(f"{address}/app/")
                starts.append(page.evaluate(WHEN, "start"))
        with _phone(playwright, folder, slower=given.slower) as page:
            page.goto(f"{address}/app/")
            page.evaluate(WHEN, "start")
            taps = [_tap(page, number % 11) for number in range(given.taps)]
            kept = page.evaluate(KEPT)
            page.goto(f"{address}/app/program")
            page.wait_for_selector("amble-figure svg")
            return starts, taps, page.evaluate(FRAMES, sorted(drawn())), kept


WHEN = """(name) => new Promise((resolve) => {
    const look = () => (times[name] ? resolve(times[name]) : setTimeout(look, 20));
    look();
})"""
FRAMES = """async (slugs) => {
    const times = [];
    for (const slug of slugs) {
        const figure = document.createElement("amble-figure");
        figure.setAttribute("exercise", slug);
        document.body.prepend(figure);
        while (!figure.drawings.length) await new Promise((resolve) => setTimeout(resolve, 20));
        cancelAnimationFrame(figure.frame);
        const moments = Array.from({ length: 100 }, (_, i) => i * 0.137);
        const began = performance.now();
        for (const t of moments) figure.drawings[0].show(t);
        times.push((performance.now() - began) / moments.length);
        figure.remove();
    }
    return times;
}"""
# Another key within two minutes corrects the one before: each tap is one more revision in the outbox.
KEPT = """() => new Promise((resolve) => {
    const open = indexedDB.open("amble");
    open.onsuccess = () => {
        const count = open.result.transaction("outbox").objectStore("outbox").count();
        count.onsuccess = () => resolve(count.result);
    };
})"""


def _tap(page: Any, score: int) -> float:
    page.locator(f"#pad [data-region=leg] [data-score='{score}']").click()
    page.evaluate(WHEN, "saved")
    page.wait_for_timeout(500)  # what a tap sets off is over before the next one
    took: float = page.evaluate("window.times.saved - window.times.tapped")
    return took


@contextmanager
def _phone(playwright: Any, folder: Path, *, slower: float = 0) -> Iterator[Any]:
    """A browser started anew on the phone's own profile, offline and slow when `slower` is given."""
    from tests.browser.chromium import FLAGS, chromium

    context = playwright.chromium.launch_persistent_context(
        folder / "phone",
        executable_path=chromium(),
        args=FLAGS,
        viewport={"width": 360, "height": 740},
        locale="en-GB",
    )
    try:
        page = context.pages[0]
        if slower:
            context.set_offline(True)
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
            page.add_init_script(WATCH)
        yield page
    finally:
        context.close()
