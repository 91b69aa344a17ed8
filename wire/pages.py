"""Bounded pages. A list goes on where its page ended: a row that arrives meanwhile is neither lost nor doubled."""

import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response


class KeysetPagination(CursorPagination):
    """`?page_size=` up to 200 and `?cursor=` give {next, results}. Views name an `ordering` that ends unique."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "id"
    invalid_cursor_message = "This cursor is not one of ours."
    offset_cutoff = (
        sys.maxsize
    )  # many rows may share a place in the order, as on a worklist of a large clinic

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        ordering = getattr(view, "ordering", self.ordering)
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) < 20 and int(asked) > 0):
            raise ValidationError({self.page_size_query_param: "Use a whole number from 1 to 200."})
        return min(int(asked), self.max_page_size)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError):  # a position that no row of this list can have
            raise ValidationError({self.cursor_query_param: self.invalid_cursor_message}) from None

    def decode_cursor(self, request: Request) -> Any:
        try:
            return super().decode_cursor(request)
        except NotFound:
            raise ValidationError({self.cursor_query_param: self.invalid_cursor_message}) from None

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next_cursor(), "results": data})

    def _next_cursor(self) -> str | None:
        link = self.get_next_link()
        return parse_qs(urlsplit(link).query)[self.cursor_query_param][0] if link else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": ["string", "null"],
                    "description": "The cursor of the next page; null on the last.",
                },
                "results": schema,
            },
        }
