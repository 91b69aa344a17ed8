"""What a patient agrees to."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from recovery.consents import asked, text
from recovery.models import Consent, Patient
from wire.serializers import StrictBooleanField, StrictCharField, StrictSerializer


class CardSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    text = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    given = serializers.BooleanField()
    answered_at = serializers.DateTimeField()


class ConsentSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(help_text="Of the cards; an answer to an older version is asked again.")
    cards = CardSerializer(many=True)
    answer = AnswerSerializer(allow_null=True)


class SayConsentSerializer(StrictSerializer):
    version = StrictCharField(max_length=16, help_text="The version whose cards were shown.")
    given = StrictBooleanField()

    def validate_version(self, version: str) -> str:
        if version != text()["version"]:
            raise serializers.ValidationError(
                "This is not the version that is asked now: show its cards first."
            )
        return version


class OwnConsent(Acting):
    permission_classes = (IsPatient,)

    @extend_schema(operation_id="consent", responses=ConsentSerializer)
    def get(self, request: Request) -> Response:
        """What Amble keeps and who sees it, in the patient's language, and what they last said to it."""
        return self._asked()

    @extend_schema(operation_id="say_consent", request=SayConsentSerializer, responses=ConsentSerializer)
    def post(self, request: Request) -> Response:
        """Agree, or take it back. Each answer is kept with its version, its time and its device."""
        said = SayConsentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        Consent.objects.create(
            clinic_id=self.actor.clinic_id,
            patient_id=self.actor.user_id,
            device_id=self.actor.device_id,
            answered_at=self.now,
            **said.validated_data,
        )
        return self._asked()

    def _asked(self) -> Response:
        patient = Patient.objects.only("language").get(pk=self.actor.user_id)
        return Response(ConsentSerializer(asked(patient.pk, patient.language)).data)
