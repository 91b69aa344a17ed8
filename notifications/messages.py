"""Every word for a lock screen or a mailbox: nothing clinical, no name, no number, no blame."""

from django.conf import settings

from notifications.models import Kind, Notification
from notifications.transports import Message
from notifications.unsubscribe import unsubscribe_url

TITLES = {
    Kind.EXERCISE: "Time for your exercises",
    Kind.DIARY: "Time for your diary",
    Kind.MOVEMENT_BREAK: "Time to get up and move a little",
    Kind.WALK: "Time for your walk",
    Kind.WEEKLY_CHECK: "Time for your weekly questions",
    Kind.MEASURES: "A few questions are waiting",
    Kind.REVIEW: "A review is due",
    Kind.RED_FLAG: "Please open Amble now",
}
OPEN_AMBLE = "Open Amble to see more."

REMINDER_LASTS_SECONDS = 3600
RED_FLAG_LASTS_SECONDS = 86400
TRIAL_LASTS_SECONDS = 60  # whoever tries looks at the screen now


def message_for(notification: Notification) -> Message:
    """What to say. It depends on the kind alone; whom it is about is only in the page behind the link."""
    urgent = notification.is_urgent
    return Message(
        title=TITLES[Kind(notification.kind)],
        body=OPEN_AMBLE,
        url=settings.PUBLIC_URL + ("/" if notification.is_for_staff else "/app/"),
        # One text stands on a screen once: a repetition replaces what it repeats.
        tag=f"{notification.kind}-{notification.red_flag_id if urgent else notification.slot}",
        lasts_seconds=RED_FLAG_LASTS_SECONDS if urgent else REMINDER_LASTS_SECONDS,
        urgent=urgent,
        notification_id=notification.pk,
        unsubscribe_url=""
        if notification.is_for_staff
        else unsubscribe_url(notification.clinic_id, notification.patient_id),
        key="" if urgent else _key(notification),
    )


def _key(notification: Notification) -> str:
    """Another one for each message, also of a database that was begun anew, and for one that was put off."""
    moments = (notification.due_at, notification.snoozed_at)
    return ".".join([str(notification.pk), *(f"{at.timestamp():.0f}" for at in moments if at)])


def trial_message() -> Message:
    """What a patient sends to themselves, to see that messages arrive."""
    return Message(
        title="This is a test",
        body="Messages reach this phone.",
        url=settings.PUBLIC_URL + "/app/reminders",
        tag="test",
        lasts_seconds=TRIAL_LASTS_SECONDS,
    )
