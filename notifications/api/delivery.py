"""The API of how messages arrive: receipts, what a patient chose, what a clinic set, and what reminders do."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.models import Membership
from accounts.permissions import IsAdministrator, IsPatient, IsSignedIn, IsStaff
from notifications import receipts
from notifications.models import REMINDER_KINDS, DeliveryChoices, Listener, MessageSettings
from notifications.settings import set_message_settings
from notifications.withholding import told
from recovery.models import Patient
from wire.serializers import StrictBooleanField, StrictIntegerField, StrictSerializer

MOST_LISTENERS = 50


class ConfirmShown(Acting):
    permission_classes = (IsSignedIn,)

    @extend_schema(operation_id="confirm_shown", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """The screen shows this message; for the app's worker, open or not. Say it again as often as you like.

        A message that is not one's own is answered in the same way, and nothing happens.
        """
        receipts.confirm(notification_id=pk, by=self.actor, now=self.now)
        return Response(status=204)


class DeliveryChoicesSerializer(StrictSerializer):
    """`email`: any mail at all. `email_when_unseen`: mail what no screen confirmed within ten minutes.

    `measuring`: some reminders may be left out by lot, to measure what they do; null as long as nobody asked.
    """

    email = StrictBooleanField()
    email_when_unseen = StrictBooleanField()
    measuring = StrictBooleanField(allow_null=True)


class OwnDeliveryChoices(Acting):
    permission_classes = (IsPatient,)

    @extend_schema(operation_id="delivery_choices", responses=DeliveryChoicesSerializer)
    def get(self, request: Request) -> Response:
        """What one chose about the ways of messages."""
        chosen = DeliveryChoices.objects.visible_to(self.actor).first()
        return Response(_shown(chosen or DeliveryChoices()))

    @extend_schema(
        operation_id="set_delivery_choices",
        request=DeliveryChoicesSerializer,
        responses=DeliveryChoicesSerializer,
    )
    def put(self, request: Request) -> Response:
        """Choose. Taking part in the measuring is free, and can be ended at any time."""
        serializer = DeliveryChoicesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        patient = get_object_or_404(Patient, pk=self.actor.user_id, clinic=self.actor.clinic_id)
        chosen, _ = DeliveryChoices.objects.select_for_update().get_or_create(
            patient=patient, defaults={"clinic_id": self.actor.clinic_id}
        )
        if chosen.measuring != fields["measuring"]:
            chosen.measuring_decided_at = self.now
        chosen.measuring = fields["measuring"]
        chosen.no_email = not fields["email"]
        chosen.email_when_unseen = fields["email_when_unseen"]
        chosen.save()
        return Response(_shown(chosen))


def _shown(chosen: DeliveryChoices) -> dict[str, Any]:
    return {
        "email": not chosen.no_email,
        "email_when_unseen": chosen.email_when_unseen,
        "measuring": chosen.measuring,
    }


class ListenerSerializer(StrictSerializer):
    """Somebody of the staff (`user`) or a mailbox that somebody reads (`address`): one of the two."""

    user = StrictIntegerField(required=False)
    address = serializers.EmailField(required=False, max_length=254)

    def validate_address(self, address: str) -> str:
        return address.lower()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either a user or an address.")
        return attrs


class MessageSettingsSerializer(StrictSerializer):
    """After how many minutes without an acknowledgement a red flag goes on, and to whom on the clinic's list.

    The care team hears at once, the list next, then the administrators, then everybody again and again.
    """

    list_after_minutes = StrictIntegerField(min_value=1, max_value=1440)
    administrators_after_minutes = StrictIntegerField(min_value=1, max_value=1440)
    everyone_after_minutes = StrictIntegerField(min_value=5, max_value=1440)
    withheld_percent = StrictIntegerField(min_value=0, max_value=20)
    listeners = serializers.ListField(child=ListenerSerializer(), max_length=MOST_LISTENERS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["administrators_after_minutes"] < attrs["list_after_minutes"]:
            raise serializers.ValidationError(
                {"administrators_after_minutes": "The administrators come after the list. Give more minutes."}
            )
        if attrs["everyone_after_minutes"] < attrs["administrators_after_minutes"]:
            raise serializers.ValidationError(
                {"everyone_after_minutes": "Everybody comes after the administrators. Give more minutes."}
            )
        return attrs


class ClinicMessageSettings(Acting):
    def get_permissions(self) -> list[Any]:
        return [IsStaff() if self.request.method == "GET" else IsAdministrator()]

    @extend_schema(operation_id="message_settings", responses=MessageSettingsSerializer)
    def get(self, request: Request) -> Response:
        """How the clinic speaks of red flags, and to whom."""
        chosen = MessageSettings.objects.filter(clinic=self.actor.clinic_id).first() or MessageSettings()
        listeners = Listener.objects.filter(clinic=self.actor.clinic_id).order_by("pk")
        return Response(_settings(chosen, list(listeners)))

    @extend_schema(
        operation_id="set_message_settings",
        request=MessageSettingsSerializer,
        responses=MessageSettingsSerializer,
    )
    def put(self, request: Request) -> Response:
        """Set them all, the list too. Red flags that wait now go by the new ones."""
        serializer = MessageSettingsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        listeners = self._listeners(fields.pop("listeners"))
        chosen = set_message_settings(clinic_id=self.actor.clinic_id, chosen=fields, listeners=listeners)
        return Response(_settings(chosen, listeners))

    def _listeners(self, asked: list[dict[str, Any]]) -> list[Listener]:
        staff = set(Membership.objects.visible_to(self.actor).current().values_list("user", flat=True))
        for place, one in enumerate(asked):
            if "user" in one and one["user"] not in staff:
                raise ValidationError({f"listeners.{place}.user": "This is nobody of your clinic's staff."})
        unique = {tuple(one.items()): one for one in asked}.values()
        return [
            Listener(clinic_id=self.actor.clinic_id, user_id=one.get("user"), address=one.get("address", ""))
            for one in unique
        ]


def _settings(chosen: MessageSettings, listeners: list[Listener]) -> dict[str, Any]:
    return {
        "list_after_minutes": chosen.list_after_minutes,
        "administrators_after_minutes": chosen.administrators_after_minutes,
        "everyone_after_minutes": chosen.everyone_after_minutes,
        "withheld_percent": chosen.withheld_percent,
        "listeners": [
            {"user": one.user_id} if one.user_id is not None else {"address": one.address}
            for one in listeners
        ],
    }


class ReminderEffectSerializer(serializers.Serializer[Any]):
    """Of the messages of one kind and local hour (null: of the whole day): the shares who acted within two hours.

    Shares, difference and its 95 % interval are 0 to 1, and null when `says` is `too_few`. An hour has no
    verdict of its own: `says` is null there, or `too_few`.
    """

    kind = serializers.ChoiceField(choices=REMINDER_KINDS)
    hour = serializers.IntegerField(allow_null=True)
    sent = serializers.IntegerField(source="effect.counts.sent")
    withheld = serializers.IntegerField(source="effect.counts.withheld")
    with_reminder = serializers.FloatField(source="effect.with_reminder", allow_null=True)
    without = serializers.FloatField(source="effect.without", allow_null=True)
    difference = serializers.FloatField(source="effect.difference", allow_null=True)
    low = serializers.FloatField(source="effect.low", allow_null=True)
    high = serializers.FloatField(source="effect.high", allow_null=True)
    says = serializers.ChoiceField(
        choices=["too_few", "more", "fewer", "no_difference_seen"], allow_null=True
    )


class Effects(Acting):
    permission_classes = (IsStaff,)

    @extend_schema(operation_id="reminder_effect", responses=ReminderEffectSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What the clinic's reminders do, measured against those that were left out by lot. Counted every hour."""
        return Response(ReminderEffectSerializer(told(clinic_id=self.actor.clinic_id), many=True).data)
