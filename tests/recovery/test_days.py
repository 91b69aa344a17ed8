"""The close of the day, on real rows: what is recorded, when, and what it says."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import Role, acting, acting_for_all
from recovery.actions import days
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.actions.people import end_episode, open_episode
from recovery.actions.safety import close
from recovery.models import DailyPain, Episode, Patient, Progress, RedFlag, StatusChange
from recovery.records import read
from recovery.rules.diary import DayValue, Rating, day_value
from recovery.trend import episode_trend
from tests import people
from tests.moments import NOW
from wire.problems import Conflict

pytestmark = pytest.mark.django_db

START = NOW.date() - timedelta(days=56)


@pytest.fixture
def maria() -> people.Person:
    return people.member(people.clinic(), Role.THERAPIST)


def log(
    someone: people.Person, day: date, score: int, *, region: str = "leg", now: datetime = NOW, **more: object
) -> None:
    fields = {
        "revision": 1,
        "at": f"{day}T20:00:00+01:00",
        "region": region,
        "score": score,
        "asked": "last_24_hours",
    }
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=[read("pain", str(uuid4()), fields | more)], now=now)


def progress(someone: people.Person) -> Progress:
    with acting_for_all():
        return Progress.objects.get(patient=someone.user.pk)


def daily(someone: people.Person, region: str = "leg") -> dict[date, tuple[int | None, int]]:
    with acting_for_all():
        rows = DailyPain.objects.filter(patient=someone.user.pk, region=region)
        return {row.on: (row.total, row.count) for row in rows}


def test_every_ended_day_is_recorded_and_a_day_without_an_entry_is_not_zero(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    log(ana, START, 6)
    log(ana, START + timedelta(days=2), 0)
    close_days(now=NOW)
    days = daily(ana)
    assert len(days) == 56
    assert max(days) == NOW.date() - timedelta(days=1)
    assert days[START] == (6, 1)
    assert days[START + timedelta(days=1)] == (None, 0)
    assert days[START + timedelta(days=2)] == (0, 1)
    assert set(daily(ana, "back").values()) == {(None, 0)}


def test_several_ratings_of_now_make_one_value_and_the_evening_answer_comes_first(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for score in (3, 4, 6):
        log(ana, START, score, asked="now")
    log(ana, START + timedelta(days=1), 2, asked="now")
    log(ana, START + timedelta(days=1), 5)
    close_days(now=NOW)
    assert daily(ana)[START] == (13, 3)
    assert daily(ana)[START + timedelta(days=1)] == (5, 1)


def test_the_status_is_judged_week_by_week_and_each_change_is_a_row(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(56):
        log(ana, START + timedelta(days=day), 6 if day < 28 else 2)
    close_days(now=NOW)
    row = progress(ana)
    assert (row.status, [value for _, value in row.weeks]) == ("relieved", [6.0] * 4 + [2.0] * 4)
    with acting_for_all():
        changes = list(StatusChange.objects.order_by("for_day").values_list("status", flat=True))
    assert changes[-1] == "relieved"
    assert "review" in changes
    close_days(now=NOW)
    with acting_for_all():
        assert StatusChange.objects.count() == len(changes)


def test_a_late_record_opens_its_day_again_and_changes_what_follows(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(7, 56):
        log(ana, START + timedelta(days=day), 5)
    close_days(now=NOW)
    assert progress(ana).numbers.get("baseline_week") != 1
    for day in range(7):
        log(ana, START + timedelta(days=day), 8)
    assert progress(ana).reopen_from == START
    close_days(now=NOW)
    assert progress(ana).reopen_from is None
    assert daily(ana)[START] == (8, 1)
    assert progress(ana).weeks[0][1] == 8.0


def test_a_correction_to_another_day_opens_both_days_again(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    uuid = str(uuid4())
    fields = {"at": f"{START}T20:00:00+01:00", "region": "leg", "score": 6, "asked": "now"}
    moved = {"at": f"{START + timedelta(days=3)}T20:00:00+01:00"}
    for revision, body in ((1, fields), (2, fields | moved)):
        with acting(ana.actor):
            take(
                patient_id=ana.user.pk, records=[read("pain", uuid, {"revision": revision, **body})], now=NOW
            )
        close_days(now=NOW)
    assert daily(ana)[START] == (None, 0)
    assert daily(ana)[START + timedelta(days=3)] == (6, 1)


def test_one_patient_whom_a_rule_stumbles_over_keeps_nobody_else_waiting(
    maria: people.Person, monkeypatch: pytest.MonkeyPatch
):
    ana, ben = people.patient(maria), people.patient(maria, name="Ben")
    for someone in (ana, ben):
        people.plan_for(someone, maria, starts_on=START)
        log(someone, START, 4)
    real = day_value

    def stumble(on: date, ratings: Iterable[Rating]) -> DayValue:
        value = real(on, ratings)
        if value.count and stumbling.pop():
            raise ValueError("a rule stumbled")
        return value

    stumbling = [False, True, True]  # the chunk, then the first of the two, then not the second
    monkeypatch.setattr(days, "day_value", stumble)
    close_days(now=NOW)
    assert sorted([len(daily(ana)), len(daily(ben))]) == [0, 56]
    monkeypatch.undo()
    close_days(now=NOW)
    assert [len(daily(ana)), len(daily(ben))] == [56, 56]


def test_the_day_ends_by_the_patients_own_clock(maria: people.Person):
    ana = people.patient(maria, zone="Europe/Berlin")
    ben = people.patient(maria, name="Ben", zone="Pacific/Auckland")
    for someone in (ana, ben):
        people.plan_for(someone, maria, starts_on=START)
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # 13:00 in Berlin, already the 3rd in Auckland
    close_days(now=noon)
    assert max(daily(ana)) == date(2026, 3, 1)
    assert max(daily(ben)) == date(2026, 3, 2)
    assert progress(ana).next_close_at == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    close_days(now=datetime(2026, 3, 2, 22, 59, tzinfo=UTC))
    assert max(daily(ana)) == date(2026, 3, 1)
    close_days(now=datetime(2026, 3, 2, 23, 0, tzinfo=UTC))
    assert max(daily(ana)) == date(2026, 3, 2)


def test_three_days_of_severe_leg_pain_raise_one_red_flag(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for back in (4, 3, 2, 1):
        log(ana, NOW.date() - timedelta(days=back), 8)
    close_days(now=NOW)
    close_days(now=NOW + timedelta(days=1))
    with acting_for_all():
        flag = RedFlag.objects.get()
    assert (flag.rule, flag.tier) == ("severe_days_in_a_row", "B")
    assert progress(ana).status == "alert"


def test_severe_pain_of_weeks_ago_is_history_not_an_alert(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(5):
        log(ana, START + timedelta(days=day), 9)
    close_days(now=NOW)
    with acting_for_all():
        assert not RedFlag.objects.exists()


def test_an_alert_stands_until_a_person_closes_it(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(56):
        log(ana, START + timedelta(days=day), 2 if day > 20 else 6)
    close_days(now=NOW)
    fields = {"revision": 1, "at": "2026-03-02T12:00:00+01:00", "answers": {"saddle_numbness": "yes"}}
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=[read("symptom_check", str(uuid4()), fields)], now=NOW)
    assert progress(ana).status == "alert"
    close_days(now=NOW + timedelta(days=1))
    assert progress(ana).status == "alert"
    with acting(maria.actor):
        close(
            flag=RedFlag.objects.get(),
            because="Seen the same day.",
            by=maria.user.pk,
            now=NOW + timedelta(days=1),
        )
    assert progress(ana).status == "relieved"


def test_closing_takes_the_same_number_of_statements_for_one_patient_and_for_five(maria: people.Person):
    def statements(patients: int) -> int:
        for n in range(patients):
            someone = people.patient(maria, name=f"P{n}")
            people.plan_for(someone, maria, starts_on=START)
            log(someone, START, 5)
        with CaptureQueriesContext(connection) as queries:
            assert close_days(now=NOW) == patients
        return len(queries)

    assert statements(1) == statements(5)


def test_an_ended_episode_is_closed_once_more_and_then_left(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    close_days(now=NOW)
    with acting(maria.actor):
        episode = progress(ana).episode
        end_episode(episode=episode, because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW)
    assert close_days(now=NOW + timedelta(days=3)) == 1
    assert max(daily(ana)) == NOW.date()
    assert close_days(now=NOW + timedelta(days=9)) == 0


def test_what_an_ended_episode_shows_ends_with_it_and_a_new_one_begins_anew(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(40):
        log(ana, START + timedelta(days=day), 5)
    close_days(now=NOW)
    ended = progress(ana).episode
    with acting(maria.actor):
        last = START + timedelta(days=20)
        end_episode(episode=ended, because="discharge", on=last, by=maria.user.pk, now=NOW)
        ended = Episode.objects.select_related("patient").get(pk=ended.pk)
        shown = episode_trend(ended, now=NOW)
        assert shown is not None
        assert [week["week"] for week in shown["weeks"]] == [1, 2, 3]
        assert shown["days"]["leg"][-1]["on"] == last
        patient = Patient.objects.get(pk=ana.user.pk)
        facts = {"onset_on": NOW.date() - timedelta(days=5), "side": "left"}
        open_episode(patient=patient, by=maria.user.pk, now=NOW, **facts)
        Episode.objects.open().update(started_on=START + timedelta(days=35))
        again = Episode.objects.open().select_related("patient").get()
        shown = episode_trend(again, now=NOW)
        assert shown is not None
        assert shown["days"]["leg"][0]["on"] == START + timedelta(days=35)


def test_an_alert_before_there_is_a_plan_ends_when_its_flags_are_closed(maria: people.Person):
    ana = people.patient(maria)
    fields = {"revision": 1, "at": "2026-03-02T12:00:00+01:00", "answers": {"bladder": "yes", "bowel": "yes"}}
    with acting(ana.actor):
        take(patient_id=ana.user.pk, records=[read("symptom_check", str(uuid4()), fields)], now=NOW)
    assert (progress(ana).status, progress(ana).numbers["open_red_flags"]) == ("alert", 2)
    with acting(maria.actor):
        version = Patient.objects.get(pk=ana.user.pk).version
        for flag in RedFlag.objects.all():
            close(flag=flag, because="Called.", by=maria.user.pk, now=NOW)
        assert Patient.objects.get(pk=ana.user.pk).version > version
        with pytest.raises(Conflict):
            close(flag=flag, because="Called again.", by=maria.user.pk, now=NOW)
    assert (progress(ana).status, progress(ana).rule) == ("no_data", "no_data.no_plan")


def test_three_severe_days_before_there_is_a_plan_are_seen_too(maria: people.Person):
    ana = people.patient(maria, now=NOW - timedelta(days=6))
    for back in (5, 4, 3):
        log(ana, NOW.date() - timedelta(days=back), 9)
    close_days(now=NOW)
    with acting_for_all():
        assert RedFlag.objects.get().rule == "severe_days_in_a_row"


def test_the_last_day_of_an_ended_episode_is_recorded_when_it_is_over(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    log(ana, NOW.date(), 3)
    with acting(maria.actor):
        end_episode(
            episode=progress(ana).episode, because="discharge", on=NOW.date(), by=maria.user.pk, now=NOW
        )
    for hours in range(0, 72, 6):
        close_days(now=NOW + timedelta(hours=hours))
    assert daily(ana)[NOW.date()] == (3, 1)
    assert progress(ana).next_close_at is None


def test_thousands_of_ratings_on_one_day_stop_nobody(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    fields = {"revision": 1, "at": f"{START}T20:00:00+01:00", "region": "leg", "score": 10, "asked": "now"}
    with acting(ana.actor):
        take(
            patient_id=ana.user.pk, records=[read("pain", str(uuid4()), fields) for _ in range(3300)], now=NOW
        )
    close_days(now=NOW)
    assert daily(ana)[START] == (33_000, 3300)


def test_silence_is_said_once(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(30):
        close_days(now=NOW + timedelta(days=day))
    with acting_for_all():
        said = list(StatusChange.objects.order_by("id").values_list("rule", flat=True))
    assert said.count("no_data.silent") == 1


def test_an_episode_that_ended_with_a_week_shows_what_that_week_said(maria: people.Person):
    ana = people.patient(maria)
    people.plan_for(ana, maria, starts_on=START)
    for day in range(35):
        log(ana, START + timedelta(days=day), 6)
    close_days(now=NOW)
    last = START + timedelta(days=27)
    with acting(maria.actor):
        end_episode(episode=progress(ana).episode, because="discharge", on=last, by=maria.user.pk, now=NOW)
    close_days(now=NOW)
    assert (progress(ana).rule, progress(ana).decided_for) == ("review.week_4", last)
