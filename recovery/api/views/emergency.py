"""Opening the record of somebody else's patient in an emergency."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsStaff
from recovery.actions.emergency import OPEN_FOR, open_record
from recovery.api.caring import valid
from wire.problems import Conflict, problem
from wire.serializers import StrictCharField, StrictIntegerField, StrictSerializer


class OpenRecordSerializer(StrictSerializer):
    called = StrictCharField(max_length=120, help_text="The patient's full name.")
    birth_year = StrictIntegerField(min_value=1900, max_value=2100)
    because = StrictCharField(
        max_length=500, help_text="The care team and the administrators read it, and the patient."
    )


class OpenedRecordSerializer(serializers.Serializer[Any]):
    patient = serializers.IntegerField()
    open_seconds = serializers.IntegerField(help_text="For so long one reads it.")


class OpenRecord(Acting):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="open_record", request=OpenRecordSerializer, responses={201: OpenedRecordSerializer}
    )
    def post(self, request: Request) -> HttpResponse:
        """Open it for four hours, with a reason, and tell the care team and the administrators.

        409 unless exactly one patient of the clinic has this name and year of birth. Ten of those, and it is 429
        for an hour.
        """
        said = valid(OpenRecordSerializer(data=request.data))
        try:
            patient = open_record(**said, by=self.actor, now=self.now)
        except Conflict as conflict:
            # Answered and not raised: an error would undo the count of wrong tries.
            return problem(409, code=conflict.default_code, detail=str(conflict.detail))
        opened = {"patient": patient, "open_seconds": int(OPEN_FOR.total_seconds())}
        return Response(OpenedRecordSerializer(opened).data, status=201)
