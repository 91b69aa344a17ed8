"""A form that arrived after its sender was signed out: sealed into the sign-in page, and offered again afterwards."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest

from accounts.sessions import LONGEST

SALT = "clinic.held"
HELD = "held"  # in the session, while a second factor is added
SECRET = frozenset({"csrfmiddlewaretoken", "password", "code", "passkey"})


@dataclass(frozen=True, slots=True)
class Held:
    """Where a form was going, and its fields as (name, value) in their order."""

    to: str
    fields: list[tuple[str, str]]


def seal(request: HttpRequest) -> str:
    """The form of this request, for nobody but its sender and no other page. What is secret has to be typed again: it
    is sealed against changes, and anybody can read it.
    """
    fields = [
        (name, value) for name, values in request.POST.lists() if name not in SECRET for value in values
    ]
    sealed = {"by": request.user.pk, "to": request.get_full_path(), "fields": fields}
    return signing.dumps(sealed, salt=SALT, compress=True)


def unseal(sealed: str, *, by: int) -> Held | None:
    """What was sealed. None for another person, for what we did not seal, and after twelve hours."""
    try:
        held: dict[str, Any] = signing.loads(sealed, salt=SALT, max_age=LONGEST)
    except signing.BadSignature:
        return None
    if held["by"] != by:
        return None
    return Held(held["to"], [(name, value) for name, value in held["fields"]])
