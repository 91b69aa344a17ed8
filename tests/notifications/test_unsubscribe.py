"""One click and no more mail: the header, the page, the POST without a sign-in."""

import pytest
from django.test import Client

from accounts.access import acting_for_all
from notifications.delivery import deliver_ordinary
from notifications.models import DeliveryChoices, Notification
from notifications.red_flags import queue_messages
from notifications.transports import email
from notifications.unsubscribe import unsubscribe_url
from notifications.urgent import deliver_urgent
from recovery.models import Patient
from tests.notifications.conftest import NOON, World
from tests.notifications.receivers import MailServer
from tests.notifications.test_delivery import deliver_until_idle, due


def path_in(mails: MailServer) -> str:
    header = str(mails.received[0][1]["List-Unsubscribe"])
    return header.replace("\n", "").strip("<> ").removeprefix("http://localhost:8000")


def test_the_button_of_a_mailbox_ends_the_mail_and_a_scanner_that_opens_links_does_not(
    committed_world: World, mails: MailServer
):
    due(committed_world)
    deliver_until_idle(now=NOON)
    assert mails.received[0][1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = path_in(mails)
    plain = mails.received[0][1].get_body(("plain",))
    assert plain is not None
    assert path in plain.get_content()
    anybody = Client(enforce_csrf_checks=True)
    for _ in range(10):
        page = anybody.get(path)
        assert page.status_code == 200
        assert "<form" in page.content.decode()
    with acting_for_all():
        assert not DeliveryChoices.objects.exists()
    for _ in range(2):
        done = anybody.post(path, {"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert "Done" in done.content.decode()
    with acting_for_all():
        assert email.addresses([committed_world.patient.pk]) == {}
        Notification.objects.all().delete()
    due(committed_world)
    deliver_until_idle(now=NOON)
    assert len(mails.received) == 1


@pytest.mark.parametrize("token", ["1-1:x", "x", "1-1", "é", "1-1:" + "a" * 43])
def test_a_token_that_is_not_ours_leads_nowhere(db: None, token: str):
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/unsubscribe/{token}").status_code == 404


def test_a_token_of_somebody_who_is_gone_leads_nowhere(world: World):
    for clinic, patient in ((world.clinic.pk, 999_999), (999_999, world.patient.pk)):
        path = unsubscribe_url(clinic, patient).removeprefix("http://localhost:8000")
        assert Client().post(path).status_code == 404
    assert not DeliveryChoices.objects.exists()


def test_a_mail_about_a_red_flag_has_no_such_button(committed_world: World, mails: MailServer):
    with acting_for_all():
        committed_world.raise_flag(at=NOON)
        queue_messages(now=NOON)
        Notification.objects.filter(channel="webpush").delete()
    deliver_urgent(now=NOON)
    ((_, mail),) = mails.received
    assert mail["List-Unsubscribe"] is None
    assert "unsubscribe" not in mail.as_string()
    assert deliver_ordinary(now=NOON) == 0


def test_the_page_is_in_the_language_of_the_patient(committed_world: World):
    path = unsubscribe_url(committed_world.clinic.pk, committed_world.patient.pk).removeprefix(
        "http://localhost:8000"
    )
    assert "Send me no more mail" in Client().get(path).content.decode()
    with acting_for_all():
        Patient.objects.update(language="es")
    assert "No quiero más correos" in Client().get(path).content.decode()
    assert "Hecho." in Client().post(path).content.decode()
