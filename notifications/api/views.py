from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.api.acting import Acting
from accounts.permissions import IsPatient, IsSignedIn
from notifications import actions, outcomes, replies, trial
from notifications.api.serializers import (
    NotificationSerializer,
    OwnSubscriptionSerializer,
    PreferencesSerializer,
    PublicKeySerializer,
    ReminderSerializer,
    SnoozeSerializer,
    SubscriptionSerializer,
)
from notifications.models import MessagePreferences, Notification, PushSubscription, Reminder
from notifications.transports.webpush import keys
from recovery.api.caring import Caring, valid
from recovery.models import Patient


class OwnMessages(Acting):
    """A view of a patient on how Amble speaks to them."""

    permission_classes = (IsPatient,)

    def patient(self) -> Patient:
        """The patient who asks. 400 when their zone is not known here: no local time means anything then."""
        patient = get_object_or_404(Patient, pk=self.actor.user_id, clinic=self.actor.clinic_id)
        try:
            _ = patient.zone
        except (ZoneInfoNotFoundError, ValueError):
            raise ValidationError({"time_zone": "Your time zone is not known. Set it first."}) from None
        return patient

    def own_reminders(self) -> QuerySet[Reminder]:
        return Reminder.objects.visible_to(self.actor)


class Reminders(OwnMessages, generics.ListAPIView[Reminder]):
    serializer_class = ReminderSerializer

    def get_queryset(self) -> QuerySet[Reminder]:
        return self.own_reminders()

    @extend_schema(operation_id="reminders")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One's own reminders."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="add_reminder", request=ReminderSerializer, responses={201: ReminderSerializer}
    )
    def post(self, request: Request) -> Response:
        """Add a reminder, at most 20. Times are on the patient's own clock, also when they travel."""
        preferences = actions.locked_preferences(self.patient())
        serializer = ReminderSerializer(data=request.data, context={"preferences": preferences})
        serializer.is_valid(raise_exception=True)
        if self.own_reminders().count() >= actions.MOST_REMINDERS:
            raise ValidationError(
                {"kind": f"You have {actions.MOST_REMINDERS} reminders. Remove one first."},
                code="too_many_reminders",
            )
        reminder = actions.set_reminder(
            preferences=preferences, fields=serializer.validated_data, now=self.now
        )
        return Response(ReminderSerializer(reminder).data, status=201)


