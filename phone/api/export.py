from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from phone.export import export
from phone.sheets import zipped
from recovery.models import Patient
from wire.json import JSONRenderer


class Export(Acting):
    permission_classes = (IsPatient,)

    @extend_schema(operation_id="export", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """Everything that is kept about you, as one JSON document to keep."""
        patient = Patient.objects.get(pk=self.actor.user_id)
        name = f"amble-{patient.local_date(self.now)}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(export(patient, now=self.now), headers=headers)


class ZIPRenderer(JSONRenderer):
    """Only says that a ZIP may be asked for by name: what it renders are errors."""

    media_type = "application/zip"


SHEETS: Any = {(200, ZIPRenderer.media_type): OpenApiTypes.BINARY}


class ExportSheets(Acting):
    permission_classes = (IsPatient,)
    renderer_classes = (ZIPRenderer, JSONRenderer)

    @extend_schema(operation_id="export_csv", responses=SHEETS)
    def get(self, request: Request) -> HttpResponse:
        """What you noted, as CSV sheets in one ZIP, for a spreadsheet."""
        patient = Patient.objects.get(pk=self.actor.user_id)
        name = f"amble-{patient.local_date(self.now)}.csv.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(zipped(patient), content_type=ZIPRenderer.media_type, headers=headers)
