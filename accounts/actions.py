"""What people do to accounts: start a clinic, invite, join, sign in, leave."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import segno
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F, Q

from accounts import codes
from accounts.access import Role
from accounts.authentication import token_digest
from accounts.models import Clinic, Device, Invitation, Membership, User
from wire.problems import Conflict

VALID_FOR = timedelta(days=7)
# An installed web app may not share the browser's sign-in, and a family has two phones.
DEVICES_PER_PATIENT_CODE = 3


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret and the row that stands for it. The secret exists only here: it is shown once and never stored."""

    secret: str
    invitation: Invitation

    @property
    def link(self) -> str:
        """The code is in the fragment, so that it stays out of every log."""
        page = "app/join" if self.invitation.role == Role.PATIENT else "clinic/join"
        return f"{settings.PUBLIC_URL}/{page}#{self.secret}"

    @property
    def qr_svg(self) -> str:
        return str(segno.make_qr(self.link).svg_inline(scale=4))


@transaction.atomic
def start_clinic(*, name: str, time_zone: str, administrator: str, email: str, now: datetime) -> Issued:
    """Open a clinic and invite its first administrator."""
    clinic = Clinic.objects.create(name=name, time_zone=time_zone, created_at=now)
    user = User.objects.create(name=administrator, email=email.lower(), password=make_password(None))
    return invite(
        user=user, clinic_id=clinic.pk, role=Role.ADMINISTRATOR, second_factor=email, by=None, now=now
    )


def change_clinic(*, clinic_id: int, name: str, time_zone: str, second_factor_from: date | None) -> None:
    """Correct what a clinic is called, the clock it goes by, and from when its staff need a second factor. Patients
    keep their own zones.
    """
    Clinic.objects.filter(pk=clinic_id).update(
        name=name, time_zone=time_zone, second_factor_from=second_factor_from
    )


@transaction.atomic
def invite_staff(*, clinic_id: int, name: str, email: str, role: str, by: int, now: datetime) -> Issued:
    """Invite a colleague. Somebody who works at another clinic already keeps their name and password."""
    user = User.objects.filter(email=email.lower()).first() or User.objects.create(
        name=name, email=email.lower(), password=make_password(None)
    )
    return invite(user=user, clinic_id=clinic_id, role=role, second_factor=email, by=by, now=now)


def invite(
    *, user: User, clinic_id: int, role: str, second_factor: str, by: int | None, now: datetime
) -> Issued:
    """Make a code for one person. Their older codes for the same role are void from now on."""
    Invitation.objects.open(at=now).filter(user=user, clinic=clinic_id, role=role).update(revoked_at=now)
    code = codes.new_code()
    invitation = Invitation.objects.create(
        user=user,
        clinic_id=clinic_id,
        role=role,
        digest=codes.digest(code, second_factor.lower(), key=settings.SECRET_KEY),
        uses_left=DEVICES_PER_PATIENT_CODE if role == Role.PATIENT else 1,
        invited_by_id=by,
        invited_at=now,
        expires_at=now + VALID_FOR,
    )
    return Issued(codes.readable(code), invitation)


@transaction.atomic
def use_invitation(*, code: str, second_factor: str, now: datetime) -> Invitation | None:
    """Spend one use of a code and make its person a member. None if code and second factor do not belong together.

    The use is taken by one conditional update: of two phones with the last use, one gets it.
    """
    digest = codes.digest(codes.typed(code), second_factor.lower(), key=settings.SECRET_KEY)
    taken = (
        Invitation.objects.open(at=now)
        .filter(digest=digest, uses_left__gt=0)
        .update(uses_left=F("uses_left") - 1)
    )
    if not taken:
        return None
    invitation = Invitation.objects.select_related("user", "clinic").get(digest=digest)
    Membership.objects.get_or_create(
        user=invitation.user,
        clinic=invitation.clinic,
        role=invitation.role,
        ended_at=None,
        defaults={"started_at": now},
    )
    return invitation


@transaction.atomic
def accept(*, code: str, email: str, password: str, now: datetime) -> Invitation | None:
    """A staff member joins by code and email. None if the code does not work.

    Whoever has a password says it here: else another clinic could invite their address first, choose a password, and
    wait for this one. Nor does another clinic's code give one to somebody whose password was reset.
    """
    invitation = use_invitation(code=code, second_factor=email, now=now)
    user = invitation.user if invitation else None
    known = user is not None and user.has_usable_password()
    if invitation is None or user is None or invitation.role == Role.PATIENT:
        transaction.set_rollback(True)
        return None
    if not (check_password(password, user.password) if known else _gives_a_password(invitation)):
        transaction.set_rollback(True)
        return None
    if not known:
        User.objects.filter(pk=user.pk).update(password=make_password(password))
    return invitation


