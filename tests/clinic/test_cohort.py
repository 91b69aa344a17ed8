"""The cohort at the desk: the API's numbers, nothing of few, and a file that no spreadsheet runs."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from clinic.survival import NARROW, WIDE, Frame, survival
from recovery.actions.days import close_days
from recovery.actions.people import end_episode
from recovery.models import Episode, Progress
from recovery.rules.cohort import PUBLISHED_SHARES, Span, curve
from tests import people
from tests.clinic.conftest import staff
from tests.clinic.test_desk import api
from tests.clinic.test_every_page import Inside
from tests.clinic.test_pages import statements, text
from tests.moments import NOW
from tests.people import Person
from tests.recovery.test_cohort import START, recovering, twelve
from wire import spreadsheet

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


def percent(share: float) -> int:
    return round(100 * share)


def relapse_all() -> None:
    """As if everybody who was relieved had relapsed three weeks later."""
    with acting_for_all():
        for row in Progress.objects.filter(relieved_on__isnull=False):
            later = START + timedelta(days=48)
            Progress.objects.filter(pk=row.pk).update(relapsed_on=later, valid_through=later)


# --- the page -----------------------------------------------------------------------------------------


def test_time_to_relief_has_the_numbers_of_the_api(maria: Person, browser: Browser):
    twelve(maria)
    recovering(maria, 2, 2, 2)
    close_days(now=NOW)
    everyone = api(maria, "cohort")["everyone"]
    relief = everyone["relief"]
    page = browser(maria).get("/cohort")
    said = text(page)
    assert everyone["half"]["sentence"] in said
    assert f"{relief['counted']} episodes counted, {relief['happened']} of them relieved." in said
    assert f"Half relieved: day {relief['median']}" in said
    assert "Not in the curve: 1 whose pain was low at the start, below 3." in said
    for _, at_risk in relief["at_risk"]:
        assert f">{at_risk}</text>" in page.content.decode()
    for note in api(maria, "cohort")["notes"]:
        assert note in said


def test_a_stratum_stands_beside_the_published_model_a_week_earlier(maria: Person, browser: Browser):
    twelve(maria)
    close_days(now=NOW)
    (group,) = api(maria, "cohort")["strata"]
    (step,) = group["relief"]["steps"]
    assert (step["day"], group["stratum"]) == (21, "A")
    said = text(browser(maria).get("/cohort"))
    published = next(one for one in api(maria, "cohort")["published"] if one["stratum"] == "A")
    shares = dict(published["by_week"])
    here = f"{percent(1 - step['left'])} % ({percent(1 - step['high'])} to {percent(1 - step['low'])} %)"
    assert f"4 {here} {percent(shares[4])} %" in said


def test_the_weeks_of_a_stratum_stand_beside_the_clinics_reference(maria: Person, browser: Browser):
    for _ in range(5):
        recovering(maria, 6, 6, 3)
    recovering(maria, 8, 8, 8, 8)
    close_days(now=NOW)
    (group,) = api(maria, "cohort")["strata"]
    second, fourth = group["course"]
    assert (second["week"], second["counted"], second["middle"], group["relief"]) == (2, 6, 1, None)
    assert (fourth["week"], fourth["counted"], fourth["middle"]) == (4, None, None)
    said = text(browser(maria).get("/cohort"))
    edges = [percent(second[name]) for name in ("expected", "expected_low", "expected_high")]
    expected = "{} % ({} to {} %)".format(*edges)
    assert f"2 6 100 % (100 to 100 %) {expected}" in said
    assert "4 fewer than 5 – " in said
    assert group["course_label"] in said


def test_relapses_and_programs_are_told(maria: Person, browser: Browser):
    for _ in range(10):
        recovering(maria, 6, 5, 2, 2)
    close_days(now=NOW)
    relapse_all()
    said = text(browser(maria).get("/cohort"))
    relapse = api(maria, "cohort")["everyone"]["relapse"]
    assert (relapse["counted"], relapse["happened"]) == (10, 10)
    assert "10 with relief, 10 with a relapse." in said
    assert "Without a program 10 10 day 21" in said


def test_of_few_nothing_is_shown_and_the_page_says_why(maria: Person, browser: Browser):
    for _ in range(9):
        recovering(maria, 6, 5, 2, 2)
    close_days(now=NOW)
    page = browser(maria).get("/cohort")
    said = text(page)
    assert "Too few to tell" in said
    assert "Nothing is drawn for fewer than 10 episodes or 5 reliefs." in said
    assert "Too few to show: fewer than 10 episodes or 5 reliefs." in said
    assert "too few to show" in said
    assert 'class="survival"' not in page.content.decode()


def test_a_choice_narrows_what_is_counted_and_a_wrong_one_is_named(maria: Person, browser: Browser):
    twelve(maria)
    twelve(maria, onset=100)
    close_days(now=NOW)
    client = browser(maria)
    said = text(client.get("/cohort"))
    assert "24 episodes counted" in said
    assert f"Log-rank χ² {api(maria, 'cohort')['strata_differ']['chi_squared']:.2f}" in said
    only = text(client.get("/cohort", {"stratum": "C", "started_from": str(START)}))
    assert "12 episodes counted" in only
    assert "Your own patients, some of them" in only
    wrong = client.get("/cohort", {"started_from": "2026-02-02", "started_to": "2026-02-01"})
    assert wrong.status_code == 422
    assert "Use a date that is not before the first one." in text(wrong)
    assert client.get("/cohort", {"stratum": "D"}).status_code == 422
    assert client.get("/cohort", {"program": "x"}).status_code == 422


def test_engagement_has_the_numbers_of_the_api_and_hides_the_few(maria: Person, browser: Browser):
    twelve(maria)  # they last wrote seven weeks ago or later, and began ten weeks ago
    silent = [recovering(maria) for _ in range(5)]
    people.patient(maria)
    with acting(maria.actor):
        for someone in silent[:2]:
            episode = Episode.objects.get(patient=someone.user.pk)
            end_episode(
                episode=episode, because="transfer", on=START + timedelta(days=9), by=maria.user.pk, now=NOW
            )
    close_days(now=NOW)
    found = api(maria, "engagement")
    assert found == {
        "whose": "own patients",
        "enrolled": 18,
        "started": 17,
        "month": 17,
        "kept_on": 6,
        "ended_before": None,
        "fell_silent": 9,
        "ended": {"discharge": 0, "transfer": None, "surgery": 0},
    }
    said = text(browser(maria).get("/cohort"))
    assert "Enrolled 18 Started a program 17 Whose day 30 has ended 17" in said
    assert "wrote on day 30 or later 6" in said
    assert "ended before fewer than 5" in said
    assert "Discharged 0 Moved to other care fewer than 5 Surgery 0" in said


# --- who, how much, and as a file ---------------------------------------------------------------------


def test_it_is_for_those_who_treat_and_of_their_own_patients_or_clinic(
    hillside: Clinic, maria: Person, browser: Browser
):
    twelve(maria)
    close_days(now=NOW)
    rao = staff(hillside, Role.CLINICIAN, name="Rao")
    noor = staff(hillside, Role.THERAPIST, name="Noor")
    boss = staff(hillside, Role.ADMINISTRATOR, name="Boss")
    other = people.member(people.clinic("Seaside"), Role.CLINICIAN, name="Otto")
    assert "All patients of the clinic" in text(browser(rao).get("/cohort"))
    for nobody in (noor, other):
        assert "Nothing is drawn for fewer than" in text(browser(nobody).get("/cohort"))
    assert browser(boss).get("/cohort").status_code == 403
    assert Client().get("/cohort").status_code == 302


def test_the_page_costs_the_same_for_one_episode_and_for_many_and_runs_nothing_of_its_own(
    maria: Person, browser: Browser
):
    client = browser(maria)
    program = people.program()
    recovering(maria, 6, 5, program=program)
    close_days(now=NOW)
    one = statements(client, "/cohort")
    twelve(maria, program=program)
    close_days(now=NOW)
    many = statements(client, "/cohort")
    assert len(many) == len(one)
    assert not [sql for sql in many if re.match(r"\s*(INSERT|UPDATE|DELETE)", sql)]
    page = client.get("/cohort")
    assert Inside(page.content.decode()).runs == []
    assert "no-store" in page.headers["Cache-Control"]


def test_the_file_has_every_step_of_the_api_and_no_formula(maria: Person, browser: Browser):
    program = people.program()
    program.text["en"]["name"] = "=HYPERLINK(1)"
    program.save()
    twelve(maria, program=program)
    close_days(now=NOW)
    answer = browser(maria).get("/cohort", {"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    (step,) = api(maria, "cohort")["everyone"]["relief"]["steps"]
    first = rows[0]
    assert (first["curve"], first["group"], first["day"]) == ("relief", "everyone", str(step["day"]))
    assert float(first["share left"]) == step["left"]
    assert "program: =HYPERLINK(1)" in {row["group"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@"]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("\tx", "'\tx"), ("Ease", "Ease"), (-3, -3), (0.5, 0.5)],
)
def test_a_cell_never_begins_as_a_formula(cell: Any, kept: Any):
    assert spreadsheet.cell(cell) == kept


# --- the drawing --------------------------------------------------------------------------------------


def spans(*, relieved: int, left: int) -> list[Span]:
    return [Span(21 + 7 * (n % 3), happened=True) for n in range(relieved)] + [
        Span(70, happened=False)
    ] * left


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_a_curve_begins_whole_falls_in_steps_and_stays_inside_its_drawing(frame: Frame):
    found = curve(spans(relieved=9, left=12))
    assert found is not None
    drawn = survival(found, frame)
    assert drawn.line.startswith(f"M{frame.left}.0 ")
    heights = [float(y) for y in re.findall(r"V([\d.]+)", drawn.line)]
    assert len(heights) == len(found.steps) == 3
    assert heights == sorted(heights)
    numbers = [float(n) for n in re.findall(r"[\d.]+", drawn.line + drawn.band)]
    assert all(0 <= number <= max(frame.width, frame.height) for number in numbers)
    assert [tick.text for tick in drawn.days] == ["start", "week 4", "week 8"]
    assert [tick.at_risk for tick in drawn.days] == [n for _, n in found.at_risk]
    assert drawn.band.count("Z") == 3


def test_what_is_published_for_after_the_end_of_the_curve_is_not_drawn():
    found = curve(spans(relieved=9, left=12))
    assert found is not None
    assert len(survival(found, WIDE, [(21, 0.9), (71, 0.4)]).published) == 1
    published = next(one for one in PUBLISHED_SHARES if one.by_week)
    beside = [(week, step and step.day) for week, _, step in published.beside(found)]
    assert beside == [(4, 21), (6, 35), (8, 35)]
