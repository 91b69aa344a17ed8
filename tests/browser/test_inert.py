"""Fifty texts that want to be code, wherever a patient or staff may write: they are shown, and do nothing."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.test import Client
from playwright.sync_api import Route, expect

from accounts.access import acting, acting_for_all
from accounts.models import User
from recovery.actions.events import add_event
from recovery.actions.messages import write_to_patient
from recovery.models import CareSettings, Episode, Message, OutcomeMeasure, Patient
from tests.browser.conftest import Phone, wait_until
from tests.browser.sessions import patient_with_session
from tests.browser.test_access import SCREENS
from tests.moments import BERLIN
from tests.people import Person

DO = "window.ran=1"
TAGS = [
    f"<script>{DO}</script>",
    f"<img src=x onerror={DO}>",
    f"<svg onload={DO}>",
    f"<svg><script>{DO}</script></svg>",
    f"<body onload={DO}>",
    f"<iframe src=javascript:{DO}></iframe>",
    '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
    f"<input autofocus onfocus={DO}>",
    f"<details open ontoggle={DO}>",
    f"<video><source onerror={DO}></video>",
    f"<audio src=x onerror={DO}>",
    f"<marquee onstart={DO}>",
    f"<object data=javascript:{DO}>",
    f"<embed src=javascript:{DO}>",
    f"<a href=javascript:{DO}>here</a>",
    f"<math><mi//xlink:href='data:x,<script>{DO}</script>'>",
    f"<style>@import 'javascript:{DO}';</style>",
    f"<link rel=stylesheet href=javascript:{DO}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{DO}'>",
    f"<form action=javascript:{DO}><button>send</button></form>",
    f"<button formaction=javascript:{DO}>press</button>",
    f"<base href=javascript:{DO}//>",
    f"<template><script>{DO}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={DO}>'>",
    f"<textarea></textarea><script>{DO}</script>",
]
BREAKS = [
    f"'\"><script>{DO}</script>",
    f'" onmouseover={DO} x="',
    f"' autofocus onfocus={DO} '",
    f"--><script>{DO}</script>",
    f"]]><script>{DO}</script>",
    f"</textarea><img src=x onerror={DO}>",
    f"</title><svg onload={DO}>",
    f"</style><svg onload={DO}>",
    f"</script><script>{DO}</script>",
    f"</li></ol><img src=x onerror={DO}>",
    f"`${{{DO}}}`",
    f"${{{DO}}}",
    f"{{{{constructor.constructor('{DO}')()}}}}",
    f"{{name}} {{time}} {{n}} {DO}",
    f"javascript:{DO}",
    f"data:text/html,<script>{DO}</script>",
    f"<scr<script>ipt>{DO}</scr</script>ipt>",
    f"<IMG SRC=x OnErRoR={DO}>",
    f"<img/src=x/onerror={DO}>",
    f"<svg/onload={DO}//",
    "<img src=x onerror=&#119;indow.ran=1>",
    f"&lt;script&gt;{DO}&lt;/script&gt;",
    f"%3Cscript%3E{DO}%3C/script%3E",
    f"<!--?lit$0$--><img src=x onerror={DO}>",
    f"<?lit$0$><script>{DO}</script>?>",
]
PAYLOADS = TAGS + BREAKS
NEVER_DRAWN = "script, img, iframe, object, embed, base, video, audio, marquee, style, link, meta"
SYNC = "/api/v1/sync"
# What is read as text in any answer of the server.
SPOKEN = {
    *("name", "text", "title", "sentence", "words", "why", "in_words", "author", "note"),
    *("purpose", "position", "steps", "caution", "easier", "ask", "least", "most", "statements"),
    *("intro", "question", "examples", "advice"),
}


def test_what_people_write_is_never_code(joined: Phone, ana: Person, maria: Person):
    assert len(set(PAYLOADS)) == 50
    now = datetime.now(BERLIN)
    head: dict[str, Any] = {"revision": 1, "at": now.isoformat()}
    today = str(now.date())
    bodies: list[dict[str, Any]] = [
        *({"kind": "message", "text": text, "private": n % 2 == 0} for n, text in enumerate(PAYLOADS)),
        *({"kind": "event", "what": "other", "about_on": today, "note": text} for text in PAYLOADS),
        *({"kind": "pain", "region": "leg", "score": 3, "asked": "now", "note": text} for text in PAYLOADS),
        *(
            {
                "kind": "measure",
                "instrument": "psfs",
                "activities": [{"name": f"{n}{text}"[:80], "ability": 3} for n in range(3)],
            }
            for text in PAYLOADS
        ),
    ]
    for start in range(0, len(bodies), 100):
        sent = {"records": [head | {"id": str(uuid4())} | body for body in bodies[start : start + 100]]}
        answer = Client().post(SYNC, json.dumps(sent), "application/json", headers=ana.headers)
        assert {one["answer"] for one in answer.json()["answers"]} == {"stored"}
    with acting_for_all():
        assert (Message.objects.count(), OutcomeMeasure.objects.count()) == (50, 50)
        everything = " ".join(PAYLOADS)
        CareSettings.objects.create(
            clinic_id=maria.actor.clinic_id,
            emergency_number="112",
            **{
                name: {"en": everything[:600]}
                for name in ("emergency_text", "crisis_text", "out_of_hours_text")
            },
        )
    with acting(maria.actor):
        patient = Patient.objects.get(pk=ana.user.pk)
        episode = Episode.objects.select_related("patient").get(patient=patient)
        for text in PAYLOADS[::10]:
            write_to_patient(patient=patient, text=text, to_patient=True, by=maria.user.pk, now=now)
            add_event(
                episode=episode, what="other", about_on=now.date(), note=text, by=maria.user.pk, now=now
            )
    with acting_for_all():
        User.objects.filter(pk=ana.user.pk).update(name=f"<img src=x onerror={DO}>")

    page = joined.page
    joined.tap_and_wait("leg", 3)
    page.get_by_role("link", name="Add details").click()
    page.get_by_label("A note for your therapist").fill(everything[:500])
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#pad")).to_be_visible()
    (mine,) = (one["id"] for one in joined.kept("records"))
    joined.open(f"pain?id={mine}")
    expect(page.get_by_label("A note for your therapist")).to_have_value(everything[:500])
    for screen in [*SCREENS, "reminders", "walk", "session", "measures"]:
        joined.open(screen)
        joined.unsent(0)
        if screen == "messages":
            expect(page.locator(".bubble .text")).to_have_count(55)
            shown = page.locator(".bubble .text").all_text_contents()
            assert set(shown) == set(PAYLOADS)
        if screen == "events":
            expect(page.locator(".story blockquote")).to_have_count(55)
            assert set(PAYLOADS) <= set(page.locator(".story blockquote").all_text_contents())
        page.mouse.move(150, 300)
        assert page.evaluate("window.ran") is None, screen
        assert page.locator("main").locator(NEVER_DRAWN).count() == 0, screen
    joined.open("check?q=1")
    page.get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Get help now")).to_be_visible()
    assert page.evaluate("window.ran") is None

    assert joined.violations == []
    page.evaluate(  # and what got in all the same is stopped by the policy, and counted by every test
        """(text) => {
            try { document.body.insertAdjacentHTML("beforeend", text); } catch {}
        }""",
        f"<img src=x onerror={DO}>",
    )
    wait_until(lambda: page.evaluate("window.ran") is None and joined.violations)
    joined.violations.clear()


def test_whatever_the_server_says_is_never_code(phone: Phone, maria: Person):
    """Also its own texts: of exercises, rules, questions, advice, colleagues and phones."""
    now = datetime.now(BERLIN)
    ana = patient_with_session(maria)
    phone.sign_in(ana)
    with acting(maria.actor):
        patient = Patient.objects.get(pk=ana.user.pk)
        write_to_patient(patient=patient, text="Hello", to_patient=True, by=maria.user.pk, now=now)
    everything = " ".join(PAYLOADS)
    spoken: set[str] = set()

    def spoilt(said: Any, name: str = "") -> Any:
        if isinstance(said, str) and name in SPOKEN:
            spoken.add(name)
            return everything
        if isinstance(said, dict):
            return {
                key: spoilt(one, name if key in ("en", "es") or key.isdigit() else key)
                for key, one in said.items()
            }
        return [spoilt(one, name) for one in said] if isinstance(said, list) else said

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            said = route.fetch(headers={**route.request.headers, "if-none-match": ""})
            route.fulfill(response=said, json=spoilt(said.json()))
        else:
            route.fallback()

    page = phone.page
    page.route("**/api/v1/**", answer)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until(lambda: page.evaluate("true") and {"sentence", "steps", "advice", "text"} <= spoken)

    def is_inert(where: str) -> None:
        page.mouse.move(150, 300)
        assert page.evaluate("window.ran") is None, where
        assert page.locator("main").locator(NEVER_DRAWN).count() == 0, where

    for screen in [*SCREENS, "measures"]:
        phone.open(screen)
        page.locator("h1").first.wait_for()
        is_inert(screen)
    expect(page.locator("main")).to_contain_text(f"<img src=x onerror={DO}>")  # the texts are really there
    phone.open("session?line=1")
    for press in ("Start", "This hurts too much", "Leg pain now 4 of 10", "Leave this one out"):
        page.get_by_role("button", name=press, exact=True).click()
        is_inert(press)
    phone.open("check?q=1")
    page.get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name="Get help now").wait_for()
    is_inert("advice")
    assert {"caution", "easier", "steps", "statements", "author", "title", "least"} <= spoken
