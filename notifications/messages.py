"""What a notification says: its words, its link, and how long they last."""

from django.conf import settings

from notifications.models import Kind, Notification
from notifications.transports import Message
from notifications.unsubscribe import unsubscribe_url
from notifications.words import FOR_STAFF, TRIAL_AT_DESK, words_in

REMINDER_LASTS_SECONDS = 3600
RED_FLAG_LASTS_SECONDS = 86400
RESET_LASTS_SECONDS = 86400
PAGES = {Kind.ERASURE: "/clinic/keeping", Kind.MESSAGE: "/app/messages"}  # all else is on the first page
TRIAL_LASTS_SECONDS = 60  # whoever tries looks at the screen now


def message_for(notification: Notification, language: str = FOR_STAFF) -> Message:
    """What to say, in this language to a patient. It depends on the kind alone; whom it is about is only in the page
    behind the link.
    """
    urgent = notification.is_urgent
    language = FOR_STAFF if notification.is_for_staff else language
    words = words_in(language)
    return Message(
        title=words.titles[notification.kind],
        body=words.open_amble,
        language=language,
        url=settings.PUBLIC_URL
        + PAGES.get(Kind(notification.kind), "/" if notification.is_for_staff else "/app/"),
        # One text stands on a screen once: a repetition replaces what it repeats.
        tag=f"{notification.kind}-{notification.red_flag_id if urgent else notification.slot}",
        lasts_seconds=RED_FLAG_LASTS_SECONDS if urgent else _lasts_seconds(notification),
        urgent=urgent,
        notification_id=notification.pk,
        unsubscribe_url=""
        if notification.is_for_staff
        else unsubscribe_url(notification.clinic_id, notification.patient_id),
        key="" if urgent else _key(notification),
    )


def _lasts_seconds(notification: Notification) -> int:
    """A phone that was off shows what staff wrote as long as it is of use, and not in the night: while it is being
    sent, `next_attempt_at` is a moment from now.
    """
    if notification.kind != Kind.MESSAGE or not notification.expires_at:
        return REMINDER_LASTS_SECONDS
    return max(0, int((notification.expires_at - notification.next_attempt_at).total_seconds()))


def _key(notification: Notification) -> str:
    """Another one for each message, also of a database that was begun anew, and for one that was put off."""
    moments = (notification.due_at, notification.snoozed_at)
    return ".".join([str(notification.pk), *(f"{at.timestamp():.0f}" for at in moments if at)])


def second_factor_was_reset(*, by: str, clinic: str) -> Message:
    """What somebody of the staff reads whose second factor an administrator took away."""
    return Message(
        title="Your second factor was reset",
        body=f"{by} at {clinic} removed your authenticator apps, passkeys and recovery codes. Sign in with your "
        "password, and add a new one. You did not ask for this? Tell your clinic at once.",
        url=f"{settings.PUBLIC_URL}/account",
        tag="second-factor",
        lasts_seconds=RESET_LASTS_SECONDS,
    )


def password_was_reset(*, by: str, clinic: str) -> Message:
    """What somebody of the staff reads whose password an administrator made void. The code is not in it."""
    return Message(
        title="Your password was reset",
        body=f"{by} at {clinic} made your password void, and has a code with which you choose another one. You did not "
        "ask for this? Tell your clinic at once.",
        url=f"{settings.PUBLIC_URL}/clinic/join",
        tag="password",
        lasts_seconds=RESET_LASTS_SECONDS,
    )


def trial_message(language: str, *, at_desk: bool = False) -> Message:
    """What a person sends to themselves, to see that messages arrive: on this phone, or at a desk."""
    words = words_in(language)
    return Message(
        title=words.trial,
        body=TRIAL_AT_DESK if at_desk else words.trial_arrives,
        language=language,
        url=settings.PUBLIC_URL + ("/your-notifications" if at_desk else "/app/reminders"),
        tag="test",
        lasts_seconds=TRIAL_LASTS_SECONDS,
    )
