"""The app itself: one page for every screen, its service worker, and what a phone needs to install it.

None of it knows who asks. Patient data come by the API, after the scripts have a token.
"""

import json

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from phone import files
from recovery.consents import FILE as CONSENT_FILE
from recovery.rules.red_flags import CHECK_FILE

LANGUAGES = ("en", "es")
SCORES = range(11)
# Our own scripts only, and no text becomes one: what lit-html and the service worker need has a policy by name.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "media-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["lit-html", "amble"],
}


@require_safe
@csp(POLICY)
def shell(request: HttpRequest, screen: str = "") -> HttpResponse:
    """The page of every screen. The code of an invitation is in the fragment, which no server sees."""
    words = {language: files.catalog(language) for language in LANGUAGES}
    response = render(
        request,
        "phone/shell.html",
        {
            "modules": files.shell_modules(),
            "tabs": _in_each_language(words, "tabs"),
            "strips": [
                (region, [(language, one["pain"][f"{region}_now"]) for language, one in words.items()])
                for region in ("leg", "back")
            ],
            "pain": _in_each_language(words, "pain"),
            "shell": _in_each_language(words, "shell"),
            "scores": SCORES,
        },
    )
    response["Cache-Control"] = "no-cache"
    return response


def _in_each_language(
    words: dict[str, dict[str, dict[str, str]]], section: str
) -> dict[str, list[tuple[str, str]]]:
    """The words of a section by name, each as (language, text): the page shows the one its reader has."""
    first = words[LANGUAGES[0]][section]
    return {name: [(language, words[language][section][name]) for language in LANGUAGES] for name in first}


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, under the address whose scope is the whole app."""
    given = {
        "BUILD": files.build(),
        "STATIC": settings.STATIC_URL,
        "FILES": [*files.addresses(), reverse("phone:symptom-check"), reverse("phone:consent")],
        "WORDS": {language: files.catalog(language)["push"] for language in LANGUAGES},
    }
    lines = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
    return HttpResponse(
        lines + files.worker_script(),
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )


@require_safe
def symptom_check(request: HttpRequest) -> HttpResponse:
    """The safety questions and their advice: kept by every phone, so that the check answers without a network."""
    return HttpResponse(
        CHECK_FILE.read_bytes(), content_type="application/json", headers={"Cache-Control": "no-cache"}
    )


@require_safe
def consent(request: HttpRequest) -> HttpResponse:
    """What a patient agrees to, by language: shown before anybody is signed in."""
    return HttpResponse(
        CONSENT_FILE.read_bytes(), content_type="application/json", headers={"Cache-Control": "no-cache"}
    )


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    start = reverse("phone:shell")
    icons = [("icon.svg", "any", "any"), ("icon-192.png", "192x192", "any")]
    icons += [("icon-512.png", "512x512", "any"), ("icon-maskable-512.png", "512x512", "maskable")]
    kinds = {"svg": "image/svg+xml", "png": "image/png"}
    body = {
        "id": start,
        "name": "Amble",
        "short_name": "Amble",
        "description": "Home exercise and recovery with sciatica.",
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#FBF8F2",
        "theme_color": "#FBF8F2",
        "icons": [
            {
                "src": static(f"phone/{name}"),
                "sizes": sizes,
                "type": kinds[name.rpartition(".")[2]],
                "purpose": purpose,
            }
            for name, sizes, purpose in icons
        ],
    }
    return HttpResponse(
        json.dumps(body), content_type="application/manifest+json", headers={"Cache-Control": "no-cache"}
    )
