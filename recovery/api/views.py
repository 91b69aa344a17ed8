"""What staff tools call: patients and who cares for them, plans, the worklist, the trend and red flags."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import BooleanField, Exists, Func, OuterRef, Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.api.serializers import DeviceSerializer, InvitationSerializer
from accounts.models import Clinic, Device, Membership
from accounts.permissions import IsAdministrator, IsCaring, IsStaff
from exercises.models import Program
from recovery.actions import people, plan, safety
from recovery.api import serializers as s
from recovery.api.etags import etag, seen_version
from recovery.models import (
    CareTeamMember,
    Episode,
    Patient,
    Plan,
    PlanDraft,
    Prescription,
    Progress,
    RedFlag,
    StatusChange,
)
from recovery.models.people import RowsOfPatients
from recovery.progress import courses, trend
from wire.problems import Conflict

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag last seen."
)
ANY_OBJECT = {(200, "application/json"): OpenApiTypes.OBJECT}


def valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


class Caring(Acting):
    """A view of therapists and clinicians. What they may see but not act on is a 403, what they may not see a 404."""

    permission_classes = (IsCaring,)

    def seen(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        return get_object_or_404(rows.visible_to(self.actor), pk=pk)

    def in_care(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        row = self.seen(rows, pk)
        if not rows.cared_for_by(self.actor).filter(pk=pk).exists():
            raise PermissionDenied("You may read this patient's record; only the care team may change it.")
        return row


# --- patients ---------------------------------------------------------------------------------------


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
            clinic_id=self.actor.clinic_id, time_zone=zone, **data, by=self.actor.user_id, now=self.now
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
        patient = self.in_care(Patient.objects.select_for_update(), pk)
        serializer = s.PatientSerializer(patient, data=request.data, partial=True)
        valid(serializer)
        serializer.save(version=patient.version + 1)
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
        return Patient.objects.on_roster_of(self.actor).annotate(
            joined=Exists(Device.objects.current().filter(user=OuterRef("pk"))),
            enrolled=Func("pk", function="amble_is_enrolled", output_field=BooleanField()),
        )


class InvitePatient(Caring):
    @extend_schema(operation_id="invite_patient", request=None, responses={201: InvitationSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """A code for up to three phones of this patient, shown once; older codes stop working."""
        patient = self.in_care(Patient.objects.select_related("user"), pk)
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
        return CareTeamMember.objects.filter(patient=self._patient().pk).select_related("user")

    def perform_create(self, serializer: Any) -> None:
        patient = self._patient()
        roster = Patient.objects.on_roster_of(self.actor)
        if not (Patient.objects.cared_for_by(self.actor) | roster).filter(pk=patient.pk).exists():
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
        team = CareTeamMember.objects.filter(patient=patient.pk).current(on=self.actor.today)
        leaving = get_object_or_404(team, pk=member)
        if team.count() == 1:
            raise Conflict("This is the last of the care team: add a colleague first.")
        yesterday = self.actor.today - timedelta(days=1)
        CareTeamMember.objects.filter(pk=leaving.pk).update(until_on=max(leaving.from_on, yesterday))
        return Response(status=204)


# --- episodes and plans ---------------------------------------------------------------------------


class Episodes(Caring, generics.ListAPIView[Episode]):
    serializer_class = s.EpisodeSerializer
    ordering = "-id"

    @extend_schema(operation_id="episodes")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Episode]:
        return Episode.objects.visible_to(self.actor).filter(patient=self.kwargs["pk"])

    @extend_schema(
        operation_id="open_episode", request=s.EpisodeFactsSerializer, responses={201: s.EpisodeSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Open a new bout; the one before it must have ended."""
        patient = self.in_care(Patient.objects.select_for_update(), pk)
        if Episode.objects.open().filter(patient=patient).exists():
            raise Conflict("An episode is open for this patient: end it first.")
        facts = valid(s.EpisodeFactsSerializer(data=request.data))
        episode = people.open_episode(patient=patient, by=self.actor.user_id, now=self.now, **facts)
        return Response(s.EpisodeSerializer(episode).data, status=201)


