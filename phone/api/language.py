"""The language a patient reads: chosen on the phone, and the clinic's reminders and mail follow it."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from recovery.actions.people import choose_language
from recovery.models.people import Language
from wire.serializers import StrictSerializer


class LanguageSerializer(StrictSerializer):
    language = serializers.ChoiceField(choices=Language.choices)


class OwnLanguage(Acting):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="choose_language", request=LanguageSerializer, responses={200: LanguageSerializer}
    )
    def put(self, request: Request) -> Response:
        """Choose it. What arrives last stands, and saying it again changes nothing."""
        said = LanguageSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        choose_language(patient_id=self.actor.user_id, language=said.validated_data["language"])
        return Response(said.data)
