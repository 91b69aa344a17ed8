"""The program builder without scripts: every button is a form, and nothing typed is lost by any of them."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from exercises.models import Exercise, Program
from recovery.actions.diary import take
from recovery.models import Plan, PlanDraft
from recovery.records import read
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_pages import statements, text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


class Fields(HTMLParser):
    """The fields of the form with an id, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._text: str | None = None
        self._select: str | None = None
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = values.get("id") == "builder"
        if not self._inside:
            return
        name = values.get("name", "")
        if tag == "input" and name and (values.get("type") != "checkbox" or "checked" in values):
            self.sent.setdefault(name, []).append(
                values.get("value", "on" if values.get("type") == "checkbox" else "")
            )
        elif tag == "textarea":
            self._text = name
            self.sent.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in values and self._select:
            self.sent.setdefault(self._select, []).append(values.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.sent[self._text][-1] += data.removeprefix("\n") if not self.sent[self._text][-1] else data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = None
        if tag == "form":
            self._inside = False


def press(client: Client, path: str, do: str, **typed: Any) -> Any:
    """Open the page, type over some fields, press a button, and follow where it leads."""
    page = client.get(path)
    return client.post(path, fields(page) | typed | {"do": do}, follow=True)


def fields(page: Any) -> dict[str, Any]:
    return dict(Fields(page.content.decode()).sent)


def program_page(person: Person) -> str:
    return f"/patients/{person.user.pk}/program"


def draft_of(person: Person) -> PlanDraft:
    with acting_for_all():
        return PlanDraft.objects.get(patient=person.user.pk)


def slugs(lines: list[Mapping[str, Any]]) -> list[str]:
    known = dict(Exercise.objects.values_list("pk", "slug"))
    return [known[line["exercise"]] for line in lines]


@pytest.fixture
def catalog(db: None) -> None:
    call_command("load_catalog", verbosity=0)


@pytest.fixture
def ana(maria: Person, catalog: None) -> Person:
    return people.patient(maria, name="Ana")


@pytest.fixture
def desk(maria: Person, browser: Browser) -> Client:
    return browser(maria)


def start(client: Client, person: Person, slug: str = "settling-and-mobility") -> Any:
    program = Program.objects.get(slug=slug)
    return client.post(program_page(person), {"do": "start", "from": f"program.{program.pk}"}, follow=True)


# --- from a program to a plan ---------------------------------------------------------------------------


def test_a_program_is_chosen_adjusted_and_sent(desk: Client, ana: Person):
    page = text(desk.get(program_page(ana)))
    assert "Settling and mobility" in page
    assert "8 exercises · about" in page
    assert "Single knee to chest" in text(start(desk, ana))
    press(desk, program_page(ana), "more.5.repetitions")
    press(desk, program_page(ana), "remove.1")
    sent = press(desk, program_page(ana), "publish", note="Well done. Go on slowly.")
    assert "Version 1 is sent. Ana is asked for it from today on." in text(sent)
    with acting_for_all():
        plan = Plan.objects.get(patient=ana.user.pk)
        lines = list(plan.prescriptions.select_related("exercise").order_by("position"))
    assert [line.exercise.slug for line in lines][:3] == [
        "single-knee-to-chest",
        "cat-camel",
        "abdominal-brace",
    ]
    bridge = next(line for line in lines if line.exercise.slug == "bridge")
    assert bridge.dosage.repetitions == 9
    assert plan.note == "Well done. Go on slowly."


def test_every_button_of_a_line_does_what_it_says_and_keeps_what_was_typed(desk: Client, ana: Person):
    start(desk, ana)
    typed = {"2-repetitions": "10", "2-note": "Slowly, <b>please</b>."}
    for do, at in (("up.2", 1), ("down.1", 2)):
        said = text(press(desk, program_page(ana), do, **typed))
        assert f"Cat-camel moved to {at + 1} of 8." in said
        line = draft_of(ana).lines[at]
        assert (line["dosage"]["repetitions"], line["note"]) == (10, "Slowly, <b>please</b>.")
        typed = {}
    gone = press(desk, program_page(ana), "remove.2")
    assert "Cat-camel is removed." in text(gone)
    assert "cat-camel" not in slugs(draft_of(ana).lines)
    press(desk, program_page(ana), "undo")
    assert draft_of(ana).lines[2]["note"] == "Slowly, <b>please</b>."
    heel = Exercise.objects.get(slug="heel-raises")
    assert "Heel raises is added as number 9." in text(press(desk, program_page(ana), f"add.{heel.pk}"))
    assert slugs(draft_of(ana).lines)[-1] == "heel-raises"


def test_easier_and_harder_follow_the_catalog_and_can_be_undone(desk: Client, ana: Person):
    start(desk, ana)
    before = draft_of(ana).lines
    own = Exercise.objects.in_bulk([line["exercise"] for line in before])
    n, which, to = next(
        (n, which, pk)
        for n, line in enumerate(before)
        for which in ("harder", "easier")
        if (pk := getattr(own[line["exercise"]], f"{which}_id"))
    )
    press(desk, program_page(ana), f"{which}.{n}")
    changed = draft_of(ana).lines[n]
    assert changed["exercise"] == to
    assert changed["dosage"] == Exercise.objects.get(pk=to).default.on([]).as_json()
    press(desk, program_page(ana), "undo")
    assert draft_of(ana).lines[n]["exercise"] == before[n]["exercise"]


def test_steppers_stop_at_the_ends_of_the_catalogs_range(desk: Client, ana: Person):
    start(desk, ana)
    for _ in range(6):
        press(desk, program_page(ana), "more.5.repetitions")
    assert draft_of(ana).lines[5]["dosage"]["repetitions"] == 12
    press(desk, program_page(ana), "more.5.times_per_day")
    assert draft_of(ana).lines[5]["dosage"]["times_per_day"] == 1


def test_a_number_outside_of_its_range_is_named_kept_and_not_sent(desk: Client, ana: Person):
    start(desk, ana)
    page = press(desk, program_page(ana), "save", **{"5-repetitions": "40"})
    assert "Bridge, Times: Use 5 to 12." in text(page)
    refused = press(desk, program_page(ana), "publish")
    assert refused.status_code == 422
    assert "Bridge, times: use 5 to 12." in text(refused)
    assert draft_of(ana).lines[5]["dosage"]["repetitions"] == 40


@pytest.mark.parametrize("typed", ["ten", "0", "-1", "1e3", "٣", "9" * 30])
def test_what_is_no_number_is_shown_again_with_everything_else_that_was_typed(
    desk: Client, ana: Person, typed: str
):
    start(desk, ana)
    page = press(desk, program_page(ana), "save", **{"5-repetitions": typed, "6-note": "Small."})
    assert page.status_code == 422
    assert f'value="{typed}"' in page.content.decode()
    assert "Small." in page.content.decode()
    assert draft_of(ana).lines[5]["dosage"]["repetitions"] == 8


# --- what the patient sees change, and for whom to take care --------------------------------------------


def test_the_page_says_what_the_patient_will_see_change(desk: Client, ana: Person):
    start(desk, ana)
    press(desk, program_page(ana), "publish")
    desk.post(program_page(ana), {"do": "start", "from": ""})
    assert "Nothing. This draft reads as the plan does now." in text(desk.get(program_page(ana)))
    heel = Exercise.objects.get(slug="heel-raises")
    press(desk, program_page(ana), f"add.{heel.pk}")
    page = text(press(desk, program_page(ana), "save", **{"5-repetitions": "12"}))
    assert re.search(r"Bridge : 8 times 5 seconds[^→]* → becomes 12 times 5 seconds", page)
    assert "Heel raises is new: 10" in page


def test_a_caution_meets_the_patient_who_reported_it_and_no_other(desk: Client, ana: Person, maria: Person):
    start(desk, ana)
    caution = "Tingling was reported on"
    assert caution not in text(desk.get(program_page(ana)))
    fields = {"revision": 1, "at": NOW - timedelta(hours=2), "region": "leg", "score": 4, "asked": "now"}
    record = read("pain", "0b6ff1ea-9f40-4f2e-8f6c-5bb0c39b5e01", fields | {"tingling": True})
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=[record], now=NOW)
    assert caution in text(desk.get(program_page(ana)))
    ben = people.patient(maria, name="Ben")
    start(desk, ben)
    assert caution not in text(desk.get(program_page(ben)))


