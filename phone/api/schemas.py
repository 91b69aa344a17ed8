"""The OpenAPI of records, written by the same definitions that check them."""

from typing import Any, get_args

import msgspec

from recovery.records import KINDS, Why

JSON = "application/json"


def _schema(kind: str) -> dict[str, Any]:
    """One kind's schema with everything it refers to in place: OpenAPI components are DRF's."""
    _, components = msgspec.json.schema_components([KINDS[kind]], ref_template="{name}")

    def inline(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return inline(components[part["$ref"]])
            return {name: inline(value) for name, value in part.items()}
        return [inline(value) for value in part] if isinstance(part, list) else part

    schema: dict[str, Any] = inline(components[KINDS[kind].__name__])
    return schema | {"title": kind}


def record_schema(kind: str) -> dict[str, Any]:
    return {JSON: _schema(kind) | {"additionalProperties": False}}


def _item(kind: str) -> dict[str, Any]:
    schema = _schema(kind)
    return schema | {
        "properties": {
            "id": {
                "type": "string",
                "format": "uuid",
                "description": "Made on the phone; a record keeps it for ever.",
            },
            "kind": {"const": kind},
            **schema["properties"],
        },
        "required": ["id", "kind", *schema["required"]],
    }


ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "answer"],
    "properties": {
        "id": {"type": ["string", "null"]},
        "answer": {"enum": ["stored", "same", "conflict", "refused"]},
        "ignored": {"type": "array", "items": {"type": "string"}},
        "pointer": {"type": "string", "description": "Where a refused record is wrong (RFC 6901)."},
        "code": {"enum": list(get_args(Why)), "description": "Why it was refused."},
        "reason": {"type": "string", "description": "The same as a sentence, in English."},
    },
}
SYNC = {
    JSON: {
        "type": "object",
        "required": ["records"],
        "additionalProperties": False,
        "properties": {
            "records": {"type": "array", "maxItems": 100, "items": {"oneOf": [_item(kind) for kind in KINDS]}}
        },
    }
}
SYNC_ANSWERS: dict[str, Any] = {
    "type": "object",
    "required": ["answers"],
    "properties": {
        "answers": {"type": "array", "items": ANSWER, "description": "One a record, in the order sent."}
    },
}
