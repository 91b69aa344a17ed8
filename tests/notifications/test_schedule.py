"""The schedule on every zone there is: a slot happens at one instant, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.schedule import (
    Due,
    QuietHours,
    Rule,
    due_between,
    every,
    instant,
    jitter_seconds,
    look_at,
    next_due,
)
from tests.moments import BERLIN

NEVER_QUIET = QuietHours(time(0), time(0))
DAILY = frozenset(range(1, 8))
# Half past two is skipped or doubled in Europe and America, midnight in Cairo, Beirut, Santiago and Havana.
TIMES = (time(0), time(2, 30), time(9))
HOUR = timedelta(hours=1)


def rule(*times: time, weekdays: frozenset[int] = DAILY, quiet: QuietHours = NEVER_QUIET) -> Rule:
    return Rule(times, weekdays, quiet)


def walk(of: Rule, zone: ZoneInfo, after: datetime, until: datetime) -> list[Due]:
    """Follow next_due from one slot to the next, as the planner does."""
    found: list[Due] = []
    while (due := next_due(of, zone, after=after)) and due.at <= until:
        found.append(due)
        after = due.at
    return found


@pytest.mark.promise
@pytest.mark.parametrize("first", [date(2024, 1, 1), date(2026, 1, 1)], ids=["a leap year", "a usual year"])
def test_in_every_zone_each_slot_of_each_date_happens_exactly_once(first: date):
    """Every zone of tzdata, 366 days, three local times: 657,000 instants a year."""
    days = [first + timedelta(days=n) for n in range(366)]
    expected = [(day, slot) for day in days for slot in ("00:00", "02:30", "09:00")]
    zones = sorted(available_timezones())
    assert len(zones) > 590
    changed = 0
    for name in zones:
        zone = ZoneInfo(name)
        since, until = (
            instant(days[0], time(0), zone) - 40 * HOUR,
            instant(days[-1], time(9), zone) + 40 * HOUR,
        )
        found = [
            due
            for due in due_between(rule(*TIMES), zone, since, until)
            if days[0] <= due.local_date <= days[-1]
        ]
        assert sorted((due.local_date, due.slot) for due in found) == expected, name
        nine = [due.at for due in found if due.slot == "09:00"]
        apart = {later - earlier for earlier, later in zip(nine, nine[1:], strict=False)}
        assert all(22 * HOUR <= gap <= 26 * HOUR for gap in apart), name
        changed += len(apart) > 1
    assert changed > 150, "no zone changed its clock: the sweep proves nothing"


def test_a_skipped_time_moves_on_with_the_clock():
    due = next_due(rule(time(2, 30)), BERLIN, after=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert due == Due(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), date(2026, 3, 29), "02:30")
    assert due.at.astimezone(BERLIN).time() == time(3, 30)


def test_a_doubled_time_happens_the_first_time_only():
    night = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = walk(rule(time(2, 30)), BERLIN, night, night + 24 * HOUR)
    assert [due.at for due in found] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_midnight_that_does_not_exist_is_the_first_moment_of_the_day():
    cairo = ZoneInfo("Africa/Cairo")
    due = next_due(rule(time(0)), cairo, after=datetime(2026, 4, 23, 12, tzinfo=UTC))
    assert due is not None
    assert (due.local_date, due.at.astimezone(cairo).time()) == (date(2026, 4, 24), time(1))


def test_a_date_that_a_zone_left_out_has_no_slot():
    apia = ZoneInfo("Pacific/Apia")
    start = datetime(2011, 12, 28, tzinfo=UTC)
    found = walk(rule(time(9)), apia, start, start + timedelta(days=4))
    dates = [due.local_date.isoformat() for due in found]
    assert dates == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]
    assert {b.at - a.at for a, b in zip(found, found[1:], strict=False)} == {24 * HOUR}


def test_two_slots_that_meet_at_one_instant_are_both_found():
    gap = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert [due.slot for due in due_between(rule(time(2, 30), time(3, 30)), BERLIN, gap, gap)] == [
        "02:30",
        "03:30",
    ]


def test_weekdays_are_those_of_the_local_date():
    auckland = ZoneInfo("Pacific/Auckland")
    mondays = rule(time(8), weekdays=frozenset({1}))
    due = next_due(mondays, auckland, after=datetime(2026, 11, 20, tzinfo=UTC))
    assert due is not None
    assert due.local_date == date(2026, 11, 23)
    assert due.at.date() == date(2026, 11, 22)


def test_breaks_begin_one_interval_after_the_window_opens():
    breaks = every(40, start=time(9), end=time(11))
    assert breaks == (time(9, 40), time(10, 20), time(11))
    assert every(60, start=time(9), end=time(9, 59)) == ()


def test_a_rule_without_slots_is_never_due():
    assert next_due(rule(), BERLIN, after=datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("start", "end", "quiet", "loud"),
    [
        (time(21), time(7), [time(21), time(23, 59), time(0), time(6, 59)], [time(7), time(20, 59)]),
        (time(12), time(14), [time(12), time(13, 59)], [time(14), time(11, 59), time(0)]),
        (time(8), time(8), [], [time(8), time(0)]),
    ],
)
def test_quiet_hours_include_their_start_and_not_their_end(start, end, quiet, loud):
    hours = QuietHours(start, end)
    assert all(map(hours.cover, quiet))
    assert not any(map(hours.cover, loud))


def test_nothing_is_due_in_quiet_hours():
    night = QuietHours(time(21), time(7))
    found = walk(
        rule(time(6), time(8), time(22), quiet=night),
        BERLIN,
        datetime(2026, 3, 27, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    assert {due.slot for due in found} == {"08:00"}


def test_quiet_hours_start_on_the_local_clock():
    night = QuietHours(time(21), time(7))
    after = datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert night.next_start(BERLIN, after) == datetime(2026, 3, 29, 19, tzinfo=UTC)
    assert QuietHours(time(8), time(8)).next_start(BERLIN, after) is None


# From Hawaii to Auckland: further apart two zones would be more than a day of clocks from each other.
PLACES = ("Pacific/Honolulu", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")
legs = st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(48 * 60, 9 * 24 * 60)), min_size=2, max_size=12
)


@given(legs=legs, at=st.times(), start=st.integers(0, 365 * 24 * 60))
def test_a_traveller_who_gets_each_date_once_waits_at_most_two_days(legs, at, start):
    """Stays of two to nine days. Arriving plans anew; the ledger refuses a date that had its message."""
    daily = rule(at.replace(second=0, microsecond=0))
    ledger: dict[tuple[date, str], datetime] = {}
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    for place, minutes in legs:
        leave = now + timedelta(minutes=minutes)
        for due in due_between(daily, ZoneInfo(place), now, leave):
            ledger.setdefault((due.local_date, due.slot), due.at)
        now = leave
    happened = sorted(ledger.values())
    assert all(b - a <= 48 * HOUR for a, b in zip(happened, happened[1:], strict=False))


@given(
    zone=st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
    times=st.sets(st.times().map(lambda t: t.replace(second=0, microsecond=0)), min_size=1, max_size=6),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    start=st.datetimes(datetime(2023, 1, 1), datetime(2032, 12, 1)),  # noqa: DTZ001 - made aware below
)
def test_following_the_next_slot_finds_the_same_as_looking_back(zone, times, weekdays, start):
    """What the planner walks through bit by bit is what it finds after an outage, all at once."""
    since = start.replace(tzinfo=UTC)
    until = since + timedelta(days=9)
    of = Rule(tuple(times), weekdays, NEVER_QUIET)
    walked = {due.at for due in walk(of, zone, since, until)}
    assert walked == {due.at for due in due_between(of, zone, since, until) if due.at > since}


def test_a_pause_has_no_slots_and_the_date_after_it_has():
    away = Rule((time(9),), DAILY, NEVER_QUIET, paused_until=date(2026, 7, 20))
    start = datetime(2026, 6, 1, tzinfo=UTC)
    assert next_due(away, BERLIN, after=start) == Due(
        datetime(2026, 7, 21, 7, tzinfo=UTC), date(2026, 7, 21), "09:00"
    )
    assert due_between(away, BERLIN, start, datetime(2026, 7, 21, tzinfo=UTC)) == []
    assert next_due(away, BERLIN, after=datetime(2026, 8, 1, tzinfo=UTC)) is not None


def test_jitter_is_the_same_all_day_and_spread_over_a_minute():
    day = date(2026, 6, 10)
    spread = [jitter_seconds(patient, day) for patient in range(6100)]
    assert spread == [jitter_seconds(patient, day) for patient in range(6100)]
    assert set(spread) == set(range(61))
    assert all(60 < spread.count(seconds) < 150 for seconds in range(61))
    assert spread != [jitter_seconds(patient, day + timedelta(days=1)) for patient in range(6100)]


MINUTE = timedelta(minutes=1)
quarters = st.integers(0, 95).map(lambda n: time(*divmod(n * 15, 60)))
chosen = st.frozensets(quarters, max_size=4)
happenings = st.lists(
    st.tuples(st.integers(1, 40 * 60), st.one_of(st.none(), chosen, st.sampled_from(PLACES))), max_size=40
)


@given(first=chosen, happenings=happenings, start=st.integers(0, 365 * 24 * 60))
def test_no_edit_and_no_journey_at_any_moment_doubles_a_slot_of_a_date_or_loses_one(first, happenings, start):
    """Edits (a set of times), journeys (a place) and planners that look (None), minutes apart, in any order.

    A slot may not be lost when the rule had it, in one zone, from a minute before it until a planner looked.
    """
    now = datetime(2026, 1, 1, tzinfo=UTC) + start * MINUTE
    times, zone = tuple(sorted(first)), BERLIN
    planned = look_at(None, rule(*times), zone, now=now)
    ledger: dict[tuple[date, str], list[datetime]] = {}
    stands_since = dict.fromkeys(times, now)
    for minutes, what in [*happenings, (1, None)]:
        now += minutes * MINUTE
        if isinstance(what, str):  # the trigger of the database wakes the planner
            if ZoneInfo(what) != zone:
                stands_since = dict.fromkeys(times, now)
            zone, planned = ZoneInfo(what), min(planned, now) if planned else now
        elif what is not None:
            stands_since = {at: stands_since.get(at, now) for at in what}
            times = tuple(sorted(what))
            planned = look_at(planned, rule(*times), zone, now=now)
        elif planned is not None and planned <= now:
            for due in due_between(rule(*times), zone, planned, now):
                # The ledger takes a slot of a date once, whoever comes with it again.
                ledger.setdefault((due.local_date, due.slot), []).append(due.at)
            following = next_due(rule(*times), zone, after=now)
            planned = following.at if following else None
        if what is None:
            for at, since in stands_since.items():
                for due in due_between(rule(at), zone, since + MINUTE, now):
                    assert (due.local_date, due.slot) in ledger, (due, since)
    for (day, slot), instants in ledger.items():
        assert len(set(instants)) == len(instants), (day, slot, "planned twice at one instant")
