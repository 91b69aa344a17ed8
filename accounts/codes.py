"""The code of an invitation and its second factor. PURE.

Eight characters of 32 are 40 bits: enough against guessing over the network within the limits of `accounts.limits`,
not enough against somebody with a copy of the database, so the digest is keyed with the SECRET_KEY.
"""

import hmac
import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 and O, no 1 and I
LENGTH = 8


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def readable(code: str) -> str:
    """The code in two groups of four, as it is printed."""
    return f"{code[:4]}-{code[4:]}"


def typed(text: str) -> str:
    """What somebody typed, without its spaces and dashes."""
    return "".join(character for character in text.upper() if character in ALPHABET)


def digest(code: str, second_factor: str, *, key: str) -> bytes:
    """32 bytes that only this code with this second factor gives."""
    return hmac.digest(key.encode(), f"invitation:{code}:{second_factor}".encode(), "sha256")
