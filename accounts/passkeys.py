"""Passkeys: what WebAuthn asks of a browser, and whether its answer holds. Yubico's fido2 does the work.

The database is not known here. Between question and answer the challenge waits in the session, for one answer.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

LONGEST_ANSWER = 8000  # characters; about 1,000 are usual

# After a password a touch is enough, and where the machine asks for a finger or PIN by itself, it may.
VERIFICATION = UserVerificationRequirement.PREFERRED

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What the page gives to the browser, and what has to be kept until its answer."""

    options: JSON
    state: JSON


@dataclass(frozen=True, slots=True)
class Proof:
    """Id and public key of a passkey that has just signed, and how often it says it has."""

    passkey: bytes
    counter: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are for, such as https://amble.example.org: no other site can ask for them."""

    origin: str

    def ask_for_new(self, *, user_id: int, email: str, name: str, known: Iterable[bytes]) -> Question:
        """Ask for a passkey that is none of the known ones."""
        user = PublicKeyCredentialUserEntity(id=str(user_id).encode(), name=email, display_name=name)
        options, state = self._server.register_begin(
            user,
            credentials=_read(known),
            # It is found by its id, after the password: a security key need not give one of its few places to it.
            resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
            user_verification=VERIFICATION,
        )
        return Question(dict(options), state)

    def new(self, answer: str, *, state: JSON) -> Proof | None:
        """The passkey that was made. None for whatever does not answer the question."""
        try:
            made = self._server.register_complete(state, RegistrationResponse.from_dict(json.loads(answer)))
        except Exception:  # the parsers of a stranger's bytes have each their own way to fail
            return None
        return Proof(bytes(made.credential_data or b""), made.counter)

    def ask(self, *, known: Iterable[bytes]) -> Question:
        """Ask for one of the known ones."""
        options, state = self._server.authenticate_begin(_read(known), user_verification=VERIFICATION)
        return Question(dict(options), state)

    def proven(self, answer: str, *, state: JSON, known: Iterable[bytes]) -> Proof | None:
        """Which of the known ones has signed. None for whatever does not answer the question."""
        try:
            parsed = AuthenticationResponse.from_dict(json.loads(answer))
            passkey = self._server.authenticate_complete(state, _read(known), parsed)
        except Exception:  # as above
            return None
        return Proof(bytes(passkey), parsed.response.authenticator_data.counter)

    @property
    def _server(self) -> Fido2Server:
        place = PublicKeyCredentialRpEntity(name="Amble", id=urlsplit(self.origin).hostname)
        # To the letter: left to itself the library would take the sites below ours, too.
        return Fido2Server(place, verify_origin=lambda origin: origin == self.origin)


def _read(passkeys: Iterable[bytes]) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(one) for one in passkeys]
