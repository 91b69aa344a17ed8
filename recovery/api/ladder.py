"""What staff tools are told of sessions, proposals and suspensions."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recovery.models import ExerciseSession, Proposal, Suspension
from recovery.rules import RULE_VERSION
from recovery.rules.patient_words import words_in
from recovery.rules.traffic_light import Judged, Light
from recovery.sessions import light_of, light_of_result
from wire.serializers import StrictCharField, StrictSerializer


class ReasonSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    light = serializers.ChoiceField(choices=[(light.value, light.value) for light in Light])
    for_staff = serializers.CharField()


class JudgedSerializer(serializers.Serializer[Judged]):
    light = serializers.ChoiceField(choices=[(light.value, light.value) for light in Light])
    calls_for_check = serializers.BooleanField(help_text="Ask the safety questions.")
    reasons = ReasonSerializer(many=True)
    rule_version = serializers.SerializerMethodField()

    def get_rule_version(self, judged: Judged) -> str:
        return RULE_VERSION


class SessionSerializer(serializers.ModelSerializer[ExerciseSession]):
    """One session as it stands now, with its light and that of each exercise."""

    judged = serializers.SerializerMethodField()
    exercises = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()

    class Meta:
        model = ExerciseSession
        fields = [
            "id",
            "client_uuid",
            "revision",
            "on",
            "happened_at",
            "conflicted",
            "plan",
            "slot",
            "effort",
            "note",
            "judged",
            "exercises",
        ]

    def get_note(self, session: ExerciseSession) -> str:
        return str(session.body.get("note", ""))

    @extend_schema_field(JudgedSerializer)
    def get_judged(self, session: ExerciseSession) -> Any:
        return JudgedSerializer(light_of(session, session.results.all())).data

    def get_exercises(self, session: ExerciseSession) -> list[dict[str, Any]]:
        """What came of each exercise, and its light; null where it was skipped."""
        results = sorted(session.results.all(), key=lambda result: result.position)
        judged = [(result, light_of_result(session, result)) for result in results]
        return [
            {
                "exercise": result.exercise.slug,
                "outcome": result.outcome,
                "because": session.body["results"][result.position - 1].get("because", ""),
                "judged": JudgedSerializer(light).data if light else None,
            }
            for result, light in judged
        ]


class ProposalsQuery(serializers.Serializer[Any]):
    decided = serializers.BooleanField(
        default=False, help_text="Those that were decided, overtaken or taken, instead of the open ones."
    )


class StepSerializer(serializers.ModelSerializer[Any]):
    """A row that the ladder wrote, which comes with its patient."""

    for_patient = serializers.SerializerMethodField(help_text="As the patient reads it, in their language.")

    def get_for_patient(self, row: Proposal | Suspension) -> str:
        return words_in(row.patient.language).of_step(row.rule, row.numbers)


class ProposalSerializer(StepSerializer):
    patient = serializers.IntegerField(source="patient_id")
    episode = serializers.IntegerField(source="episode_id")
    plan = serializers.IntegerField(source="plan_id")
    exercise = serializers.IntegerField(source="exercise_id")
    slug = serializers.CharField(source="exercise.slug")
    to_exercise = serializers.IntegerField(source="to_exercise_id")
    to_slug = serializers.CharField(source="to_exercise.slug")
    from_in_words = serializers.SerializerMethodField()
    to_in_words = serializers.SerializerMethodField()
    decided_by = serializers.IntegerField(source="decided_by_id", allow_null=True)
    became = serializers.IntegerField(source="became_id", allow_null=True)

    class Meta:
        model = Proposal
        fields = [
            "id",
            "patient",
            "episode",
            "plan",
            "exercise",
            "slug",
            "kind",
            "from_dosage",
            "from_in_words",
            "to_exercise",
            "to_slug",
            "to_dosage",
            "to_in_words",
            "rule",
            "numbers",
            "for_staff",
            "for_patient",
            "rule_version",
            "for_day",
            "made_at",
            "state",
            "decided_by",
            "decided_at",
            "why",
            "became",
        ]

    def get_from_in_words(self, proposal: Proposal) -> str:
        return proposal.exercise.in_words(proposal.from_dose)

    def get_to_in_words(self, proposal: Proposal) -> str | None:
        return proposal.to_exercise.in_words(proposal.to_dose) if proposal.to_dose else None


class DeclineSerializer(StrictSerializer):
    why = StrictCharField(max_length=1000, allow_blank=True, default="")


class SuspensionsQuery(serializers.Serializer[Any]):
    lifted = serializers.BooleanField(
        default=False, help_text="Those that were lifted, instead of those that stand."
    )


class SuspensionSerializer(StepSerializer):
    patient = serializers.IntegerField(source="patient_id")
    name = serializers.CharField(source="patient.name")
    episode = serializers.IntegerField(source="episode_id")
    exercise = serializers.IntegerField(source="exercise_id")
    slug = serializers.CharField(source="exercise.slug")
    suspended_by = serializers.IntegerField(
        source="suspended_by_id", allow_null=True, help_text="Null: two red sessions did."
    )
    lifted_by = serializers.IntegerField(source="lifted_by_id", allow_null=True)

    class Meta:
        model = Suspension
        fields = [
            "id",
            "patient",
            "name",
            "episode",
            "exercise",
            "slug",
            "rule",
            "numbers",
            "for_staff",
            "for_patient",
            "rule_version",
            "suspended_at",
            "suspended_by",
            "lifted_at",
            "lifted_by",
            "lifted_because",
        ]


class LiftSerializer(StrictSerializer):
    because = StrictCharField(max_length=1000, help_text="Why it may be done again.")
