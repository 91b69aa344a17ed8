"""The second factor of staff: authenticator apps, passkeys, and codes on paper for who has lost both.

What was used once does not work again, and PostgreSQL alone says so: of two requests with one code, one gets in.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.db import transaction

from accounts import codes
from accounts.access import Role
from accounts.encryption import decrypt, encrypt
from accounts.models import Device, FactorKind, Membership, RecoveryCode, SecondFactor, User
from accounts.passkeys import JSON, Proof, Question, Site
from wire.problems import Conflict

MOST = 5  # of one person: each app more is one more code that a guess may hit
RECOVERY_CODES = 10
STEP = 30  # seconds that a code of an app is shown; RFC 6238, like the six digits and SHA-1: what every app knows
DIGITS = 6
KEY_BYTES = 20

TOO_MANY = f"You have {MOST} second factors: remove one first."
NEEDED = "Your clinic asks for a second factor: add another one before you remove this one."


@dataclass(frozen=True, slots=True)
class Added:
    """`recovery_codes`, if this was the first: shown now and never again."""

    factor: SecondFactor
    recovery_codes: list[str]


# --- authenticator apps -----------------------------------------------------------------------------------------


def new_app_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def as_text(key: bytes) -> str:
    """The key as people type it into an app, in groups of four."""
    text = base64.b32encode(key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def as_link(key: bytes, *, email: str) -> str:
    """What an app reads from the square."""
    return _app(key).get_provisioning_uri(email, "Amble")


@transaction.atomic
def add_app(*, user_id: int, name: str, key: bytes, code: str, now: datetime) -> Added | None:
    """Add the app that shows `code` for `key`. None if it does not; Conflict for one too many."""
    if (step := _step_of(key, code, now=now)) is None:
        return None
    return _add(user_id=user_id, kind=FactorKind.APP, name=name, secret=key, counter=step, now=now)


def _app(key: bytes) -> TOTP:
    return TOTP(key, DIGITS, SHA1(), STEP)  # noqa: S303 (what every app knows)


def _step_of(key: bytes, code: str, *, now: datetime) -> int | None:
    """Which step's code this is: of now, or of one step beside it, for a clock that is a little wrong."""
    present = int(now.timestamp()) // STEP
    for step in (present, present - 1, present + 1):
        if bytes_eq(_app(key).generate(step * STEP), code.encode()):
            return step
    return None


# --- passkeys ---------------------------------------------------------------------------------------------------


def ask_for_new_passkey(*, user: User, site: Site) -> Question:
    known = _passkeys(user.pk).values()
    return site.ask_for_new(user_id=user.pk, email=user.email or user.name, name=user.name, known=known)


@transaction.atomic
def add_passkey(
    *, user_id: int, name: str, site: Site, state: JSON, answer: str, now: datetime
) -> Added | None:
    """Add the passkey that the browser made. None if it did not answer the question; Conflict for one too many."""
    if (made := site.new(answer, state=state)) is None:
        return None
    return _add(
        user_id=user_id,
        kind=FactorKind.PASSKEY,
        name=name,
        secret=made.passkey,
        counter=made.counter,
        now=now,
    )


def ask_for_passkey(*, user_id: int, site: Site) -> Question | None:
    """None for who has no passkey."""
    known = _passkeys(user_id)
    return site.ask(known=known.values()) if known else None


def use_passkey(*, user_id: int, site: Site, state: JSON, answer: str, now: datetime) -> bool:
    """Whether one of this person's passkeys has signed. A copy is found by its count, where a passkey counts."""
    known = _passkeys(user_id)
    proof = site.proven(answer, state=state, known=known.values())
    if proof is None:
        return False
    pk = next(pk for pk, passkey in known.items() if passkey == proof.passkey)
    return _raise(pk, proof, now=now)


def _raise(pk: int, proof: Proof, *, now: datetime) -> bool:
    rows = SecondFactor.objects.filter(pk=pk)
    # Those that a person's devices share count nothing and always say 0.
    known = rows.filter(counter=0) if proof.counter == 0 else rows.filter(counter__lt=proof.counter)
    return known.update(counter=proof.counter, last_used_at=now) == 1