class EndEpisode(Caring):
    @extend_schema(operation_id="end_episode", request=s.EndEpisodeSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Discharge, transfer or surgery. What the patient still sends is kept."""
        episode = self.in_care(Episode.objects.select_related("patient"), pk)
        data = valid(s.EndEpisodeSerializer(data=request.data))
        if episode.ended_on is not None:
            raise Conflict("This episode has ended already.")
        if not episode.onset_on <= data["on"] <= episode.patient.local_date(self.now):
            raise ValidationError({"on": ["Use a date from the onset to today."]})
        people.end_episode(episode=episode, **data, by=self.actor.user_id, now=self.now)
        return Response(status=204)


class Draft(Caring):
    @extend_schema(operation_id="draft", responses=s.DraftSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return _draft(self.seen(PlanDraft.objects.all(), pk))

    @extend_schema(
        operation_id="start_draft", request=s.NewDraftSerializer, responses={201: s.DraftSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Start a draft from a program, or from the last version of the plan."""
        episode = self.in_care(Episode.objects.select_related("patient"), pk)
        data = valid(s.NewDraftSerializer(data=request.data))
        program = None
        if data["program"] is not None:
            program = Program.objects.visible_to(self.actor).filter(pk=data["program"]).first()
            if program is None:
                raise ValidationError({"program": ["There is no such program."]}, code="does_not_exist")
        draft = plan.draft_plan(
            episode=episode,
            program=program,
            starts_on=data.get("starts_on") or episode.patient.local_date(self.now),
            by=self.actor.user_id,
            now=self.now,
        )
        return _draft(draft, status=201)

    @extend_schema(
        operation_id="save_draft",
        parameters=[IF_MATCH],
        request=s.DraftSerializer,
        responses=s.DraftSerializer,
    )
    def put(self, request: Request, pk: int) -> Response:
        """Replace the draft. 412 if somebody else saved it since the ETag you name."""
        draft = self.in_care(PlanDraft.objects.all(), pk)
        data = valid(s.DraftSerializer(draft, data=request.data))
        saved = plan.save_draft(
            draft=draft,
            seen_version=seen_version(request),
            lines=data["lines"],
            starts_on=data["starts_on"],
            note=data.get("note", ""),
            by=self.actor.user_id,
            now=self.now,
        )
        return _draft(saved)

    @extend_schema(operation_id="discard_draft", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        self.in_care(PlanDraft.objects.all(), pk).delete()
        return Response(status=204)


def _draft(draft: PlanDraft, status: int = 200) -> Response:
    return Response(s.DraftSerializer(draft).data, status=status, headers={"ETag": etag(draft.version)})


class Publish(Caring):
    @extend_schema(
        operation_id="publish_plan", parameters=[IF_MATCH], request=None, responses={201: s.PlanSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Make the draft the next version of the plan. Of two publishers at once, one is told 409 or 412."""
        episode = self.in_care(Episode.objects.open(), pk)
        try:
            published = plan.publish_plan(
                episode=episode, seen_version=seen_version(request), by=self.actor.user_id, now=self.now
            )
        except plan.NotPublishable as error:
            raise ValidationError({error.pointer.lstrip("/").replace("/", "."): [error.reason]}) from None
        return Response(
            s.PlanSerializer(whole_plans(Plan.objects.all()).get(pk=published.pk)).data, status=201
        )


class Plans(Caring, generics.ListAPIView[Plan]):
    """The versions of an episode's plan, newest first."""

    serializer_class = s.PlanSerializer
    ordering = "-id"

    @extend_schema(operation_id="plans")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Plan]:
        return whole_plans(Plan.objects.visible_to(self.actor).filter(episode=self.kwargs["pk"]))


def whole_plans(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    lines = Prescription.objects.order_by("position").select_related("exercise")
    return plans.prefetch_related(Prefetch("prescriptions", lines))


# --- how it goes -----------------------------------------------------------------------------------


class Worklist(Caring, generics.ListAPIView[Progress]):
    """Who needs somebody, first of all: one row an open episode, by need."""

    serializer_class = s.WorklistSerializer
    ordering = ("need", "episode_id")

    @extend_schema(operation_id="worklist")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Progress]:
        rows = Progress.objects.visible_to(self.actor).filter(episode__ended_on=None)
        return rows.select_related("patient")


class Trend(Caring):
    @extend_schema(operation_id="trend", responses=ANY_OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        """Recorded pain by day and week, the expected course with its label, and the status with its reasons."""
        episode = self.seen(Episode.objects.select_related("patient"), pk)
        return Response(episode_trend(episode, now=self.now))


def episode_trend(episode: Episode, *, now: Any) -> dict[str, Any]:
    """What staff see of one episode; 404 before a plan has given it a start."""
    through = episode.patient.local_date(now) - timedelta(days=1)
    course = courses([episode], through=through).get(episode.pk)
    if course is None:
        raise NotFound("This episode has no start yet: publish a plan first.")
    progress = Progress.objects.get(pk=episode.pk)
    plans = Plan.objects.filter(episode=episode).order_by("number")
    return {
        "episode": episode.pk,
        "status": {
            "status": progress.status,
            "rule": progress.rule,
            "for_day": progress.decided_for,
            "numbers": progress.numbers,
            "for_staff": progress.for_staff,
            "for_patient": progress.for_patient,
            "rule_version": progress.rule_version,
        },
        **trend(course, through=through),
        "plans": list(plans.values("id", "number", "starts_on")),
    }


class StatusChanges(Caring, generics.ListAPIView[StatusChange]):
    """Every status the rules gave this episode, newest first; none is ever changed."""

    serializer_class = s.StatusSerializer
    ordering = "-id"

    @extend_schema(operation_id="status_changes")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[StatusChange]:
        return StatusChange.objects.visible_to(self.actor).filter(episode=self.kwargs["pk"])


# --- red flags --------------------------------------------------------------------------------------


class RedFlags(Caring, generics.ListAPIView[RedFlag]):
    """The open red flags, oldest first; `?closed=true` for those that were closed."""

    serializer_class = s.RedFlagSerializer
    ordering = "id"
    query = s.RedFlagsQuery

    @extend_schema(operation_id="red_flags", parameters=[s.RedFlagsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[RedFlag]:
        flags = RedFlag.objects.visible_to(self.actor).filter(closed_at__isnull=not self.asked["closed"])
        return flags.select_related("patient")


class AcknowledgeFlag(Caring):
    @extend_schema(operation_id="acknowledge_red_flag", request=None, responses=s.RedFlagSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say that you have seen it. The first to say so is the one recorded."""
        flag = self.seen(RedFlag.objects.select_related("patient"), pk)
        safety.acknowledge(flag=flag, by=self.actor.user_id, now=self.now)
        flag.refresh_from_db()
        return Response(s.RedFlagSerializer(flag).data)


class CloseFlag(Caring):
    @extend_schema(
        operation_id="close_red_flag", request=s.CloseFlagSerializer, responses=s.RedFlagSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Close it with what was done; the patient's sessions go on when no other flag is open."""
        flag = self.seen(RedFlag.objects.select_related("patient"), pk)
        data = valid(s.CloseFlagSerializer(data=request.data))
        safety.close(flag=flag, because=data["because"], by=self.actor.user_id, now=self.now)
        flag.refresh_from_db()
        return Response(s.RedFlagSerializer(flag).data)
