"""Amble can be put on a Home Screen: what Chromium itself says of it, and each fact by itself."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from phone import files
from phone.files import _build as build
from tests.browser.conftest import Phone, wait_until
from tests.browser.test_access import SCREENS
from tests.phone.test_files import collect


@pytest.fixture
def manifest(joined: Phone) -> dict[str, Any]:
    return dict(
        joined.page.evaluate("fetch(document.querySelector('[rel=manifest]').href).then((a) => a.json())")
    )


@pytest.fixture
def hashed_names(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """The app as it is served in production: collected, each file under a name that holds its content."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.storage.HashedModules"}}
    collect(tmp_path / "static")
    build.cache_clear()
    yield
    build.cache_clear()


def test_under_hashed_names_every_screen_opens_without_a_network(hashed_names: None, joined: Phone):
    page = joined.page
    assert re.search(
        r"/main\.[0-9a-f]{12}\.js$", page.locator("script[type=module]").get_attribute("src") or ""
    )
    joined.offline()
    headings = set()
    for screen in SCREENS:
        joined.open(screen)
        headings.add(page.get_by_role("heading", level=1).first.text_content())
    assert "Not on this phone yet" not in headings
    assert len(headings) > 12
    joined.open()
    joined.tap_and_wait("leg", 4)
    joined.unsent(1)


def test_chromium_finds_nothing_in_the_way(joined: Phone):
    joined.wait_for_worker()
    joined.page.reload()
    cdp = joined.context.new_cdp_session(joined.page)
    found = [one["errorId"] for one in cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert set(found) <= {"in-incognito"}  # which every context of the tests is
    read = cdp.send("Page.getAppManifest")
    assert read["errors"] == []


def test_start_and_scope_are_inside_what_the_worker_serves(joined: Phone, manifest: dict[str, Any]):
    joined.wait_for_worker()
    scope = joined.page.evaluate("navigator.serviceWorker.ready.then((one) => one.scope)")
    page = joined.page.url
    for address in (manifest["start_url"], manifest["scope"], manifest["id"]):
        assert urljoin(page, address).startswith(scope)
    assert manifest["display"] == "standalone"


def test_each_icon_has_the_size_that_the_manifest_says(joined: Phone, manifest: dict[str, Any]):
    sizes = []
    for icon in manifest["icons"]:
        if icon["type"] == "image/svg+xml":
            continue
        with urlopen(urljoin(joined.page.url, icon["src"])) as answer:  # noqa: S310 - our own server
            data = answer.read(24)
        width, height = struct.unpack(">II", data[16:24])
        assert icon["sizes"] == f"{width}x{height}"
        sizes.append((width, icon["purpose"]))
    assert {(192, "any"), (512, "any"), (512, "maskable")} <= set(sizes)


def test_an_iphone_finds_its_own_icon_and_name(joined: Phone):
    page = joined.page
    icon = page.locator("link[rel=apple-touch-icon]").get_attribute("href") or ""
    with urlopen(urljoin(page.url, icon)) as answer:  # noqa: S310 - our own server
        assert answer.headers["Content-Type"] == "image/png"
    expect(page.locator("meta[name=apple-mobile-web-app-capable]")).to_have_attribute("content", "yes")
    expect(page.locator("meta[name=apple-mobile-web-app-title]")).to_have_attribute("content", "Amble")


def test_it_starts_without_a_network_at_the_address_of_the_home_screen(
    joined: Phone, manifest: dict[str, Any]
):
    joined.wait_for_worker()
    joined.page.reload()
    joined.offline()
    joined.page.goto(urljoin(joined.page.url, manifest["start_url"]))
    assert urlsplit(joined.page.url).path == "/app/"
    expect(joined.page.get_by_role("heading", level=1)).to_contain_text("Ana")


def test_a_newer_version_comes_by_itself_and_begins_when_no_page_of_the_old_one_is_open(
    joined: Phone, monkeypatch: pytest.MonkeyPatch
):
    """Although the browser answers the first page from the old one's cache, without asking its worker."""
    joined.wait_for_worker()
    (old,) = joined.page.evaluate("caches.keys()")
    monkeypatch.setattr(files, "build", lambda: "newer")
    joined.open()
    wait_until(
        lambda: joined.page.evaluate(
            "navigator.serviceWorker.getRegistration('/app/').then((worker) => Boolean(worker.waiting))"
        )
    )
    assert set(joined.page.evaluate("caches.keys()")) == {old, "amble newer"}

    def begins_with_the_newer() -> bool:
        joined.page.goto("about:blank")
        joined.page.wait_for_timeout(500)  # who opens the app again at once still meets the old one
        joined.open()
        return bool(joined.page.evaluate("caches.keys()") == ["amble newer"])

    wait_until(begins_with_the_newer)
