"""Episodes, and the way of a plan from a draft to a published version."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exercises.models import Program
from recovery.actions import people, plan, starts
from recovery.api import serializers as s
from recovery.api.caring import Caring, valid
from recovery.api.etags import etag, seen_version
from recovery.models import Episode, Patient, Plan, PlanDraft

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag last seen."
)


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
        patient = self.in_care(Patient.objects.all(), pk)
        facts = valid(s.EpisodeFactsSerializer(data=request.data))
        episode = people.open_new_bout(patient=patient, by=self.actor.user_id, now=self.now, **facts)
        return Response(s.EpisodeSerializer(episode).data, status=201)


class EndEpisode(Caring):
    @extend_schema(operation_id="end_episode", request=s.EndEpisodeSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Discharge, transfer or surgery. What the patient still sends is kept."""
        episode = self.in_care(Episode.objects.select_related("patient"), pk)
        data = valid(s.EndEpisodeSerializer(data=request.data))
        if not episode.onset_on <= data["on"] <= episode.patient.local_date(self.now):
            raise ValidationError({"on": ["Use a date from the onset to today."]})
        people.end_episode(episode=episode, **data, by=self.actor.user_id, now=self.now)
        return Response(status=204)


class StartAnew(Caring):
    @extend_schema(
        operation_id="start_anew", request=s.StartAnewSerializer, responses={201: s.StartAnewSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Count the weeks of the episode from another date, where the first weeks hold no baseline."""
        episode = self.in_care(Episode.objects.select_related("patient"), pk)
        on = valid(s.StartAnewSerializer(data=request.data))["on"]
        try:
            fact = starts.start_anew(episode=episode, on=on, by=self.actor.user_id, now=self.now)
        except starts.NotAStart as error:
            raise ValidationError({"on": [str(error)]}) from None
        return Response(s.StartAnewSerializer(fact).data, status=201)


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
        try:
            saved = plan.save_draft(
                draft=draft,
                seen_version=seen_version(request),
                lines=data["lines"],
                starts_on=data["starts_on"],
                note=data.get("note", ""),
                by_itself=data.get("by_itself"),
                by=self.actor.user_id,
                now=self.now,
            )
        except plan.NotPublishable as error:
            raise not_publishable(error) from None
        return _draft(saved)

    @extend_schema(operation_id="discard_draft", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        self.in_care(PlanDraft.objects.all(), pk).delete()
        return Response(status=204)


def _draft(draft: PlanDraft, status: int = 200) -> Response:
    return Response(s.DraftSerializer(draft).data, status=status, headers={"ETag": etag(draft.version)})


def not_publishable(error: plan.NotPublishable) -> ValidationError:
    return ValidationError({error.pointer.lstrip("/").replace("/", "."): [error.reason]})


class Publish(Caring):
    @extend_schema(
        operation_id="publish_plan",
        parameters=[IF_MATCH],
        request=None,
        responses={201: s.PublishedSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Make the draft the next version of the plan. Of two publishers at once, one is told 409 or 412."""
        episode = self.in_care(Episode.objects.open().select_related("patient"), pk)
        try:
            published = plan.publish_plan(
                episode=episode, seen_version=seen_version(request), by=self.actor.user_id, now=self.now
            )
        except plan.NotPublishable as error:
            raise not_publishable(error) from None
        return Response(s.PublishedSerializer(published).data, status=201)


class Plans(Caring, generics.ListAPIView[Plan]):
    """The versions of an episode's plan, newest first."""

    serializer_class = s.PlanSerializer
    ordering = "-id"

    @extend_schema(operation_id="plans")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Plan]:
        plans = Plan.objects.visible_to(self.actor).filter(episode=self.kwargs["pk"])
        return plans.select_related("episode__progress").with_lines()
