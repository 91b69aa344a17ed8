"""Whatever order a phone's records come in, late, corrected or undone, the same course is read from them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import Role, acting, acting_for_all
from recovery.actions.days import close_days
from recovery.actions.diary import take
from recovery.models import DailyPain, Episode, PainEntry, Patient, Progress, RedFlag, StatusChange
from recovery.progress import courses
from recovery.records import Incoming, read
from recovery.rules.status import history
from tests import people
from tests.moments import NOW

pytestmark = pytest.mark.django_db

DAYS = 30
START = NOW.date() - timedelta(days=DAYS)
END = NOW + timedelta(days=2)
ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia")
in_transactions = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
OFFSETS = st.integers(-12, 14)
PAIN = {"entries", "days", "weeks", "course"}  # what no flag has a part in


@contextmanager
def ana_alone(zone: str = "Europe/Berlin") -> Iterator[people.Person]:
    """A patient with a plan from START on, gone again at the end, with all that was written meanwhile."""
    with transaction.atomic():
        maria = people.member(people.clinic(), Role.THERAPIST)
        ana = people.patient(maria, zone=zone)
        people.plan_for(ana, maria, starts_on=START)
        yield ana
        transaction.set_rollback(True)


def pain(uuid: UUID, revision: int, *, day: int, late: int, offset: int, hour: int, **more: Any) -> Incoming:
    """A rating about START + day, answered so many days later."""
    about = START + timedelta(days=day)
    sign = "-" if offset < 0 else "+"
    fields = {
        "revision": revision,
        "at": f"{about + timedelta(days=late)}T{hour:02}:00:00{sign}{abs(offset):02}:00",
        "about_on": about.isoformat(),
        **more,
    }
    return read("pain", str(uuid), fields)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "day": st.integers(0, DAYS - 4),
    "offset": OFFSETS,
    "hour": st.integers(0, 23),
    "region": st.sampled_from(["leg", "leg", "leg", "back"]),
    "score": st.integers(0, 10),
    "withdrawn": st.sampled_from([False, False, False, True]),
}
RATINGS = st.fixed_dictionaries(
    {**FIELDS, "asked": st.just("last_24_hours"), "late": st.integers(0, 2)}
) | st.fixed_dictionaries({**FIELDS, "asked": st.just("now"), "late": st.just(0)})


@st.composite
def records(draw: st.DrawFn) -> list[Incoming]:
    """A diary with a level a week, so that weeks have values, and ratings with up to three revisions each."""
    levels = draw(st.lists(st.integers(0, 10), min_size=4, max_size=4))
    diary = [
        pain(
            UUID(int=n + 1),
            1,
            day=n,
            late=0,
            offset=1,
            hour=20,
            region="leg",
            asked="now",
            score=levels[n // 7],
        )
        for n in range(28)
        if draw(st.integers(0, 4))
    ]
    changing = draw(st.lists(st.lists(RATINGS, min_size=1, max_size=3), max_size=8))
    return diary + [
        pain(UUID(int=100 + n), revision, **fields)
        for n, revisions in enumerate(changing)
        for revision, fields in enumerate(revisions, 1)
    ]


def send(someone: people.Person, batch: Sequence[Incoming], now: datetime) -> None:
    with acting(someone.actor):
        take(patient_id=someone.user.pk, records=batch, now=now)


def stands(someone: people.Person) -> dict[str, Any]:
    """All that is computed of a patient, by what they recorded and not by when it came."""
    with acting_for_all():
        entries = PainEntry.objects.filter(patient=someone.user.pk).order_by("client_uuid")
        days = DailyPain.objects.filter(patient=someone.user.pk).order_by("region", "on")
        episode = Episode.objects.select_related("patient").get(patient=someone.user.pk)
        row = Progress.objects.filter(patient=someone.user.pk)
        course = courses([episode], through=END.date())[episode.pk]
        return {
            "entries": list(
                entries.values_list("client_uuid", "revision", "score", "on", "about_on", "withdrawn", "late")
            ),
            "days": list(days.values_list("region", "on", "total", "count", "asked", "worst", "late")),
            "weeks": row.values_list(
                "weeks", "left_out", "relieved_on", "relapsed_on", "valid_through"
            ).get(),
            "course": history(replace(course.facts, red_flags=()), END.date() - timedelta(days=1)),
            "flags": course.facts.red_flags,
            "history": history(course.facts, END.date() - timedelta(days=1)),
            "progress": row.values("status", "rule", "numbers", "decided_for", "for_staff").get(),
        }


def written(someone: people.Person) -> list[tuple[Any, ...]]:
    with acting_for_all():
        rows = StatusChange.objects.filter(patient=someone.user.pk).order_by("id")
        return list(rows.values_list("id", "for_day", "rule", "for_staff", "computed_at"))


@in_transactions
@given(st.data())
def test_any_order_in_any_batches_with_days_closed_between_gives_the_same_course(
    db: None, data: st.DataObject
):
    sent = data.draw(records(), label="records")
    shuffled = data.draw(st.permutations(sent), label="as they come")
    with ana_alone() as ana:
        send(ana, sent, NOW)
        close_days(now=END)
        in_order = stands(ana)
    with ana_alone() as ana:
        now, seen = NOW, written(ana)
        closing = data.draw(st.booleans(), label="days may be closed between")
        while shuffled:
            size = data.draw(st.integers(1, 15), label="batch")
            batch, shuffled = shuffled[:size], shuffled[size:]
            send(ana, batch, now)
            if closing and data.draw(st.booleans(), label="days are closed"):
                close_days(now=now)
                rows = written(ana)
                assert rows[: len(seen)] == seen, "a status that was written is never changed"
                seen = rows
            now = min(now + timedelta(hours=data.draw(st.integers(0, 12), label="hours")), END)
        close_days(now=END)
        came = stands(ana)
        # Three days of 8 or more raise a flag that no correction lowers. Where they stood only until one came, it is
        # there in one order and not in the other: then all but the alert is the same.
        if closing and came["flags"] != in_order["flags"]:
            assert came["flags"]
            compared = PAIN
        else:
            compared = set(in_order)
        assert {name: came[name] for name in compared} == {name: in_order[name] for name in compared}
        assert written(ana)[-1][2] == came["progress"]["rule"]


@in_transactions
@given(records(), RATINGS)
def test_an_entry_that_comes_late_writes_no_status_for_a_day_before_its_own(
    db: None, sent: list[Incoming], late: dict[str, Any]
):
    with ana_alone() as ana:
        send(ana, sent, NOW)
        close_days(now=END)
        before = written(ana)
        one = pain(UUID(int=99), 1, **late)
        send(ana, [one], END)
        close_days(now=END)
        assert all(for_day >= one.about_on for _, for_day, *_ in written(ana)[len(before) :])


@in_transactions
@given(records(), st.permutations(ZONES))
def test_a_patient_who_moves_keeps_every_entry_on_its_date(db: None, sent: list[Incoming], zones: list[str]):
    with ana_alone(zones[0]) as ana:
        send(ana, sent[: len(sent) // 2], NOW)
        close_days(now=NOW)
        days: Callable[[], dict[str, date]] = partial(_dates, ana)
        kept = days()
        for zone in zones[1:]:
            with acting_for_all():
                Patient.objects.filter(pk=ana.user.pk).update(time_zone=zone)
                Progress.objects.filter(patient=ana.user.pk).update(reopen_from=START)
            close_days(now=NOW)
            assert days() == kept
        send(ana, sent, NOW)
        close_days(now=END)
        moved = stands(ana)
    with ana_alone(zones[0]) as ana:
        send(ana, sent, NOW)
        close_days(now=END)
        stayed = stands(ana)
    assert moved["entries"] == stayed["entries"]
    assert [day for day in moved["days"] if day[1] < NOW.date()] == [
        day for day in stayed["days"] if day[1] < NOW.date()
    ]


def _dates(someone: people.Person) -> dict[str, date]:
    with acting_for_all():
        entries = PainEntry.objects.filter(patient=someone.user.pk).values_list(
            "client_uuid", "on", "about_on"
        )
        found = {
            f"{uuid} {part}": day for uuid, *both in entries for part, day in zip("oa", both, strict=True)
        }
        days = DailyPain.objects.filter(patient=someone.user.pk, count__gt=0)
        return found | {
            f"{r} {on} {total}/{count}": on
            for r, on, total, count in days.values_list("region", "on", "total", "count")
        }


ANSWERS = st.dictionaries(
    st.sampled_from(["saddle_numbness", "bladder", "bowel", "weak_foot", "night_pain", "unheard_of"]),
    st.sampled_from(["yes", "no", "not_sure", "perhaps"]),
    max_size=4,
)


@in_transactions
@given(st.data())
def test_no_correction_and_no_undo_lowers_a_red_flag(db: None, data: st.DataObject):
    revisions = data.draw(st.lists(st.tuples(ANSWERS, st.booleans()), min_size=1, max_size=4))
    checks = [
        read(
            "symptom_check",
            str(UUID(int=7)),
            {"revision": n, "at": "2026-03-02T12:00:00+01:00", "answers": answers, "withdrawn": withdrawn},
        )
        for n, (answers, withdrawn) in enumerate(revisions, 1)
    ]
    with ana_alone() as ana:
        raised: set[str] = set()
        for check in data.draw(st.permutations(checks)):
            send(ana, [check], NOW)
            with acting_for_all():
                now = set(
                    RedFlag.objects.filter(patient=ana.user.pk, closed_at=None).values_list("rule", flat=True)
                )
                status = Progress.objects.get(patient=ana.user.pk).status
            assert now >= raised
            assert (status == "alert") == bool(now)
            raised = now
        alone: set[str] = set()
    for check in checks:
        with ana_alone() as ana, acting_for_all():
            send(ana, [check], NOW)
            alone |= set(RedFlag.objects.filter(patient=ana.user.pk).values_list("rule", flat=True))
    assert raised == alone
