from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.utils import timezone
from rest_framework import serializers

from exercises.api.serializers import BoundsSerializer
from exercises.dosage import Dosage, DosageRange
from recovery.models import (
    CareTeamMember,
    Episode,
    FlagAction,
    Patient,
    Plan,
    PlanDraft,
    PlanPause,
    Prescription,
    Progress,
    RedFlag,
    StatusChange,
)
from recovery.models.episode import Ending, Exclusion, Side
from recovery.models.events import EventKind
from recovery.models.people import Language
from recovery.models.safety import FlagDeed
from recovery.rules.asked import LONGEST_PAUSE
from recovery.rules.diary import Region
from recovery.rules.patient_words import words_in
from wire.serializers import StrictCharField, StrictIntegerField, StrictModelSerializer, StrictSerializer

LONGEST_EPISODE = timedelta(days=365 * 50)


def known_zone(name: str) -> None:
    if name not in available_timezones():
        raise serializers.ValidationError(
            "Use the name of a time zone, such as Europe/Berlin.", code="unknown_zone"
        )


class PatientsQuery(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=80, default="", allow_blank=True, help_text="Part of the name.")


class RedFlagsQuery(serializers.Serializer[Any]):
    closed = serializers.BooleanField(
        default=False, help_text="Those that were closed, instead of the open ones."
    )


class EpisodeFactsSerializer(StrictSerializer):
    """What opens an episode. Every exclusion that holds for this person must have been cleared, and is ticked."""

    onset_on = serializers.DateField(help_text="Not in the future.")
    side = serializers.ChoiceField(choices=Side.choices)
    region = serializers.ChoiceField(choices=[(r.value, r.value) for r in Region], default=Region.LEG)
    exclusions_cleared = serializers.ListField(
        child=serializers.ChoiceField(choices=Exclusion.choices), default=list, max_length=len(Exclusion)
    )

    def validate_onset_on(self, onset_on: date) -> date:
        # A day ahead of UTC it may be today somewhere.
        if (
            not timezone.now().date() - LONGEST_EPISODE
            <= onset_on
            <= timezone.now().date() + timedelta(days=1)
        ):
            raise serializers.ValidationError("Use the date on which this bout began, not in the future.")
        return onset_on


class AddPatientSerializer(StrictSerializer):
    name = StrictCharField(max_length=120)
    birth_year = StrictIntegerField(min_value=1900, max_value=2100)
    time_zone = StrictCharField(max_length=64, required=False, validators=[known_zone])
    email = serializers.EmailField(max_length=254, required=False)
    language = serializers.ChoiceField(choices=Language.choices, default=Language.ENGLISH)
    episode = EpisodeFactsSerializer()


class PatientSerializer(StrictModelSerializer):
    id = serializers.IntegerField(source="pk", read_only=True)
    time_zone = StrictCharField(max_length=64, validators=[known_zone])
    language = serializers.ChoiceField(choices=Language.choices)
    episode = serializers.SerializerMethodField()

    class Meta:
        model = Patient
        fields = ["id", "name", "birth_year", "email", "time_zone", "language", "added_at", "episode"]
        read_only_fields = ["added_at"]

    def get_episode(self, patient: Patient) -> int | None:
        """The id of the open episode."""
        return next((episode.pk for episode in patient.episodes.all() if episode.ended_on is None), None)


class RosterSerializer(serializers.ModelSerializer[Patient]):
    """What an administrator sees of a patient: the name and whether they are enrolled."""

    id = serializers.IntegerField(source="pk")
    joined = serializers.BooleanField(help_text="Whether a phone of theirs is signed in.")
    enrolled = serializers.BooleanField(help_text="Whether an episode is open.")

    class Meta:
        model = Patient
        fields = ["id", "name", "added_at", "joined", "enrolled"]


class CareTeamSerializer(StrictModelSerializer):
    person = StrictIntegerField(source="user_id", min_value=1)
    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = CareTeamMember
        fields = ["id", "person", "name", "from_on", "until_on"]


class EpisodeSerializer(serializers.ModelSerializer[Episode]):
    patient = serializers.IntegerField(source="patient_id")
    stratum = serializers.CharField(
        allow_null=True, help_text="A, B or C, by the symptoms' duration at the start."
    )

    class Meta:
        model = Episode
        fields = [
            "id",
            "patient",
            "onset_on",
            "side",
            "region",
            "exclusions_cleared",
            "started_on",
            "stratum",
            "opened_at",
            "ended_on",
            "ended_because",
        ]


