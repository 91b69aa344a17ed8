"""What a clinic chose for the care of its patients, and the symptom check with the clinic's own words."""

from hashlib import sha256
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.models import Clinic
from accounts.permissions import IsAdministrator, IsSignedIn
from recovery.actions.settings import change_care_settings
from recovery.api.caring import valid
from recovery.api.etags import etag, seen_version
from recovery.api.settings_serializers import CareSettingsSerializer, SafetySettingsSerializer
from recovery.api.views.plans import IF_MATCH
from recovery.models import CareSettings
from recovery.rules.red_flags import check_file
from wire.json import dumps


class ClinicSettings(Acting):
    permission_classes = (IsSignedIn,)

    @extend_schema(
        operation_id="care_settings",
        responses=PolymorphicProxySerializer(
            component_name="SettingsByRole",
            serializers=[CareSettingsSerializer, SafetySettingsSerializer],
            resource_type_field_name=None,
        ),
    )
    def get(self, request: Request) -> Response:
        """The clinic's settings; a patient reads what is said to patients."""
        settings = _settings(self.actor.clinic_id)
        serializer = CareSettingsSerializer if self.actor.is_staff else SafetySettingsSerializer
        return Response(serializer(settings).data, headers={"ETag": etag(settings.version)})

    @extend_schema(
        operation_id="change_care_settings",
        parameters=[IF_MATCH],
        request=CareSettingsSerializer,
        responses=CareSettingsSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change some of them. 412 if another administrator changed them since the ETag you name."""
        if not self.actor.is_administrator:
            raise PermissionDenied(IsAdministrator.message)
        chosen = valid(CareSettingsSerializer(data=request.data, partial=True))
        settings = change_care_settings(
            clinic_id=self.actor.clinic_id,
            seen_version=seen_version(request),
            chosen=chosen,
            by=self.actor.user_id,
            now=self.now,
        )
        return Response(CareSettingsSerializer(settings).data, headers={"ETag": etag(settings.version)})


class SymptomCheckFile(Acting):
    permission_classes = (IsSignedIn,)

    @extend_schema(operation_id="symptom_check", responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """The safety questions with tiers, advice and whom to call, for a phone to keep and ask without a network.

        `to_confirm` names the languages whose words no clinician has confirmed yet.
        """
        body = {**check_file(), "contacts": _contacts(_settings(self.actor.clinic_id))}
        tag = f'"{sha256(dumps(body)).hexdigest()[:32]}"'
        if request.META.get("HTTP_IF_NONE_MATCH") == tag:
            return Response(status=304, headers={"ETag": tag})
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        return Response(body, headers=headers)


def _settings(clinic_id: int) -> CareSettings:
    return CareSettings.of(Clinic.objects.select_related("care_settings").get(pk=clinic_id))


def _contacts(settings: CareSettings) -> dict[str, dict[str, Any]]:
    """Whom to call, with the texts by language as everywhere in the file."""
    by_language = {language: settings.contacts(language) for language in check_file()["languages"]}
    return {
        name: contact
        | {"text": {language: contacts[name]["text"] for language, contacts in by_language.items()}}
        for name, contact in by_language["en"].items()
    }
