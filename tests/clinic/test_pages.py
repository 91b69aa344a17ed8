"""The worklist and the patient page: who sees whom, what they show, and what they cost."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from clinic import words
from recovery.actions.people import end_episode
from recovery.models import Episode, Progress, RedFlag
from tests import people
from tests.clinic.conftest import answer_yes, in_recovery, staff
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]


def text(response: Any) -> str:
    """What a reader reads of a page: its text without tags and twice the same space."""
    assert response.status_code in (200, 403, 404, 422, 429), response
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def page_of(person: Person) -> str:
    return f"/patients/{person.user.pk}"


def flag_of(person: Person) -> RedFlag:
    with acting_for_all():
        return RedFlag.objects.get(patient=person.user.pk)


def statements(client: Client, path: str) -> list[str]:
    """The statements of one page, without the savepoints that a request has instead of a transaction here."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]


# --- who sees whom ------------------------------------------------------------------------------------


def test_a_therapist_sees_their_own_care_teams_patients(hillside: Clinic, maria: Person, browser: Browser):
    noor = staff(hillside, Role.THERAPIST, name="Noor")
    ana, ben = people.patient(maria, name="Ana"), people.patient(noor, name="Ben")
    client = browser(maria)
    worklist = text(client.get("/"))
    assert "Ana" in worklist
    assert "Ben" not in worklist
    assert client.get(page_of(ana)).status_code == 200
    assert client.get(page_of(ben)).status_code == 404


def test_a_clinician_sees_all_of_the_clinic_and_nothing_of_another(
    maria: Person, hillside: Clinic, browser: Browser
):
    rao = staff(hillside, Role.CLINICIAN, name="Rao")
    other = staff(people.clinic("Seaside"), Role.CLINICIAN, name="Otto")
    ana, eve = people.patient(maria, name="Ana"), people.patient(other, name="Eve")
    client = browser(rao)
    assert "Ana" in text(client.get("/"))
    assert "Eve" not in text(client.get("/"))
    assert client.get(page_of(ana)).status_code == 200
    assert client.get(page_of(eve)).status_code == 404


def test_an_administrator_is_told_why_the_list_is_empty(maria: Person, hillside: Clinic, browser: Browser):
    ana = people.patient(maria, name="Ana")
    client = browser(staff(hillside, Role.ADMINISTRATOR, name="Helena"))
    assert "open to therapists and clinicians" in text(client.get("/"))
    assert client.get(page_of(ana)).status_code == 404


def test_a_patient_of_another_clinic_and_one_who_never_was_are_the_same_page(maria: Person, browser: Browser):
    other = staff(people.clinic("Seaside"), Role.CLINICIAN, name="Otto")
    client = browser(maria)
    there, nowhere = client.get(page_of(people.patient(other))), client.get("/patients/999999999")
    assert (there.status_code, text(there)) == (404, text(nowhere))


# --- the worklist -------------------------------------------------------------------------------------


def test_whoever_needs_somebody_most_comes_first_with_one_reason(maria: Person, browser: Browser):
    in_recovery(maria, 6, 4, 4, 3, name="Otto On-Track")
    in_recovery(maria, 6, 3, 6, 6, name="Wendy Worse")
    in_recovery(maria, 6, 6, 6, 6, name="Rita Review")
    flagged = in_recovery(maria, 6, 5, name="Freda Flagged")
    answer_yes(flagged, "foot_drop")
    people.patient(maria, name="Nina New")
    page = text(browser(maria).get("/"))
    order = ["Freda Flagged", "Wendy Worse", "Rita Review", "Nina New", "Otto On-Track"]
    assert sorted(order, key=page.index) == order
    reasons = [
        "Cannot lift the foot, today 13:00",
        "Worse two weeks running",
        "Little change by week 4",
        "No program yet",
    ]
    assert all(reason in page for reason in reasons)
    assert "5 patients" in page


def test_the_worklist_has_the_numbers_of_the_api(maria: Person, browser: Browser):
    in_recovery(maria, 6, None, 4)
    row = Client().get("/api/v1/worklist", headers=maria.headers).json()["results"][0]
    baseline, now = row["weeks"][0][1], row["weeks"][-1][1]
    page = text(browser(maria).get("/"))
    assert [words.pain(now), words.change(now, baseline)] == ["4.0", "−2.0"]
    assert f"4.0 −2.0 {row['sessions_done']} / {row['sessions_asked']}" in page
    assert 'aria-label="Weekly leg pain: 6.0, none, 4.0"' in browser(maria).get("/").content.decode()


def test_chips_count_and_filter(maria: Person, browser: Browser):
    people.patient(maria, name="Ana")
    in_recovery(maria, 6, 3, 6, 6, name="Wendy")
    client = browser(maria)
    page = text(client.get("/?why=worse"))
    assert "All 2" in page
    assert "Worse 1" in page
    assert "Wendy" in page
    assert "Ana" not in page
    assert client.get("/?why=happy").status_code == 404