# --- two writers ----------------------------------------------------------------------------------------


def test_of_two_writers_the_second_sees_both_and_may_keep_theirs(
    hillside: Clinic, ana: Person, maria: Person, desk: Client
):
    start(desk, ana)
    stale = fields(desk.get(program_page(ana)))
    press(desk, program_page(ana), "save", **{"5-repetitions": "10"})
    conflict = desk.post(program_page(ana), stale | {"do": "publish", "5-repetitions": "12", "note": "Mine."})
    assert conflict.status_code == 409
    page = text_of(conflict)
    assert "Maria saved the draft today 13:00." in page
    assert "12 times 5 seconds" in page
    assert "10 times 5 seconds" in page
    assert draft_of(ana).lines[5]["dosage"]["repetitions"] == 10
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', conflict.content.decode())
    mine: dict[str, list[str]] = {}
    for name, value in hidden:
        mine.setdefault(name, []).append(value)
    mine["version"] = [str(draft_of(ana).version)]
    desk.post(program_page(ana), mine | {"do": "keep"})
    assert draft_of(ana).lines[5]["dosage"]["repetitions"] == 12
    assert draft_of(ana).note == "Mine."


def test_a_draft_that_was_sent_meanwhile_loses_nothing_of_the_second_writer(desk: Client, ana: Person):
    start(desk, ana)
    stale = fields(desk.get(program_page(ana)))
    press(desk, program_page(ana), "publish")
    conflict = desk.post(program_page(ana), stale | {"do": "save", "5-repetitions": "12"})
    assert conflict.status_code == 409
    assert "version 1 was sent meanwhile" in text_of(conflict)
    desk.post(program_page(ana), stale | {"do": "keep", "5-repetitions": "12"})
    assert draft_of(ana).lines[5]["dosage"]["repetitions"] == 12


