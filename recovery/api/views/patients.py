"""Patients, their devices, and who cares for them."""

from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.api.serializers import DeviceSerializer, InvitationSerializer
from accounts.models import Clinic, Device, Membership, User
from accounts.permissions import IsAdministrator, IsStaff
from recovery.access import is_on_care_team, refuse_opened
from recovery.actions import people
from recovery.api import serializers as s
from recovery.api.caring import Caring, valid
from recovery.models import CareTeamMember, Patient, Progress
from wire.problems import Conflict


class Patients(Caring, generics.ListCreateAPIView[Patient]):
    serializer_class = s.PatientSerializer
    ordering = "pk"
    query = s.PatientsQuery

    def get_queryset(self) -> QuerySet[Patient]:
        patients = Patient.objects.visible_to(self.actor).prefetch_related("episodes")
        return patients.filter(name__icontains=self.asked["q"])

    @extend_schema(operation_id="patients", parameters=[s.PatientsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The patients one may see: a therapist those in their care, a clinician the clinic's."""
        return self.list(request)

    @extend_schema(
        operation_id="add_patient", request=s.AddPatientSerializer, responses={201: s.PatientSerializer}
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Enrol a patient and open an episode. Who does it is the first of the care team."""
        data = valid(s.AddPatientSerializer(data=request.data))
        facts = data.pop("episode")
        zone = data.pop("time_zone", None) or Clinic.objects.get(pk=self.actor.clinic_id).time_zone
        patient = people.add_patient(
            clinic_id=self.actor.clinic_id,
            time_zone=zone,
            **data,
            by=self.actor.user_id,
            today=self.actor.today,
            now=self.now,
        )
        people.open_episode(patient=patient, by=self.actor.user_id, now=self.now, **facts)
        return Response(s.PatientSerializer(patient).data, status=201)


class OnePatient(Caring):
    @extend_schema(operation_id="patient", responses=s.PatientSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(s.PatientSerializer(self.seen(Patient.objects.all(), pk)).data)

    @extend_schema(operation_id="change_patient", request=s.PatientSerializer, responses=s.PatientSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Correct a name, an email, a year of birth or the zone the patient lives in."""
        patient = self.in_care(Patient.objects.select_for_update(no_key=True), pk)
        serializer = s.PatientSerializer(patient, data=request.data, partial=True)
        valid(serializer)
        serializer.save(version=patient.version + 1)
        User.objects.filter(pk=patient.pk).update(name=patient.name)
        if "time_zone" in serializer.validated_data:  # a day may have ended there already
            Progress.objects.filter(patient=patient, next_close_at__isnull=False).update(
                next_close_at=self.now
            )
        return Response(serializer.data)


class Roster(Acting, generics.ListAPIView[Patient]):
    """Everybody of the clinic by name, with the state of their enrolment. Nothing of the record."""

    permission_classes = (IsAdministrator,)
    serializer_class = s.RosterSerializer
    ordering = "pk"

    @extend_schema(operation_id="roster")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.on_roster_of(self.actor).with_enrolment()


class InvitePatient(Caring):
    @extend_schema(operation_id="invite_patient", request=None, responses={201: InvitationSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """A code for up to three phones of this patient, shown once; older codes stop working."""
        patient = self.in_care(Patient.objects.select_related("user"), pk)
        refuse_opened(patient.pk, by=self.actor)
        issued = people.invite_patient(patient=patient, by=self.actor.user_id, now=self.now)
        return Response(InvitationSerializer(issued).data, status=201)


class PatientDevices(Caring, generics.ListAPIView[Device]):
    serializer_class = DeviceSerializer
    ordering = "-id"

    @extend_schema(operation_id="patient_devices")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Device]:
        patient = self.seen(Patient.objects.all(), self.kwargs["pk"])
        return Device.objects.filter(user=patient.pk, clinic=self.actor.clinic_id)


class OnePatientDevice(Caring):
    @extend_schema(operation_id="sign_out_patient_device", request=None, responses={204: None})
    def delete(self, request: Request, pk: int, device: int) -> Response:
        """A phone was lost: sign it out."""
        patient = self.in_care(Patient.objects.all(), pk)
        devices = Device.objects.filter(user=patient.pk, clinic=self.actor.clinic_id)
        people.sign_out_device(device=get_object_or_404(devices, pk=device), now=self.now)
        return Response(status=204)


class CareTeam(Acting, generics.ListCreateAPIView[CareTeamMember]):
    """Who cares for a patient. The care team and the administrator add colleagues, with an end if they only cover."""

    permission_classes = (IsStaff,)
    serializer_class = s.CareTeamSerializer
    ordering = "id"

    @extend_schema(operation_id="care_team")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    @extend_schema(operation_id="add_to_care_team")
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.create(request)

    def get_queryset(self) -> QuerySet[CareTeamMember]:
        return CareTeamMember.objects.filter(patient=self._patient().pk, until_at=None).select_related("user")

    def perform_create(self, serializer: Any) -> None:
        patient = self._patient()
        if not (self.actor.is_administrator or is_on_care_team(patient.pk, by=self.actor)):
            raise PermissionDenied("Only the care team and the administrator may add to it.")
        user_id = serializer.validated_data["user_id"]
        colleagues = Membership.objects.visible_to(self.actor).current()
        if not colleagues.filter(user=user_id, role__in=("therapist", "clinician")).exists():
            raise ValidationError({"person": ["This is no therapist or clinician of your clinic."]})
        try:
            serializer.instance = people.add_to_care_team(
                patient=patient,
                user_id=user_id,
                from_on=serializer.validated_data["from_on"],
                until_on=serializer.validated_data.get("until_on"),
                by=self.actor.user_id,
                now=self.now,
            )
        except IntegrityError:
            raise Conflict(
                "They are on this care team already, or their cover would end before it starts."
            ) from None

    def _patient(self) -> Patient:
        rows = Patient.objects.visible_to(self.actor) | Patient.objects.on_roster_of(self.actor)
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class OneCareTeamMember(Caring):
    @extend_schema(operation_id="leave_care_team", request=None, responses={204: None})
    def delete(self, request: Request, pk: int, member: int) -> Response:
        """Somebody stops caring for this patient, today. The last one stays: hand over first."""
        patient = self.in_care(Patient.objects.all(), pk)
        refuse_opened(patient.pk, by=self.actor)
        people.leave_care_team(patient=patient, member_id=member, today=self.actor.today)
        return Response(status=204)
