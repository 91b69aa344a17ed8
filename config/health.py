"""What whoever runs Amble asks without a sign-in: does it live, can it serve, is there a copy of its data?"""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config import embedded
from config.backup import copies
from config.checks import what_is_wrong
from config.disk import room
from wire.json import dumps
from wire.problems import unavailable

_was_whole = False  # of this process: a version meets its database once, and a stranger may ask often


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all; a database that is away is no reason to start it again."""
    return _said({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served; 503 when the database is away, or is not as this version needs it.

    A disk that fills up is said and is no 503: nobody is helped by turning away what can still be stored.
    """
    global _was_whole
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _was_whole = _was_whole or not what_is_wrong(connection)
    except DatabaseError:
        return unavailable()
    body = {"status": "ok" if _was_whole else "failing", "disk": _disk()}
    return _said(body, status=200 if _was_whole else 503)


@require_safe
def backup(request: HttpRequest) -> HttpResponse:
    """503 when BACKUP_FOLDER has had no new copy for more than five minutes; "off" where it is not set."""
    state = copies.state(embedded.data_folder())
    return _said({"status": state}, status=503 if state == "late" else 200)


def _disk() -> str:
    try:
        return room(embedded.data_folder())
    except OSError:
        return "elsewhere"  # this machine has no data folder


def _said(body: dict[str, str], *, status: int = 200) -> HttpResponse:
    answer = HttpResponse(dumps(body), status=status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer
