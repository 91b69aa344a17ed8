"""Sessions with their lights, what the rules propose, and the exercises that are suspended."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from recovery.actions import ladder
from recovery.api import ladder as s
from recovery.api.caring import Caring, valid
from recovery.models import Episode, ExerciseResult, ExerciseSession, Proposal, Suspension


class Sessions(Caring, generics.ListAPIView[ExerciseSession]):
    """What the patient did during this episode, newest first, each with its light and its reasons."""

    serializer_class = s.SessionSerializer
    ordering = ("-happened_at", "-id")

    @extend_schema(operation_id="sessions")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[ExerciseSession]:
        episode: Episode = self.seen(Episode.objects.select_related("patient"), self.kwargs["pk"])
        enrolled = episode.patient.local_date(episode.opened_at)
        rows = ExerciseSession.objects.visible_to(self.actor).filter(
            patient=episode.patient_id, withdrawn=False, on__gte=min(enrolled, episode.started_on or enrolled)
        )
        if episode.ended_on is not None:
            rows = rows.filter(on__lte=episode.ended_on)
        return rows.prefetch_related(
            Prefetch("results", ExerciseResult.objects.select_related("exercise").order_by("position"))
        )


class Proposals(Caring, generics.ListAPIView[Proposal]):
    """What the rules propose for this episode's exercises, newest first; `?decided=true` for what was decided."""

    serializer_class = s.ProposalSerializer
    ordering = "-id"
    query = s.ProposalsQuery

    @extend_schema(operation_id="proposals", parameters=[s.ProposalsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Proposal]:
        episode = self.seen(Episode.objects.all(), self.kwargs["pk"])
        rows = Proposal.objects.visible_to(self.actor).filter(episode=episode.pk)
        rows = rows.filter(decided_at__isnull=not self.asked["decided"])
        return rows.select_related("patient", "exercise", "to_exercise")


class AllProposals(Caring, generics.ListAPIView[Proposal]):
    """What waits for a decision about any patient one may see, oldest first; `?decided=true` for what was decided."""

    serializer_class = s.ProposalSerializer
    ordering = "id"
    query = s.ProposalsQuery

    @extend_schema(operation_id="all_proposals", parameters=[s.ProposalsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Proposal]:
        rows = Proposal.objects.visible_to(self.actor)
        rows = rows.filter(decided_at__isnull=not self.asked["decided"])
        return rows.select_related("patient", "exercise", "to_exercise")


class AcceptProposal(Caring):
    @extend_schema(operation_id="accept_proposal", request=None, responses=s.ProposalSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Do it: the step becomes the next version of the plan, from today. 409 when it was decided or overtaken."""
        proposal = self.in_care(Proposal.objects.select_related("patient", "exercise", "to_exercise"), pk)
        ladder.accept(proposal=proposal, by=self.actor.user_id, now=self.now)
        return Response(s.ProposalSerializer(proposal).data)


class DeclineProposal(Caring):
    @extend_schema(
        operation_id="decline_proposal", request=s.DeclineSerializer, responses=s.ProposalSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Leave the plan as it is; the rules propose again on new sessions. 409 when it was decided or overtaken."""
        proposal = self.in_care(Proposal.objects.select_related("patient", "exercise", "to_exercise"), pk)
        data = valid(s.DeclineSerializer(data=request.data))
        ladder.decline(proposal=proposal, why=data["why"], by=self.actor.user_id, now=self.now)
        return Response(s.ProposalSerializer(proposal).data)


class Suspensions(Caring, generics.ListAPIView[Suspension]):
    """The exercises that are suspended, oldest first; `?lifted=true` for those that were lifted."""

    serializer_class = s.SuspensionSerializer
    ordering = "id"
    query = s.SuspensionsQuery

    @extend_schema(operation_id="suspensions", parameters=[s.SuspensionsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Suspension]:
        rows = Suspension.objects.visible_to(self.actor).filter(lifted_at__isnull=not self.asked["lifted"])
        return rows.select_related("patient", "exercise")


class LiftSuspension(Caring):
    @extend_schema(operation_id="lift_suspension", request=s.LiftSerializer, responses=s.SuspensionSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Ask the exercise again, from today, with the reason. 409 when somebody lifted it before."""
        suspension = self.in_care(Suspension.objects.select_related("patient", "exercise"), pk)
        data = valid(s.LiftSerializer(data=request.data))
        ladder.lift(suspension=suspension, because=data["because"], by=self.actor.user_id, now=self.now)
        suspension.refresh_from_db(fields=["lifted_at", "lifted_by", "lifted_because"])
        return Response(s.SuspensionSerializer(suspension).data)
