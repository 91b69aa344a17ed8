"""The keys of web push: ours (VAPID, RFC 8292) and those that a browser's subscription brings."""

import binascii
import time
from base64 import urlsafe_b64encode
from functools import lru_cache
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import AnyHttpUrl
from webpush.vapid import VAPID  # type: ignore[import-untyped]

CURVE = ec.SECP256R1()
HOUR = 3600


def decoded(text: str) -> bytes:
    """base64url, with or without padding. ValueError for anything else."""
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return binascii.a2b_base64(padded.translate({ord("-"): "+", ord("_"): "/"}), strict_mode=True)
    except binascii.Error as error:
        raise ValueError("This is not base64url.") from error


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def check_p256dh(text: str) -> None:
    """ValueError unless it is an uncompressed point of P-256, as RFC 8291 asks."""
    data = decoded(text)
    if len(data) != 65:
        raise ValueError("This key must have 65 bytes.")
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, data)


def check_auth(text: str) -> None:
    """ValueError unless it is a secret of 16 bytes."""
    if len(decoded(text)) != 16:
        raise ValueError("This secret must have 16 bytes.")


def new_private_key() -> str:
    """A fresh VAPID key as settings hold it: the 32 bytes of its number in base64url."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return encoded(number.to_bytes(32, "big"))


def are_set() -> bool:
    """Whether there is what web push needs: a key, and an address at which a push service can complain."""
    return bool(settings.VAPID_PRIVATE_KEY and settings.VAPID_SUBJECT)


def public_key() -> str | None:
    """What a browser needs to subscribe; None when this Amble does no web push."""
    if not are_set():
        return None
    public = _private_key(settings.VAPID_PRIVATE_KEY).public_key()
    return encoded(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def pems(text: str) -> tuple[bytes, bytes]:
    """Private and public key as the library wants them."""
    key = _private_key(text)
    return (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


@lru_cache(maxsize=2)
def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    try:
        return ec.derive_private_key(int.from_bytes(decoded(text), "big"), CURVE)
    except ValueError:
        raise ImproperlyConfigured(
            "VAPID_PRIVATE_KEY is not a key: put the lines that `manage.py make_vapid_keys` prints into .env."
        ) from None


class Signer(VAPID):  # type: ignore[misc]
    """The library's VAPID, signing once a push service and hour, and naming the port where there is one.

    A signature costs as much as the encryption; a header stays good for 12 hours.
    """

    def __init__(self, private_key: bytes, public_key: bytes) -> None:
        super().__init__(private_key, public_key)
        self._headers = lru_cache(maxsize=64)(self._sign)

    def get_authorization_header(self, endpoint: AnyHttpUrl, subscriber: str, expiration: int) -> str:
        usual = {"https": 443, "http": 80}[endpoint.scheme]
        host = endpoint.host if endpoint.port in (None, usual) else f"{endpoint.host}:{endpoint.port}"
        return self._headers(endpoint.scheme, host or "", subscriber, expiration, int(time.time() // HOUR))

    def _sign(self, scheme: str, host: str, subscriber: str, expiration: int, hour: int) -> str:
        origin = SimpleNamespace(scheme=scheme, host=host)
        return str(super().get_authorization_header(origin, subscriber, expiration))