def test_a_clinician_is_told_whose_each_patient_is_and_takes_them_all_as_a_file(
    hillside: Clinic, maria: Person, browser: Browser
):
    in_recovery(maria, 6, None, 4, name="=Ana()")
    people.patient(maria, name="Ben")
    rao = staff(hillside, Role.CLINICIAN, name="Rao")
    client = browser(rao)
    page = client.get("/")
    assert "week 4 · Maria" in text(page)
    assert "· Maria" not in text(browser(maria).get("/"))
    assert 'href="?format=csv"' in page.content.decode()
    file = client.get("/?format=csv")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    listed = Client().get("/api/v1/worklist", headers=rao.headers).json()["results"]
    assert [row["patient"].removeprefix("'") for row in rows] == [one["name"] for one in listed]
    (ana,) = (row for row in rows if row["patient"] == "'=Ana()")
    assert (ana["care team"], ana["program week"], ana["pain now"], ana["since start"]) == (
        *("Maria", "4", "4.0", "-2.0"),
    )
    assert browser(maria).get("/?format=csv").headers["Content-Type"].startswith("text/html")


def test_search_finds_a_part_of_a_name_and_says_when_it_does_not(maria: Person, browser: Browser):
    people.patient(maria, name="Ana Petrova")
    people.patient(maria, name="Ben Okoro")
    client = browser(maria)
    assert "Ben" not in text(client.get("/?q=PETR"))
    assert "Ana Petrova" in text(client.get("/?q=PETR"))
    assert "Nobody found" in text(client.get("/?q=zz%00%27%25"))


def test_an_empty_clinic_says_so(maria: Person, browser: Browser):
    assert "No patients yet" in text(browser(maria).get("/"))


