"""What staff hold in their hands: an authenticator app and a passkey, with the real algorithms."""

import hmac
import json
import struct
from base64 import b32decode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG


def app_code(key: str, at: datetime) -> str:
    """RFC 6238, from the text of the key as the page shows it; not by the library that Amble asks."""
    secret = b32decode(key.replace(" ", ""))
    digest = hmac.digest(secret, struct.pack(">Q", int(at.timestamp()) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Passkey:
    """A passkey of one site. `counter` goes up with each use; None is one that counts nothing."""

    origin: str = "http://testserver"
    host: str = "testserver"
    counter: int | None = 1
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: uuid4().bytes)

    def create(self, options: dict[str, Any]) -> str:
        """The browser's answer to the options of a page."""
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._data(FLAG.UP | FLAG.AT, credential)
        made = AttestationObject.create("none", data, {})
        return self._answer("create", options, {"attestationObject": text(made)})

    def get(self, options: dict[str, Any]) -> str:
        assert text(self.id) in [one["id"] for one in options["publicKey"]["allowCredentials"]]
        if self.counter is not None:
            self.counter += 1
        data = self._data(FLAG.UP)
        client = self._client("get", options)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer("get", options, {"authenticatorData": text(data), "signature": text(signature)})

    def _data(self, flags: AuthenticatorData.FLAG, credential: bytes = b"") -> AuthenticatorData:
        place = sha256(self.host.encode()).digest()
        data: AuthenticatorData = AuthenticatorData.create(place, flags, self.counter or 0, credential)
        return data

    def _client(self, deed: str, options: dict[str, Any]) -> bytes:
        challenge = options["publicKey"]["challenge"]
        return json.dumps(
            {"type": f"webauthn.{deed}", "challenge": challenge, "origin": self.origin}
        ).encode()

    def _answer(self, deed: str, options: dict[str, Any], response: dict[str, str]) -> str:
        client = text(self._client(deed, options))
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": client, **response},
            }
        )
