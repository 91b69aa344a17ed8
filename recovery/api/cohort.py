from typing import Any

from rest_framework import serializers

from recovery.engagement import Engagement
from recovery.models.episode import Ending
from recovery.rules import cohort as rules
from recovery.rules.course import Stratum
from recovery.rules.course_of_many import WeekOfMany


class CohortQuery(serializers.Serializer[Any]):
    stratum = serializers.ChoiceField(
        choices=[one.value for one in Stratum],
        required=False,
        help_text="By the symptoms' duration at the start.",
    )
    program = serializers.IntegerField(
        required=False, min_value=1, help_text="The program the first plan was made from."
    )
    started_from = serializers.DateField(required=False, help_text="The first start that is counted.")
    started_to = serializers.DateField(required=False, help_text="The last start that is counted.")

    def validate_stratum(self, value: str) -> Stratum:
        return Stratum(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        started_from, started_to = attrs.get("started_from"), attrs.get("started_to")
        if started_from and started_to and started_from > started_to:
            raise serializers.ValidationError({"started_to": ["Use a date that is not before started_from."]})
        return attrs


class StepSerializer(serializers.Serializer[rules.Step]):
    day = serializers.IntegerField(
        help_text="Days from the start, which is day 1; of a relapse from the relief."
    )
    left = serializers.FloatField(help_text="Share to whom it has not happened, from this day on.")
    low = serializers.FloatField(allow_null=True, help_text="95 % band, log-log.")
    high = serializers.FloatField(allow_null=True)
    at_risk = serializers.IntegerField(help_text="Episodes left when this day began.")
    happened = serializers.IntegerField()


class CurveSerializer(serializers.Serializer[rules.Curve]):
    """A Kaplan-Meier curve, 1 on day 0. It ends with the last day on which 10 are at risk."""

    counted = serializers.IntegerField()
    happened = serializers.IntegerField()
    median = serializers.IntegerField(
        allow_null=True, help_text="The first day with at most half left, if it is drawn."
    )
    drawn_through = serializers.IntegerField()
    steps = StepSerializer(many=True)
    at_risk = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[day, episodes at risk], every four weeks.",
    )


class HalfSerializer(serializers.Serializer[rules.Half]):
    """Whether half are relieved within one to two months."""

    verdict = serializers.ChoiceField(choices=[one.value for one in rules.Verdict])
    sentence = serializers.CharField()


class LeftOutSerializer(serializers.Serializer[Any]):
    no_baseline = serializers.IntegerField()
    low_baseline = serializers.IntegerField(help_text="Below 3: no percentages.")


class WeekOfManySerializer(serializers.Serializer[WeekOfMany]):
    """Shares of the baseline in one program week; null where fewer than 5 have a value in it."""

    week = serializers.IntegerField()
    counted = serializers.IntegerField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="A quarter lies below.")
    middle = serializers.FloatField(allow_null=True, help_text="The median.")
    high = serializers.FloatField(allow_null=True, help_text="A quarter lies above.")
    expected_low = serializers.FloatField()
    expected = serializers.FloatField()
    expected_high = serializers.FloatField()


class GroupSerializer(serializers.Serializer[Any]):
    """Fewer than 10 episodes or 5 reliefs: all but the sentence and the course is null. The same for relapses."""

    stratum = serializers.CharField(allow_null=True)
    program = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(help_text="Of the program.")
    half = HalfSerializer()
    relief = CurveSerializer(allow_null=True)
    relapse = CurveSerializer(
        allow_null=True, help_text="Of those relieved: the share still without a relapse."
    )
    left_out = LeftOutSerializer(
        allow_null=True, help_text="Episodes that are not in the curve, by the reason."
    )
    course = WeekOfManySerializer(
        many=True, allow_null=True, help_text="Of a stratum: its weeks beside the clinic's reference."
    )
    course_label = serializers.CharField(help_text="It must stand beside the course.")


class LogRankSerializer(serializers.Serializer[rules.LogRank]):
    chi_squared = serializers.FloatField()
    degrees = serializers.IntegerField()
    p = serializers.FloatField()


class PublishedShareSerializer(serializers.Serializer[rules.PublishedShare]):
    says = serializers.CharField()
    population = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    stratum = serializers.CharField(allow_null=True)
    by_week = serializers.ListField(child=serializers.ListField(), help_text="[week, share]")


class CohortSerializer(serializers.Serializer[Any]):
    whose = serializers.ChoiceField(
        choices=["clinic", "own patients"], help_text="A clinician's clinic, a therapist's own patients."
    )
    everyone = GroupSerializer()
    strata = GroupSerializer(many=True)
    programs = GroupSerializer(many=True)
    strata_differ = LogRankSerializer(allow_null=True, help_text="Between the strata that are shown.")
    programs_differ = LogRankSerializer(
        allow_null=True, help_text="Between the programs that are shown, within each stratum."
    )
    published = PublishedShareSerializer(many=True)
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What must stand beside the curves."
    )


FEW = "Null: one to four."


class EndedSerializer(serializers.Serializer[Any]):
    """Episodes that ended, by the reason."""

    def get_fields(self) -> dict[str, Any]:
        return {why.value: serializers.IntegerField(allow_null=True, help_text=FEW) for why in Ending}


class EngagementSerializer(serializers.Serializer[Engagement]):
    whose = serializers.ChoiceField(choices=["clinic", "own patients"])
    enrolled = serializers.IntegerField(allow_null=True, help_text=FEW)
    started = serializers.IntegerField(allow_null=True, help_text="With a plan that has begun. " + FEW)
    month = serializers.IntegerField(allow_null=True, help_text="Of these, whose day 30 has ended. " + FEW)
    kept_on = serializers.IntegerField(
        allow_null=True, help_text="Of these, who wrote something on day 30 or later. " + FEW
    )
    ended_before = serializers.IntegerField(
        allow_null=True, help_text="Of those who did not, whose episode had ended by then. " + FEW
    )
    fell_silent = serializers.IntegerField(allow_null=True, help_text="And whose had not. " + FEW)
    ended = EndedSerializer()
