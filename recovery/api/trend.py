"""The shape of `recovery.trend.trend` for the OpenAPI document. Nothing is rendered through these: a phone reads a
trend all day, and a serializer would cost more than the trend."""

from typing import Any

from rest_framework import serializers

from recovery.rules.adherence import Adherence
from recovery.rules.course import Stratum
from recovery.rules.diary import Region
from recovery.rules.measures.instruments import Effect
from recovery.rules.plan_change import Verdict
from recovery.rules.status import Status

REGIONS = [(region.value, region.value) for region in Region]


class Documented(serializers.Serializer[Any]):
    pass


class DayPainSerializer(Documented):
    on = serializers.DateField()
    value = serializers.FloatField(min_value=0, max_value=10)


class DaysSerializer(Documented):
    """Days that have a value only: a missing day is a gap, never a zero."""

    leg = DayPainSerializer(many=True)
    back = DayPainSerializer(many=True)


class LinesSerializer(Documented):
    """The smoothed mean, in pieces: nothing is drawn between two of them."""

    leg = serializers.ListField(child=DayPainSerializer(many=True))
    back = serializers.ListField(child=DayPainSerializer(many=True))


class WeekSerializer(Documented):
    week = serializers.IntegerField(help_text="Program week, from 1.")
    first = serializers.DateField()
    last = serializers.DateField()
    logged_days = serializers.IntegerField(help_text="Of seven.")
    value = serializers.FloatField(
        allow_null=True, help_text="Mean pain; null with fewer than 4 logged days."
    )
    session_adherence = serializers.FloatField(
        allow_null=True, help_text="Of the 28 days that end with it, 0 to 1; null when nothing was asked."
    )


class SlopeSerializer(Documented):
    """Points of pain a week over the last four ended weeks, with its 90 % interval. It decides nothing."""

    per_week = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    days = serializers.IntegerField(allow_null=True, help_text="Days with a value that were used.")
    why_not = serializers.CharField(help_text="Why there is none; empty when there is one.")


class BaselineSerializer(Documented):
    value = serializers.FloatField()
    week = serializers.IntegerField()
    late = serializers.BooleanField(help_text="Not from week 1.")
    low = serializers.BooleanField(help_text="Below 3: no percentages and no band.")


class EdgesSerializer(Documented):
    week = serializers.IntegerField(help_text="Completed weeks; 0 is the start.")
    low = serializers.FloatField()
    middle = serializers.FloatField()
    high = serializers.FloatField()


class ExpectedSerializer(Documented):
    """The published course around this baseline. A model, not a prediction: the label must stand beside it."""

    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own label is a text
    version = serializers.CharField()
    stratum = serializers.ChoiceField(choices=[one.value for one in Stratum])
    sources = serializers.ListField(child=serializers.CharField())
    weeks = EdgesSerializer(many=True)


class TrendSerializer(Documented):
    start = serializers.DateField()
    region = serializers.ChoiceField(choices=REGIONS, help_text="The one that decides the status.")
    through = serializers.DateField(help_text="The last ended day.")
    days = DaysSerializer()
    lines = LinesSerializer()
    weeks = WeekSerializer(many=True)
    slope = SlopeSerializer()
    baseline = BaselineSerializer(allow_null=True)
    expected = ExpectedSerializer()


class CurrentStatusSerializer(Documented):
    status = serializers.ChoiceField(choices=[one.value for one in Status])
    rule = serializers.CharField()
    for_day = serializers.DateField(allow_null=True)
    numbers = serializers.DictField(help_text="What it was decided on.")
    for_staff = serializers.CharField()
    for_patient = serializers.CharField(help_text="As the patient reads it, in their language.")
    rule_version = serializers.CharField()


class WindowSerializer(Documented):
    first_week = serializers.IntegerField()
    last_week = serializers.IntegerField()
    level = serializers.FloatField(help_text="Mean of the weeks in it that have a value.")


class EffectSerializer(Documented):
    """The weeks before and after a change. It never shows a cause, and says so."""

    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    sentence = serializers.CharField()
    before = WindowSerializer(allow_null=True)
    after = WindowSerializer(allow_null=True)
    difference = serializers.FloatField(allow_null=True, help_text="After less before.")
    expected = serializers.FloatField(allow_null=True, help_text="The same of the published course.")


class ChangedPlanSerializer(Documented):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    starts_on = serializers.DateField()
    effect = EffectSerializer(allow_null=True, help_text="Null for the first version, which changed nothing.")


class SharedSerializer(Documented):
    share = serializers.FloatField(allow_null=True, help_text="0 to 1; null where there is nothing to count.")
    word = serializers.ChoiceField(
        choices=[*(one.value for one in Adherence), "nothing_asked", "not_counted"]
    )


class SessionsSerializer(SharedSerializer):
    asked = serializers.IntegerField()
    done = serializers.IntegerField()


class WindowOfDaysSerializer(Documented):
    days = serializers.IntegerField()
    sessions = SessionsSerializer()
    dose = SharedSerializer()


class AdherenceSerializer(Documented):
    """What was done of what was asked. Days that were paused, stopped or free are not in it."""

    week = WindowOfDaysSerializer(help_text="The last 7 ended days.")
    month = WindowOfDaysSerializer(help_text="The last 28 ended days.")


class ReliefSerializer(Documented):
    on = serializers.DateField()
    confirmed_on = serializers.DateField()
    level = serializers.FloatField()
    stands = serializers.BooleanField()
    relapsed_on = serializers.DateField(allow_null=True)


class GlobalEffectSerializer(Documented):
    effect = serializers.ChoiceField(choices=[one.value for one in Effect])
    on = serializers.DateField()
    improved = serializers.BooleanField()


class RecurrenceSerializer(Documented):
    days = serializers.IntegerField(
        help_text="From the first relief to the relapse, or to the last day watched."
    )
    relapsed = serializers.BooleanField()


class RecoverySerializer(Documented):
    improved_on = serializers.DateField(allow_null=True, help_text="The first meaningful improvement.")
    relief = ReliefSerializer(allow_null=True, help_text="The last relief of the diary.")
    global_effect = GlobalEffectSerializer(allow_null=True, help_text="What the patient last said.")
    agree = serializers.BooleanField(allow_null=True, help_text="Null where diary or word is missing.")
    recovered = serializers.BooleanField()
    recurrence = RecurrenceSerializer(allow_null=True)


class EpisodeTrendSerializer(TrendSerializer):
    episode = serializers.IntegerField()
    status = CurrentStatusSerializer()
    adherence = AdherenceSerializer()
    recovery = RecoverySerializer()
    plans = ChangedPlanSerializer(many=True)


class PlanVersionSerializer(Documented):
    number = serializers.IntegerField()
    letter = serializers.CharField(help_text="Its name on a timeline and in a chart.")
    starts_on = serializers.DateField()


class WalkingSerializer(Documented):
    """What was walked on the last ended days of the program, at most seven."""

    days = serializers.IntegerField()
    walked_days = serializers.IntegerField()
    minutes = serializers.IntegerField()


class OwnProgressSerializer(Documented):
    sentence = serializers.CharField()
    decided_for = serializers.DateField(allow_null=True)
    trend = TrendSerializer(allow_null=True)
    adherence = AdherenceSerializer(allow_null=True)
    recovery = RecoverySerializer(allow_null=True)
    plans = PlanVersionSerializer(many=True)
    walking = WalkingSerializer(allow_null=True)
