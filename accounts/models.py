from datetime import datetime
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.access import Actor, Role


class Clinic(models.Model):
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, help_text="IANA name; the zone of a new patient.")
    created_at = models.DateTimeField()
    second_factor_from = models.DateField(
        null=True,
        blank=True,
        help_text="From this day on staff need a second factor; None: they may have one.",
    )


class User(AbstractBaseUser):
    """A person who can sign in: staff by email and password, patients by a device that joined with a code."""

    name = models.CharField(max_length=120)
    email = models.EmailField(
        null=True, blank=True, unique=True, help_text="How staff sign in; patients need none."
    )
    is_active = models.BooleanField(default=True)
    sessions_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Sessions that began before are over: a second factor was taken away.",
    )

    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="email_in_small_letters")
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> Self:
        return self.filter(ended_at=None, user__is_active=True)

    def visible_to(self, actor: Actor) -> Self:
        """Colleagues: staff see the staff of their clinic. Patients see nobody here."""
        if not actor.is_staff:
            return self.none()
        return self.filter(clinic=actor.clinic_id).exclude(role=Role.PATIENT)


class Membership(models.Model):
    """A person's role in a clinic. Somebody who treats and administers has two."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "clinic", "role"],
                condition=Q(ended_at=None),
                name="one_current_membership_per_role",
            )
        ]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, at: datetime) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=at)

    def of_staff(self, actor: Actor) -> Self:
        """The invitations of colleagues, for the administrators of the clinic."""
        if not actor.is_administrator:
            return self.none()
        return self.filter(clinic=actor.clinic_id).exclude(role=Role.PATIENT)


class Invitation(models.Model):
    """A code that lets one person's devices in. Only a keyed digest of code and second factor is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)
    digest = models.BinaryField(max_length=32, unique=True)
    uses_left = models.PositiveSmallIntegerField()
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()


class DeviceQuerySet(models.QuerySet["Device"]):
    def current(self) -> Self:
        return self.filter(revoked_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """One's own devices at this clinic."""
        return self.filter(user=actor.user_id, clinic=actor.clinic_id)


class Device(models.Model):
    """A phone or a program that speaks for one person at one clinic, by an opaque token kept only as SHA-256."""

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=80)
    token_digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    last_used_on = models.DateField(help_text="UTC date; written once a day.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    second_factor = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Signed in with one: without, it is none of staff who need one.",
    )

    objects = DeviceQuerySet.as_manager()


class FactorKind(models.TextChoices):
    APP = "app", "Authenticator app"
    PASSKEY = "passkey", "Passkey"


class SecondFactor(models.Model):
    """What somebody of the staff signs in with beside the password.

    `secret` is encrypted (accounts.encryption): the key of an app, or the id and the public key of a passkey.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="second_factors")
    kind = models.CharField(max_length=8, choices=FactorKind.choices)
    name = models.CharField(max_length=80)
    secret = models.BinaryField()
    counter = models.BigIntegerField(
        help_text="An app's last time step, a passkey's own count: what does not raise it is a copy."
    )
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code on paper for who has lost the rest. Kept as a keyed digest, good for one time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)


class FailureCount(models.Model):
    """How often somebody was wrong at a door, until a moment after which it no longer counts (accounts.limits)."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)


class Deed(models.TextChoices):
    READ = "read"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, actor: Actor) -> Self:
        """An administrator sees the clinic's, a patient who has read of them, and nobody else anything."""
        rows = self.filter(clinic_id=actor.clinic_id)
        if actor.is_administrator:
            return rows
        return rows.readings_of(actor.user_id) if actor.is_patient else rows.none()

    def readings_of(self, patient_id: int) -> Self:
        return self.filter(deed=Deed.READ, about__contains=[patient_id])


class AuditEntry(models.Model):
    """Somebody read of patients, or changed a row. It names and is no foreign key: it outlives what it names.

    Written by `accounts.audit` and by the triggers of `accounts.triggers`, which keep old and new values in a column
    that the app cannot read. Its times are PostgreSQL's own.
    """

    at = models.DateTimeField(db_default=Now())
    clinic_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(
        null=True, help_text="None: nobody was signed in, as when Amble works by itself."
    )
    through = models.CharField(
        max_length=80, help_text="'device 7', 'session 1f…', or the role at the database."
    )
    deed = models.CharField(max_length=8, choices=Deed.choices)
    what = models.CharField(
        max_length=80, help_text="The route that was read, or the table that was changed."
    )
    row = models.CharField(max_length=40, null=True)  # noqa: DJ001 (a reading has none)
    about = ArrayField(
        models.BigIntegerField(), help_text="Users: the patients that were shown or are concerned."
    )
    columns = ArrayField(models.CharField(max_length=63), db_default=[], help_text="Which an update changed.")

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic_id", "at", "id"], name="audit_of_a_clinic")]


class AuditSeal(models.Model):
    """The entries after those of the seal before, up to `through`, as they were when it was made (accounts.audit)."""

    through = models.BigIntegerField()
    entries = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    chain = models.BinaryField(
        max_length=32, help_text="Over the chain before, too: change one, and all after it fail."
    )
    sealed_at = models.DateTimeField()
