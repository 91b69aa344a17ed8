"""What the phone shows: today, the plan, how it goes. An unchanged answer costs one look at the patient's version."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from phone import reading
from recovery.api.trend import OwnProgressSerializer
from recovery.models import CareSettings, Patient
from wire.json import dumps


class PhonePage(Acting):
    """A read whose ETag is made of the patient's version, the clinic's settings' and the local date.

    304 without any work when all are known.
    """

    permission_classes = (IsPatient,)
    shows: "ClassVar[staticmethod[[Patient, date], dict[str, Any]]]"

    def get(self, request: Request) -> Response:
        patient = _patient(self.actor.user_id)
        today = patient.local_date(self.now)
        chosen = CareSettings.of(patient.clinic).version
        tag = f'"{patient.pk}-{patient.version}-{chosen}-{today:%Y%m%d}"'
        return self.answer(request, tag, lambda: type(self).shows(patient, today))

    def answer(self, request: Request, tag: str, body: Callable[[], dict[str, Any]]) -> Response:
        if request.META.get("HTTP_IF_NONE_MATCH") == tag:
            return Response(status=304, headers={"ETag": tag})
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        return Response(body(), headers=headers)


def _patient(user_id: int) -> Patient:
    return Patient.objects.select_related("clinic__care_settings").get(pk=user_id)


@extend_schema_view(get=extend_schema(operation_id="today", responses={200: OpenApiTypes.OBJECT}))
class Today(PhonePage):
    """What to do today, what is done of it, and what was noted."""

    shows = staticmethod(reading.today)


@extend_schema_view(get=extend_schema(operation_id="plan", responses={200: OpenApiTypes.OBJECT}))
class ActivePlan(PhonePage):
    """The plan version of today with everything needed to do it: doses, steps, cautions.

    Its ETag is of its content: a corrected caution of the catalog changes no patient's version.
    """

    shows = staticmethod(reading.plan)

    def get(self, request: Request) -> Response:
        patient = Patient.objects.get(pk=self.actor.user_id)
        body = type(self).shows(patient, patient.local_date(self.now))
        return self.answer(request, f'"{patient.pk}-{sha256(dumps(body)).hexdigest()[:32]}"', lambda: body)


@extend_schema_view(get=extend_schema(operation_id="progress", responses=OwnProgressSerializer))
class OwnProgress(PhonePage):
    """How it goes: a sentence, the recorded days, and the expected course with its label."""

    shows = staticmethod(reading.progress)


class OwnTimeline(Acting):
    """What happened in one's own episode: plan versions, events, pauses, and how it was judged."""

    permission_classes = (IsPatient,)

    @extend_schema(operation_id="own_timeline", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        patient = Patient.objects.get(pk=self.actor.user_id)
        return Response(reading.own_timeline(patient, self.now))
