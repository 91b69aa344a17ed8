from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recovery.models import Reexamination, Review, Task
from recovery.models.reviews import Outcome, Reflex, Sensation, Sign, Strength
from recovery.rules.reviews import Owner
from wire.serializers import StrictBooleanField, StrictCharField, StrictIntegerField, StrictSerializer


class ReviewsQuery(serializers.Serializer[Any]):
    open = serializers.BooleanField(default=True, help_text="false: those that were answered.")


class TasksQuery(serializers.Serializer[Any]):
    open = serializers.BooleanField(default=True, help_text="false: those that were done.")


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A review with who owns it. What it is about is null for an administrator: it is of the record."""

    patient = serializers.IntegerField(source="patient_id")
    name = serializers.CharField(source="patient.name")
    owner = serializers.ChoiceField(
        choices=[(owner.value, owner.value) for owner in Owner],
        source="ownership.step",
        help_text="It moves on from the therapist to the clinician to the administrator.",
    )
    owners = serializers.SerializerMethodField()
    episode = serializers.IntegerField(source="episode_id", allow_null=True)
    cause = serializers.CharField(allow_null=True)
    why = serializers.CharField(source="in_words", allow_null=True)
    answered_by = serializers.IntegerField(
        source="answered_by_id", allow_null=True, help_text="The re-examination that answered it."
    )

    class Meta:
        model = Review
        fields = [
            "id",
            "patient",
            "name",
            "due_on",
            "opened_at",
            "owner",
            "owners",
            "episode",
            "cause",
            "why",
            "answered_by",
        ]

    @extend_schema_field(PersonSerializer(many=True))
    def get_owners(self, review: Any) -> list[dict[str, Any]]:
        return [{"id": user, "name": name} for user, name in review.ownership.people]

    def to_representation(self, review: Any) -> dict[str, Any]:
        said = super().to_representation(review)
        return said if review.is_of_their_record else said | dict.fromkeys(("episode", "cause", "why"))


class RecordReviewSerializer(StrictSerializer):
    """What was found on looking again, and what follows. What is not named was not tested."""

    heel_walk = serializers.ChoiceField(choices=Strength.choices, default=Strength.NOT_TESTED)
    toe_walk = serializers.ChoiceField(choices=Strength.choices, default=Strength.NOT_TESTED)
    big_toe_strength = serializers.ChoiceField(choices=Strength.choices, default=Strength.NOT_TESTED)
    reflex = serializers.ChoiceField(choices=Reflex.choices, default=Reflex.NOT_TESTED)
    sensation = serializers.ChoiceField(choices=Sensation.choices, default=Sensation.NOT_TESTED)
    straight_leg_raise = serializers.ChoiceField(choices=Sign.choices, default=Sign.NOT_TESTED)
    diagnosis_unchanged = StrictBooleanField(help_text="Whether the working diagnosis is what it was.")
    red_flags_checked = StrictBooleanField(help_text="Whether red flags were asked about face to face.")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    because = StrictCharField(
        max_length=1000, allow_blank=True, default="", help_text="Required to continue."
    )
    note = StrictCharField(max_length=4000, allow_blank=True, default="")
    corrects = StrictIntegerField(
        min_value=1, allow_null=True, default=None, help_text="The re-examination that this one corrects."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["outcome"] == Outcome.CONTINUE and not attrs["because"]:
            raise serializers.ValidationError({"because": ["Say why the plan goes on as it is."]})
        return attrs


class ReexaminationSerializer(serializers.ModelSerializer[Reexamination]):
    episode = serializers.IntegerField(source="episode_id")
    corrects = serializers.IntegerField(source="corrects_id", allow_null=True)
    recorded_by = PersonSerializer()

    class Meta:
        model = Reexamination
        fields = [
            "id",
            "episode",
            "corrects",
            "heel_walk",
            "toe_walk",
            "big_toe_strength",
            "reflex",
            "sensation",
            "straight_leg_raise",
            "diagnosis_unchanged",
            "red_flags_checked",
            "outcome",
            "because",
            "note",
            "recorded_on",
            "recorded_at",
            "recorded_by",
        ]


class TaskSerializer(serializers.ModelSerializer[Task]):
    patient = serializers.IntegerField(source="patient_id")
    name = serializers.CharField(source="patient.name")
    episode = serializers.IntegerField(source="episode_id", allow_null=True)
    done_by = serializers.IntegerField(source="done_by_id", allow_null=True)

    class Meta:
        model = Task
        fields = [
            "id",
            "patient",
            "name",
            "episode",
            "kind",
            "cause",
            "why",
            "opened_at",
            "done_at",
            "done_by",
            "how",
        ]


class FinishTaskSerializer(StrictSerializer):
    how = StrictCharField(max_length=1000, help_text="What was done.")
