"""The mails of development, read from the folder that Django's file backend writes. Mounted only there."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

NEWEST = 50
BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"  # what the file backend writes after each


@dataclass(frozen=True, slots=True)
class Mail:
    date: str
    to: str
    subject: str
    text: str


@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest 50 mails; 404 where mail really leaves."""
    if not settings.MAILBOX_DIR:
        raise Http404
    mails = [mail for mail, _ in zip(newest_first(Path(settings.MAILBOX_DIR)), range(NEWEST), strict=False)]
    return render(request, "notifications/mailbox.html", {"mails": mails})


def newest_first(folder: Path) -> Iterator[Mail]:
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files:
        written = [part for part in file.read_bytes().split(BETWEEN_MAILS) if part.strip()]
        for source in reversed(written):
            mail = message_from_bytes(source, policy=policy.default)
            body = mail.get_body(("plain",))
            yield Mail(
                str(mail["Date"]), str(mail["To"]), str(mail["Subject"]), body.get_content() if body else ""
            )
