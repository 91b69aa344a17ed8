from notifications.models.clinic import Alarm, Heartbeat, Listener, MessageSettings, ReminderEffect
from notifications.models.ledger import MOST_ATTEMPTS, Notification, NotificationQuerySet, Receipt, SnoozedFor
from notifications.models.reminders import (
    REMINDER_KINDS,
    Channel,
    Kind,
    MessagePreferences,
    Reminder,
    all_channels,
    every_day,
)
from notifications.models.ways import DeliveryChoices, PushSubscription

__all__ = [
    "Alarm",
    "Channel",
    "DeliveryChoices",
    "Heartbeat",
    "Kind",
    "Listener",
    "MOST_ATTEMPTS",
    "MessagePreferences",
    "MessageSettings",
    "Notification",
    "NotificationQuerySet",
    "PushSubscription",
    "REMINDER_KINDS",
    "Receipt",
    "Reminder",
    "ReminderEffect",
    "SnoozedFor",
    "all_channels",
    "every_day",
]
