"""Telling staff of red flags: whom, by every channel, step by step until a person acknowledges.

The flag itself is in the worklist at commit; what is queued here are copies. Each step, person and channel is
one row of the ledger, so that every attempt is seen.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q

from accounts.access import Role, acting_for_all
from accounts.models import Clinic, Membership
from notifications.escalation import ADMINISTRATORS, LIST, TEAM, Minutes, due_steps
from notifications.facts import zone_of
from notifications.models import Channel, Kind, Listener, MessageSettings, Notification
from recovery.models import CareTeamMember, RedFlag

log = logging.getLogger(__name__)

Who = int | str  # the id of a person, or the address of a mailbox
People = Mapping[int, frozenset[Who]]


@dataclass(frozen=True, slots=True)
class Swept:
    """How many messages about red flags were queued, and the flags that the clinic has nobody to tell of."""

    queued: int
    unheard: frozenset[int]


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger holds of one flag: when it was first told of and when last, by which step, if any."""

    last: int = -1
    first_at: datetime | None = None
    last_at: datetime | None = None
    has_left: bool = False

    def age(self, flag: RedFlag, now: datetime) -> timedelta:
        """How long the flag has waited. A web server whose clock is ahead does not make it younger for long."""
        return max(now - flag.raised_at, now - (self.first_at or now))

    def due_step(self, flag: RedFlag, minutes: Minutes, now: datetime) -> int:
        return minutes.step_at(self.age(flag, now), last=self.last, since=now - (self.last_at or now))


UNTOLD = Told()


def queue_messages(*, now: datetime) -> Swept:
    """Queue what is due about each red flag that nobody has acknowledged. Any number of these may run at once.

    Messages that still wait about a flag that somebody has seen are called off. `now` is PostgreSQL's.
    """
    with acting_for_all():
        _call_off_seen(now)
        by_clinic: dict[int, list[RedFlag]] = defaultdict(list)
        for flag in RedFlag.objects.unanswered():
            by_clinic[flag.clinic_id].append(flag)
        if not by_clinic:
            return Swept(0, frozenset())
        told = told_of(flag for flags in by_clinic.values() for flag in flags)
        minutes = minutes_of(by_clinic)
        queued, unheard = 0, frozenset[int]()
        for clinic, flags in by_clinic.items():
            try:
                with transaction.atomic():
                    swept = _queue(flags, told, minutes[clinic], now=now)
            except Exception:
                if connection.connection is None or connection.connection.closed:
                    raise
                # What is wrong with one clinic must not keep the flags of all others from people.
                log.exception("Nobody could be told of the red flags of clinic %s.", clinic)
            else:
                queued, unheard = queued + swept.queued, unheard | swept.unheard
        return Swept(queued, unheard)


def _call_off_seen(now: datetime) -> None:
    """By ids: one statement over both tables took five seconds at a thousand flags without statistics."""
    waiting = Notification.objects.urgent().unheld(at=now)
    flags = set(waiting.values_list("red_flag", flat=True))
    if not flags:
        return
    seen = RedFlag.objects.filter(~Q(acknowledged_at=None) | ~Q(closed_at=None), pk__in=flags)
    if called_off := list(seen.values_list("pk", flat=True)):
        waiting.filter(red_flag__in=called_off).update(state=Notification.State.MISSED, token=None)


def _queue(flags: Sequence[RedFlag], told: Mapping[int, Told], minutes: Minutes, *, now: datetime) -> Swept:
    """Queue what is due about flags of one clinic."""
    # Whom to tell is asked only when there may be somebody to tell.
    due_now = {flag: told.get(flag.pk, UNTOLD).due_step(flag, minutes, now) for flag in flags}
    waiting = [flag for flag in flags if due_now[flag] > told.get(flag.pk, UNTOLD).last]
    if not waiting:
        return Swept(0, frozenset())
    people = _people(waiting, now=now)
    messages: list[Notification] = []
    unheard: set[int] = set()
    for flag in waiting:
        due = due_steps(due_now[flag], people[flag.pk])
        if not due:
            unheard.add(flag.pk)
        heard: set[Who] = set()
        # The latest first, so that it is in the ledger; who is in several after an outage is told once.
        last = told.get(flag.pk, UNTOLD).last
        for step in sorted((step for step in due if step > last), reverse=True):
            who_hears = due[step] - heard
            if last >= 0:
                _call_off_earlier(flag, step, who_hears, now=now)
            messages += [
                _message(flag, step, who, channel, now=now)
                for who in who_hears
                for channel in (Channel.values if isinstance(who, int) else [Channel.EMAIL])
            ]
            heard |= who_hears
    Notification.objects.bulk_create(messages, ignore_conflicts=True)
    return Swept(len(messages), frozenset(unheard))


def _call_off_earlier(flag: RedFlag, step: int, who_hears: Set[Who], *, now: datetime) -> None:
    """What still waits for these people gives way to this step: a mail server that comes back sends one, not each.

    Only earlier steps: another sweep may just have written this one.
    """
    people = [who for who in who_hears if isinstance(who, int)]
    mailboxes = [who for who in who_hears if isinstance(who, str)]
    earlier = Notification.objects.filter(red_flag=flag, step__lt=step).unheld(at=now)
    earlier.filter(Q(recipient__in=people) | Q(recipient=None, address__in=mailboxes)).update(
        state=Notification.State.MISSED, token=None
    )


def told_of(flags: Iterable[RedFlag]) -> dict[int, Told]:
    """What the ledger holds of each flag, by its id; of whom nobody was told there is nothing."""
    rows = Notification.objects.filter(red_flag__in=[flag.pk for flag in flags]).values_list("red_flag")
    left = Count("pk", filter=Q(state=Notification.State.SENT))
    found = rows.annotate(last=Max("step"), first_at=Min("due_at"), last_at=Max("due_at"), left=left)
    return {
        pk: Told(-1 if last is None else last, first, latest, count > 0)
        for pk, last, first, latest, count in found
    }


def minutes_of(clinics: Iterable[int]) -> dict[int, Minutes]:
    """When each clinic wants a flag to go on; the usual minutes where none were set."""
    usual = MessageSettings()
    chosen = MessageSettings.objects.in_bulk(set(clinics))
    return {pk: _minutes(chosen.get(pk, usual)) for pk in clinics}


def _minutes(row: MessageSettings) -> Minutes:
    return Minutes(row.list_after_minutes, row.administrators_after_minutes, row.everyone_after_minutes)


def _message(flag: RedFlag, step: int, who: Who, channel: str, *, now: datetime) -> Notification:
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
        due_at=now,
        next_attempt_at=now,
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
    """Who cares for each patient on the clinic's own date, covering colleagues too; not who opened a record in an
    emergency, who is gone after hours and answers for nothing.
    """
    zones = Clinic.objects.filter(pk__in={flag.clinic_id for flag in flags}).values_list("pk", "time_zone")
    today = {pk: now.astimezone(zone_of(zone)).date() for pk, zone in zones}
    teams: dict[int, set[int]] = defaultdict(set)
    patients = {flag.patient_id for flag in flags}
    members = CareTeamMember.objects.filter(patient__in=patients, until_at=None)
    for clinic, patient, user, from_on, until_on in members.values_list(
        "clinic", "patient", "user", "from_on", "until_on"
    ):
        if from_on <= today[clinic] and (until_on is None or until_on >= today[clinic]):
            teams[patient].add(user)
    return teams
