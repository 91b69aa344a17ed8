"""What a symptom check sets off, whatever becomes of it later, and the file that phones ask it from."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from accounts.access import Role, acting, acting_for_all
from clinic.words import red_flag_cause
from recovery.actions import safety
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.people import end_episode
from recovery.actions.safety import close
from recovery.models import CareSettings, Episode, RedFlag, Review, SymptomCheck, Task
from recovery.records import Incoming, read
from recovery.rules.red_flags import Answer, Tier, check_file, symptom_check
from tests import people
from tests.moments import NOW
from tests.recovery.test_days import progress

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
TIERS = {question.id: question.tier for question in symptom_check().values()}


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: people.Person) -> people.Person:
    someone = people.patient(maria)
    people.plan_for(someone, maria, starts_on=TODAY)
    return someone


def check(answers: dict[str, Any], *, uuid: str, revision: int = 1, **more: Any) -> Incoming:
    fields = {"revision": revision, "at": NOW.isoformat(), "answers": answers} | more
    return read("symptom_check", uuid, fields)


def send(someone: people.Person, *checks: Incoming) -> None:
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=checks, now=NOW)


def answer(someone: people.Person, **answers: str) -> None:
    send(someone, check(answers, uuid=str(uuid4())))


def ask(who: people.Person, path: str, **headers: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers=who.headers | headers)


def reviewed() -> list[str]:
    with acting_for_all():
        return sorted(Review.objects.open().values_list("cause", flat=True))


SOME = ["bladder", "self_harm", "foot_drop", "fever", "pregnancy", "walking_cramps"]
REVISIONS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(SOME), st.sampled_from(list(Answer)), max_size=4),
        st.integers(1, 4),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@given(REVISIONS, st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_sequence_of_revisions_lowers_what_any_of_them_said(
    ana: people.Person, revisions: Sequence[tuple[dict[str, str], int, bool]], together: bool
):
    """In any order, sent again, in conflict, withdrawn, in one batch or one by one: the worst that was said stands."""
    uuid = str(uuid4())
    records = [check(said, uuid=uuid, revision=n, withdrawn=gone) for said, n, gone in revisions]
    for batch in [records] if together else [[record] for record in records]:
        send(ana, *batch)
    said = {id for answers, _, _ in revisions for id, one in answers.items() if one != "no"}
    with acting_for_all():
        flags = dict(RedFlag.objects.filter(check_record__client_uuid=uuid).values_list("rule", "tier"))
    assert flags == {id: TIERS[id] for id in said if TIERS[id].raises_flag}
    assert set(reviewed()) >= {f"symptom.{id}" for id in said if TIERS[id] is Tier.C}


def test_a_tier_c_answer_opens_a_review_within_two_weeks(ana: people.Person, maria: people.Person):
    for _ in range(3):
        answer(ana, pregnancy="not_sure", morning_stiffness="yes", fever="no")
    assert reviewed() == ["symptom.morning_stiffness", "symptom.pregnancy"]
    close_days(now=NOW)
    assert (progress(ana).review_due_on, progress(ana).status) == (TODAY + timedelta(days=14), "no_data")
    assert ask(ana, "today").json()["stopped"] is False
    (row, _) = ask(maria, "reviews").json()["results"]
    assert "Symptom check" in row["why"]


def test_the_sessions_stop_while_a_flag_of_tier_a_or_b_is_open(ana: people.Person, maria: people.Person):
    assert ask(ana, "today").json()["sessions"]
    answer(ana, foot_drop="not_sure")
    stopped = ask(ana, "today").json()
    assert (stopped["stopped"], stopped["sessions"]) == (True, [])
    with acting(maria.actor):
        close(flag=RedFlag.objects.get(), because="Examined.", by=maria.user.pk, now=NOW)
    assert ask(ana, "today").json()["stopped"] is False


def test_thoughts_of_self_harm_are_an_emergency_with_the_crisis_line_the_clinic_set(
    ana: people.Person, maria: people.Person
):
    CareSettings.objects.create(
        clinic_id=maria.actor.clinic_id, crisis_text={"en": "Somebody answers now."}, crisis_number="988"
    )
    answer(ana, self_harm="not_sure")
    with acting_for_all():
        assert RedFlag.objects.get().tier == "A"
    said = {"text": "Somebody answers now.", "number": "988"}
    assert ask(ana, "today").json()["contacts"]["crisis_line"] == said
    served = ask(ana, "symptom-check").json()
    (question,) = [one for one in served["questions"] if one["id"] == "self_harm"]
    assert served["contacts"][question["show"][0]]["number"] == "988"
    assert served["contacts"]["crisis_line"]["text"]["en"] == "Somebody answers now."
    assert served["contacts"]["crisis_line"]["text"]["es"].startswith("Habla con alguien")


def test_an_answer_of_tier_c_after_the_episode_is_read_by_a_person(ana: people.Person, maria: people.Person):
    with acting(maria.actor):
        episode = Episode.objects.select_related("patient").get()
        end_episode(episode=episode, because="discharge", on=TODAY, by=maria.user.pk, now=NOW)
    answer(ana, pregnancy="yes")
    assert reviewed() == []
    with acting_for_all():
        assert Task.objects.get().kind == "read_answer"


def test_a_no_to_a_question_that_this_server_does_not_know_is_read_by_a_person(ana: people.Person):
    for _ in range(2):
        answer(ana, of_a_later_version="no")
    with acting_for_all():
        assert not RedFlag.objects.exists()
        assert Task.objects.get().cause == "unknown_question"


@pytest.mark.parametrize("revision", [1, 0])  # the second is refused
def test_a_check_that_the_rules_stumble_over_is_kept_and_a_person_is_called(
    ana: people.Person, maria: people.Person, monkeypatch: pytest.MonkeyPatch, revision: int
):
    def stumble(answers: object) -> object:
        raise KeyError("a fault in the rules")

    monkeypatch.setattr(safety, "evaluate", stumble)
    body = {"revision": revision, "at": NOW.isoformat(), "answers": {"fever": "no"}}
    sent = Client().put(
        f"/api/v1/symptom-checks/{uuid4()}", body, content_type="application/json", headers=ana.headers
    )
    assert sent.status_code == (201 if revision else 400)
    with acting_for_all():
        assert SymptomCheck.objects.count() == revision
        flag = RedFlag.objects.get()
    assert (flag.rule, flag.tier, progress(ana).status) == ("check_by_hand", "B", "alert")
    assert ask(ana, "today").json()["stopped"]
    assert "read every answer" in red_flag_cause(flag)


def test_a_refused_check_opens_its_review_all_the_same(ana: people.Person):
    body = {"revision": 0, "at": NOW.isoformat(), "answers": {"pregnancy": "yes"}}
    sent = Client().put(
        f"/api/v1/symptom-checks/{uuid4()}", body, content_type="application/json", headers=ana.headers
    )
    assert sent.status_code == 400
    assert reviewed() == ["symptom.pregnancy"]
    close_days(now=NOW)
    assert progress(ana).review_due_on == TODAY + timedelta(days=14)


def test_the_phone_gets_the_whole_file_once(ana: people.Person, maria: people.Person):
    first = ask(ana, "symptom-check")
    body = first.json()
    assert {name: value for name, value in body.items() if name != "contacts"} == {
        name: value for name, value in check_file().items() if name != "contacts"
    }
    assert body["contacts"]["emergency"]["text"] == check_file()["contacts"]["emergency"]
    again = ask(ana, "symptom-check", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    CareSettings.objects.create(clinic_id=maria.actor.clinic_id, emergency_number="112")
    changed = ask(ana, "symptom-check", **{"If-None-Match": first["ETag"]})
    assert changed.json()["contacts"]["emergency"]["number"] == "112"


def test_the_gravest_correction_of_a_check_takes_at_most_eleven_statements(ana: people.Person):
    """An alert, a review and an unknown question at once: beyond the eight, one statement for the question and two for
    the review, which may be open with a later date."""
    uuid = str(uuid4())

    def put(revision: int, answers: dict[str, str]) -> int:
        body = {"revision": revision, "at": NOW.isoformat(), "answers": answers}
        with CaptureQueriesContext(connection) as queries:
            Client().put(
                f"/api/v1/symptom-checks/{uuid}", body, content_type="application/json", headers=ana.headers
            )
        return sum("SAVEPOINT" not in query["sql"] for query in queries)

    put(1, {"bladder": "no"})
    assert put(2, {"bladder": "yes", "pregnancy": "yes", "of_a_later_version": "no"}) <= 11
