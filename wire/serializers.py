"""Serializers that take JSON types as they are: 3 is a number, "3" and true are not; unknown fields are refused."""

import re
from datetime import time
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

LARGEST = 2**63 - 1  # what a column can hold, and every JSON reader


class StrictIntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int or abs(data) > LARGEST:
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictCharField(serializers.CharField):
    default_error_messages = {"invalid": "Not a text."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input="")
        return data


HH_MM = re.compile(r"^([01][0-9]|2[0-3]):[0-5][0-9]$")


@extend_schema_field({"type": "string", "pattern": HH_MM.pattern})
class LocalTimeField(serializers.TimeField):
    """A time on a person's or a clinic's own clock, to the minute, as "HH:MM"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", **kwargs)

    def to_internal_value(self, value: Any) -> time:
        if not (isinstance(value, str) and HH_MM.fullmatch(value)):
            raise serializers.ValidationError(
                "Use a time of the day as HH:MM, from 00:00 to 23:59.", code="invalid"
            )
        return time.fromisoformat(value)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer whose unknown fields are errors. Use the strict fields of this module in it.

    A PATCH changes the fields of the outermost; what is inside of one of them is written as a whole.
    """

    default_error_messages = {"unknown": "There is no such field here."}

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            if unknown := data.keys() - writable:
                message = self.error_messages["unknown"]
                raise serializers.ValidationError(
                    {name: [message] for name in sorted(unknown)}, code="unknown"
                )
            if self.parent is not None and getattr(self.root, "partial", False):
                data = self._whole(data)
        return super().run_validation(data)

    def _whole(self, data: dict[str, Any]) -> dict[str, Any]:
        """With its defaults, which DRF leaves out of a PATCH however deep, as it does what is required."""
        absent = {
            name: field for name, field in self.fields.items() if name not in data and not field.read_only
        }
        if missing := [name for name, field in absent.items() if field.required]:
            message = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError({name: [message] for name in missing}, code="required")
        given = {name: field.default for name, field in absent.items() if field.default is not empty}
        return data | {name: value() if callable(value) else value for name, value in given.items()}


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """A model serializer whose unknown fields are errors and whose fields take JSON types as they are."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.IntegerField: StrictIntegerField,
        models.SmallIntegerField: StrictIntegerField,
        models.PositiveSmallIntegerField: StrictIntegerField,
        models.PositiveIntegerField: StrictIntegerField,
        models.BigIntegerField: StrictIntegerField,
        models.CharField: StrictCharField,
        models.TextField: StrictCharField,
        models.BooleanField: StrictBooleanField,
    }
