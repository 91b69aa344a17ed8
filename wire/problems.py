"""Every error as problem+json (RFC 9457), with a pointer to each wrong field. Never HTML, never the sent value."""

import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import Error, ErrorResponse
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response

from wire.json import dumps

MEDIA_TYPE = "application/problem+json"


class Conflict(APIException):
    """Somebody else was first: the state the request was based on is gone. The detail says what to do."""

    status_code = 409
    default_code = "conflict"


class PreconditionFailed(APIException):
    status_code = 412
    default_code = "changed_meanwhile"
    default_detail = "This was changed by somebody else. Load it again and repeat your change."


class PreconditionRequired(APIException):
    status_code = 428
    default_code = "if_match_required"
    default_detail = "Send the ETag you last saw as If-Match."


class Unavailable(APIException):
    status_code = 503
    default_code = "unavailable"
    default_detail = "The database cannot be reached at the moment. Keep what you have and try again."


class _ProblemFormatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        status = self.exc.status_code
        errors = error_response.errors
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": errors[0].code,
            "detail": errors[0].detail,
        }
        if any(error.attr for error in errors):
            problem["detail"] = "Some fields are not right; see errors."
            problem["errors"] = [
                {
                    "pointer": "/" + (error.attr or "").replace(".", "/"),
                    "code": error.code,
                    "detail": _detail(error),
                }
                for error in errors
            ]
        return problem


def _detail(error: Error) -> str:
    """DRF's sentence, except where it repeats what was sent."""
    return "This is not one of the values allowed here." if error.code == "invalid_choice" else error.detail


class _ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, OperationalError | InterfaceError):
            return Unavailable()
        if isinstance(exc, SuspiciousOperation):  # Django's own bounds, such as a thousand query parameters
            return ParseError("The request cannot be read.")
        return super().convert_known_exceptions(exc)

    def format_exception(self, exc: APIException) -> dict[str, Any]:
        problem: dict[str, Any] = _ProblemFormatter(exc, self.context, self.exc).run()
        return problem

    def run(self) -> Response | None:
        response: Response | None = super().run()
        if response is not None:
            response.content_type = MEDIA_TYPE
            if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                response["Retry-After"] = "5"
        return response


def problem_handler(exc: Exception, context: Any) -> Response | None:
    """DRF's exception handler: every error that a view raises, as a problem+json response."""
    return _ProblemHandler(exc, context).run()


def problem(status: int, *, code: str, detail: str) -> HttpResponse:
    """The same for errors that are raised before or outside a view."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return HttpResponse(dumps(body), status=status, content_type=MEDIA_TYPE)


def unavailable() -> HttpResponse:
    """The database is away: keep what you have and try again."""
    response = problem(503, code=Unavailable.default_code, detail=Unavailable.default_detail)
    response["Retry-After"] = "5"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(404, code="not_found", detail="There is nothing here.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(400, code="bad_request", detail="The request cannot be read.")


def server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exception(), OperationalError | InterfaceError):  # of a page, or of a session
        return unavailable()
    return problem(
        500, code="error", detail="Something went wrong here. It was not your input; try again later."
    )
