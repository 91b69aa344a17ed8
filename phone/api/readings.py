"""Who at the clinic has looked at a patient's data."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncDate
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Role
from accounts.api.acting import Acting
from accounts.api.serializers import STAFF_ROLES
from accounts.models import AuditEntry, Membership, User
from accounts.permissions import IsPatient
from recovery.models import Patient

DAYS = 90
STAFF = (Role.THERAPIST, Role.CLINICIAN, Role.ADMINISTRATOR)  # who is several is called by the first


class ReadingSerializer(serializers.Serializer[Any]):
    on = serializers.DateField(help_text="The patient's local date.")
    name = serializers.CharField()
    role = serializers.ChoiceField(
        STAFF_ROLES, allow_blank=True, help_text="Empty: not at this clinic any more."
    )
    times = serializers.IntegerField(help_text="How many pages or answers with something of the patient.")


class ReadingsSerializer(serializers.Serializer[Any]):
    readings = ReadingSerializer(many=True)
    since = serializers.DateField(help_text="The first day that was looked at.")
    before = serializers.DateField(allow_null=True, help_text="Ask for earlier days with this; null: none.")


class BeforeSerializer(serializers.Serializer[Any]):
    before = serializers.DateField(required=False, help_text="Only days before this one.")


class Readings(Acting):
    permission_classes = (IsPatient,)
    query = BeforeSerializer

    @extend_schema(operation_id="readings", parameters=[BeforeSerializer], responses=ReadingsSerializer)
    def get(self, request: Request) -> Response:
        """Who of the staff saw something of one's record on each of 90 days, the newest first."""
        patient = Patient.objects.only("time_zone", "added_at").get(pk=self.actor.user_id)
        # The audit's clock is PostgreSQL's: a day that has begun there is not left out.
        until = self.asked.get("before") or patient.local_date(self.now) + timedelta(days=2)
        since = max(until, date.min + timedelta(days=DAYS + 1)) - timedelta(days=DAYS)
        readings = AuditEntry.objects.visible_to(self.actor).readings_of(self.actor.user_id)
        days = (
            readings.filter(at__gte=_begins(since, patient.zone), at__lt=_begins(until, patient.zone))
            .annotate(on=TruncDate("at", tzinfo=patient.zone))
            .values("on", "user_id")
            .annotate(times=Count("id"))
            .order_by("-on", "user_id")
        )
        found = list(days)
        staff = {day["user_id"] or 0 for day in found}
        names = dict(User.objects.filter(pk__in=staff).values_list("pk", "name"))
        roles = self._roles(staff)
        page = {
            "readings": [
                {
                    "on": day["on"],
                    "name": names.get(day["user_id"] or 0, ""),
                    "role": roles.get(day["user_id"] or 0, ""),
                    "times": day["times"],
                }
                for day in found
            ],
            "since": since,
            "before": since if patient.local_date(patient.added_at) < since else None,
        }
        return Response(ReadingsSerializer(page).data)

    def _roles(self, staff: set[int]) -> dict[int, str]:
        here = Membership.objects.current().filter(
            user__in=staff, clinic=self.actor.clinic_id, role__in=STAFF
        )
        roles: dict[int, str] = {}
        for user, role in sorted(here.values_list("user", "role"), key=lambda one: STAFF.index(Role(one[1]))):
            roles.setdefault(user, role)
        return roles


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
