"""A patient's record for another system, by the patient and by those who may read it."""

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from recovery.api.caring import Caring
from recovery.fhir.bundle import bundle
from recovery.models import Patient
from wire.json import JSONRenderer


class FHIRRenderer(JSONRenderer):
    """What other systems ask for by name."""

    media_type = "application/fhir+json"


RENDERERS = (FHIRRenderer, JSONRenderer)
ANSWER: Any = {(200, FHIRRenderer.media_type): OpenApiTypes.OBJECT}


class OwnFHIR(Acting):
    permission_classes = (IsPatient,)
    renderer_classes = RENDERERS

    @extend_schema(operation_id="export_fhir", responses=ANSWER)
    def get(self, request: Request) -> Response:
        """Your record as a FHIR R4B bundle, for another clinic or app."""
        patient = Patient.objects.select_related("clinic").get(pk=self.actor.user_id)
        return _file(self, patient, for_staff=False)


class PatientFHIR(Caring):
    renderer_classes = RENDERERS

    @extend_schema(operation_id="patient_fhir", responses=ANSWER)
    def get(self, request: Request, pk: int) -> Response:
        """The patient's record as a FHIR R4B bundle, without the private notes of the patient or of staff."""
        patient = self.seen(Patient.objects.select_related("clinic"), pk)
        return _file(self, patient, for_staff=True)


def _file(view: Acting, patient: Patient, *, for_staff: bool) -> Response:
    found = bundle(patient, for_staff=for_staff, home=settings.PUBLIC_URL, now=view.now)
    name = f"amble-{patient.local_date(view.now)}.fhir.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found, content_type=f"{FHIRRenderer.media_type}; fhirVersion=4.3", headers=headers)