def text_of(response: Any) -> str:
    response.status_code = 200
    return text(response)


# --- copies, and who may --------------------------------------------------------------------------------


def test_a_copy_of_another_patients_plan_leaves_their_notes_and_sides_behind(
    desk: Client, ana: Person, maria: Person
):
    start(desk, ana)
    press(desk, program_page(ana), "publish", **{"6-note": "For Ana alone.", "6-side": "left"})
    ben = people.patient(maria, name="Ben")
    with acting_for_all():
        plan = Plan.objects.get(patient=ana.user.pk)
    assert "Ana version 1" in text(desk.get(program_page(ben)))
    desk.post(program_page(ben), {"do": "start", "from": f"plan.{plan.pk}"})
    lines = draft_of(ben).lines
    assert len(lines) == 8
    assert {(line["note"], line["side"]) for line in lines} == {("", "")}


def test_only_the_care_team_builds_a_plan(hillside: Clinic, ana: Person, browser: Browser, maria: Person):
    noor = browser(staff(hillside, Role.THERAPIST, name="Noor"))
    rao = browser(staff(hillside, Role.CLINICIAN, name="Rao"))
    boss = browser(staff(hillside, Role.ADMINISTRATOR, name="Helena"))
    for client, status in ((noor, 404), (rao, 403), (boss, 404), (Client(), 302)):
        assert client.get(program_page(ana)).status_code == status
        assert client.post(program_page(ana), {"do": "start"}).status_code == status
    with acting_for_all():
        assert not PlanDraft.objects.exists()


def test_a_plan_of_a_stranger_is_not_copied(ana: Person, desk: Client, browser: Browser):
    other = staff(people.clinic("Seaside"), Role.THERAPIST, name="Otto")
    theirs = people.patient(other, name="Eve")
    start(browser(other), theirs)
    press(browser(other), program_page(theirs), "publish")
    with acting_for_all():
        plan = Plan.objects.get(patient=theirs.user.pk)
    page = desk.post(program_page(ana), {"do": "start", "from": f"plan.{plan.pk}"}, follow=True)
    assert "not there any more" in text(page)
    with acting_for_all():
        assert not PlanDraft.objects.filter(patient=ana.user.pk).exists()


# --- what it costs, and what may not happen -------------------------------------------------------------


def test_the_page_costs_the_same_for_one_line_and_for_eight(desk: Client, ana: Person, maria: Person):
    start(desk, ana)
    eight = statements(desk, program_page(ana))
    ben = people.patient(maria, name="Ben")
    start(desk, ben, "graded-walking")
    one = statements(desk, program_page(ben))
    assert len(one) == len(eight) <= 20, "\n".join(eight)
    assert not [
        sql for sql in eight if re.match(r"\s*(INSERT|UPDATE|DELETE) (?!INTO accounts_auditentry)", sql)
    ]


def test_nothing_is_done_without_the_forms_token_or_by_a_link(ana: Person, maria: Person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(maria.user)
    assert client.post(program_page(ana), {"do": "start"}).status_code == 403
    client.get(program_page(ana), {"do": "start", "from": "program.1"})
    with acting_for_all():
        assert not PlanDraft.objects.exists()


def test_what_was_typed_is_inert_on_the_builder_and_its_conflict(desk: Client, maria: Person, catalog: None):
    evil = '"><script>alert(1)</script>'
    ana = people.patient(maria, name=evil)
    start(desk, ana)
    stale = fields(desk.get(program_page(ana)))
    pages = [
        desk.get(program_page(ana)),
        press(desk, program_page(ana), "save", **{"0-note": evil, "note": evil}),
        desk.post(program_page(ana), stale | {"0-note": evil, "note": evil, "line": [*stale["line"], evil]}),
        press(desk, program_page(ana), "save", **{"0-repetitions": evil, "0-range": evil}),
        desk.get(program_page(ana), {"q": evil, "at": evil}),
    ]
    for page in pages:
        assert evil not in page.content.decode()
        assert "&lt;script&gt;" in page.content.decode()
