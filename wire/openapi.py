"""What the API's document says of all operations: unknown fields are refused, and any may answer with a problem."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema

from wire.problems import MEDIA_TYPE


class StrictObjects(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "wire.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        return schema | {"additionalProperties": False}


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. It never repeats what was sent.",
    "required": ["type", "title", "status", "code", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs; it stays as it is."},
        "detail": {"type": "string", "description": "For people: a sentence that says what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {"type": "string", "description": "Of the field that is wrong (RFC 6901)."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: any operation may refuse, and be without its database for a moment."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result["components"]["responses"] = {
        "Refused": {"description": "Nothing was done; it says why.", "content": content},
        "Unavailable": {"description": "Try again after the seconds of Retry-After.", "content": content},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"] |= {
                "4XX": {"$ref": "#/components/responses/Refused"},
                "503": {"$ref": "#/components/responses/Unavailable"},
            }
    return result
