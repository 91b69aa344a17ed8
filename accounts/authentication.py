"""From a token or a session to an Actor. Whoever left or was switched off is out at the next request."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import sessions
from accounts.access import Actor, Role
from accounts.models import Device, Membership, SecondFactor

IDLE_DAYS = 90  # a token nobody used for so long is no longer taken
CLINIC_IN_SESSION = "clinic"

# Token, person, roles and the context that accounts.access.enter sets, in one indexed lookup: it is
# part of every request a phone makes. A token that was got by the password alone has no role of staff, once its person
# has a second factor or the clinic asks for one.
FIND_DEVICE = """
    WITH device AS (
        SELECT d.id, d.user_id, d.clinic_id, d.last_used_on, array_agg(m.role::text) AS roles,
            (%s AT TIME ZONE min(c.time_zone))::date AS today
        FROM accounts_device d
        JOIN accounts_clinic c ON c.id = d.clinic_id
        JOIN accounts_user u ON u.id = d.user_id AND u.is_active
        JOIN accounts_membership m ON m.user_id = d.user_id AND m.clinic_id = d.clinic_id AND m.ended_at IS NULL
            AND (m.role = 'patient' OR d.second_factor OR NOT (
                coalesce(c.second_factor_from <= (%s AT TIME ZONE c.time_zone)::date, false)
                OR EXISTS (SELECT FROM accounts_secondfactor f WHERE f.user_id = d.user_id)))
        WHERE d.token_digest = %s AND d.revoked_at IS NULL AND d.last_used_on >= %s
        GROUP BY d.id
    )
    SELECT id, user_id, clinic_id, last_used_on, roles, today, set_config('amble.reach', 'clinic', true),
        set_config('amble.clinic', clinic_id::text, true), set_config('amble.user', user_id::text, true),
        set_config('amble.roles', array_to_string(roles, ','), true), set_config('amble.today', today::text, true),
        set_config('amble.through', 'device ' || id, true)
    FROM device
"""


def token_digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


class DeviceAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > 200 or not token.isascii():
            raise AuthenticationFailed("Sign in: the Authorization header is not a Bearer token of Amble.")
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(
                FIND_DEVICE, [now, now, token_digest(token), now.date() - timedelta(days=IDLE_DAYS)]
            )
            row = cursor.fetchone()
        if row is None:
            raise AuthenticationFailed("Sign in again: this device is not signed in any more.")
        device_id, user_id, clinic_id, last_used_on, roles, today = row[:6]
        if last_used_on < now.date():
            Device.objects.filter(pk=device_id).update(last_used_on=now.date())
        actor = Actor(user_id, clinic_id, frozenset(roles), today, device_id)
        return actor, actor

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StaffSessionAuthentication(SessionAuthentication):
    """The session of a staff page, with its CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        user = getattr(request._request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        self.enforce_csrf(request)
        session, now = request._request.session, timezone.now()
        if not sessions.is_open(session, now=now):
            return None
        actor = session_actor(user.pk, session, now=now)
        if actor is None or actor.lacks_second_factor:
            return None
        sessions.note(session, now=now)
        return actor, actor


def session_actor(user_id: int, session: SessionBase, *, now: datetime) -> Actor | None:
    """The person of a session. None also for who has a second factor and did not give it here, and for a session
    from before one was taken away.
    """
    found = with_password(user_id, now=now, session=session)
    if found is None or (found.has_second_factor and sessions.SECOND_FACTOR not in session):
        return None
    if found.sessions_since and session.get(sessions.SINCE, 0) < int(found.sessions_since.timestamp()):
        return None
    return found.actor


@dataclass(frozen=True, slots=True)
class WithPassword:
    """What the password alone tells: who it is, and whether they have a second factor to be asked for."""

    actor: Actor
    has_second_factor: bool
    sessions_since: datetime | None


def with_password(user_id: int, *, now: datetime, session: SessionBase | None = None) -> WithPassword | None:
    """The person at the clinic that the session chose, else at the first they belong to. None for who has left."""
    clinic_id: Any = session.get(CLINIC_IN_SESSION) if session else None
    memberships = list(
        Membership.objects.current()
        .filter(user=user_id)
        .order_by("id")
        .values_list(
            "clinic_id",
            "role",
            "clinic__time_zone",
            "clinic__second_factor_from",
            "user__sessions_since",
            Exists(SecondFactor.objects.filter(user=OuterRef("user"))),
        )
    )
    clinics = {clinic: (zone, *rest) for clinic, _, zone, *rest in memberships}
    if not clinics:
        return None
    chosen: int = clinic_id if clinic_id in clinics else next(iter(clinics))
    zone, needed_from, sessions_since, has_second_factor = clinics[chosen]
    today = now.astimezone(ZoneInfo(zone)).date()
    roles = frozenset(role for clinic, role, *_ in memberships if clinic == chosen)
    needs = needed_from is not None and needed_from <= today and roles != {Role.PATIENT}
    key = session.session_key if session else None
    actor = Actor(
        user_id,
        chosen,
        roles,
        today,
        session=sha256((key or "").encode()).hexdigest()[:12],
        lacks_second_factor=needs and not has_second_factor,
    )
    return WithPassword(actor, has_second_factor, sessions_since)