class EndEpisodeSerializer(StrictSerializer):
    because = serializers.ChoiceField(choices=Ending.choices)
    on = serializers.DateField(help_text="The patient's local date, not in the future.")


class LineSerializer(StrictSerializer):
    """One exercise line of a draft. Bounds of the dosage come from the exercise and are checked at publishing.

    `range` narrows what the exercise allows, for this patient: no proposed step leaves it.
    """

    exercise = StrictIntegerField(min_value=1)
    dosage = serializers.DictField(child=StrictIntegerField(min_value=1))
    weekdays = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=7),
        default=list,
        max_length=7,
        help_text="1 is Monday; none: every day.",
    )
    side = serializers.ChoiceField(choices=Side.choices, allow_blank=True, default="")
    note = StrictCharField(max_length=500, allow_blank=True, default="")
    range = serializers.DictField(
        child=BoundsSerializer(), required=False, help_text="By variable, only those that are narrowed."
    )

    def validate_range(self, named: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        try:
            DosageRange.from_json(named)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None
        return named

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The days a week of a dosage are those of its weekdays, so that the two cannot contradict each other."""
        try:
            dosage = Dosage.from_json(attrs["dosage"]).on(attrs["weekdays"])
        except ValueError as error:
            raise serializers.ValidationError({"dosage": [str(error)]}) from None
        return attrs | {"dosage": dosage.as_json(), "weekdays": sorted(set(attrs["weekdays"]))}


class DraftSerializer(StrictModelSerializer):
    episode = serializers.IntegerField(source="episode_id", read_only=True)
    program = serializers.IntegerField(source="program_id", read_only=True, allow_null=True)
    lines = serializers.ListField(child=LineSerializer(), max_length=40)
    starts_on = serializers.DateField()

    class Meta:
        model = PlanDraft
        fields = ["episode", "version", "program", "lines", "starts_on", "note", "by_itself", "updated_at"]
        read_only_fields = ["version", "updated_at"]


class NewDraftSerializer(StrictSerializer):
    """Name a program to copy it, or none to copy the last version of the plan."""

    program = StrictIntegerField(min_value=1, required=False, allow_null=True, default=None)
    starts_on = serializers.DateField(required=False)


class PrescriptionSerializer(serializers.ModelSerializer[Prescription]):
    exercise = serializers.IntegerField(source="exercise_id")
    slug = serializers.CharField(source="exercise.slug")
    name = serializers.SerializerMethodField()
    dosage = serializers.DictField(source="dosage_values", child=serializers.IntegerField())
    in_words = serializers.SerializerMethodField()
    range = serializers.SerializerMethodField()

    class Meta:
        model = Prescription
        fields = [
            "position",
            "exercise",
            "slug",
            "name",
            "dosage",
            "in_words",
            "weekdays",
            "side",
            "note",
            "range",
        ]

    def get_name(self, line: Prescription) -> str:
        return str(line.exercise.text_in(self.context.get("language", "en"))["name"])

    def get_in_words(self, line: Prescription) -> str:
        return line.in_words

    def get_range(self, line: Prescription) -> dict[str, dict[str, int]]:
        """What no proposed step leaves, by variable."""
        return line.allowed.as_json()


class PlanSerializer(serializers.ModelSerializer[Plan]):
    episode = serializers.IntegerField(source="episode_id")
    program = serializers.IntegerField(source="program_id", allow_null=True)
    published_by = serializers.IntegerField(
        source="published_by_id", allow_null=True, help_text="Null: a step the rules took by themselves."
    )
    lines = PrescriptionSerializer(source="prescriptions", many=True)
    minutes_a_day = serializers.IntegerField(help_text="About how long its fullest day takes.")
    needs_review_since = serializers.DateField(
        source="episode.progress.needs_review_since",
        allow_null=True,
        help_text="No progress by week 4, and no review recorded since.",
    )

    class Meta:
        model = Plan
        fields = [
            "id",
            "episode",
            "number",
            "program",
            "starts_on",
            "note",
            "by_itself",
            "published_by",
            "published_at",
            "needs_review_since",
            "minutes_a_day",
            "lines",
        ]


class PublishedSerializer(serializers.ModelSerializer[Plan]):
    class Meta:
        model = Plan
        fields = ["id", "number", "starts_on"]


class StatusSerializer(serializers.ModelSerializer[StatusChange]):
    """It comes with its patient and its episode."""

    for_patient = serializers.SerializerMethodField(help_text="As the patient reads it, in their language.")

    def get_for_patient(self, row: StatusChange) -> str:
        return words_in(row.patient.language).of_decision(row.rule, row.numbers, row.episode.region)

    class Meta:
        model = StatusChange
        fields = [
            "id",
            "status",
            "rule",
            "for_day",
            "numbers",
            "for_staff",
            "for_patient",
            "rule_version",
            "computed_at",
        ]


class WorklistSerializer(serializers.ModelSerializer[Progress]):
    patient = serializers.IntegerField(source="patient_id")
    name = serializers.CharField(source="patient.name")
    episode = serializers.IntegerField(source="episode_id")
    weeks = serializers.ListField(
        child=serializers.ListField(), help_text="[week, mean pain or null], oldest first."
    )

    class Meta:
        model = Progress
        fields = [
            "patient",
            "name",
            "episode",
            "status",
            "need",
            "hurt_twice",
            "unread",
            "waits_since",
            "rule",
            "numbers",
            "for_staff",
            "decided_for",
            "weeks",
            "sessions_done",
            "sessions_asked",
            "last_entry_at",
            "review_due_on",
            "needs_review_since",
        ]


class FlagActionSerializer(serializers.ModelSerializer[FlagAction]):
    done_by = serializers.IntegerField(source="done_by_id")

    class Meta:
        model = FlagAction
        fields = ["what", "note", "done_at", "done_by"]


class ActOnFlagSerializer(StrictSerializer):
    what = serializers.ChoiceField(choices=FlagDeed.choices)
    note = StrictCharField(max_length=1000, allow_blank=True, default="", help_text="Required for a note.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["what"] == FlagDeed.NOTE and not attrs["note"]:
            raise serializers.ValidationError({"note": ["Write what you want to note."]})
        return attrs


class RedFlagSerializer(serializers.ModelSerializer[RedFlag]):
    patient = serializers.IntegerField(source="patient_id")
    name = serializers.CharField(source="patient.name")
    acknowledged_by = serializers.IntegerField(source="acknowledged_by_id", allow_null=True)
    closed_by = serializers.IntegerField(source="closed_by_id", allow_null=True)
    actions = FlagActionSerializer(many=True, help_text="What was done about it so far, oldest first.")

    class Meta:
        model = RedFlag
        fields = [
            "id",
            "patient",
            "name",
            "rule",
            "tier",
            "about_on",
            "raised_at",
            "acknowledged_at",
            "acknowledged_by",
            "closed_at",
            "closed_by",
            "closed_because",
            "actions",
        ]


class CloseFlagSerializer(StrictSerializer):
    because = StrictCharField(max_length=1000, help_text="What was done.")


class StartAnewSerializer(StrictSerializer):
    on = serializers.DateField(help_text="From the first plan's start to today, by the patient's local date.")


class PauseSerializer(StrictModelSerializer):
    """Both dates are paused. `resumed_on` is the first date asked for again, when it was ended early."""

    episode = serializers.IntegerField(source="episode_id", read_only=True)
    paused_by = serializers.IntegerField(source="paused_by_id", read_only=True)
    resumed_by = serializers.IntegerField(source="resumed_by_id", read_only=True, allow_null=True)

    class Meta:
        model = PlanPause
        fields = [
            "id",
            "episode",
            "from_on",
            "until_on",
            "reason",
            "note",
            "paused_by",
            "paused_at",
            "resumed_on",
            "resumed_by",
        ]
        read_only_fields = ["paused_at", "resumed_on"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta() <= attrs["until_on"] - attrs["from_on"] <= LONGEST_PAUSE:
            raise serializers.ValidationError(
                {"until_on": [f"Use a date from the first day on, at most {LONGEST_PAUSE.days} days later."]}
            )
        return attrs


class EventSerializer(StrictSerializer):
    """The patient reads it too."""

    what = serializers.ChoiceField(choices=EventKind.choices)
    about_on = serializers.DateField(help_text="From the onset to today, by the patient's local date.")
    note = StrictCharField(max_length=500, allow_blank=True, default="")
