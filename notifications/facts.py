"""What is known of patients when a message to them is due: two statements, however many patients they are about.

SQL and not rows of models: at nine o'clock this is read for everybody, and most of it is one look at one index.
"""

import logging
from collections.abc import Collection
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from django.db import connection

from notifications.models import REMINDER_KINDS, Notification
from notifications.restraint import (
    CHECK_LASTS_DAYS,
    IGNORED_ENOUGH,
    SILENT_DAYS,
    Because,
    Known,
    Past,
    pointless,
)
from notifications.schedule import QuietHours

REMINDERS = frozenset(kind for kind, _ in REMINDER_KINDS)

log = logging.getLogger(__name__)


class About(NamedTuple):
    """One kind of message of one patient on one of their local dates."""

    patient_id: int
    kind: str
    on: date


# For the rest of the transaction: every fact by its index. PostgreSQL would rather read whole tables for a thousand
# patients, and keep a plan that it made while a table was empty.
BY_INDEX = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)
"""

# (Scalar and not EXISTS, which PostgreSQL would turn into one look at the whole table.)
# An open flag stops the plan. A plan version asks for as many sessions as its most frequent line of the weekday,
# as recovery.rules.asked says; a line without weekdays is of every day.
KNOWN = """
    SELECT about.patient, about.kind, about.day, p.time_zone, m.quiet_start, m.quiet_end,
        coalesce(m.paused_until >= about.day, false) OR (
            SELECT true FROM recovery_planpause pause WHERE pause.episode_id = last.id
                AND about.day BETWEEN pause.from_on AND pause.until_on
                AND (pause.resumed_on IS NULL OR about.day < pause.resumed_on) LIMIT 1
        ) IS TRUE,
        (SELECT true FROM recovery_redflag f WHERE f.patient_id = about.patient AND f.closed_at IS NULL LIMIT 1
        ) IS TRUE,
        last.ended_on IS NOT NULL,
        (SELECT true FROM notifications_notification n WHERE n.recipient_id = about.patient
            AND n.kind = about.kind AND n.local_date = about.day AND n.snoozed_for = 'today' LIMIT 1) IS TRUE,
        CASE about.kind
            WHEN 'diary' THEN (SELECT true FROM recovery_painentry e WHERE e.patient_id = about.patient
                AND e.about_on = about.day AND e.asked = 'last_24_hours' AND NOT e.withdrawn LIMIT 1)
            WHEN 'walk' THEN (SELECT true FROM recovery_walk w WHERE w.patient_id = about.patient
                AND w."on" = about.day AND NOT w.withdrawn LIMIT 1)
            WHEN 'measures' THEN (SELECT true FROM recovery_outcomemeasure o WHERE o.patient_id = about.patient
                AND o."on" BETWEEN about.day - %(check_lasts)s AND about.day AND o.instrument <> 'gpe'
                AND NOT o.withdrawn LIMIT 1)
            WHEN 'weekly_check' THEN (SELECT true FROM recovery_symptomcheck c WHERE c.patient_id = about.patient
                AND c."on" BETWEEN about.day - %(check_lasts)s AND about.day AND NOT c.withdrawn LIMIT 1)
            END IS TRUE,
        CASE WHEN about.kind = 'exercise' AND last.id IS NOT NULL THEN coalesce((
            SELECT max(coalesce((line.dosage_values ->> 'times_per_day')::int, 1)) FROM recovery_prescription line
            WHERE line.plan_id = (SELECT plan.id FROM recovery_plan plan WHERE plan.episode_id = last.id
                    AND plan.starts_on <= about.day ORDER BY plan.number DESC LIMIT 1)
                AND (line.weekdays = '{}' OR extract(isodow FROM about.day) = ANY(line.weekdays))
                AND (SELECT true FROM recovery_suspension s WHERE s.episode_id = last.id
                    AND s.exercise_id = line.exercise_id AND s.lifted_at IS NULL LIMIT 1) IS NOT TRUE), 0) END,
        CASE WHEN about.kind = 'exercise' THEN ARRAY(
            SELECT s.slot FROM recovery_exercisesession s WHERE s.patient_id = about.patient
                AND s."on" = about.day AND s.slot IS NOT NULL AND NOT s.withdrawn) ELSE '{}' END,
        CASE WHEN about.kind = 'exercise' THEN ARRAY(
            SELECT DISTINCT to_char(at, 'HH24:MI') FROM notifications_reminder r, unnest(r.times) AS at
            WHERE r.patient_id = about.patient AND r.kind = 'exercise' AND r.enabled
                AND extract(isodow FROM about.day) = ANY(r.weekdays)) ELSE '{}' END,
        CASE WHEN about.kind = 'movement_break' THEN (
            SELECT max(least(w.received_at, w.happened_at + make_interval(mins => w.minutes)))
            FROM recovery_walk w WHERE w.patient_id = about.patient
                AND w."on" BETWEEN about.day - 1 AND about.day + 1 AND NOT w.withdrawn
                AND w.happened_at <= %(now)s) END,
        last.started_on
    FROM json_to_recordset(%(about)s) AS about (patient bigint, kind text, day date)
    JOIN recovery_patient p ON p.user_id = about.patient
    LEFT JOIN notifications_messagepreferences m ON m.patient_id = about.patient
    LEFT JOIN LATERAL (
        SELECT e.id, e.ended_on, e.started_on FROM recovery_episode e WHERE e.patient_id = about.patient
        ORDER BY e.ended_on IS NULL DESC, e.id DESC LIMIT 1) last ON true
