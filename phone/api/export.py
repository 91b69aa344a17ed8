from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from phone.export import export
from recovery.models import Patient


class Export(Acting):
    permission_classes = (IsPatient,)

    @extend_schema(operation_id="export", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """Everything that is kept about you, as one JSON document to keep."""
        patient = Patient.objects.get(pk=self.actor.user_id)
        name = f"amble-{self.now:%Y-%m-%d}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(export(patient, now=self.now), headers=headers)
