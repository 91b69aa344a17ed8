"""Telling staff of red flags: whom, by every channel, step by step until a person acknowledges.

The flag itself is in the worklist at commit; what is queued here are copies. Each step, person and channel is
one row of the ledger, so that every attempt is seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from accounts.access import Role, acting_for_all
from accounts.models import Clinic, Membership
from notifications.escalation import ADMINISTRATORS, LIST, TEAM, Minutes, due_steps
from notifications.models import Channel, Kind, Listener, MessageSettings, Notification
from recovery.models import CareTeamMember, RedFlag

Who = int | str  # the id of a person, or the address of a mailbox
People = Mapping[int, frozenset[Who]]


@dataclass(frozen=True, slots=True)
class Swept:
    """How many messages about red flags were queued, and the flags that the clinic has nobody to tell of."""

    queued: int
    unheard: frozenset[int]


def queue_messages(*, now: datetime) -> Swept:
    """Queue what is due about each red flag that nobody has acknowledged. Any number of these may run at once.

    Messages that still wait about a flag that somebody has seen are called off.
    """
    with acting_for_all():
        seen = ~Q(red_flag__acknowledged_at=None) | ~Q(red_flag__closed_at=None)
        Notification.objects.urgent().filter(seen, state=Notification.State.PENDING).update(
            state=Notification.State.MISSED
        )
        flags = list(RedFlag.objects.filter(acknowledged_at=None, closed_at=None))
        if not flags:
            return Swept(0, frozenset())
        told = _told(flags)
        minutes = minutes_of({flag.clinic_id for flag in flags})
        # Whom to tell is asked only when there may be somebody to tell.
        waiting = [
            flag
            for flag in flags
            if minutes[flag.clinic_id].step_at(now - flag.raised_at) not in told.get(flag.pk, set())
        ]
        people = _people(waiting, now=now)
        messages: list[Notification] = []
        unheard: set[int] = set()
        for flag in waiting:
            due = due_steps(minutes[flag.clinic_id].step_at(now - flag.raised_at), people[flag.pk])
            if not due:
                unheard.add(flag.pk)
            heard: set[Who] = set()
            for step in sorted(due.keys() - told.get(flag.pk, set())):
                messages += [
                    _message(flag, step, who, channel)
                    for who in due[step] - heard
                    for channel in (Channel.values if isinstance(who, int) else [Channel.EMAIL])
                ]
                heard |= due[step]
        Notification.objects.bulk_create(messages, ignore_conflicts=True)
        return Swept(len(messages), frozenset(unheard))


def _told(flags: Sequence[RedFlag]) -> dict[int, set[int]]:
    """The steps that were taken about each flag."""
    rows = Notification.objects.filter(red_flag__in=flags).values_list("red_flag")
    return {pk: set(steps) for pk, steps in rows.annotate(steps=ArrayAgg("step", distinct=True))}


def minutes_of(clinics: Iterable[int]) -> dict[int, Minutes]:
    """When each clinic wants a flag to go on; the usual minutes where none were set."""
    usual = MessageSettings()
    chosen = MessageSettings.objects.in_bulk(set(clinics))
    return {pk: _minutes(chosen.get(pk, usual)) for pk in clinics}


def _minutes(row: MessageSettings) -> Minutes:
    return Minutes(row.list_after_minutes, row.administrators_after_minutes, row.everyone_after_minutes)


def _message(flag: RedFlag, step: int, who: Who, channel: str) -> Notification:
    return Notification(
        clinic_id=flag.clinic_id,
        recipient_id=who if isinstance(who, int) else None,
        address=who if isinstance(who, str) else "",
        patient_id=flag.patient_id,
        kind=Kind.RED_FLAG,
        red_flag=flag,
        step=step,
        channel=channel,
        local_date=flag.about_on,
        slot=f"{flag.pk}-{step}-{channel}",
        due_at=flag.raised_at,
        next_attempt_at=flag.raised_at,
    )


def _people(flags: Sequence[RedFlag], *, now: datetime) -> dict[int, People]:
    """Those of each step, by flag. Whoever has left the clinic is in none.

    Where nobody is on the clinic's list, its clinicians and administrators stand in, and its pages say so.
    """
    clinics = {flag.clinic_id for flag in flags}
    roles: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    members = Membership.objects.current().filter(clinic__in=clinics).exclude(role=Role.PATIENT)
    for clinic_id, user_id, role in members.values_list("clinic", "user", "role"):
        roles[clinic_id][user_id].add(role)
    listeners: dict[int, set[Who]] = defaultdict(set)
    listed = Listener.objects.filter(clinic__in=clinics)
    for clinic_id, user_id, address in listed.values_list("clinic", "user", "address"):
        if user_id is None or user_id in roles[clinic_id]:
            listeners[clinic_id].add(address if user_id is None else user_id)
    teams = _teams(flags, now=now)
    found: dict[int, People] = {}
    for flag in flags:
        here = roles[flag.clinic_id]
        stand_ins = {user for user, held in here.items() if held & {Role.CLINICIAN, Role.ADMINISTRATOR}}
        found[flag.pk] = {
            TEAM: frozenset(teams[flag.patient_id] & here.keys()),
            LIST: frozenset(listeners[flag.clinic_id] or stand_ins),
            ADMINISTRATORS: frozenset(user for user, held in here.items() if Role.ADMINISTRATOR in held),
        }
    return found


def _teams(flags: Sequence[RedFlag], *, now: datetime) -> dict[int, set[int]]:
    """Who cares for each patient on the clinic's own date, covering colleagues too."""
    zones = Clinic.objects.filter(pk__in={flag.clinic_id for flag in flags}).values_list("pk", "time_zone")
    today = {pk: now.astimezone(ZoneInfo(zone)).date() for pk, zone in zones}
    teams: dict[int, set[int]] = defaultdict(set)
    members = CareTeamMember.objects.filter(patient__in={flag.patient_id for flag in flags})
    for clinic, patient, user, from_on, until_on in members.values_list(
        "clinic", "patient", "user", "from_on", "until_on"
    ):
        if from_on <= today[clinic] and (until_on is None or until_on >= today[clinic]):
            teams[patient].add(user)
    return teams
