"""How long it takes until relief, over many episodes, and how far patients go with Amble."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from recovery.api.caring import Caring
from recovery.api.cohort import CohortQuery, CohortSerializer, EngagementSerializer
from recovery.cohort import cohort
from recovery.engagement import engagement


class Cohort(Caring):
    query = CohortQuery

    @extend_schema(operation_id="cohort", parameters=[CohortQuery], responses=CohortSerializer)
    def get(self, request: Request) -> Response:
        """Time to relief, and from there to a relapse, of the episodes whose records you may read."""
        return Response(CohortSerializer(cohort(self.actor, **self.asked)).data)


class Engagement(Caring):
    @extend_schema(operation_id="engagement", responses=EngagementSerializer)
    def get(self, request: Request) -> Response:
        """Enrolled, started, still writing on day 30, and why episodes ended, of those whose records you may read."""
        return Response(EngagementSerializer(engagement(self.actor)).data)
