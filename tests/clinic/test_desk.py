"""The lists that people work through: what they show, that it is the API's, what a click does and what it may not."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.access import Role, acting, acting_for_all
from accounts.models import Clinic
from clinic import worklist
from clinic.places import MOST
from exercises.models import Exercise
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.tasks import open_task
from recovery.models import (
    Episode,
    Message,
    Plan,
    Progress,
    Proposal,
    RedFlag,
    Reexamination,
    Review,
    StaffMessage,
    Suspension,
    Task,
)
from recovery.models.tasks import TaskKind
from recovery.records import read
from tests import people
from tests.clinic.conftest import answer_yes, in_recovery, staff
from tests.clinic.test_pages import flag_of, page_of, statements, text
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")

Browser = Callable[[Person], Client]

PAGES = ("/", "/red-flags", "/messages", "/tasks", "/reviews")


def writes(someone: Person, said: str, *, at: Any = NOW) -> None:
    record = read("message", str(uuid4()), {"revision": 1, "at": at, "text": said, "private": False})
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[record], now=at)


def episode_of(person: Person) -> Episode:
    with acting_for_all():
        return Episode.objects.select_related("patient").get(patient=person.user.pk)


def task_for(person: Person, *, kind: TaskKind = TaskKind.CHECK_BY_HAND, cause: str = "x") -> Task:
    episode = episode_of(person)
    with acting_for_all():
        open_task(
            clinic_id=episode.clinic_id,
            patient_id=episode.patient_id,
            episode_id=episode.pk,
            kind=kind,
            cause=cause,
            why="Read the diary.",
            now=NOW,
        )
        return Task.objects.get(patient=person.user.pk, cause=cause)


def suspended(person: Person) -> Suspension:
    episode, exercise = episode_of(person), Exercise.objects.get(slug="bridge")
    with acting_for_all():
        suspension = Suspension.objects.create(
            clinic_id=episode.clinic_id,
            patient_id=episode.patient_id,
            episode=episode,
            exercise=exercise,
            rule="two_reds",
            numbers={},
            for_staff="Twice red.",
            rule_version="1",
            suspended_at=NOW,
            suspended_on=NOW,
        )
    task_for(person, kind=TaskKind.SUSPENDED_EXERCISE, cause=str(exercise.pk))
    return suspension


def proposal_for(person: Person, by: Person) -> Proposal:
    """Two ambers, and so the step that the rules propose."""
    people.plan_for(person, by, starts_on=NOW.date() - timedelta(days=10))
    return proposal_on(person)


def proposal_on(person: Person) -> Proposal:
    """The same, on the plan that stands."""
    from recovery.actions.ladder import judge_ladders

    with acting_for_all():
        plan = Plan.objects.filter(patient=person.user.pk).latest("number")
        line = plan.prescriptions.select_related("exercise").get()
    for hours in (2, 1):
        session = {
            "revision": 1,
            "at": NOW - timedelta(hours=hours),
            "plan": plan.pk,
            "leg_before": 3,
            "leg_later": 4,
            "results": [{"exercise": line.exercise.slug, "outcome": "done"}],
        }
        with acting(person.actor):
            take(patient_id=person.user.pk, records=[read("session", str(uuid4()), session)], now=NOW)
    judge_ladders(now=NOW)
    with acting_for_all():
        return Proposal.objects.get(patient=person.user.pk)


def review_of(person: Person) -> Review:
    with acting_for_all():
        return Review.objects.filter(patient=person.user.pk).earliest("id")


def silent(by: Person, name: str = "Ana") -> Person:
    person = people.patient(by, name=name, now=NOW - timedelta(days=10))
    people.plan_for(person, by, starts_on=(NOW - timedelta(days=10)).date())
    with acting_for_all():
        close_days(now=NOW)
    return person


def api(person: Person, path: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers=person.headers).json()


# --- what the pages show is what the API says ---------------------------------------------------------


def test_the_numbers_of_the_places_are_those_of_the_apis_lists(maria: Person, browser: Browser):
    ana, ben = in_recovery(maria, 6, 5, name="Ana"), in_recovery(maria, 6, 6, 6, 6, name="Ben")
    answer_yes(ana, "foot_drop")
    answer_yes(ana, "bladder")
    writes(ben, "May I swim?")
    writes(ben, "Hello?")
    task_for(ana)
    page = text(browser(maria).get("/"))
    listed = {
        name: len(api(maria, name)["results"]) for name in ("worklist", "red-flags", "reviews", "tasks")
    }
    assert listed == {"worklist": 2, "red-flags": 2, "reviews": 3, "tasks": 1}
    assert "Patients 2 Flags 2 Messages 2 Reviews 3 Tasks 1" in page


def test_the_worklist_has_the_order_of_the_api_and_each_page_of_it_goes_on(
    maria: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(worklist, "PAGE_SIZE", 2)
    well, worse = in_recovery(maria, 6, 4, 4, 3, name="Wendy"), in_recovery(maria, 6, 3, 6, 6, name="Otto")
    flagged, wrote = in_recovery(maria, 6, 5, 4, name="Freda"), in_recovery(maria, 6, 4, 4, 3, name="Mona")
    answer_yes(flagged, "foot_drop")
    writes(wrote, "Hello")
    listed = [row["patient"] for row in api(maria, "worklist")["results"]]
    assert listed == [one.user.pk for one in (flagged, worse, wrote, well)]
    client, seen, where = browser(maria), [], "/"
    while where:
        page = client.get(where).content.decode()
        seen += [int(pk) for pk in re.findall(r'data-row id="patient-(\d+)"', page)]
        after = re.search(r'class="pages"><a href="(\?after=[^"]+)"', page)
        where = f"/{after[1]}" if after else ""
    assert seen == listed


def test_a_row_says_its_first_reason_and_how_many_more_there_are(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 3, 6, 6)
    writes(ana, "It is back.")
    row = text(browser(maria).get("/?why=worse"))
    assert "Worse: Worse two weeks running +2 more" in row


def test_the_messages_are_those_that_nobody_has_read(maria: Person, browser: Browser):
    ana, ben = people.patient(maria, name="Ana"), people.patient(maria, name="Ben")
    writes(ben, "Second.")
    writes(ana, "First.", at=NOW - timedelta(days=1))
    client = browser(maria)
    page = text(client.get("/messages"))
    assert page.index("First.") < page.index("Second.")
    thread = client.get(f"/patients/{ana.user.pk}/messages")
    said = [one["text"] for one in api(maria, f"patients/{ana.user.pk}/messages")["messages"]]
    assert said == ["First."]
    assert "First. Ana, yesterday 13:00 · unread" in text(thread)


def test_the_inbox_has_the_answer_the_rule_and_who_is_told_when(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    with acting_for_all():
        RedFlag.objects.update(raised_at=NOW - timedelta(minutes=20))
    page = text(browser(maria).get("/red-flags"))
    assert "The answer: yes." in page
    assert "rule foot_drop , tier" in page
    assert "Next is told: Administrators in 10 min." in page
    assert re.search(r"12:40 Care team.*12:55 Clinic’s list.*13:10 Administrators.*13:40 Everybody", page)


def test_nothing_to_do_is_said_on_each_page(maria: Person, browser: Browser):
    client = browser(maria)
    said = ("No patients yet", "No red flag is open", "Nothing unread", "Nothing to do", "No review is due")
    for path, words in zip(PAGES, said, strict=True):
        assert words in text(client.get(path))


# --- what a click does --------------------------------------------------------------------------------


def test_what_was_done_about_a_flag_is_kept_with_who_and_when(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    client, path = browser(maria), f"/red-flags/{flag_of(ana).pk}/act"
    refused = client.post(path, {"what": "note", "note": ""})
    assert refused.status_code == 422
    assert "Write what you want to note." in text(refused)
    page = text(client.post(path, {"what": "not_reached", "note": "Rang twice."}, follow=True))
    assert "Called, nobody answered today 13:00, Maria Rang twice." in page
    assert "Acknowledged today 13:00 by Maria" in page
    assert api(maria, "red-flags")["results"][0]["actions"][0]["note"] == "Rang twice."
    client.post(f"/red-flags/{flag_of(ana).pk}/close", {"because": "Seen."})
    late = text(client.post(path, {"what": "called"}, follow=True))
    assert "Somebody closed this red flag already." in late


def test_an_acknowledgement_leads_back_to_where_it_was_given_and_nowhere_else(
    maria: Person, browser: Browser
):
    ana = in_recovery(maria, 6, 5)
    answer_yes(ana, "foot_drop")
    client, path = browser(maria), f"/red-flags/{flag_of(ana).pk}/acknowledge"
    assert client.post(path, {"next": "/?why=red_flag"}).headers["Location"] == "/?why=red_flag"
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert client.post(path, {"next": elsewhere}).headers["Location"] == page_of(ana)


def test_who_answers_has_read_and_a_note_is_for_colleagues(maria: Person, browser: Browser):
    ana = people.patient(maria)
    writes(ana, "May I swim?")
    client, path = browser(maria), f"/patients/{ana.user.pk}/messages"
    until = NOW.isoformat()
    client.post(path, {"text": "Ask the doctor.", "to_patient": "no", "until": until})
    with acting_for_all():
        assert Message.objects.get().read_at is None
    page = text(client.post(path, {"text": "Yes.", "to_patient": "yes", "until": until}, follow=True))
    assert "Ask the doctor. Maria, today 13:00 · note, the patient never sees it" in page
    with acting_for_all():
        assert Message.objects.get().read_by_id == maria.user.pk
    theirs = [one["text"] for one in api(ana, "messages")["messages"]]
    assert theirs == ["Yes.", "May I swim?"]
    assert client.post(path, {"text": " ", "to_patient": "yes"}).status_code == 422
    assert client.post(f"{path}/read", {"until": "2026-99-99T00:00:00Z"}).status_code == 302


def test_a_task_is_done_with_words_and_only_once(maria: Person, browser: Browser):
    task = task_for(people.patient(maria))
    client, path = browser(maria), f"/tasks/{task.pk}/done"
    refused = client.post(path, {"how": ""})
    assert (refused.status_code, "Say what was done." in text(refused)) == (422, True)
    assert "Done." in text(client.post(path, {"how": "Called her."}, follow=True))
    assert "Somebody has done this task already." in text(client.post(path, {"how": "Me too."}, follow=True))
    with acting_for_all():
        assert Task.objects.get().how == "Called her."


def test_a_suspended_exercise_is_asked_again_from_its_task(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 5)
    suspension = suspended(ana)
    client = browser(maria)
    assert f"/suspensions/{suspension.pk}/lift" in client.get("/tasks").content.decode()
    client.post(f"/suspensions/{suspension.pk}/lift", {"how": "Painless now."})
    with acting_for_all():
        assert Suspension.objects.get().lifted_because == "Painless now."
        assert Task.objects.get(kind=TaskKind.SUSPENDED_EXERCISE).done_by_id == maria.user.pk


@pytest.mark.parametrize(("verb", "state"), [("accept", "accepted"), ("decline", "declined")])
def test_a_proposal_is_decided_with_one_click(maria: Person, browser: Browser, verb: str, state: str):
    proposal = proposal_for(people.patient(maria), maria)
    client = browser(maria)
    assert proposal.for_staff in text(client.get("/tasks"))
    client.post(f"/proposals/{proposal.pk}/{verb}")
    again = client.post(f"/proposals/{proposal.pk}/{verb}", follow=True)
    assert f"This proposal was {state} already." in text(again)
    with acting_for_all():
        proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by_id) == (state, maria.user.pk)


def test_a_review_is_recorded_with_an_outcome_and_leaves_the_list(maria: Person, browser: Browser):
    ana = in_recovery(maria, 6, 6, 6, 6)
    client, path = browser(maria), f"/episodes/{episode_of(ana).pk}/review"
    listed = text(client.get("/reviews"))
    assert review_of(ana).in_words in listed
    assert "Maria" in listed
    found = {"heel_walk": "weak", "toe_walk": "full", "big_toe_strength": "not_tested", "reflex": "reduced"}
    found |= {"sensation": "full", "straight_leg_raise": "positive", "diagnosis_unchanged": "yes"}
    refused = client.post(path, found | {"outcome": "continue"})
    assert refused.status_code == 422
    problems = text(refused)
    assert "Say why the plan goes on as it is." in problems
    assert "Say whether you asked about red flags." in problems
    recorded = client.post(path, found | {"outcome": "imaging", "red_flags_checked": "no"}, follow=True)
    assert "No review is due" in text(recorded)
    with acting_for_all():
        row = Reexamination.objects.get()
    assert (row.heel_walk, row.reflex, row.outcome, row.red_flags_checked) == (
        "weak",
        "reduced",
        "imaging",
        False,
    )
    assert "Walks on the heels: weak" in text(client.get(path))


def test_a_review_entered_wrong_is_corrected_with_a_reason_and_both_are_read(maria: Person, browser: Browser):
    ana, ben = in_recovery(maria, 6, 6, 6, 6), people.patient(maria, name="Ben")
    client, path = browser(maria), f"/episodes/{episode_of(ana).pk}/review"
    found = {
        "heel_walk": "weak",
        "diagnosis_unchanged": "yes",
        "red_flags_checked": "yes",
        "outcome": "imaging",
    }
    found |= dict.fromkeys(("toe_walk", "big_toe_strength", "reflex", "sensation"), "not_tested")
    found |= {"straight_leg_raise": "not_tested"}
    client.post(path, found)
    with acting_for_all():
        first = Reexamination.objects.get()
    correct = f"{path}?corrects={first.pk}"
    form = client.get(correct)
    assert "You correct what was recorded on" in text(form)
    assert re.search(r'value="weak"[^>]*checked', form.content.decode())
    refused = client.post(correct, found | {"heel_walk": "full"})
    assert (refused.status_code, "Say why you correct it." in text(refused)) == (422, True)
    for why in ("It was the other leg.", "And a typing error."):
        said = text(client.post(correct, found | {"heel_walk": "full", "note": why}, follow=True))
    assert "Walks on the heels: full And a typing error. Corrected: what was recorded before" in said
    assert "It was the other leg." in said
    assert "Walks on the heels: weak" in said
    with acting_for_all():
        assert list(Reexamination.objects.order_by("id").values_list("corrects", flat=True)) == [
            None,
            first.pk,
            first.pk,
        ]
    of_ben = f"/episodes/{episode_of(ben).pk}/review?corrects={first.pk}"
    assert {client.get(of_ben).status_code, client.post(of_ben, found).status_code} == {404}


def test_a_silent_patient_is_asked_once_and_the_row_says_so(maria: Person, browser: Browser):
    ana = silent(maria)
    client = browser(maria)
    assert "Ask how they are" in text(client.get("/"))
    assert "A friendly message is in Ana's app." in text(
        client.post(f"/patients/{ana.user.pk}/nudge", follow=True)
    )
    assert "asked today 13:00" in text(client.get("/"))
    assert "Ask how they are" not in text(client.get("/"))
    again = text(client.post(f"/patients/{ana.user.pk}/nudge", follow=True))
    assert "within the last seven days" in again
    with acting_for_all():
        assert StaffMessage.objects.count() == 1


def test_no_one_is_offered_more_nudges_than_a_day_has(
    maria: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(worklist, "NUDGES_A_DAY", 1)
    ana = silent(maria)
    silent(maria, "Ben")
    client = browser(maria)
    client.post(f"/patients/{ana.user.pk}/nudge")
    assert "Ask how they are" not in text(client.get("/"))


# --- who may ------------------------------------------------------------------------------------------


def posts(person: Person, by: Person) -> list[str]:
    """Every form of the desk, for one patient, by the name of its route."""
    answer_yes(person, "foot_drop")
    task, proposal, suspension = task_for(person), proposal_for(person, by), suspended(person)
    ids = {
        "nudge": person.user.pk,
        "thread": person.user.pk,
        "thread-read": person.user.pk,
        "record-review": episode_of(person).pk,
        "finish-task": task.pk,
        "lift-suspension": suspension.pk,
        "accept-proposal": proposal.pk,
        "decline-proposal": proposal.pk,
        "act-on-red-flag": flag_of(person).pk,
        "acknowledge-red-flag": flag_of(person).pk,
        "close-red-flag": flag_of(person).pk,
    }
    return [reverse(f"clinic:{name}", kwargs={"pk": pk}) for name, pk in ids.items()]


def test_a_stranger_gets_404_from_each_form_and_a_clinician_who_only_reads_a_sentence(
    hillside: Clinic, maria: Person, browser: Browser
):
    ana = people.patient(maria)
    noor, rao = staff(hillside, Role.THERAPIST, name="Noor"), staff(hillside, Role.CLINICIAN, name="Rao")
    paths = posts(ana, maria)
    assert {browser(noor).post(path).status_code for path in paths} == {404}
    of_the_team = [path for path in paths if re.search("nudge|messages|lift|accept|decline", path)]
    for path in of_the_team:
        answer = browser(rao).post(path, {"how": "x", "text": "x", "to_patient": "no"})
        assert answer.status_code == 403
        assert "only the care team may change it" in text(answer)
    with acting_for_all():
        assert not StaffMessage.objects.exists()
        assert Proposal.objects.get().state == "open"


# --- what a page costs --------------------------------------------------------------------------------


def many(clinic: Clinic, by: Person, count: int) -> None:
    """So many more open episodes in one's care, as rows: what they are is not what this is about."""
    with connection.cursor() as cursor, acting_for_all():
        cursor.execute(
            """
            WITH u AS (INSERT INTO accounts_user (password, name, is_active)
                SELECT '', 'Patient ' || n, true FROM generate_series(1, %(count)s) n RETURNING id, name),
            p AS (INSERT INTO recovery_patient
                    (user_id, clinic_id, name, birth_year, email, time_zone, language, version, added_by_id, added_at)
                SELECT id, %(clinic)s, name, 1980, '', 'Europe/Berlin', 'en', 0, %(by)s, %(now)s FROM u
                RETURNING user_id),
            c AS (INSERT INTO recovery_careteammember (clinic_id, patient_id, user_id, from_on, added_by_id, added_at)
                SELECT %(clinic)s, user_id, %(by)s, %(today)s, %(by)s, %(now)s FROM p RETURNING 1),
            e AS (INSERT INTO recovery_episode (clinic_id, patient_id, onset_on, side, region, opened_by_id, opened_at,
                    ended_because, exclusions_cleared)
                SELECT %(clinic)s, user_id, %(today)s, 'left', 'leg', %(by)s, %(now)s, '', '{}' FROM p
                RETURNING id, patient_id)
            INSERT INTO recovery_progress (episode_id, clinic_id, patient_id, status, rule, numbers, for_staff,
                    rule_version, weeks, sessions_asked, sessions_done, left_out, waits_since)
                SELECT id, %(clinic)s, patient_id, 'no_data', 'no_data.no_plan', '{}', '', '1', '[]', 0, 0, '',
                    %(now)s FROM e
            """,
            {"count": count, "clinic": clinic.pk, "by": by.user.pk, "now": NOW, "today": NOW.date()},
        )


