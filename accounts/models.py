from datetime import datetime
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.access import Actor, Role


class Clinic(models.Model):
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, help_text="IANA name; the zone of a new patient.")
    created_at = models.DateTimeField()


class User(AbstractBaseUser):
    """A person who can sign in: staff by email and password, patients by a device that joined with a code."""

    name = models.CharField(max_length=120)
    email = models.EmailField(
        null=True, blank=True, unique=True, help_text="How staff sign in; patients need none."
    )
    is_active = models.BooleanField(default=True)

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

    objects = DeviceQuerySet.as_manager()


class FailureCount(models.Model):
    """How often somebody was wrong at a door, until a moment after which it no longer counts (accounts.limits)."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)
