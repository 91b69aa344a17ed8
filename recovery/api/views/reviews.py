"""Reviews that fell due, what was found on looking again, and other work that a rule hands to a person."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsStaff
from recovery.actions.reviews import record_reexamination
from recovery.actions.tasks import finish_task
from recovery.api import review_serializers as s
from recovery.api.caring import Caring, valid
from recovery.models import Episode, Reexamination, Review, Task
from recovery.owners import owners


class Reviews(Acting, generics.ListAPIView[Review]):
    """The reviews that are due, longest first, with who owns each; `?open=false` for those that were answered.

    Therapists see those of their care teams, clinicians the clinic's, administrators those that nobody has answered
    for two weeks: the name and the date.
    """

    permission_classes = (IsStaff,)
    serializer_class = s.ReviewSerializer
    ordering = ("due_on", "id")
    query = s.ReviewsQuery

    @extend_schema(operation_id="reviews", parameters=[s.ReviewsQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Review]:
        rows = Review.objects.visible_to(self.actor)
        if self.asked["open"]:
            rows = rows.open() | Review.objects.left_to_administrators(self.actor)
        else:
            rows = rows.filter(answered_by__isnull=False)
        return rows.select_related("patient")

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        page = super().paginate_queryset(queryset) or []
        owned = owners(page, today=self.actor.today)
        visible = Review.objects.visible_to(self.actor).filter(pk__in=list(owned))
        record = set(visible.values_list("pk", flat=True)) if self.actor.is_administrator else set(owned)
        for review in page:
            review.ownership, review.is_of_their_record = owned[review.pk], review.pk in record
        return page


class Reexaminations(Caring, generics.ListAPIView[Reexamination]):
    """What was found on looking at an episode again, newest first. Nothing is ever changed."""

    serializer_class = s.ReexaminationSerializer
    ordering = "-id"

    @extend_schema(operation_id="reexaminations")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Reexamination]:
        rows = Reexamination.objects.visible_to(self.actor).filter(episode=self.kwargs["pk"])
        return rows.select_related("recorded_by")

    @extend_schema(
        operation_id="record_review",
        request=s.RecordReviewSerializer,
        responses={201: s.ReexaminationSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Record a re-examination: it answers every review of the episode that is open.

        To correct one, record it again and name it in `corrects`; the first stays as it was.
        """
        episode = self.seen(Episode.objects.select_related("patient"), pk)
        data = valid(s.RecordReviewSerializer(data=request.data))
        corrects = data.pop("corrects")
        originals = Reexamination.objects.filter(episode=episode, corrects=None)
        if corrects and not originals.filter(pk=corrects).exists():
            raise ValidationError(
                {
                    "corrects": [
                        "Name the first recording of a re-examination of this episode, not a correction."
                    ]
                }
            )
        row = record_reexamination(
            episode=episode, by=self.actor.user_id, now=self.now, corrects_id=corrects, **data
        )
        return Response(s.ReexaminationSerializer(row).data, status=201)


class Tasks(Caring, generics.ListAPIView[Task]):
    """The open tasks, oldest first; `?open=false` for those that were done."""

    serializer_class = s.TaskSerializer
    ordering = "id"
    query = s.TasksQuery

    @extend_schema(operation_id="tasks", parameters=[s.TasksQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Task]:
        rows = Task.objects.visible_to(self.actor).filter(done_at__isnull=self.asked["open"])
        return rows.select_related("patient")


class FinishTask(Caring):
    @extend_schema(operation_id="finish_task", request=s.FinishTaskSerializer, responses=s.TaskSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say that it is done, and how. Of two at once, one is told 409."""
        task = self.seen(Task.objects.select_related("patient"), pk)
        data = valid(s.FinishTaskSerializer(data=request.data))
        finish_task(task=task, how=data["how"], by=self.actor.user_id, now=self.now)
        task.refresh_from_db()
        return Response(s.TaskSerializer(task).data)
