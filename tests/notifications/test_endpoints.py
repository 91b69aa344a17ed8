"""Which push endpoints are called at all (server-side request forgery), at save and at send."""

import socket

import pytest

from notifications.models import PushSubscription
from notifications.transports import Message, TransportError, webpush
from notifications.transports.webpush.connections import post
from notifications.transports.webpush.endpoints import Endpoint, checked, is_public
from tests.notifications.receivers import Browser, push_service

GOOD = [
    "https://fcm.googleapis.com/fcm/send/abc:DEF-123_x",
    "https://fcm.googleapis.com:443/wp/abc",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAA==",
    "https://web.push.apple.com/QN2sX?x=1",
    "https://wns2-by3p.notify.windows.com/w/?token=BQY%2f%2b",
]
BAD = [
    "http://fcm.googleapis.com/x",
    "http://127.0.0.1/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://0x7f.1/x",
    "https://0177.0.0.1/x",
    "https://2130706433/x",
    "https://0/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://192.168.1.1/x",
    "https://100.64.0.1/x",
    "https://localhost/x",
    "https://fcm.googleapis.com.evil.tld/x",
    "https://fcm.googleapis.com@evil.tld/x",
    "https://fcm.googleapis.com:443@evil.tld/x",
    "https://evil.tld/fcm.googleapis.com",
    "https://evil.tld#fcm.googleapis.com",
    "https://evil.tld?fcm.googleapis.com",
    "https://evil.tld\\@fcm.googleapis.com/x",
    "https://evilfcm.googleapis.com/x",
    "https://fcm.googleapis.com./x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com:443443/x",
    "https://fcm.googleapıs.com/x",
    "https://fcm。googleapis。com/x",
    "https://xn--fcm-googleapis-com.tld/x",
    "https://push.apple.com.evil.tld/x",
    "https://evilpush.apple.com/x",
    "https://push.services.mozilla.com.evil/x",
    "https://fcm.googleapis.com/x#fragment",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/x\r\nHost: evil",
    "https://fcm.googleapis.com/\x00",
    "https://fcm.googleapis.com",
    "ftp://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "//fcm.googleapis.com/x",
    "https://",
    "",
    "https://fcm.googleapis.com/" + "x" * 1000,
]
MESSAGE = Message(
    "Time for your walk", "Open Amble to see more.", "http://localhost:8000/app/", "walk-12:00", 3600
)


@pytest.mark.parametrize("url", GOOD)
def test_the_services_of_the_browsers_are_called(url):
    assert checked(url).origin + checked(url).target == url.replace(":443", "")


@pytest.mark.parametrize("url", BAD)
def test_nothing_else_is_taken_or_called(url):
    with pytest.raises(ValueError, match="push service"):
        checked(url)
    subscription = PushSubscription(endpoint=url, **Browser().keys)
    with pytest.raises(TransportError) as error:
        webpush.send(MESSAGE, subscription)
    assert (error.value.reason, error.value.gone) == ("push-endpoint", True)


def test_the_operator_may_name_a_host_with_or_without_a_port(settings):
    settings.PUSH_EXTRA_HOSTS = ["127.0.0.1:9999", "push.example.org"]
    assert checked("http://127.0.0.1:9999/a").origin == "http://127.0.0.1:9999"
    assert checked("https://push.example.org/a").origin == "https://push.example.org"
    for url in ("http://127.0.0.1:9998/a", "http://127.0.0.1/a", "https://push.example.org:8443/a"):
        with pytest.raises(ValueError, match="list of services"):
            checked(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.1.1", True),
        ("2a00:1450:4001::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address, public):
    assert is_public(address) is public


def test_a_name_that_leads_to_this_machine_is_not_connected_to(monkeypatch):
    """DNS has to be made up here: a good name with a bad address, and with one bad address of two."""
    with push_service() as service:
        port = int(service.host.partition(":")[2])
        for addresses in (["127.0.0.1"], ["142.250.1.1", "127.0.0.1"]):
            answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, answer=answer, **__: answer)
            with pytest.raises(Exception, match="not public"):
                post(Endpoint("http", "fcm.googleapis.com", port, "/x"), b"", {}, seconds=5)
        assert service.connections == 0


def test_a_redirect_is_not_followed(settings):
    with push_service() as service, push_service() as elsewhere:
        settings.PUSH_EXTRA_HOSTS = [service.host, elsewhere.host]
        for status in (301, 302, 307, 308):
            service.answers["/moved"] = (status, {"Location": elsewhere.url("/stolen")}, b"")
            with pytest.raises(TransportError) as error:
                webpush.send(MESSAGE, PushSubscription(endpoint=service.url("/moved"), **Browser().keys))
            assert (error.value.reason, error.value.gone) == (f"push-{status}", True)
        assert len(service.received) == 4
        assert elsewhere.connections == 0
