import os
from pathlib import Path

import pytest
from django.core.mail import get_connection, send_mail
from django.http import Http404
from django.test import RequestFactory

from notifications.mailbox import mailbox


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.MAILBOX_DIR = settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    return tmp_path


def page() -> str:
    return mailbox(RequestFactory().get("/mailbox/")).content.decode()


def test_the_mailbox_shows_the_newest_mail_first(folder: Path):
    assert "No mail yet" in page()
    connections = [get_connection() for _ in range(3)]  # alive together: the backend names its file by its id
    for n, connection in enumerate(connections):
        before = set(folder.iterdir())
        send_mail(f"Mail {n}", f"Text {n} <script>", None, ["ada@example.org"], connection=connection)
        (written,) = set(folder.iterdir()) - before
        os.utime(written, (n, n))  # files of one kernel tick would have no order
    shown = page()
    assert shown.index("Mail 2") < shown.index("Mail 1") < shown.index("Mail 0")
    assert "ada@example.org" in shown
    assert "<script>" not in shown


def test_the_mailbox_only_reads(folder: Path):
    assert mailbox(RequestFactory().post("/mailbox/")).status_code == 405


def test_where_mail_really_leaves_there_is_no_mailbox(settings):
    settings.MAILBOX_DIR = ""
    with pytest.raises(Http404):
        page()
