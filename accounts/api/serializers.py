from typing import Any

from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers

from accounts.access import Role
from accounts.models import Clinic, Device, Membership
from wire.serializers import StrictCharField, StrictIntegerField, StrictSerializer

STAFF_ROLES = [(role.value, role.label) for role in Role if role is not Role.PATIENT]


class JoinSerializer(StrictSerializer):
    """A patient's phone joins: the code, and the year of birth as the second factor."""

    code = StrictCharField(max_length=20)
    birth_year = StrictIntegerField(min_value=1900, max_value=2100)
    device_name = StrictCharField(max_length=80)


class AcceptSerializer(StrictSerializer):
    """A staff member accepts: the code, the email it was made for, and the password they choose."""

    code = StrictCharField(max_length=20)
    email = serializers.EmailField(max_length=254)
    password = StrictCharField(max_length=256, trim_whitespace=False)

    def validate_password(self, password: str) -> str:
        validate_password(password)
        return password


class SignInSerializer(StrictSerializer):
    """Email and password, and for who has a second factor a code of the app or a recovery code."""

    email = serializers.EmailField(max_length=254)
    password = StrictCharField(max_length=256, trim_whitespace=False)
    code = StrictCharField(max_length=20, required=False, allow_blank=True, default="")
    device_name = StrictCharField(max_length=80)


class TokenSerializer(serializers.Serializer[Any]):
    """What a device keeps. The token is shown once."""

    token = serializers.CharField()
    device = serializers.IntegerField()
    person = serializers.IntegerField()
    clinic = serializers.IntegerField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ["id", "name", "created_at", "last_used_on", "revoked_at"]


class ClinicSerializer(serializers.ModelSerializer[Clinic]):
    class Meta:
        model = Clinic
        fields = ["id", "name", "time_zone"]


class MeSerializer(serializers.Serializer[Any]):
    """Who is asking, where, and in which roles."""

    person = serializers.IntegerField()
    name = serializers.CharField()
    clinic = ClinicSerializer()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))


class ColleagueSerializer(serializers.ModelSerializer[Membership]):
    person = serializers.IntegerField(source="user_id")
    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ["id", "person", "name", "role", "started_at", "ended_at"]


class InviteStaffSerializer(StrictSerializer):
    name = StrictCharField(max_length=120)
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=STAFF_ROLES)


class InvitationSerializer(serializers.Serializer[Any]):
    """The code is shown once; `qr_svg` is the link as an SVG document."""

    id = serializers.IntegerField(source="invitation.pk")
    code = serializers.CharField(source="secret")
    link = serializers.CharField()
    qr_svg = serializers.CharField()
    expires_at = serializers.DateTimeField(source="invitation.expires_at")
