"""Email, by whatever backend Django is set up with: a neutral subject, plain words and a link."""

import smtplib
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends import smtp
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string

from accounts.models import User
from notifications.transports import Message, TransportError
from notifications.words import words_in
from recovery.models import Patient

# All the answers of a server to one mail, about ten. With what it may wait for its start this is less than a lease.
MAIL_SECONDS = 30.0
SHORTEST_SECONDS = 0.01  # 0 would mean not to block at all


def addresses(user_ids: Iterable[int], *, to_staff: bool = False) -> dict[int, list[str]]:
    wanted = list(user_ids)
    signing_in = (
        User.objects.filter(pk__in=wanted, is_active=True).exclude(email=None).values_list("pk", "email")
    )
    found = {pk: [email] for pk, email in signing_in if email}
    if to_staff:
        return found  # what somebody chose as a patient elsewhere is not about their work
    patients = Patient.objects.filter(pk__in=wanted, user__is_active=True)
    wants_none = Coalesce("delivery_choices__no_email", False)
    # The address that a patient gave for messages wins over the one of an account.
    for pk, email, unsubscribed in patients.values_list("pk", "email", wants_none):
        if unsubscribed:
            found.pop(pk, None)
        elif email:
            found[pk] = [email]
    return found


def send(message: Message, address: str) -> None:
    if not settings.EMAIL_IS_SET:
        raise TransportError("email-not-set", permanent=True, ours=True)
    words = words_in(message.language)
    context = {"message": message, "words": words}
    mail = EmailMultiAlternatives(
        subject=words.subject,
        body=render_to_string("notifications/email.txt", context),
        to=[address],
        headers=_one_click(message.unsubscribe_url) | _named(message.key),
    )
    mail.attach_alternative(render_to_string("notifications/email.html", context), "text/html")
    try:
        _backend().send_messages([mail])
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        raise TransportError("email-recipient", permanent=all(code >= 500 for code in codes)) from None
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused, smtplib.SMTPConnectError) as ours:
        # Not this message is at fault: it leaves when the set-up is put right, or the server takes us again.
        refused_us = ours.smtp_code >= 500
        raise TransportError(f"email-{ours.smtp_code}", permanent=False, ours=refused_us) from None
    except smtplib.SMTPResponseException as answer:
        raise TransportError(f"email-{answer.smtp_code}", permanent=answer.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as failure:
        raise TransportError(f"email-{type(failure).__name__}"[:40], permanent=False) from None


class _Hurried(smtplib.SMTP):
    """A connection that ends at `until` (monotonic). A socket's own timeout begins anew with each answer."""

    def __init__(self, *args: Any, until: float, **kwargs: Any) -> None:
        self.until = until
        super().__init__(*args, **kwargs)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock:
            left = max(self.until - time.monotonic(), SHORTEST_SECONDS)
            self.sock.settimeout(min(left, settings.EMAIL_TIMEOUT))
        return super().getreply()


class _HurriedSSL(_Hurried, smtplib.SMTP_SSL):
    pass


class _HurriedBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]  # it is only called
        kind = _HurriedSSL if self.use_ssl else _Hurried
        return partial(kind, until=time.monotonic() + MAIL_SECONDS)


def _backend() -> Any:
    """What the settings name; SMTP with a deadline."""
    chosen = get_connection()
    return _HurriedBackend() if type(chosen) is smtp.EmailBackend else chosen


def _one_click(url: str) -> dict[str, str]:
    """RFC 8058: the mailbox shows a button, and a POST to `url` is all that it takes."""
    if not url:
        return {}
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _named(key: str) -> dict[str, str]:
    """Mailboxes drop the second of two mails with one name: a screen would only replace the first."""
    return {"Message-ID": f"<{key}@{urlsplit(settings.PUBLIC_URL).hostname}>"} if key else {}


def note(results: Sequence[tuple[str, TransportError | None]], *, now: datetime) -> None:
    """Nothing to keep: the address belongs to the person's record."""