def test_the_worklist_takes_at_most_eight_statements_for_500_patients_and_as_many_for_1000(
    hillside: Clinic, maria: Person, browser: Browser
):
    answer_yes(in_recovery(maria, 6, 5), "foot_drop")
    client = browser(maria)
    many(hillside, maria, 499)
    five_hundred = statements(client, "/")
    many(hillside, maria, 500)
    thousand = statements(client, "/")
    assert len(thousand) == len(five_hundred) <= 8, "\n".join(thousand)
    page = text(client.get("/"))
    assert f"{MOST}+ patients" in page
    assert "No data 999" in page


def test_the_places_of_the_side_bar_cost_one_statement(maria: Person, browser: Browser):
    client = browser(maria)
    assert len(statements(client, "/reminder-effect")) <= 6


@pytest.mark.parametrize("path", PAGES[1:])
def test_each_list_costs_the_same_for_one_patient_and_for_four(maria: Person, browser: Browser, path: str):
    def one_more(name: str) -> None:
        person = in_recovery(maria, 6, 6, 6, 6, name=name)
        answer_yes(person, "foot_drop")
        writes(person, "Hello")
        task_for(person)

    client = browser(maria)
    one_more("Ana")
    first = statements(client, path)
    for name in ("Ben", "Cleo", "Dana"):
        one_more(name)
    assert len(statements(client, path)) == len(first)


def test_an_ended_episode_and_a_colleagues_patient_are_not_counted(
    hillside: Clinic, maria: Person, browser: Browser
):
    noor = staff(hillside, Role.THERAPIST, name="Noor")
    ana, ben = people.patient(maria), people.patient(noor)
    with acting_for_all():
        Progress.objects.filter(patient=ana.user.pk).update(ended=True)
    writes(ben, "Hello")
    assert "Patients 0 Flags 0 Messages 0" in text(browser(maria).get("/"))