def _gives_a_password(invitation: Invitation) -> bool:
    """Whether it is by the one clinic where its person works, or by whoever runs Amble."""
    works_at = Membership.objects.current().filter(user=invitation.user_id).exclude(role=Role.PATIENT)
    return invitation.invited_by_id is None or not works_at.exclude(clinic=invitation.clinic_id).exists()


@transaction.atomic
def change_password(*, user_id: int, password: str | None, now: datetime) -> None:
    """From now on it is this one; None: nobody knows one. Whoever is signed in as this person signs in again: it may be
    somebody who knew the old one.
    """
    User.objects.filter(pk=user_id).update(password=make_password(password), sessions_since=now)
    Device.objects.current().filter(user=user_id).update(revoked_at=now)


@transaction.atomic
def reset_password(*, user: User, by: int | None, clinic_id: int, now: datetime) -> Issued:
    """Somebody of the staff has lost their password, or it is in other hands: a code with which they choose another.
    Second factors stay. Raises Conflict for who signs in by no email.
    """
    works_as = Membership.objects.current().filter(user=user, clinic=clinic_id).exclude(role=Role.PATIENT)
    role = works_as.order_by("pk").values_list("role", flat=True).first()
    if role is None or not user.email:
        raise Conflict(f"{user.name} does not sign in here.")
    change_password(user_id=user.pk, password=None, now=now)
    return invite(user=user, clinic_id=clinic_id, role=role, second_factor=user.email, by=by, now=now)


def add_device(
    *, user_id: int, clinic_id: int, name: str, now: datetime, second_factor: bool = False
) -> tuple[Device, str]:
    """Sign a device in. The token (256 bits) is returned once; the database keeps its digest."""
    token = secrets.token_urlsafe(32)
    device = Device.objects.create(
        user_id=user_id,
        clinic_id=clinic_id,
        name=name,
        token_digest=token_digest(token),
        created_at=now,
        last_used_on=now.date(),
        second_factor=second_factor,
    )
    return device, token


def check_credentials(*, email: str, password: str) -> User | None:
    """The staff member with this email and password. As slow for an unknown email as for a wrong password."""
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        make_password(password)
        return None
    return user if check_password(password, user.password) and user.is_active else None


@transaction.atomic
def end_membership(*, membership: Membership, now: datetime) -> None:
    """Somebody leaves, in this role. With their last role their devices and codes at the clinic are void, and so are
    the codes that they made for others: they may have written one down. Those for colleagues go with the role that
    made them.

    Raises Conflict for the last administrator: nobody could let anybody in again. Of two who leave at once,
    one is told.
    """
    if membership.role == Role.ADMINISTRATOR and not _other_administrators(membership):
        raise Conflict("This is the last administrator of the clinic: make another one first.")
    membership.ended_at = now
    membership.save(update_fields=["ended_at"])
    at_clinic = Invitation.objects.open(at=now).filter(clinic=membership.clinic)
    if membership.role == Role.ADMINISTRATOR:
        of_staff = at_clinic.exclude(role=Role.PATIENT)
        of_staff.filter(invited_by=membership.user).update(revoked_at=now)
    left = Membership.objects.current().filter(user=membership.user, clinic=membership.clinic)
    if not left.exists():
        Device.objects.current().filter(user=membership.user, clinic=membership.clinic).update(revoked_at=now)
        at_clinic.filter(Q(user=membership.user) | Q(invited_by=membership.user)).update(revoked_at=now)


def _other_administrators(membership: Membership) -> set[int]:
    """Locked, so that whoever leaves at the same moment waits, and then sees who is left."""
    current = Membership.objects.current().filter(clinic=membership.clinic_id, role=Role.ADMINISTRATOR)
    locked = current.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    return set(locked) - {membership.pk}


@transaction.atomic
def change_roles(*, clinic_id: int, user_id: int, roles: Collection[str], now: datetime) -> None:
    """A colleague has exactly these roles of staff from now on; without any they have left, as by end_membership."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    held = {
        one.role: one
        for one in Membership.objects.filter(clinic=clinic_id, user=user_id, ended_at=None)
        .exclude(role=Role.PATIENT)
        .select_related("clinic", "user")
    }
    for role in set(roles) - held.keys():
        Membership.objects.create(clinic_id=clinic_id, user_id=user_id, role=role, started_at=now)
    for role in held.keys() - set(roles):
        end_membership(membership=held[role], now=now)


def revoke_invitation(*, invitation: Invitation, now: datetime) -> None:
    """The code lets nobody in any more."""
    Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=now)