def test_pages_are_bounded_and_go_on_where_the_last_one_ended(
    maria: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("clinic.worklist.PAGE_SIZE", 2)
    for name in ("Ana", "Ben", "Cleo"):
        people.patient(maria, name=name)
    client = browser(maria)
    first = client.get("/")
    after = re.search(r'href="(\?after=[^"]+)"', first.content.decode())
    assert after is not None
    assert "Cleo" not in text(first)
    second = text(client.get(f"/{after[1]}"))
    assert "Cleo" in second
    assert "Ana" not in second
    for nonsense in ("x.y", "9.99999999999999999999", "٣.٣"):
        assert client.get("/", {"after": nonsense}).status_code == 200


def test_a_red_flag_without_an_open_episode_is_still_in_sight(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, name="Ana")
    answer_yes(ana, "foot_drop")
    with acting(maria.actor):
        episode = Episode.objects.get(patient=ana.user.pk)
        end_episode(episode=episode, because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW)
    page = text(browser(maria).get("/"))
    assert "Red flags of people without an open episode Ana" in page


# --- the patient page ---------------------------------------------------------------------------------


def test_the_patient_page_has_the_numbers_of_the_api(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, None, 5, 4)
    with acting(maria.actor):
        episode = Episode.objects.get(patient=ana.user.pk)
    trend = Client().get(f"/api/v1/episodes/{episode.pk}/trend", headers=maria.headers).json()
    page = text(browser(maria).get(page_of(ana)))
    assert trend["status"]["for_staff"] in page
    assert f"rule {trend['status']['rule']} , rule set {trend['status']['rule_version']}" in page
    for name, value in trend["status"]["numbers"].items():
        assert f"{words.NUMBER[name]} {words.number(name, value)}" in page
    expected = {week["week"]: week for week in trend["expected"]["weeks"]}
    for week in trend["weeks"]:
        edges = expected[week["week"]]
        assert (
            f"{week['logged_days']} of 7 {words.pain(week['value'])} "
            f"{words.pain(edges['low'])} to {words.pain(edges['high'])} {words.share(week['session_adherence'])}"
        ) in page
    assert trend["expected"]["label"] in page
    assert "day 36 · right leg · plan version 1" in page


def test_a_patient_without_a_plan_has_a_page_that_says_so(maria: Person, browser: Browser):
    page = text(browser(maria).get(page_of(people.patient(maria))))
    assert "No program has been published yet." in page
    assert "last entry none yet" in page


def test_a_changed_plan_is_told_in_words_beside_its_letter(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    people.plan_for(ana, maria, starts_on=NOW.date(), times_per_day=2)
    page = text(browser(maria).get(page_of(ana)))
    assert "B Day 15, version 2 Bridge: 10 times, once a day → 10 times, twice a day" in page
    assert "A Day 1, version 1 The first program" in page


def test_what_somebody_typed_is_inert(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5, name="<script>alert(1)</script>")
    answer_yes(ana, "foot_drop")
    client = browser(maria)
    reason = {"because": "<img src=x onerror=alert(1)>"}
    client.post(f"/red-flags/{flag_of(ana).pk}/close", reason)
    for path in ("/", "/?q=<script>", page_of(ana)):
        page = client.get(path).content.decode()
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert "<img" not in page


# --- red flags ----------------------------------------------------------------------------------------


def test_a_red_flag_is_acknowledged_by_the_first_and_closed_with_a_reason(
    hillside: Clinic, maria: Person, browser: Browser
):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    flag = flag_of(ana)
    rao = staff(hillside, Role.CLINICIAN, name="Rao")
    seen = browser(maria).post(f"/red-flags/{flag.pk}/acknowledge", follow=True)
    browser(rao).post(f"/red-flags/{flag.pk}/acknowledge")
    assert "Red flag: Cannot lift the foot" in text(seen)
    assert "acknowledged today 13:00 by Maria" in text(seen)
    closed = browser(rao).post(f"/red-flags/{flag.pk}/close", {"because": "Seen at once."}, follow=True)
    assert "Seen at once." in text(closed)
    flag = flag_of(ana)
    assert (flag.acknowledged_by_id, flag.closed_by_id) == (maria.user.pk, rao.user.pk)
    with acting_for_all():
        assert Progress.objects.get(patient=ana.user.pk).status != "alert"
    again = browser(maria).post(f"/red-flags/{flag.pk}/close", {"because": "Me too."}, follow=True)
    assert "Somebody closed this red flag already." in text(again)
    assert flag_of(ana).closed_because == "Seen at once."


@pytest.mark.parametrize("because", ["", "   "])
def test_a_red_flag_is_not_closed_without_a_reason(maria: Person, browser: Browser, because: str):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    refused = browser(maria).post(f"/red-flags/{flag_of(ana).pk}/close", {"because": because})
    assert refused.status_code == 422
    assert "What was done: Say what was done before you close this red flag." in text(refused)
    assert flag_of(ana).closed_at is None


@pytest.mark.parametrize("verb", ["acknowledge", "close"])
def test_a_strangers_red_flag_is_a_404_and_stays_as_it_is(
    hillside: Clinic, maria: Person, browser: Browser, verb: str
):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    noor = staff(hillside, Role.THERAPIST, name="Noor")
    assert browser(noor).post(f"/red-flags/{flag_of(ana).pk}/{verb}", {"because": "Mine."}).status_code == 404
    assert flag_of(ana).acknowledged_at is None


# --- what a page costs, and what it may do ------------------------------------------------------------


def test_the_worklist_costs_the_same_for_three_patients_and_for_thirty(maria: Person, browser: Browser):
    client = browser(maria)
    for n in range(3):
        answer_yes(in_recovery(maria, 6, 5, name=f"Ana {n}"), "foot_drop")
    three = statements(client, "/")
    with acting(maria.actor):
        for n in range(27):
            people.patient(maria, name=f"Ben {n}")
    thirty = statements(client, "/")
    assert len(thirty) == len(three) == 8, "\n".join(thirty)


def test_a_patient_page_costs_the_same_for_two_weeks_and_for_twelve(maria: Person, browser: Browser):
    client = browser(maria)
    ana, ben = in_recovery(maria, 6, 5), in_recovery(maria, *range(9, 3, -1), *range(9, 3, -1))
    for _ in range(3):
        people.plan_for(ben, maria, starts_on=NOW.date())
    assert len(statements(client, page_of(ben))) == len(statements(client, page_of(ana)))


class Outline(HTMLParser):
    """What the accessibility of a page hangs on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.labelled: list[str] = []
        self.inputs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.labelled += [values["for"] or ""] if tag == "label" else []
        if tag in ("input", "textarea") and values.get("type") != "hidden":
            self.inputs.append(values.get("id") or "")


@pytest.mark.parametrize("where", ["worklist", "patient", "sign-in", "join", "not found"])
def test_a_page_has_one_heading_one_main_part_labels_and_ids_of_its_own(
    maria: Person, browser: Browser, where: str
):
    ana = in_recovery(maria, 6, 5)
    for question in ("foot_drop", "bladder"):
        answer_yes(ana, question)
    paths = {"worklist": "/", "patient": page_of(ana), "join": "/clinic/join", "not found": "/patients/0"}
    page = browser(maria).get(paths.get(where, f"/{where}")).content.decode()
    outline = Outline()
    outline.feed(page)
    assert (outline.tags.count("h1"), outline.tags.count("main")) == (1, 1)
    assert set(outline.inputs) <= set(outline.labelled)
    assert len(outline.ids) == len(set(outline.ids))
    assert page.index('class="skip"') < page.index("<main")
    if where in ("worklist", "patient", "not found"):
        assert "Not clinically reviewed." in page