class OneReminder(OwnMessages):
    @extend_schema(operation_id="change_reminder", request=ReminderSerializer, responses=ReminderSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is named. A slot that has had its message today gets no second one."""
        preferences = actions.locked_preferences(self.patient())
        reminder = self.reminder(pk)
        serializer = ReminderSerializer(
            reminder, data=request.data, partial=True, context={"preferences": preferences}
        )
        serializer.is_valid(raise_exception=True)
        actions.change_reminder(
            reminder=reminder, preferences=preferences, fields=serializer.validated_data, now=self.now
        )
        return Response(ReminderSerializer(reminder).data)

    @extend_schema(operation_id="remove_reminder", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Remove a reminder. What it has already sent stays in the list of messages."""
        actions.remove_reminder(reminder=self.reminder(pk))
        return Response(status=204)

    def reminder(self, pk: int) -> Reminder:
        return get_object_or_404(self.own_reminders(), pk=pk)


class Preferences(OwnMessages):
    @extend_schema(operation_id="message_preferences", responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        """Quiet hours and channels; the usual ones as long as the patient has chosen none."""
        chosen = MessagePreferences.objects.visible_to(self.actor).first()
        return Response(PreferencesSerializer(chosen or MessagePreferences()).data)

    @extend_schema(
        operation_id="set_message_preferences", request=PreferencesSerializer, responses=PreferencesSerializer
    )
    def put(self, request: Request) -> Response:
        """Choose quiet hours and channels, or a break from all messages (`paused_until`, a date).

        Quiet hours over a reminder are refused: move that first.
        """
        preferences = actions.locked_preferences(self.patient())
        reminders = list(self.own_reminders().filter(enabled=True))
        today = preferences.patient.local_date(self.now)
        serializer = PreferencesSerializer(
            preferences, data=request.data, context={"reminders": reminders, "today": today}
        )
        serializer.is_valid(raise_exception=True)
        actions.set_preferences(
            preferences=preferences, reminders=reminders, fields=serializer.validated_data, now=self.now
        )
        return Response(PreferencesSerializer(preferences).data)


class Subscriptions(Acting, generics.ListAPIView[PushSubscription]):
    permission_classes = (IsSignedIn,)
    serializer_class = OwnSubscriptionSerializer

    def get_queryset(self) -> QuerySet[PushSubscription]:
        own = PushSubscription.objects.filter(user=self.actor.user_id)
        return own.annotate(this_device=Coalesce(Q(device=self.actor.device_id), False))

    @extend_schema(operation_id="push_subscriptions")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One's own browsers. A phone that misses itself here was removed, and says that it shows nothing."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="subscribe", request=SubscriptionSerializer, responses={201: SubscriptionSerializer}
    )
    def post(self, request: Request) -> Response:
        """Send one's messages to this browser by web push. A browser that was another person's moves.

        A patient who has chosen nothing yet gets their first reminders: an evening diary and the plan's sessions.
        """
        serializer = SubscriptionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        subscription = actions.subscribe(
            user_id=self.actor.user_id,
            device_id=self.actor.device_id,
            endpoint=data["endpoint"],
            p256dh=data["keys"]["p256dh"],
            auth=data["keys"]["auth"],
            now=self.now,
        )
        if self.actor.is_patient:
            patient = Patient.objects.filter(pk=self.actor.user_id, clinic=self.actor.clinic_id).first()
            if patient is not None:
                actions.set_first_reminders(patient=patient, now=self.now)
        return Response(SubscriptionSerializer(subscription).data, status=201)


class OneSubscription(Acting):
    permission_classes = (IsSignedIn,)

    @extend_schema(operation_id="unsubscribe", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Send no more to this browser."""
        get_object_or_404(PushSubscription, pk=pk, user=self.actor.user_id).delete()
        return Response(status=204)


class TrialPush(APIView):
    """Not one transaction, like other views: a push service is waited for."""

    permission_classes = (IsSignedIn,)

    @extend_schema(operation_id="try_push", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Send one harmless message to this device's own browser, five an hour at most; at a desk, to all of one's own.

        409 when none takes messages, or its push service did not want this one.
        """
        if not isinstance(request.auth, Actor):
            raise TypeError("The permission classes of this view let a stranger through.")
        trial.send_trial(actor=request.auth, now=timezone.now())
        return Response(status=204)


class PublicKey(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="push_public_key", responses=PublicKeySerializer)
    def get(self, request: Request) -> Response:
        """The key that a browser needs to subscribe."""
        return Response(PublicKeySerializer({"public_key": keys.public_key()}).data)


class Notifications(Acting, generics.ListAPIView[Notification]):
    permission_classes = (IsSignedIn,)
    serializer_class = NotificationSerializer
    ordering = ("-due_at", "-id")

    def get_queryset(self) -> QuerySet[Notification]:
        own = Notification.objects.visible_to(self.actor).filter(due_at__gt=self.now - outcomes.SHOWN_FOR)
        return own.select_related("receipt")

    def get_serializer_context(self) -> dict[str, Any]:
        """A patient reads what became of it in their own language."""
        mine = Patient.objects.filter(pk=self.actor.user_id, clinic=self.actor.clinic_id)
        language = mine.values_list("language", flat=True).first() if self.actor.is_patient else None
        return {**super().get_serializer_context(), **({"language": language} if language else {})}

    @extend_schema(operation_id="notifications")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was due to oneself in the last 30 days and what became of it, newest first."""
        return super().get(request, *args, **kwargs)


class PatientNotifications(Caring, generics.ListAPIView[Notification]):
    serializer_class = NotificationSerializer
    ordering = ("-due_at", "-id")

    def get_queryset(self) -> QuerySet[Notification]:
        patient = self.seen(Patient.objects.all(), self.kwargs["pk"])
        rows = Notification.objects.to_patient(patient).filter(due_at__gt=self.now - outcomes.SHOWN_FOR)
        return rows.select_related("receipt")

    @extend_schema(operation_id="patient_notifications")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was due to a patient in the last 30 days and what became of it, newest first."""
        return super().get(request, *args, **kwargs)


class PatientReminders(Caring, generics.ListAPIView[Reminder]):
    serializer_class = ReminderSerializer

    def get_queryset(self) -> QuerySet[Reminder]:
        return Reminder.objects.filter(patient=self.seen(Patient.objects.all(), self.kwargs["pk"]))

    @extend_schema(operation_id="patient_reminders")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The reminders that a patient has set. Only they change them."""
        return super().get(request, *args, **kwargs)


class Answering(OwnMessages):
    """A view of a patient on one of the reminders that were due to them."""

    def notification(self, pk: int) -> Notification:
        own = Notification.objects.visible_to(self.actor).to_patient(self.patient()).ordinary()
        return get_object_or_404(own.select_for_update(), pk=pk)

    def said(self, notification: Notification) -> Response:
        context = {"language": notification.patient.language}
        return Response(NotificationSerializer(notification, context=context).data)


class Snooze(Answering):
    @extend_schema(
        operation_id="snooze_notification", request=SnoozeSerializer, responses=NotificationSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Put a message off, once: it comes back in half an hour or two, before quiet hours, or not today.

        Sent again, or with another time, it stays as it was answered first. 409 when it did not leave at all.
        """
        how_long = valid(SnoozeSerializer(data=request.data))["for"]
        patient, notification = self.patient(), self.notification(pk)
        replies.snooze(notification=notification, patient=patient, how_long=how_long, now=self.now)
        return self.said(notification)


class Done(Answering):
    @extend_schema(operation_id="notification_done", request=None, responses=NotificationSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say that what a message asks for is done. It records nothing but that. Sent again it changes nothing."""
        notification = self.notification(pk)
        replies.done(notification=notification, now=self.now)
        return self.said(notification)
