"""The message that a patient sends to themselves."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import add_device
from accounts.models import Device
from notifications.models import Notification, PushSubscription
from tests.notifications.conftest import World
from tests.notifications.receivers import Browser, PushService


@pytest.fixture
def phone(world: World) -> tuple[Device, dict[str, str]]:
    return signed_in(world)


def signed_in(world: World) -> tuple[Device, dict[str, str]]:
    """Another phone of Ada's."""
    now = timezone.now()
    device, token = add_device(user_id=world.patient.pk, clinic_id=world.clinic.pk, name="phone", now=now)
    return device, {"Authorization": f"Bearer {token}"}


def subscribed(world: World, device: Device | None, url: str, browser: Browser) -> PushSubscription:
    return PushSubscription.objects.create(
        user_id=world.patient.pk, device=device, endpoint=url, created_at=timezone.now(), **browser.keys
    )


def try_it(headers: dict[str, str]) -> Any:
    return Client().post("/api/v1/push/test", headers=headers)


def test_it_goes_to_the_phone_that_asks_and_to_no_other(world: World, phone: Any, service: PushService):
    device, headers = phone
    other, _ = signed_in(world)
    browser = Browser()
    subscribed(world, device, service.url("/mine"), browser)
    subscribed(world, other, service.url("/other"), Browser())
    assert try_it(headers).status_code == 204
    (push,) = service.received
    assert push.path == "/mine"
    shown = json.loads(browser.open(push.body))["notification"]
    assert (shown["title"], shown["tag"], shown["data"]) == ("This is a test", "test", {"id": 0})
    assert not Notification.objects.exists()


def test_a_phone_without_messages_is_told_to_switch_them_on(world: World, phone: Any, service: PushService):
    subscribed(world, None, service.url("/of-no-device"), Browser())
    answer = try_it(phone[1])
    assert answer.status_code == 409
    assert "Switch them on first" in answer.json()["detail"]
    assert service.received == []


def test_a_subscription_that_is_gone_is_forgotten_and_said(world: World, phone: Any, service: PushService):
    device, headers = phone
    subscribed(world, device, service.url("/gone"), Browser())
    service.answers["/gone"] = (410, {}, b"")
    assert try_it(headers).status_code == 409
    assert not PushSubscription.objects.exists()


def test_five_an_hour_are_enough(world: World, phone: Any, service: PushService, time_machine):
    device, headers = phone
    subscribed(world, device, service.url("/mine"), Browser())
    assert [try_it(headers).status_code for _ in range(6)] == [204] * 5 + [429]
    time_machine.move_to(timezone.now() + timedelta(minutes=61))
    assert try_it(headers).status_code == 204
