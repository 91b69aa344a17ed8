"""The files of the app: what its service worker keeps, and the id of their build."""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from recovery.consents import FILE as CONSENT_FILE
from recovery.rules.red_flags import CHECK_FILE

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
SERVED = {".js", ".css", ".svg", ".png"}
# Style and type are the clinic pages' own, so that both faces look alike.
SHARED = (
    "clinic/tokens.css",
    "clinic/vendor/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "clinic/vendor/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2",
)
# What the first screen needs, asked for at once instead of one after the other.
PRELOADED = ("phone/screens/today.js", "phone/vendor/lit-html.js", "phone/vendor/idb.js", "phone/words/en.js")
CLASSIC = "phone/first.js"
DATA = (CHECK_FILE, CONSENT_FILE)  # which the worker keeps as well, each under an address of its own
TEMPLATE = HERE / "templates" / "phone" / "shell.html"


def names() -> list[str]:
    """Every static file of the app, by the name that `static` takes."""
    own = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.suffix in SERVED]
    return sorted(name for name in own if not name.endswith(".d.ts")) + list(SHARED)


def shell_modules() -> list[str]:
    """The modules that every start loads."""
    own = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "phone").glob("*.js"))
    return [name for name in own if name != CLASSIC] + list(PRELOADED)


def contents() -> Iterator[bytes]:
    for name in names():
        found = finders.find(name)
        if not isinstance(found, str):
            raise FileNotFoundError(f"{name} is a file of the app and is nowhere among the static files.")
        yield Path(found).read_bytes()


def build() -> str:
    """The id of this build: a change of any file, of the page, the worker or the questions makes another one."""
    return _build() if not settings.DEBUG else _build.__wrapped__()


@cache
def _build() -> str:
    digest = sha256()
    data = [path.read_bytes() for path in DATA]
    page = [TEMPLATE.read_bytes(), worker_script().encode()]
    for part in (*contents(), *data, *page, *map(str.encode, addresses())):
        digest.update(sha256(part).digest())
    return digest.hexdigest()[:16]


def addresses() -> list[str]:
    """Where the files are, with their hashed names where names are hashed."""
    return [static(name) for name in names()]


@cache
def worker_script() -> str:
    return (HERE / "worker.js").read_text(encoding="utf-8")


@cache
def catalog(language: str) -> dict[str, dict[str, str]]:
    """The words of one language. The file is a module whose only value is JSON."""
    text = (STATIC / "phone" / "words" / f"{language}.js").read_text(encoding="utf-8")
    words: dict[str, Any] = json.loads(text[text.index("{\n") : text.rindex("}") + 1])
    return words
