from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from recovery.models.keeping import LEAST_YEARS, MOST_YEARS
from recovery.rules.course import REFERENCE_CURVES
from recovery.rules.red_flags import check_file
from wire.serializers import LocalTimeField, StrictCharField, StrictIntegerField, StrictSerializer

DIALLED = RegexValidator(r"\A[0-9+*#(][0-9 +*#()/-]{1,30}\Z", "Write a number as one dials it, such as 112.")


class TextByLanguage(serializers.DictField):
    """A short text by language, such as {"en": "..."}; a language that is left out reads the default."""

    child = StrictCharField(max_length=600)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        texts: dict[str, str] = super().to_internal_value(data)
        known = check_file()["languages"]
        if texts.keys() - set(known):
            raise serializers.ValidationError(f"Use the languages {', '.join(known)}.")
        return texts


class OpeningSerializer(StrictSerializer):
    weekday = StrictIntegerField(min_value=1, max_value=7, help_text="1 is Monday.")
    opens = LocalTimeField()
    closes = LocalTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["closes"] <= attrs["opens"]:
            raise serializers.ValidationError({"closes": ["Close later than you open, on the same day."]})
        return {
            "weekday": attrs["weekday"],
            "opens": f"{attrs['opens']:%H:%M}",
            "closes": f"{attrs['closes']:%H:%M}",
        }


class SafetySettingsSerializer(StrictSerializer):
    """What patients read of their clinic's settings."""

    emergency_text = TextByLanguage(help_text="What to do in an emergency.")
    emergency_number = StrictCharField(allow_blank=True, validators=[DIALLED])
    crisis_text = TextByLanguage(help_text="Whom to talk to with thoughts of self-harm.")
    crisis_number = StrictCharField(allow_blank=True, validators=[DIALLED])
    out_of_hours_text = TextByLanguage(help_text="Whom to call when the clinic is closed.")
    hours = serializers.ListField(
        child=OpeningSerializer(), max_length=21, help_text="By the clinic's clock; none: not said."
    )


class CareSettingsSerializer(SafetySettingsSerializer):
    review_weeks = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=52),
        min_length=1,
        max_length=26,
        help_text="Program weeks at whose end a review falls due.",
    )
    reference_curve = serializers.ChoiceField(
        choices=list(REFERENCE_CURVES), help_text="Statuses follow it from each patient's next day on."
    )
    keep_years = StrictIntegerField(
        min_value=LEAST_YEARS,
        max_value=MOST_YEARS,
        allow_null=True,
        help_text="After the end of the last bout a record is erased; null: only by hand.",
    )
    version = serializers.IntegerField(read_only=True)
    changed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    changed_by = serializers.IntegerField(source="changed_by_id", read_only=True, allow_null=True)

    def validate_review_weeks(self, weeks: list[int]) -> list[int]:
        return sorted(set(weeks))
