"""How it goes: the worklist, the trend with its status, and the red flags."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from recovery.actions import safety
from recovery.api import serializers as s
from recovery.api.caring import Caring, valid
from recovery.api.trend import EpisodeTrendSerializer
from recovery.models import Episode, Progress, RedFlag, StatusChange
from recovery.trend import episode_trend


class Worklist(Caring, generics.ListAPIView[Progress]):
    """Who needs somebody, first of all: one row an open episode, by need."""

    serializer_class = s.WorklistSerializer
    ordering = ("need", "waits_since", "episode_id")

    @extend_schema(operation_id="worklist")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Progress]:
        return Progress.objects.worklist(self.actor).select_related("patient")


class Trend(Caring):
    @extend_schema(operation_id="trend", responses=EpisodeTrendSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Recorded pain by day and week, the expected course with its label, and the status with its reasons."""
        episode = self.seen(Episode.objects.select_related("patient"), pk)
        trend = episode_trend(episode, now=self.now)
        if trend is None:
            raise NotFound("This episode has no start yet: publish a plan first.")
        return Response(trend)


class StatusChanges(Caring, generics.ListAPIView[StatusChange]):
    """Every status the rules gave this episode, newest first; none is ever changed."""

    serializer_class = s.StatusSerializer
    ordering = "-id"

    @extend_schema(operation_id="status_changes")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[StatusChange]:
        rows = StatusChange.objects.visible_to(self.actor).filter(episode=self.kwargs["pk"])
        return rows.select_related("patient", "episode")


class RedFlags(Caring, generics.ListAPIView[RedFlag]):
    """The open red flags, oldest first; `?closed=true` for those that were closed."""

    serializer_class = s.RedFlagSerializer
    ordering = "id"
    query = s.RedFlagsQuery

    @extend_schema(operation_id="red_flags", parameters=[s.RedFlagsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[RedFlag]:
        flags = RedFlag.objects.visible_to(self.actor).filter(closed_at__isnull=not self.asked["closed"])
        return flags.select_related("patient").prefetch_related("actions")


class AcknowledgeFlag(Caring):
    @extend_schema(operation_id="acknowledge_red_flag", request=None, responses=s.RedFlagSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say that you have seen it. The first to say so is the one recorded."""
        flag = self.seen(RedFlag.objects.select_related("patient"), pk)
        safety.acknowledge(flag=flag, by=self.actor.user_id, now=self.now)
        flag.refresh_from_db()
        return Response(s.RedFlagSerializer(flag).data)


class ActOnFlag(Caring):
    @extend_schema(
        operation_id="act_on_red_flag", request=s.ActOnFlagSerializer, responses={201: s.RedFlagSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Write down what you did about it; it stays open. Whoever acts has seen it."""
        flag = self.seen(RedFlag.objects.select_related("patient"), pk)
        data = valid(s.ActOnFlagSerializer(data=request.data))
        safety.act(flag=flag, by=self.actor.user_id, now=self.now, **data)
        flag.refresh_from_db()
        return Response(s.RedFlagSerializer(flag).data, status=201)


class CloseFlag(Caring):
    @extend_schema(
        operation_id="close_red_flag", request=s.CloseFlagSerializer, responses=s.RedFlagSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Close it with what was done; the patient's sessions go on when no other flag is open."""
        flag = self.seen(RedFlag.objects.select_related("patient"), pk)
        data = valid(s.CloseFlagSerializer(data=request.data))
        safety.close(flag=flag, because=data["because"], by=self.actor.user_id, now=self.now)
        flag.refresh_from_db()
        return Response(s.RedFlagSerializer(flag).data)
