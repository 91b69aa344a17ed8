"""The thread between a patient and their care team, from both sides."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from recovery.actions import messages
from recovery.actions.nudges import nudge
from recovery.api.caring import Caring, valid
from recovery.models import Patient
from recovery.thread import thread
from wire.serializers import StrictBooleanField, StrictCharField, StrictSerializer


class ThreadQuery(serializers.Serializer[Any]):
    before = serializers.DateTimeField(
        required=False, help_text="Older than this: the received_at of the last message you have."
    )


class MessageSerializer(serializers.Serializer[Any]):
    """One message or note. `private` is a note: the patient's own, or staff's, never shown to the other side."""

    id = serializers.CharField(help_text="The phone's UUID of what the patient wrote.")
    revision = serializers.IntegerField(allow_null=True)
    from_patient = serializers.BooleanField()
    author = serializers.CharField(allow_null=True, help_text="Who of the staff; null: the patient.")
    text = serializers.CharField()
    private = serializers.BooleanField()
    written_at = serializers.DateTimeField(help_text="By the clock of who wrote it.")
    received_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class ThreadSerializer(serializers.Serializer[Any]):
    messages = MessageSerializer(many=True, help_text="Up to a hundred, newest first.")


class WriteSerializer(StrictSerializer):
    text = StrictCharField(max_length=2000)
    to_patient = StrictBooleanField(default=True, help_text="False: a note the patient never sees.")


class ReadSerializer(StrictSerializer):
    until = serializers.DateTimeField(help_text="The received_at of the newest message that was shown.")


class PatientMessages(Caring):
    query = ThreadQuery

    @extend_schema(operation_id="patient_messages", parameters=[ThreadQuery], responses=ThreadSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The patient's messages, the answers, and the notes of staff. Reading here marks nothing as read."""
        patient = self.seen(Patient.objects.all(), pk)
        found = thread(patient.pk, for_staff=True, before=self.asked.get("before"))
        return Response({"messages": MessageSerializer(found, many=True).data})

    @extend_schema(
        operation_id="write_to_patient", request=WriteSerializer, responses={201: MessageSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Write to the patient, or keep a note that only staff see."""
        patient = self.in_care(Patient.objects.all(), pk)
        data = valid(WriteSerializer(data=request.data))
        messages.write_to_patient(patient=patient, by=self.actor.user_id, now=self.now, **data)
        return Response(MessageSerializer(thread(patient.pk, for_staff=True)[0]).data, status=201)


class PatientMessagesRead(Caring):
    @extend_schema(operation_id="patient_messages_read", request=ReadSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Say that the patient's messages up to this moment were read. The first reader is the one recorded."""
        patient = self.in_care(Patient.objects.all(), pk)
        until = valid(ReadSerializer(data=request.data))["until"]
        messages.read_by_staff(patient=patient, until=until, by=self.actor.user_id, now=self.now)
        return Response(status=204)


class Nudge(Caring):
    @extend_schema(operation_id="nudge", request=None, responses={201: MessageSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask a silent patient how they are, in fixed friendly words. 409 when they are not silent, were asked this
        week already, or you have sent a day's share."""
        patient = self.in_care(Patient.objects.all(), pk)
        nudge(patient=patient, by=self.actor.user_id, now=self.now)
        return Response(MessageSerializer(thread(patient.pk, for_staff=True)[0]).data, status=201)


class OwnMessages(Acting):
    permission_classes = (IsPatient,)
    query = ThreadQuery

    @extend_schema(operation_id="own_messages", parameters=[ThreadQuery], responses=ThreadSerializer)
    def get(self, request: Request) -> Response:
        """Your thread with your care team, and your private notes. What you write goes by PUT, as a record."""
        found = thread(self.actor.user_id, for_staff=False, before=self.asked.get("before"))
        return Response({"messages": MessageSerializer(found, many=True).data})


class OwnMessagesRead(Acting):
    permission_classes = (IsPatient,)

    @extend_schema(operation_id="own_messages_read", request=ReadSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Say that what staff wrote up to this moment was shown."""
        until = valid(ReadSerializer(data=request.data))["until"]
        messages.read_by_patient(patient_id=self.actor.user_id, until=until, now=self.now)
        return Response(status=204)
