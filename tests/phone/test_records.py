"""The table of answers, over HTTP: what a phone sends is stored once, and nothing typed is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from accounts.access import Role, acting, acting_for_all
from recovery.actions.people import end_episode
from recovery.actions.safety import close
from recovery.models import (
    CareTeamMember,
    Episode,
    ExerciseResult,
    ExerciseSession,
    PainEntry,
    RecordRevision,
    RedFlag,
)
from recovery.rules.red_flags import symptom_check
from tests import people
from tests.moments import NOW
from tests.people import Person

pytestmark = pytest.mark.usefixtures("noon")
AT = "2026-03-01T21:30:00+01:00"


@pytest.fixture
def maria(db: None) -> Person:
    return people.member(people.clinic(), Role.THERAPIST)


@pytest.fixture
def ana(maria: Person) -> Person:
    return people.patient(maria)


def pain(**changes: Any) -> dict[str, Any]:
    return {"revision": 1, "at": AT, "region": "leg", "score": 4, "asked": "now"} | changes


def put(person: Person, uuid: str, body: Any, kind: str = "pain") -> Any:
    return Client().put(
        f"/api/v1/{kind}/{uuid}", json.dumps(body), content_type="application/json", headers=person.headers
    )


def sync(person: Person, *records: Any) -> list[dict[str, Any]]:
    answer = Client().post(
        "/api/v1/sync",
        json.dumps({"records": records}),
        content_type="application/json",
        headers=person.headers,
    )
    assert answer.status_code == 200, answer.content
    answers: list[dict[str, Any]] = answer.json()["answers"]
    return answers


def item(kind: str = "pain", **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind} | (pain(**changes) if kind == "pain" else changes)


def test_a_new_id_is_201_and_the_same_again_200(ana: Person):
    uuid = str(uuid4())
    first, again = put(ana, uuid, pain()), put(ana, uuid, pain())
    assert (first.status_code, first.json()["answer"]) == (201, "stored")
    assert (again.status_code, again.json()["answer"]) == (200, "same")
    with acting_for_all():
        entry = PainEntry.objects.get()
    assert (entry.score, entry.on.isoformat(), entry.utc_offset_minutes) == (4, "2026-03-01", 60)


def test_a_correction_is_the_next_revision_and_the_old_one_is_kept(ana: Person):
    uuid = str(uuid4())
    put(ana, uuid, pain(note="after the stairs"))
    assert put(ana, uuid, pain(revision=2, score=7)).json()["answer"] == "stored"
    with acting_for_all():
        assert PainEntry.objects.get().score == 7
        old = RecordRevision.objects.get()
    assert (old.why, old.body["score"], old.body["note"]) == ("replaced", 4, "after the stairs")
    assert put(ana, uuid, pain(note="after the stairs")).json()["answer"] == "same"


def test_an_undo_is_a_revision_too(ana: Person):
    uuid = str(uuid4())
    put(ana, uuid, pain())
    put(ana, uuid, pain(revision=2, withdrawn=True))
    with acting_for_all():
        assert PainEntry.objects.get().withdrawn


def test_two_devices_in_conflict_keep_both_and_the_first_stays(ana: Person):
    uuid = str(uuid4())
    put(ana, uuid, pain(score=4))
    other = put(ana, uuid, pain(score=8))
    assert (other.status_code, other.json()["answer"]) == (200, "conflict")
    assert put(ana, uuid, pain(score=8)).json()["answer"] == "conflict"
    with acting_for_all():
        entry, kept = PainEntry.objects.get(), RecordRevision.objects.get()
    assert (entry.score, entry.conflicted) == (4, True)
    assert (kept.why, kept.body["score"]) == ("conflict", 8)


def test_a_revision_that_was_overtaken_is_kept_and_changes_nothing(ana: Person):
    uuid = str(uuid4())
    put(ana, uuid, pain(revision=2, score=7))
    assert put(ana, uuid, pain(revision=1, score=4)).json()["answer"] == "stored"
    with acting_for_all():
        assert PainEntry.objects.get().score == 7
        assert RecordRevision.objects.get().body["score"] == 4


def test_another_patients_id_is_ones_own_too(ana: Person, maria: Person):
    ben, uuid = people.patient(maria, name="Ben"), str(uuid4())
    put(ana, uuid, pain())
    assert put(ben, uuid, pain(score=9)).status_code == 201
    with acting_for_all():
        assert sorted(PainEntry.objects.values_list("score", flat=True)) == [4, 9]


def test_a_batch_answers_each_record_and_loses_none_beside_a_wrong_one(ana: Person):
    good, wrong, odd = item(), item(score=11), item(mood="fine", zone="Mars/Base")
    answers = sync(ana, good, wrong, "text", odd, item() | {"kind": "mood"}, good)
    assert [a["answer"] for a in answers] == ["stored", "refused", "refused", "stored", "refused", "same"]
    assert answers[1]["pointer"] == "/records/1/score"
    assert answers[2]["pointer"] == "/records/2"
    assert answers[3]["ignored"] == ["mood", "zone"]
    assert answers[4]["pointer"] == "/records/4/kind"
    assert {a["code"] for a in answers if a["answer"] == "refused"} == {"invalid"}
    with acting_for_all():
        assert PainEntry.objects.count() == 2


def test_a_record_and_its_correction_in_one_batch_end_as_one_after_the_other(ana: Person):
    first = item(score=4)
    answers = sync(ana, first | {"revision": 2, "score": 6}, first)
    assert [a["answer"] for a in answers] == ["stored", "stored"]
    with acting_for_all():
        assert PainEntry.objects.get().score == 6
        assert RecordRevision.objects.get().body["score"] == 4


def test_a_session_keeps_each_exercises_result_and_a_correction_replaces_them(ana: Person, maria: Person):
    plan = people.plan_for(ana, maria, starts_on=NOW.date())
    results = [{"exercise": "bridge", "outcome": "done", "repetitions": 10}]
    session = {"revision": 1, "at": AT, "plan": plan.pk, "slot": 1, "leg_before": 3, "results": results}
    uuid = str(uuid4())
    assert put(ana, uuid, session, "sessions").status_code == 201
    part = [{"exercise": "bridge", "outcome": "hurts_too_much", "because": "sharp", "repetitions": 3}]
    assert put(ana, uuid, session | {"revision": 2, "results": part}, "sessions").status_code == 200
    with acting_for_all():
        row, result = ExerciseSession.objects.get(), ExerciseResult.objects.get()
        assert row.body["results"][0]["because"] == "sharp"
    assert (row.plan_id, result.outcome, result.repetitions, result.sets) == (
        plan.pk,
        "hurts_too_much",
        3,
        None,
    )


def test_a_session_that_names_what_is_not_there_is_422_with_a_pointer(ana: Person):
    session = {"revision": 1, "at": AT, "results": [{"exercise": "juggling", "outcome": "done"}]}
    answer = put(ana, str(uuid4()), session, "sessions")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/results/0/exercise"
    foreign = put(ana, str(uuid4()), {"revision": 1, "at": AT, "plan": 999, "results": []}, "sessions")
    assert foreign.json()["errors"][0]["pointer"] == "/plan"


def test_a_yes_in_the_symptom_check_is_a_red_flag_at_once_and_no_edit_lowers_it(ana: Person):
    question = next(iter(symptom_check()))
    check = item("symptom_check", revision=1, at=AT, answers={question: "not_sure"})
    assert sync(ana, item(), check)[1]["answer"] == "stored"
    lowered = check | {"revision": 2, "answers": {question: "no"}}
    assert sync(ana, lowered)[0]["answer"] == "stored"
    with acting_for_all():
        flag = RedFlag.objects.get()
    assert (flag.rule, flag.closed_at) == (question, None)
    today = Client().get("/api/v1/today", headers=ana.headers).json()
    assert today["stopped"] is True


@pytest.mark.parametrize("answer", ["yes", "not_sure", "YES!", True, 1])
def test_whatever_is_not_a_no_is_heeded(ana: Person, answer: Any):
    check = item(
        "symptom_check", revision=1, at=AT, answers={"bladder": answer, "bowel": "no", "fever": None}
    )
    assert sync(ana, check)[0]["answer"] == "stored"
    with acting_for_all():
        assert list(RedFlag.objects.values_list("rule", flat=True)) == ["bladder"]


def test_a_check_in_conflict_or_overtaken_is_heeded_too(ana: Person):
    calm = item("symptom_check", revision=2, at=AT, answers={"bladder": "no"})
    sync(ana, calm)
    assert sync(ana, calm | {"answers": {"bladder": "yes"}})[0]["answer"] == "conflict"
    assert sync(ana, calm | {"revision": 1, "answers": {"bowel": "yes"}})[0]["answer"] == "stored"
    with acting_for_all():
        assert set(RedFlag.objects.values_list("rule", flat=True)) == {"bladder", "bowel"}


def test_a_refused_check_is_heeded_all_the_same_and_the_refusal_is_told(ana: Person):
    broken = {"at": "yesterday", "answers": {"bladder": "yes"}}
    assert put(ana, str(uuid4()), broken, "symptom-checks").status_code == 400
    assert sync(ana, item("symptom_check", **broken))[0]["answer"] == "refused"
    with acting_for_all():
        flag = RedFlag.objects.get()
    assert (flag.rule, flag.check_record_id) == ("bladder", None)


def test_walks_and_events_are_taken(ana: Person):
    walk = item("walk", revision=1, at=AT, minutes=12)
    event = item("event", revision=1, at=AT, what="injection", about_on="2026-02-27")
    assert [a["answer"] for a in sync(ana, walk, event)] == ["stored", "stored"]


def test_what_a_phone_still_holds_is_taken_after_the_discharge(ana: Person, maria: Person):
    with acting(maria.actor):
        episode = Episode.objects.select_related("patient").get(patient=ana.user.pk)
        end_episode(episode=episode, because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW)
    with acting_for_all():
        CareTeamMember.objects.all().delete()
    assert put(ana, str(uuid4()), pain()).status_code == 201
    assert sync(ana, item("walk", revision=1, at=AT, minutes=5))[0]["answer"] == "stored"


def test_a_phone_with_a_wrong_clock_is_heard_and_marked(ana: Person):
    for at in ("2016-03-01T08:00:00Z", "2036-03-01T08:00:00Z"):
        assert put(ana, str(uuid4()), pain(at=at)).status_code == 201
    with acting_for_all():
        assert set(PainEntry.objects.values_list("clock_suspect", flat=True)) == {True}


def test_more_than_a_hundred_records_are_413_and_none_are_200(ana: Person):
    assert sync(ana) == []
    many = Client().post(
        "/api/v1/sync",
        json.dumps({"records": [item() for _ in range(101)]}),
        content_type="application/json",
        headers=ana.headers,
    )
    assert many.status_code == 413
    assert many["Content-Type"] == "application/problem+json"


def test_staff_have_no_diary(maria: Person):
    assert put(maria, str(uuid4()), pain()).status_code == 403


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.trust)])
def test_twelve_equal_puts_at_once_make_one_row(rounds: int):
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana = people.patient(maria)
    for _ in range(rounds):
        uuid = str(uuid4())

        def once(_: int, uuid: str = uuid) -> int:
            try:
                return int(put(ana, uuid, pain()).status_code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(12) as pool:
            codes = sorted(pool.map(once, range(12)))
        assert codes == [200] * 11 + [201]
        with acting_for_all():
            assert PainEntry.objects.filter(client_uuid=uuid).count() == 1


def test_an_evening_answer_after_the_next_day_is_late_by_the_phones_time(ana: Person):
    on_time = item(asked="last_24_hours", about_on="2026-02-28")
    late = item(asked="last_24_hours", about_on="2026-02-27")
    assert [a["answer"] for a in sync(ana, on_time, late)] == ["stored", "stored"]
    with acting_for_all():
        lateness = dict(PainEntry.objects.values_list("client_uuid", "late"))
    assert {str(k): v for k, v in lateness.items()} == {on_time["id"]: False, late["id"]: True}


def test_the_oddest_value_loses_nothing_beside_it(ana: Person):
    check = item("symptom_check", revision=1, at=AT, answers={"bladder": "yes"})
    odd = [
        item("symptom_check", revision=1, at=AT, answers={"bowel": 10**30}),
        item(note="half an emoji \ud83d"),
        item(note="a\x00b"),
        item(at="9999-12-31T12:00:00Z"),
        item("session", revision=1, at=AT, ended_at="0001-01-01T00:00:00+14:00", results=[]),
        item("symptom_check", revision=1, at=AT, answers={"fever": "a\x00b \ud83d"}),
    ]
    answers = [answer["answer"] for answer in sync(ana, *odd, check)]
    assert answers == ["stored", "refused", "refused", "stored", "refused", "refused", "stored"]
    with acting_for_all():
        assert set(RedFlag.objects.values_list("rule", flat=True)) == {"bladder", "bowel", "fever"}


def test_a_yes_after_the_flag_was_closed_is_a_new_flag(ana: Person, maria: Person):
    check = item("symptom_check", revision=1, at=AT, answers={"bladder": "yes"})
    sync(ana, check)
    with acting(maria.actor):
        close(flag=RedFlag.objects.get(), because="Seen.", by=maria.user.pk, now=NOW)
    assert sync(ana, check)[0]["answer"] == "same"
    sync(ana, check | {"revision": 2, "answers": {"bladder": "no"}})
    with acting_for_all():
        assert not RedFlag.objects.open().exists()
    sync(ana, check | {"revision": 3})
    with acting_for_all():
        assert RedFlag.objects.open().get().answer == "yes"


def test_a_thousand_invented_questions_are_one_flag(ana: Person):
    invented = {f"question-{n}": "yes" for n in range(1000)}
    broken = item("symptom_check", at="yesterday", answers=invented)
    assert sync(ana, broken)[0]["answer"] == "refused"
    with acting_for_all():
        assert RedFlag.objects.get().rule == "unknown_question"


def test_what_a_phone_saw_of_one_patient_is_not_another_patients(ana: Person, maria: Person):
    ben = people.patient(maria, name="Ben")
    tag = Client().get("/api/v1/today", headers=ana.headers)["ETag"]
    assert Client().get("/api/v1/today", headers=ana.headers | {"If-None-Match": tag}).status_code == 304
    assert Client().get("/api/v1/today", headers=ben.headers | {"If-None-Match": tag}).status_code == 200


# What a session was stored as before the phone asked about an hour later, the next morning, reach and new numbness.
STORED_BEFORE = {
    "at": "2026-03-01T21:30:00+01:00",
    "zone": "",
    "withdrawn": False,
    "plan": None,
    "slot": 1,
    "ended_at": None,
    "leg_before": 3,
    "leg_during": 4,
    "leg_after": None,
    "effort": None,
    "note": "",
    "results": [
        {
            "exercise": "bridge",
            "outcome": "done",
            "because": "",
            "sets": None,
            "repetitions": 10,
            "hold_seconds": None,
            "minutes": None,
        }
    ],
}


def test_a_session_without_the_later_answers_reads_as_it_was_stored_before_them(ana: Person):
    people.exercise()
    result = {"exercise": "bridge", "outcome": "done", "repetitions": 10}
    sent = {"revision": 1, "at": AT, "slot": 1, "leg_before": 3, "leg_during": 4, "results": [result]}
    uuid = str(uuid4())
    put(ana, uuid, sent, "sessions")
    with acting_for_all():
        assert ExerciseSession.objects.get().body == STORED_BEFORE
    silent = {"leg_later": None, "new_weakness": None, "results": [result | {"worst_pain": None}]}
    assert put(ana, uuid, sent | silent, "sessions").json()["answer"] == "same"


def test_the_later_answers_come_as_the_next_revision_and_are_kept(ana: Person):
    people.exercise()
    sent = {
        "revision": 1,
        "at": AT,
        "slot": 1,
        "leg_before": 3,
        "results": [{"exercise": "bridge", "outcome": "done", "worst_pain": 5}],
    }
    later = {
        "leg_later": 3,
        "reach_after": "knee",
        "lower_reach_lasted": "up_to_an_hour",
        "new_numbness": False,
    }
    uuid = str(uuid4())
    assert put(ana, uuid, sent, "sessions").status_code == 201
    assert put(ana, uuid, sent | later | {"revision": 2}, "sessions").json()["answer"] == "stored"
    with acting_for_all():
        body = ExerciseSession.objects.get().body
        assert "leg_later" not in RecordRevision.objects.get().body
    assert {name: body[name] for name in later} == later
    assert body["results"][0]["worst_pain"] == 5
    for wrong in ({"leg_later": 11}, {"reach_after": "toe"}, {"lower_reach_lasted": "a while"}):
        assert put(ana, str(uuid4()), sent | wrong, "sessions").status_code == 400


def test_a_program_that_has_just_come_is_not_said_to_be_missing(ana: Person, maria: Person):
    def sentence() -> str:
        return str(Client().get("/api/v1/today", headers=ana.headers).json()["sentence"])

    assert sentence().startswith("Your therapist has not sent a program yet.")
    people.plan_for(ana, maria, starts_on=NOW.date())
    assert sentence() == "", "until the next tick has judged it"
