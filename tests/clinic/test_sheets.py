"""What is printed: the handout in the patient's language, the report with the numbers of the API."""

import re
import sys
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.access import acting_for_all
from clinic import pdf, words
from clinic.sheet_words import SHEET
from recovery.models import Episode, Patient
from tests import people
from tests.clinic.conftest import answer_yes, in_recovery
from tests.clinic.test_pages import statements, text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


def of(person: Person, sheet: str) -> str:
    return f"/patients/{person.user.pk}/{sheet}"


def test_every_language_says_the_same_things():
    assert SHEET["en"].keys() == SHEET["es"].keys()
    for name in SHEET["en"]:
        assert re.findall(r"{\w+}", SHEET["en"][name]) == re.findall(r"{\w+}", SHEET["es"][name])


def test_the_handout_has_the_plan_in_the_patients_language(maria: Person, browser: Browser):
    ana = people.patient(maria, name="Ana")
    assert "No exercise for now." in text(browser(maria).get(of(ana, "handout")))
    people.plan_for(ana, maria, starts_on=NOW.date(), times_per_day=2)
    page = browser(maria).get(of(ana, "handout"))
    said = text(page)
    assert "Your exercises, Ana From 2 March." in said
    assert "Bridge 10 times, twice a day Lift your hips." in said
    assert "Go to an emergency department now" in said
    assert "<svg" in page.content.decode()
    with acting_for_all():
        Patient.objects.filter(pk=ana.user.pk).update(language="es")
    said = text(browser(maria).get(of(ana, "handout")))
    assert "Tus ejercicios, Ana Desde el 2 de marzo." in said
    assert "Bridge 10 veces, 2 veces al día" in said


def test_no_exercise_is_handed_out_under_an_open_red_flag(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    said = text(browser(maria).get(of(ana, "handout")))
    assert "Do not do the exercises for now." in said
    assert "Lift your hips." not in said


def test_the_report_has_the_numbers_of_the_api(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, None, 5, 4)
    with acting_for_all():
        episode = Episode.objects.get(patient=ana.user.pk)
    trend = Client().get(f"/api/v1/episodes/{episode.pk}/trend", headers=maria.headers).json()
    page = text(browser(maria).get(of(ana, "report")))
    assert trend["status"]["for_staff"] in page
    expected = {week["week"]: week for week in trend["expected"]["weeks"]}
    for week in trend["weeks"]:
        edges = expected[week["week"]]
        assert (
            f"{week['week']} {week['logged_days']} of 7 {words.pain(week['value'])} "
            f"{words.pain(edges['low'])} to {words.pain(edges['high'])} {words.share(week['session_adherence'])}"
        ) in page
    plans = Client().get(f"/api/v1/episodes/{episode.pk}/plans", headers=maria.headers).json()["results"]
    assert f"Bridge : {plans[0]['lines'][0]['in_words']}" in page


def test_a_report_of_a_new_patient_says_what_is_not_there(maria: Person, browser: Browser):
    said = text(browser(maria).get(of(people.patient(maria), "report")))
    for nothing in ("No plan has begun", "No plan stands today.", "None raised.", "None answered yet."):
        assert nothing in said


@pytest.mark.parametrize("sheet", ["handout", "report"])
def test_a_sheet_is_for_who_may_read_costs_little_and_is_inert(maria: Person, browser: Browser, sheet: str):
    ana = in_recovery(maria, 6, 5, name="<script>alert(1)</script>")
    ben = in_recovery(maria, *range(9, 3, -1), *range(9, 3, -1))
    other = people.member(people.clinic("Seaside"), "clinician", name="Otto")
    assert browser(other).get(of(ana, sheet)).status_code == 404
    client = browser(maria)
    assert "<script>alert" not in client.get(of(ana, sheet)).content.decode()
    two, twelve = statements(client, of(ana, sheet)), statements(client, of(ben, sheet))
    assert len(two) == len(twelve)
    assert not [
        sql for sql in two if re.match(r"\s*(INSERT|UPDATE|DELETE) (?!INTO accounts_auditentry)", sql)
    ]


def test_a_report_is_a_file_where_one_can_be_made_and_else_the_page_to_print(maria: Person, browser: Browser):
    """Which of the two is asked here says `pdf.is_there()`: the README tells how to install weasyprint."""
    answer = browser(maria).get(of(in_recovery(maria, 6, 5), "report"), {"format": "pdf"})
    if pdf.is_there():
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    else:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "For a PDF choose “Save as PDF” where you print." in text(answer)


def test_weasyprint_without_the_libraries_it_needs_is_no_weasyprint(
    monkeypatch: pytest.MonkeyPatch, tmp_path
):
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    pdf.is_there.cache_clear()
    try:
        assert not pdf.is_there()
    finally:
        pdf.is_there.cache_clear()


@pytest.mark.parametrize(
    "url",
    ["https://elsewhere.example/x.css", "file:///etc/passwd", "amble:/static/../x", "amble:/static/%2e%2e/x"],
)
def test_a_printed_file_fetches_nothing_but_our_own(url: str):
    with pytest.raises(ValueError, match="only Amble's own files"):
        pdf._own_file(url)
