"""Beside the plan: outcome measures, the timeline, pauses, and what follows relief."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from recovery.actions import events, pauses, staying_well
from recovery.actions.plan import NotPublishable
from recovery.api import serializers as s
from recovery.api.caring import Caring, valid
from recovery.api.views.plans import not_publishable
from recovery.measuring import measures
from recovery.models import Episode, PlanPause, TimelineEvent
from recovery.rules.asked import PAUSE_AHEAD, PAUSE_BACK
from recovery.timeline import timeline


class Measures(Caring):
    @extend_schema(operation_id="measures", responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        """PSFS, RMDQ and global effect: every answer with its score, its change since the first, and what is due."""
        episode = self.seen(Episode.objects.select_related("patient"), pk)
        return Response(measures(episode, now=self.now))


class Timeline(Caring):
    @extend_schema(operation_id="timeline", responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        """What happened, oldest first: plan versions by letter, events, pauses, relief and relapse, each status."""
        episode = self.seen(Episode.objects.select_related("patient"), pk)
        return Response(timeline(episode, now=self.now, for_staff=True))

    @extend_schema(
        operation_id="add_event",
        request=s.EventSerializer,
        responses={(201, "application/json"): OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Note an injection, an operation, another medicine: what may explain a change."""
        episode = self.in_care(Episode.objects.select_related("patient"), pk)
        data = valid(s.EventSerializer(data=request.data))
        if not episode.onset_on <= data["about_on"] <= episode.patient.local_date(self.now):
            raise ValidationError({"about_on": ["Use a date from the onset to today."]})
        event = events.add_event(episode=episode, **data, by=self.actor.user_id, now=self.now)
        return Response({"event": event.pk}, status=201)


class OneEvent(Caring):
    @extend_schema(operation_id="withdraw_event", request=None, responses={204: None})
    def delete(self, request: Request, pk: int, event: int) -> Response:
        """Take back what staff noted by mistake. What the patient noted is the patient's to take back."""
        episode = self.in_care(Episode.objects.all(), pk)
        noted = TimelineEvent.objects.filter(
            patient=episode.patient_id, added_by__isnull=False, withdrawn=False
        )
        events.withdraw_event(event=get_object_or_404(noted, pk=event))
        return Response(status=204)


class Pauses(Caring, generics.ListAPIView[PlanPause]):
    """The pauses of an episode's plan, newest first."""

    serializer_class = s.PauseSerializer
    ordering = "-id"

    @extend_schema(operation_id="pauses")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[PlanPause]:
        return PlanPause.objects.visible_to(self.actor).filter(episode=self.kwargs["pk"])

    @extend_schema(operation_id="pause_plan", request=s.PauseSerializer, responses={201: s.PauseSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask nothing from one date to another: a holiday, an illness. What was paused is not missed."""
        episode = self.in_care(Episode.objects.open().select_related("patient"), pk)
        data = valid(s.PauseSerializer(data=request.data))
        today = episode.patient.local_date(self.now)
        earliest, latest = today - PAUSE_BACK, today + PAUSE_AHEAD
        if not earliest <= data["from_on"] <= latest:
            raise ValidationError({"from_on": [f"A pause begins between {earliest} and {latest}."]})
        pause = pauses.pause_plan(episode=episode, **data, by=self.actor.user_id, now=self.now)
        return Response(s.PauseSerializer(pause).data, status=201)


class ResumePlan(Caring):
    @extend_schema(operation_id="resume_plan", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """End a pause early: the plan asks again from today."""
        pause = self.in_care(PlanPause.objects.select_related("episode__patient"), pk)
        today = pause.episode.patient.local_date(self.now)
        pauses.resume_plan(pause=pause, today=today, by=self.actor.user_id)
        return Response(status=204)


class StartStayingWell(Caring):
    @extend_schema(operation_id="start_staying_well", request=None, responses={201: s.PublishedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Publish the staying-well plan, with a walking goal that grows from what the patient walks now."""
        episode = self.in_care(Episode.objects.open().select_related("patient"), pk)
        try:
            plan = staying_well.start_staying_well(episode=episode, by=self.actor.user_id, now=self.now)
        except NotPublishable as error:
            raise not_publishable(error) from None
        return Response(s.PublishedSerializer(plan).data, status=201)


class ReopenPlan(Caring):
    @extend_schema(operation_id="reopen_plan", request=None, responses={201: s.PublishedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """After a relapse: the last plan before staying well, again, as a new version."""
        episode = self.in_care(Episode.objects.open().select_related("patient"), pk)
        try:
            plan = staying_well.reopen_plan(episode=episode, by=self.actor.user_id, now=self.now)
        except NotPublishable as error:
            raise not_publishable(error) from None
        return Response(s.PublishedSerializer(plan).data, status=201)
