import json
import time
from dataclasses import replace
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.models import PushSubscription
from notifications.transports import Message, TransportError, webpush
from notifications.transports.webpush import keys, refusal
from tests.notifications.receivers import CURVE, Browser, PushService, padded, push_service

MESSAGE = Message(
    "Time for your walk", "Open Amble to see more.", "http://localhost:8000/app/", "walk-12:00", 3600
)


@pytest.fixture
def service(settings):
    with push_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        yield service


def subscription(service: PushService, browser: Browser, path: str = "/push/1") -> PushSubscription:
    return PushSubscription(endpoint=service.url(path), **browser.keys)


def test_the_browser_of_these_tests_opens_the_example_of_rfc_8291():
    number = int.from_bytes(padded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser = Browser(ec.derive_private_key(number, CURVE), padded("BTBZMqHH6r4Tts7J_aSIgg"))
    body = padded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"
        "PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.open(body) == b"When I grow up, I want to be a watermelon"


def test_a_browser_opens_what_was_sent_and_nobody_else_does(service):
    browser = Browser()
    webpush.send(MESSAGE, subscription(service, browser))
    (push,) = service.received
    assert json.loads(browser.open(push.body)) == {
        "web_push": 8030,
        "mutable": True,
        "notification": {
            "title": "Time for your walk",
            "body": "Open Amble to see more.",
            "navigate": "http://localhost:8000/app/",
            "tag": "walk-12:00",
            "lang": "en",
            "data": {"id": 0},
        },
    }
    assert b"walk" not in push.body
    with pytest.raises(InvalidTag):
        Browser().open(push.body)


def test_a_browser_that_shows_it_by_itself_knows_its_language():
    spanish = json.loads(webpush.payload(replace(MESSAGE, language="es")))
    assert spanish["notification"]["lang"] == "es"


def test_the_headers_say_how_long_how_urgent_and_which_slot(service):
    browser = Browser()
    webpush.send(MESSAGE, subscription(service, browser))
    urgent = Message("Please open Amble now", "", "http://localhost:8000/", "red_flag-7", 86400, urgent=True)
    webpush.send(urgent, subscription(service, browser))
    reminder, flag = (push.headers for push in service.received)
    assert (reminder["TTL"], reminder["Urgency"]) == ("3600", "normal")
    assert (flag["TTL"], flag["Urgency"]) == ("86400", "high")
    assert reminder["Content-Encoding"] == "aes128gcm"
    assert reminder["Topic"] != flag["Topic"]
    assert len(padded(reminder["Topic"])) == 24
    assert len(reminder["Topic"]) == 32


def test_the_service_can_check_who_we_are(service, settings):
    webpush.send(MESSAGE, subscription(service, Browser()))
    scheme, _, rest = service.received[0].headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.split("=", 1) for part in rest.split(", "))
    assert parts["k"] == keys.public_key()
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, padded(parts["k"]))
    origin = f"http://{urlsplit(service.url('/')).netloc}"
    claims = jwt.decode(parts["t"], public, algorithms=["ES256"], audience=origin)
    assert claims["sub"] == settings.VAPID_SUBJECT
    assert 0 < claims["exp"] - time.time() <= 12 * 3600


def test_one_connection_and_one_signature_serve_many_messages(service):
    for n in range(5):
        webpush.send(MESSAGE, subscription(service, Browser(), f"/push/{n}"))
    assert service.connections == 1
    assert len({push.headers["Authorization"] for push in service.received}) == 1
    assert len({push.body for push in service.received}) == 5


@pytest.mark.parametrize(
    ("status", "permanent", "gone"),
    [
        (404, True, True),
        (410, True, True),
        (307, True, True),
        (400, True, False),
        (401, True, False),
        (403, True, False),
        (413, True, False),
        (429, False, False),
        (500, False, False),
        (502, False, False),
        (503, False, False),
    ],
)
def test_each_answer_says_what_to_do_next(service, status, permanent, gone):
    service.answers["/push/1"] = (status, {}, b"<html>Ada has sciatica</html>")
    with pytest.raises(TransportError) as error:
        webpush.send(MESSAGE, subscription(service, Browser()))
    assert (error.value.reason, error.value.permanent, error.value.gone) == (
        f"push-{status}",
        permanent,
        gone,
    )
    assert "Ada" not in str(error.value)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("999999999", 3600),
        ("Sun, 22 Nov 2026 12:05:00 GMT", 300),
        ("Sun, 22 Nov 2020 12:05:00 GMT", 1),
        ("-5", 60),
        ("soon", 60),
        ("１２０", 60),
        (None, 60),
    ],
)
def test_how_long_a_service_may_ask_us_to_wait(retry_after, seconds):
    error = refusal(429, retry_after=retry_after, date="Sun, 22 Nov 2026 12:00:00 GMT")
    assert error.retry_after == seconds


def test_a_long_answer_costs_its_connection_and_no_memory(service):
    service.answers["/push/1"] = (201, {}, b"x" * 1_000_000)
    webpush.send(MESSAGE, subscription(service, Browser()))
    webpush.send(MESSAGE, subscription(service, Browser(), "/push/2"))
    assert service.connections == 2


def test_a_service_that_cannot_be_reached_is_tried_later(settings):
    with push_service() as gone:
        pass
    settings.PUSH_EXTRA_HOSTS = [gone.host]
    with pytest.raises(TransportError) as error:
        webpush.send(MESSAGE, subscription(gone, Browser()))
    assert not error.value.permanent


def test_without_a_key_there_is_no_web_push(service, settings):
    settings.VAPID_PRIVATE_KEY = ""
    assert keys.public_key() is None
    with pytest.raises(TransportError) as error:
        webpush.send(MESSAGE, subscription(service, Browser()))
    assert error.value.permanent
    assert service.received == []


def test_a_message_that_is_too_long_does_not_leave(service):
    long = Message("x" * 2048, "", "", "walk-12:00", 3600)
    with pytest.raises(TransportError, match="push-too-long"):
        webpush.send(long, subscription(service, Browser()))


@pytest.mark.parametrize(
    "p256dh",
    [
        "",
        "AAAA",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNto",
        "BP" + "A" * 85,
        "not base64url!",
        "é" * 87,
    ],
)
def test_a_key_that_is_no_point_of_the_curve_is_refused(p256dh):
    with pytest.raises(ValueError, match=r"\w"):
        keys.check_p256dh(p256dh)


def test_good_keys_are_taken_padded_or_not():
    browser = Browser()
    keys.check_p256dh(browser.keys["p256dh"])
    keys.check_p256dh(browser.keys["p256dh"] + "=")
    keys.check_auth(browser.keys["auth"])
    with pytest.raises(ValueError, match="16 bytes"):
        keys.check_auth("AAAA")


def test_a_new_key_works_at_once(settings):
    settings.VAPID_PRIVATE_KEY = keys.new_private_key()
    public = keys.public_key()
    assert public is not None
    assert len(padded(public)) == 65
