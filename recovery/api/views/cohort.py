"""How long it takes until relief, over many episodes."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from recovery.api.caring import Caring
from recovery.api.cohort import CohortQuery, CohortSerializer
from recovery.cohort import cohort


class Cohort(Caring):
    query = CohortQuery

    @extend_schema(operation_id="cohort", parameters=[CohortQuery], responses=CohortSerializer)
    def get(self, request: Request) -> Response:
        """Time to relief, and from there to a relapse, of the episodes whose records you may read."""
        return Response(CohortSerializer(cohort(self.actor, **self.asked)).data)
