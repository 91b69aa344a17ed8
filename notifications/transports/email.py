"""Email, by whatever backend Django is set up with: a neutral subject, plain words and a link."""

import smtplib
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from accounts.models import User
from notifications.transports import Message, TransportError
from recovery.models import Patient

SUBJECT = "A message from Amble"


def addresses(user_ids: Iterable[int]) -> dict[int, list[str]]:
    wanted = list(user_ids)
    signing_in = (
        User.objects.filter(pk__in=wanted, is_active=True).exclude(email=None).values_list("pk", "email")
    )
    patients = Patient.objects.filter(pk__in=wanted, user__is_active=True).exclude(email="")
    # The address that a patient gave for messages wins over the one of an account.
    return {pk: [email] for pk, email in [*signing_in, *patients.values_list("pk", "email")] if email}


def send(message: Message, address: str) -> None:
    if not settings.EMAIL_IS_SET:
        raise TransportError("email-not-set", permanent=True)
    context = {"message": message}
    mail = EmailMultiAlternatives(
        subject=SUBJECT, body=render_to_string("notifications/email.txt", context), to=[address]
    )
    mail.attach_alternative(render_to_string("notifications/email.html", context), "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        raise TransportError("email-recipient", permanent=all(code >= 500 for code in codes)) from None
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as ours:
        # Our own set-up is wrong, not this message: it leaves when that is put right.
        raise TransportError(f"email-{ours.smtp_code}", permanent=False) from None
    except smtplib.SMTPResponseException as answer:
        raise TransportError(f"email-{answer.smtp_code}", permanent=answer.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as failure:
        raise TransportError(f"email-{type(failure).__name__}"[:40], permanent=False) from None


def note(address: str, error: TransportError | None, *, now: datetime) -> None:
    """Nothing to keep: the address belongs to the person's record."""
