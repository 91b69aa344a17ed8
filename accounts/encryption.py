"""What lies encrypted in the database, so that a copy of it alone signs nobody in: Fernet, by a key of the SECRET_KEY.

With another SECRET_KEY nothing of it can be read: the second factors of all staff are to be set anew
(docs/administration.md).
"""

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@cache
def _fernet(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"amble.second-factor")
    return Fernet(urlsafe_b64encode(derived.derive(secret_key.encode())))


def encrypt(plain: bytes) -> bytes:
    return _fernet(settings.SECRET_KEY).encrypt(plain)


def decrypt(encrypted: bytes | memoryview) -> bytes | None:
    """What was encrypted. None if it was by another SECRET_KEY, or is not ours."""
    try:
        return _fernet(settings.SECRET_KEY).decrypt(bytes(encrypted))
    except InvalidToken:
        return None
