"""Conditional writes: `If-Match` with the ETag one has seen."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from wire.problems import PreconditionRequired


def etag(version: int) -> str:
    return f'"{version}"'


def seen_version(request: Request) -> int:
    """The version the writer saw. Missing is a 428, anything that is not one of our ETags a 400."""
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        raise PreconditionRequired
    digits = header.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise ValidationError({"If-Match": ["This is not an ETag of ours."]})
    return int(digits)