def _passkeys(user_id: int) -> dict[int, bytes]:
    rows = SecondFactor.objects.filter(user=user_id, kind=FactorKind.PASSKEY).order_by("pk")
    read = ((pk, decrypt(secret)) for pk, secret in rows.values_list("pk", "secret"))
    return {pk: passkey for pk, passkey in read if passkey is not None}


# --- codes ------------------------------------------------------------------------------------------------------


def use_code(*, user_id: int, code: str, now: datetime) -> bool:
    """Whether this is a code of an app, or one on paper, that nobody has used; now somebody has."""
    typed = "".join(code.split())
    if len(typed) == DIGITS and typed.isdecimal() and typed.isascii():
        return _use_code_of_app(user_id, typed, now=now)
    unused = RecoveryCode.objects.filter(
        user=user_id, digest=_digest(user_id, codes.typed(code)), used_at=None
    )
    return unused.update(used_at=now) == 1


def _use_code_of_app(user_id: int, code: str, *, now: datetime) -> bool:
    for factor in SecondFactor.objects.filter(user=user_id, kind=FactorKind.APP):
        key = decrypt(factor.secret)
        step = _step_of(key, code, now=now) if key else None
        if step is not None:
            fresh = SecondFactor.objects.filter(pk=factor.pk, counter__lt=step)
            return fresh.update(counter=step, last_used_at=now) == 1
    return False


@transaction.atomic
def new_recovery_codes(*, user_id: int) -> list[str]:
    """Ten codes, shown now and never again. Those from before are void."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    RecoveryCode.objects.filter(user=user_id).delete()
    made = [codes.new_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, digest=_digest(user_id, code)) for code in made
    )
    return [codes.readable(code) for code in made]


def _digest(user_id: int, code: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"recovery:{user_id}:{code}".encode(), "sha256")


# --- all of them ------------------------------------------------------------------------------------------------


def _add(*, user_id: int, kind: str, name: str, secret: bytes, counter: int, now: datetime) -> Added:
    # Of two that are added at once, one is the first.
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    others = SecondFactor.objects.filter(user=user_id).count()
    if others >= MOST:
        raise Conflict(TOO_MANY)
    factor = SecondFactor.objects.create(
        user_id=user_id, kind=kind, name=name, secret=encrypt(secret), counter=counter, added_at=now
    )
    return Added(factor, [] if others else new_recovery_codes(user_id=user_id))


@transaction.atomic
def remove(*, factor: SecondFactor, today: date, now: datetime) -> None:
    """With the last one the codes on paper go, too. Whoever signed in with a second factor does so again: it may have
    been this one, in other hands. Conflict where a clinic of theirs asks for one.
    """
    User.objects.select_for_update(no_key=True).get(pk=factor.user_id)
    others = SecondFactor.objects.filter(user=factor.user_id).exclude(pk=factor.pk)
    if not others.exists():
        roles = Membership.objects.current().filter(user=factor.user_id).exclude(role=Role.PATIENT)
        if roles.filter(clinic__second_factor_from__lte=today).exists():
            raise Conflict(NEEDED)
        RecoveryCode.objects.filter(user=factor.user_id).delete()
    factor.delete()
    _end_sessions(factor.user_id, now=now)


@transaction.atomic
def reset(*, user_id: int, now: datetime) -> bool:
    """Take away all that a person has lost: from now on the password is enough, until they add something new. They, or
    whoever has found it, are signed out everywhere. False if there was nothing.
    """
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    RecoveryCode.objects.filter(user=user_id).delete()
    _end_sessions(user_id, now=now)
    return SecondFactor.objects.filter(user=user_id).delete()[0] > 0


def _end_sessions(user_id: int, *, now: datetime) -> None:
    User.objects.filter(pk=user_id).update(sessions_since=now)
    Device.objects.current().filter(user=user_id, second_factor=True).update(revoked_at=now)
