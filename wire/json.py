"""JSON in and out. Input is refused early and by name; output is orjson."""

import json
import math
from typing import IO, Any, NoReturn

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

MAX_DEPTH = 32
MAX_DIGITS = 400


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is larger than 1 MiB. Send fewer records at a time."


class NotJSON(ValueError):
    """The text is not JSON as Amble takes it; the message says why, and never repeats the text."""


def parse(body: bytes, *, check: bool = True) -> Any:
    """Return the value of a JSON text in UTF-8.

    Refuses what `json.loads` lets through: a BOM, duplicate names, NaN and numbers beyond a double, and what
    `check_storable` does, unless the caller asks that of the parts by itself. Raises NotJSON.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJSON("The body is not UTF-8.") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError:
        raise NotJSON(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except json.JSONDecodeError as error:
        raise NotJSON(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    if check:
        check_storable(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJSON("An object has the same name twice.")
    return members


def _constant(name: str) -> NoReturn:
    raise NotJSON(f"{name} is not a JSON number.")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJSON("A number is too large.")
    return number


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotJSON("A number has too many digits.")
    return int(digits)


def check_storable(value: Any, depth: int = 1) -> None:
    """Refuse nesting deeper than 32, and text that PostgreSQL cannot store (NUL, lone surrogates). Raises NotJSON."""
    if isinstance(value, str):
        # isascii is one pass in C and true for nearly all text; only the rest is encoded.
        if "\x00" in value or not (value.isascii() or _storable(value)):
            raise NotJSON("A text holds a character that cannot be stored (NUL or half of a surrogate pair).")
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise NotJSON(f"The body is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            for name, member in value.items():
                check_storable(name, depth)
                check_storable(member, depth + 1)
        else:
            for item in value:
                check_storable(item, depth + 1)


def _storable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class StrictJSONParser(BaseParser):
    media_type = "application/json"
    checks_whole = True

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]
        if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
            raise UnsupportedMediaType(media_type or "", "Send the body without a content encoding.")
        _, _, parameters = (request.content_type or "").partition(";")
        charset = parameters.strip().lower()
        if charset and charset not in ("charset=utf-8", 'charset="utf-8"'):
            raise UnsupportedMediaType(media_type or "", "The only charset of JSON is UTF-8.")
        # One byte more than allowed is enough to know; the rest is never read.
        body = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(body) > settings.MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            return parse(body, check=self.checks_whole)
        except NotJSON as error:
            raise ParseError(str(error)) from None


class PartsJSONParser(StrictJSONParser):
    """For a body of many parts, of which one may be wrong: the view checks each with `check_storable`."""

    checks_whole = False


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else dumps(data)


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
