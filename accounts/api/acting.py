from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor, enter
from accounts.audit import note_reading
from wire.pages import KeysetPagination
from wire.problems import unavailable

PAGE = (KeysetPagination.page_size_query_param, KeysetPagination.cursor_query_param)


class Acting(APIView):
    """A view whose whole work is one transaction, seen by PostgreSQL as the person who asks."""

    # The query parameters it knows, beside those of its pages: a misspelt filter must not widen a search.
    query: ClassVar[type[serializers.Serializer[Any]]] = serializers.Serializer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with transaction.atomic():
                return super().dispatch(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            # Raised outside of DRF: at the transaction's own begin or end.
            return unavailable()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._check_query(request)
        self.now = timezone.now()
        # A device's token was looked up and its context set in one statement.
        if self.actor.device_id is None:
            enter(self.actor)

    def handle_exception(self, exc: Exception) -> Response:
        """An error keeps nothing of the request."""
        transaction.set_rollback(True)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Health data stay out of every cache that was not told otherwise, and who read them is noted."""
        response.setdefault("Cache-Control", "no-store")
        # The rollback first: asking a refused request who it is would need the database.
        if not transaction.get_rollback() and isinstance(request.auth, Actor):
            note_reading(request.auth, face="api", route=request.resolver_match)
        return super().finalize_response(request, response, *args, **kwargs)

    def _check_query(self, request: Request) -> None:
        known = {*self.query().fields, *(PAGE if getattr(self, "pagination_class", None) else ())}
        for name, values in request.query_params.lists():
            if name not in known:
                raise serializers.ValidationError(
                    {name: ["There is no such parameter here."]}, code="unknown"
                )
            if len(values) > 1:
                raise serializers.ValidationError({name: ["Give this once."]})
        self.asked  # noqa: B018 (a wrong value is an error before any work)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The query parameters, checked."""
        query = self.query(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        asked: dict[str, Any] = query.validated_data
        return asked

    @property
    def actor(self) -> Actor:
        if not isinstance(self.request.auth, Actor):
            raise TypeError("The permission classes of this view let a stranger through.")
        return self.request.auth
