"""What the app confirms, and the second way of what no screen confirmed."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef

from accounts.access import Actor, acting_for_all
from notifications.models import Channel, DeliveryChoices, Kind, Notification, NotificationQuerySet, Receipt

UNSEEN_AFTER = timedelta(minutes=10)
# Each message is looked at again every few seconds for this long, so that the price is that of twenty minutes' pushes.
# After a longer outage what is missing is no second push.
LOOKED_BACK = timedelta(minutes=30)
CONFIRMS_SINCE = timedelta(days=14)

State = Notification.State


def confirm(*, notification_id: int, by: Actor, now: datetime) -> None:
    """Note that a screen showed it; the first word counts. Nothing happens for what is not theirs."""
    own = Notification.objects.visible_to(by).filter(pk=notification_id)
    for pk in own.values_list("pk", flat=True):
        row = Receipt(notification_id=pk, clinic_id=by.clinic_id, recipient_id=by.user_id, shown_at=now)
        Receipt.objects.bulk_create([row], ignore_conflicts=True)


def repeat_unseen(*, now: datetime) -> int:
    """Send once more what no screen has confirmed in ten minutes, and is still of use. How many.

    By mail, if the patient chose that. Else by web push, but only to who has confirmed others of late: a
    browser that shows pushes by itself never confirms, and must not show each one twice. A break is over.
    """
    with acting_for_all():
        unseen = (
            Notification.objects.ordinary()
            .filter(
                ~Exists(Receipt.objects.filter(notification=OuterRef("pk"))),
                state=State.SENT,
                channel=Channel.WEBPUSH,
                first_sent_at=None,
                done_at=None,
                snoozed_at=None,
                sent_at__range=(now - LOOKED_BACK, now - UNSEEN_AFTER),
                expires_at__gt=now,
            )
            .exclude(kind=Kind.MOVEMENT_BREAK)
        )
        chose_mail = DeliveryChoices.objects.filter(email_when_unseen=True, no_email=False).values("patient")
        confirms = Receipt.objects.filter(recipient=OuterRef("recipient"), shown_at__gt=now - CONFIRMS_SINCE)
        by_mail = _again(unseen.filter(recipient__in=chose_mail), Channel.EMAIL, now=now)
        by_push = _again(
            unseen.exclude(recipient__in=chose_mail).filter(Exists(confirms)), Channel.WEBPUSH, now=now
        )
    return by_mail + by_push


def _again(unseen: NotificationQuerySet, channel: Channel, *, now: datetime) -> int:
    return unseen.update(
        state=State.PENDING,
        channel=channel,
        first_sent_at=F("sent_at"),
        sent_at=None,
        attempts=0,
        next_attempt_at=now,
    )