"""


def known(about: Collection[About], *, now: datetime) -> dict[About, Known]:
    """What decides whether a message of each of these would be pointless `now`."""
    found: dict[About, Known] = {}
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(
            KNOWN,
            _parameter(about) | {"check_lasts": CHECK_LASTS_DAYS, "now": now},
        )
        for patient, kind, day, zone, start, end, paused, flagged, ended, put_off, done, *more in cursor:
            asked, slots, times, walked_at, started_on = more
            found[About(patient, kind, day)] = Known(
                under_red_flag=flagged,
                has_ended=ended,
                is_paused=paused,
                is_quiet=start is not None
                and QuietHours(start, end).cover(now.astimezone(zone_of(zone)).time()),
                snoozed_today=put_off,
                is_done=done,
                sessions_asked=asked,
                sessions_done=frozenset(slots),
                exercise_times=tuple(times),
                walked_at=walked_at,
                started_on=started_on,
            )
    return found


def pointless_now(rows: Collection[Notification], *, now: datetime) -> dict[int, Because]:
    """Which of these to patients would be pointless `now`, by id, and why. Two statements at most."""
    ordinary = {row.pk: row for row in rows if not row.is_for_staff}
    if not ordinary:
        return {}
    about = {
        pk: About(row.recipient_id, row.kind, row.local_date)
        for pk, row in ordinary.items()
        if row.recipient_id
    }
    facts = known(set(about.values()), now=now)
    return {
        pk: why
        for pk, row in ordinary.items()
        if (fact := facts.get(about[pk]))
        and (why := pointless(row.kind, row.slot, row.local_date, fact, now=now))
    }


# A record in a phone's future is not looked at.
LAST = """(SELECT max(r."{day}") FROM recovery_{table} r
    WHERE r.patient_id = about.patient AND r."{day}" <= about.day AND NOT r.withdrawn)"""
SESSION = LAST.format(table="exercisesession", day="on")
PAIN = LAST.format(table="painentry", day="about_on")
WALK = LAST.format(table="walk", day="on")
CHECK = LAST.format(table="symptomcheck", day="on")
MEASURE = LAST.format(table="outcomemeasure", day="on")
MESSAGE = LAST.format(table="message", day="on")
EVENING = PAIN.replace("AND NOT", "AND r.asked = 'last_24_hours' AND NOT")
ANYTHING = f"greatest({SESSION}, {PAIN}, {WALK}, {CHECK}, {MEASURE}, {MESSAGE})"
# Nobody was to write in a pause of the plan, nor while a red flag was with the clinic.
PAUSED = """(SELECT max(least(pause.until_on, pause.resumed_on - 1, about.day)) FROM recovery_episode e
    JOIN recovery_planpause pause ON pause.episode_id = e.id
    WHERE e.patient_id = about.patient AND pause.from_on <= about.day)"""
STOPPED = """(SELECT max(f.closed_at::date) FROM recovery_redflag f
    WHERE f.patient_id = about.patient AND f.closed_at::date <= about.day)"""

# Of whom something was heard lately no further look is needed, and that is nearly everybody. Nobody records a break:
# there any record is an answer.
PAST = f"""
    SELECT about.patient, about.kind, about.day, (
            SELECT count(*) FROM notifications_notification n WHERE n.recipient_id = about.patient
                AND n.due_at BETWEEN about.day - 1 AND about.day + 2 AND n.local_date = about.day
                AND n.red_flag_id IS NULL AND n.state IN ('pending', 'sending', 'sent')
                AND (n.kind = 'movement_break') = (about.kind = 'movement_break')),
        ignored.dates, ignored.last, answered.day,
        CASE WHEN answered.day >= about.day - %(silent)s THEN answered.day
            ELSE greatest(answered.day, {STOPPED}, {ANYTHING}) END
    FROM json_to_recordset(%(about)s) AS about (patient bigint, kind text, day date)
    JOIN recovery_patient p ON p.user_id = about.patient
    LEFT JOIN notifications_messagepreferences m ON m.patient_id = about.patient
    CROSS JOIN LATERAL (SELECT greatest(
        p.added_at::date, m.heard_at::date, CASE WHEN m.paused_until < about.day THEN m.paused_until END, {PAUSED},
        (SELECT max(n.local_date) FROM notifications_notification n WHERE n.recipient_id = about.patient
            AND n.kind = about.kind AND n.local_date <= about.day
            AND (n.done_at IS NOT NULL OR n.snoozed_at IS NOT NULL)),
        CASE about.kind WHEN 'exercise' THEN {SESSION} WHEN 'diary' THEN {EVENING} WHEN 'walk' THEN {WALK}
            WHEN 'weekly_check' THEN {CHECK} WHEN 'measures' THEN {MEASURE}
            WHEN 'movement_break' THEN {ANYTHING} END) AS day OFFSET 0) answered
    CROSS JOIN LATERAL (
        SELECT count(*) AS dates, max(n.local_date) AS last FROM (
            SELECT DISTINCT local_date FROM notifications_notification
            WHERE answered.day < about.day - %(enough)s AND recipient_id = about.patient AND kind = about.kind
                AND local_date > answered.day AND local_date < about.day AND state = 'sent') n) ignored
"""  # noqa: S608 (made of the texts above)


def past(about: Collection[About]) -> dict[About, Past]:
    """What became of the earlier messages of each of these, and when something was last heard."""
    limits = {"silent": SILENT_DAYS, "enough": IGNORED_ENOUGH}
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(PAST, _parameter(about) | limits)
        return {About(*row[:3]): Past(*row[3:]) for row in cursor}


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """UTC for a zone that the pinned tzdata no longer knows: it must not stop everybody's messages."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        log.error("There is no time zone %r; messages of its patients go by UTC.", name[:64])
        return ZoneInfo("UTC")


def _parameter(about: Collection[About]) -> dict[str, Any]:
    rows = [{"patient": patient, "kind": kind, "day": day} for patient, kind, day in about]
    return {"about": orjson.dumps(rows).decode()}
