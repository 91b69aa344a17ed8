from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from notifications import outcomes, schedule
from notifications.models import (
    REMINDER_KINDS,
    Channel,
    Kind,
    Notification,
    PushSubscription,
    Reminder,
    SnoozedFor,
)
from notifications.restraint import MOST_A_DAY, MOST_BREAKS_A_DAY
from notifications.transports.webpush import endpoints, keys
from notifications.words import FOR_STAFF
from wire.serializers import (
    LocalTimeField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
)

USUAL_BREAK_MINUTES = 40  # P: clinical.md 6
LONGEST_PAUSE_DAYS = 90  # P: whoever is away for longer starts anew


class ReminderSerializer(StrictSerializer):
    """A reminder at local `times`, at most 4, or a movement break `every_minutes` (40 if not said) inside a window, at
    most 8 a day; of the `weekdays` 1 is Monday. No reminder is in the patient's quiet hours.

    The context holds the patient's `preferences`.
    """

    id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=REMINDER_KINDS)
    times = serializers.ListField(child=LocalTimeField(), max_length=MOST_A_DAY, default=list)
    window_start = LocalTimeField(allow_null=True, default=None)
    window_end = LocalTimeField(allow_null=True, default=None)
    every_minutes = StrictIntegerField(min_value=20, max_value=240, allow_null=True, default=None)
    weekdays = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=7),
        min_length=1,
        max_length=7,
        default=[1, 2, 3, 4, 5, 6, 7],
    )
    enabled = StrictBooleanField(default=True)
    next_due_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def validate_times(self, times: list[time]) -> list[time]:
        return sorted(set(times))

    def validate_weekdays(self, weekdays: list[int]) -> list[int]:
        return sorted(set(weekdays))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge the reminder as it would be, a change together with what it leaves alone."""
        before = {name: getattr(self.instance, name) for name in CHOSEN} if self.instance else {}
        if not before and attrs["kind"] == Kind.MOVEMENT_BREAK and "every_minutes" not in self.initial_data:
            attrs["every_minutes"] = USUAL_BREAK_MINUTES
        reminder = Reminder(**(before | attrs))
        _check_shape(reminder)
        quiet = self.context["preferences"].quiet
        if loud := [f"{at:%H:%M}" for at in reminder.slots if quiet.cover(at)]:
            field = "times" if reminder.times else "window_start"
            raise serializers.ValidationError(
                {
                    field: f"{loud[0]} is in your quiet hours. Choose another time, or change your quiet hours."
                },
                code="in_quiet_hours",
            )
        return attrs


CHOSEN = ("kind", "times", "window_start", "window_end", "every_minutes", "weekdays", "enabled")


def _check_shape(reminder: Reminder) -> None:
    if reminder.kind != Kind.MOVEMENT_BREAK:
        for field in ("window_start", "window_end", "every_minutes"):
            if getattr(reminder, field) is not None:
                raise serializers.ValidationError({field: "Only a movement break has this. Use times."})
        if not reminder.times:
            raise serializers.ValidationError({"times": "Give at least one time."})
        return
    if reminder.times:
        raise serializers.ValidationError({"times": "A movement break has a window, not times."})
    for field in ("window_start", "window_end", "every_minutes"):
        if getattr(reminder, field) is None:
            raise serializers.ValidationError({field: "A movement break needs this."})
    if not reminder.slots:
        raise serializers.ValidationError(
            {"window_end": "No break fits between the start and this."}, code="no_break_fits"
        )
    if len(reminder.slots) > MOST_BREAKS_A_DAY:
        raise serializers.ValidationError(
            {
                "every_minutes": f"That is {len(reminder.slots)} breaks a day, and {MOST_BREAKS_A_DAY} are the "
                "most. Choose more minutes, or shorter hours."
            },
            code="too_many_breaks",
        )


class PreferencesSerializer(StrictSerializer):
    """Quiet hours on the patient's own clock (none if equal), the channels in the order of trying, and the last date
    of a break from all messages; one that is not named stays as it is, null ends it.

    The context holds the patient's `reminders`, and `today` on their clock.
    """

    quiet_start = LocalTimeField()
    quiet_end = LocalTimeField()
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices), min_length=1, max_length=len(Channel)
    )

    paused_until = serializers.DateField(allow_null=True, required=False)

    def validate_paused_until(self, day: date | None) -> date | None:
        today = self.context["today"]
        if day and not today <= day <= today + timedelta(days=LONGEST_PAUSE_DAYS):
            raise serializers.ValidationError(
                f"Choose a date from today on, at most {LONGEST_PAUSE_DAYS} days ahead.", code="wrong_date"
            )
        return day

    def validate_channels(self, channels: list[str]) -> list[str]:
        return list(dict.fromkeys(channels))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        quiet = schedule.QuietHours(attrs["quiet_start"], attrs["quiet_end"])
        for reminder in self.context["reminders"]:
            for at in reminder.slots:
                if quiet.cover(at):
                    raise serializers.ValidationError(
                        {"quiet_start": f"Your reminder at {at:%H:%M} is in these hours. Move it first."},
                        code="reminder_there",
                    )
        return attrs


class KeysSerializer(StrictSerializer):
    p256dh = StrictCharField(max_length=100)
    auth = StrictCharField(max_length=32)

    def validate_p256dh(self, text: str) -> str:
        return _checked(keys.check_p256dh, text)

    def validate_auth(self, text: str) -> str:
        return _checked(keys.check_auth, text)


class SubscriptionSerializer(StrictSerializer):
    """What a browser's `PushSubscription.toJSON()` gives, without the expiration time."""

    id = serializers.IntegerField(read_only=True)
    endpoint = StrictCharField(max_length=endpoints.LONGEST, trim_whitespace=False, write_only=True)
    keys = KeysSerializer(write_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def validate_endpoint(self, url: str) -> str:
        return _checked(endpoints.checked, url)


class OwnSubscriptionSerializer(serializers.ModelSerializer[PushSubscription]):
    this_device = serializers.BooleanField(read_only=True)

    class Meta:
        model = PushSubscription
        fields = ("id", "created_at", "last_ok_at", "this_device")


def _checked(check: Callable[[str], object], text: str) -> str:
    try:
        check(text)
    except ValueError as error:
        raise serializers.ValidationError(str(error), code="invalid") from None
    return text


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """A message that was due, and what became of it: as a word, and as a sentence for the patient.

    The context names the `language` of the sentence, else it is English.
    """

    outcome = serializers.SerializerMethodField()
    in_words = serializers.SerializerMethodField()
    comes_back_at = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = (
            "id",
            "kind",
            "local_date",
            "slot",
            "due_at",
            "state",
            "because",
            "channel",
            "sent_at",
            "snoozed_for",
            "comes_back_at",
            "done_at",
            "outcome",
            "in_words",
        )

    @extend_schema_field(serializers.ChoiceField(choices=outcomes.OUTCOMES))
    def get_outcome(self, row: Notification) -> str:
        return outcomes.outcome(row)

    def get_in_words(self, row: Notification) -> str:
        return outcomes.in_words(row, self.context.get("language", FOR_STAFF))

    def get_comes_back_at(self, row: Notification) -> datetime | None:
        """When a message that was put off comes again; null when it does not."""
        waits = row.snoozed_for and row.state == Notification.State.PENDING
        return row.next_attempt_at if waits else None


class SnoozeSerializer(StrictSerializer):
    """How long to put a message off; `today` means no more of its kind on this date."""

    def get_fields(self) -> dict[str, Any]:
        return {"for": serializers.ChoiceField(choices=SnoozedFor.choices)}  # a keyword of Python


class PublicKeySerializer(serializers.Serializer[Any]):
    """The key for `applicationServerKey`, base64url; null when this Amble sends no web push."""

    public_key = serializers.CharField(allow_null=True)
