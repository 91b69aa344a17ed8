"""What a phone holds on to: through a sign-out, another person, a refusal, a killed browser."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from accounts.models import Device
from recovery.models import PainEntry
from tests.browser.chromium import FLAGS, chromium
from tests.browser.conftest import Phone, code_for, patient_with_plan, stored, wait_until
from tests.browser.server import Server
from tests.people import Person

SYNC = "/api/v1/sync"
DO_A_SESSION = """async () => {
    const { save } = await import("/static/phone/records.js");
    await save("session", { slot: 1, results: [{ exercise: "bridge", outcome: "done" }] });
}"""
# As a phone that loses its database for once, one whose storage is full, and one whose browser keeps nothing.
LOST = """() => {
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...asked) {
        if (asked[1] !== "readwrite") return transaction.apply(this, asked);
        IDBDatabase.prototype.transaction = transaction;
        throw new DOMException("lost", "InvalidStateError");
    };
}"""
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }; 0"
SHUT = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"


def test_a_phone_that_was_signed_out_keeps_what_waits_and_sends_it_after_the_next_sign_in(
    joined: Phone, ana: Person, maria: Person, server: Server
):
    Device.objects.filter(user=ana.user).update(revoked_at=ana.user.memberships.get().started_at)
    joined.tap_and_wait("leg", 4)
    expect(joined.page.get_by_text("This phone was signed out")).to_be_visible()
    assert joined.axe() == []
    joined.unsent(1)
    asked = server.times("POST", SYNC)
    joined.tap_and_wait("back", 5)
    joined.unsent(2)
    assert server.times("POST", SYNC) == asked, "it sends nothing with a token that nobody knows"
    joined.page.get_by_role("link", name="Sign in again to send them").click()
    expect(joined.page.get_by_text("2 entries wait on this phone")).to_be_visible()
    joined.page.get_by_label("Code").fill(code_for(ana, maria))
    joined.page.get_by_label("Year of birth").fill("1980")
    joined.page.get_by_role("button", name="Next").click()
    joined.unsent(0)
    assert sorted(stored(ana)) == [("back", 5, False), ("leg", 4, False)]


def test_what_one_person_noted_is_never_sent_as_another(joined: Phone, ana: Person, maria: Person):
    ben = patient_with_plan(maria, "Ben")
    joined.offline()
    joined.tap_and_wait("leg", 4)
    joined.unsent(1)
    joined.page.get_by_role("link", name="Messages").click()
    joined.page.get_by_label("Your message").fill("Only half written, and nobody else's")
    joined.page.go_back()
    joined.page.get_by_role("link", name="Help").click()
    joined.page.get_by_role("button", name="Sign out on this phone").click()
    expect(joined.page.get_by_text("1 entry is not sent yet. It stays on this phone")).to_be_visible()
    joined.page.get_by_role("button", name="Yes, sign out").click()
    expect(joined.page.get_by_role("heading", level=1)).to_have_text("Join Amble")
    joined.offline(False)

    joined.join(ben, maria)
    joined.tap_and_wait("leg", 9)
    joined.unsent(0)
    expect(joined.page.get_by_text("1 entry of another person waits here")).to_be_visible()
    assert (stored(ana), stored(ben)) == ([], [("leg", 9, False)])
    joined.page.get_by_role("link", name="Messages").click()
    expect(joined.page.get_by_label("Your message")).to_have_value("")
    assert joined.axe() == []

    joined.page.get_by_role("link", name="Help").click()
    joined.page.get_by_role("button", name="Sign out on this phone").click()
    joined.page.get_by_role("button", name="Yes, sign out").click()
    expect(joined.page.get_by_role("heading", level=1)).to_have_text("Join Amble")
    joined.join(ana, maria)
    joined.unsent(0)
    assert (stored(ana), stored(ben)) == ([("leg", 4, False)], [("leg", 9, False)])


def test_a_screen_that_is_not_on_the_phone_yet_says_so_and_comes_with_the_network(
    new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    phone = new_phone(service_workers="block")  # as in the first seconds of a slow network
    phone.join(ana, maria)
    phone.context.set_offline(True)
    page = phone.page
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not on this phone yet")
    assert phone.axe() == []
    page.evaluate(
        DO_A_SESSION
    )  # what it asks later is not here yet either, and today's screen stands without it
    page.get_by_role("link", name="Back to today").click()
    phone.tap_and_wait("leg", 4)
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    phone.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Help")
    phone.unsent(0)
    assert stored(ana) == [("leg", 4, False)]


def test_what_the_server_cannot_take_stays_in_sight_with_its_reason(joined: Phone, ana: Person):
    page = joined.page
    joined.offline()
    joined.tap_and_wait("leg", 4)
    joined.tap_and_wait("back", 5)
    spoil(joined, "leg", {"score": 11, "note": "<img src=x onerror=alert(1)>"})
    joined.offline(False)
    page.get_by_role("link", name="1 entry could not be saved").click()
    expect(page.get_by_role("heading", name="leg pain 11")).to_be_visible()
    expect(page.get_by_text("Why: A part of it is not as your clinic's Amble knows it.")).to_be_visible()
    expect(page.get_by_text("Where: /records/")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    joined.unsent(0)
    assert stored(ana) == [("back", 5, False)]
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="leg pain 11")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing here.")).to_be_visible()
    assert len(joined.kept("outbox")) == 0
    assert [one["record"]["region"] for one in joined.kept("records")] == ["back"]  # nothing counts it here


def spoil(phone: Phone, region: str, change: dict[str, Any]) -> None:
    """Make a waiting record one that no server takes, as a phone with a broken version might."""
    phone.page.evaluate(
        """([region, change]) => new Promise((resolve) => {
            const open = indexedDB.open("amble");
            open.onsuccess = () => {
                const store = open.result.transaction("outbox", "readwrite").objectStore("outbox");
                store.getAll().onsuccess = ({ target }) => {
                    const one = target.result.find(({ record }) => record.region === region);
                    Object.assign(one.record, change);
                    store.put(one).onsuccess = () => { open.result.close(); resolve(); };
                };
            };
        })""",
        [region, change],
    )


def test_a_lost_database_is_opened_again_and_a_full_one_says_that_nothing_was_saved(
    joined: Phone, ana: Person
):
    page = joined.page
    page.evaluate(LOST)
    joined.tap_and_wait("leg", 4)
    joined.unsent(0)
    said = page.get_by_text("This could not be saved on this phone.")

    def cannot(what: str) -> None:
        page.get_by_role("button", name=what).click()
        expect(said).to_be_in_viewport()
        box = said.bounding_box()
        assert box is not None
        assert box["height"] > 20

    page.get_by_role("link", name="Add details").click()
    page.get_by_role("button", name="Save").wait_for()
    page.evaluate(FULL)
    cannot("Save")
    cannot("Remove this number")
    joined.open("evening?about=yesterday")
    page.evaluate(FULL)
    cannot("Leg pain, last 24 hours 5 of 10")
    expect(page.locator(".keys [aria-pressed=true]")).to_have_count(0)
    page.get_by_role("link", name="Back to today").click()
    expect(said).not_to_be_in_viewport()
    page.get_by_role("link", name="Walking").click()
    cannot("Start a walk")
    assert stored(ana) == [("leg", 4, False)]


def test_a_phone_that_keeps_nothing_says_so_and_asks_for_no_tap(
    new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    phone = new_phone()
    phone.join(ana, maria)
    phone.context.add_init_script(SHUT)
    phone.page.goto(f"{phone.server.address}/app/")
    page = phone.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Amble cannot open what is on this phone")
    expect(page.get_by_text("call your clinic or the emergency number")).to_be_visible()
    expect(page.locator("#pad")).to_be_hidden()
    assert phone.axe() == []
    assert phone.errors.pop(0) == "no"


def test_three_hundred_records_of_three_days_arrive_once_each(joined: Phone, ana: Person, server: Server):
    joined.offline()
    joined.page.evaluate(
        """async (module) => {
            const { save } = await import(module);
            const { local } = await import(module.replace("records", "moments"));
            for (let n = 0; n < 300; n++) {
                const at = local(new Date(Date.now() - n * 864_000));
                const region = n % 2 ? "leg" : "back";
                await save("pain", { region, score: n % 11, asked: "now" }, { at });
            }
        }""",
        "/static/phone/records.js",
    )
    joined.unsent(300)
    before = server.times("POST", SYNC)
    joined.offline(False)
    joined.unsent(0)
    assert len(stored(ana)) == 300
    assert len(set(stored(ana, PainEntry, "client_uuid"))) == 300
    assert server.times("POST", SYNC) - before >= 3


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.trust)])
def test_a_browser_killed_while_writing_loses_nothing_that_was_shown_as_saved(
    playwright: Playwright, server: Server, ana: Person, maria: Person, tmp_path: Path, kills: int
):
    def start() -> Phone:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=chromium(), args=FLAGS, locale="en-GB"
        )
        return Phone.of(context, server)

    phone = start()
    phone.join(ana, maria)
    phone.wait_for_worker()
    shown: list[tuple[str, int]] = []
    for n in range(kills):
        phone.offline()
        score = n % 10
        for region in ("leg", "back"):
            phone.tap_and_wait(region, (score + 5) % 10)
            phone.tap_and_wait(region, score)
            shown.append((region, score))
        phone.tap("leg", 10)  # under way, and not shown as saved
        kill(phone.context, tmp_path / "profile")
        phone = start()
        phone.open()
        phone.unsent(0)
    phone.context.close()
    assert phone.errors == phone.violations == []
    arrived = stored(ana, PainEntry, "region", "score")
    assert len(arrived) == len(shown)
    missing = Counter(shown) - Counter(arrived)
    in_time = Counter(arrived)["leg", 10]  # these last taps were on the disk after all
    assert all(region == "leg" for region, _ in missing)
    assert missing.total() == in_time


def kill(context: BrowserContext, profile: Path) -> None:
    """-9 to the browser of this profile, which ends all its processes."""
    (pid,) = {
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _is_browser(process, f"--user-data-dir={profile}")
    }
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not _command(Path(f"/proc/{pid}")))
    (profile / "SingletonLock").unlink(missing_ok=True)


def _command(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def _is_browser(process: Path, argument: str) -> bool:
    command = _command(process)
    return argument in command and not any(part.startswith("--type=") for part in command)


def test_two_phones_of_one_person_see_each_others_numbers(
    joined: Phone, new_phone: Callable[..., Phone], ana: Person, maria: Person
):
    joined.tap_and_wait("leg", 4)
    joined.unsent(0)
    other = new_phone()
    other.join(ana, maria)
    expect(other.page.locator("#pad [data-region=leg] .hint")).to_contain_text(": 4")
