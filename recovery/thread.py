"""A patient's thread: what they and staff wrote, newest first."""

from datetime import datetime
from typing import Any

from recovery.models import Message, StaffMessage

PAGE = 100


def thread(patient_id: int, *, for_staff: bool, before: datetime | None = None) -> list[dict[str, Any]]:
    """Up to a hundred messages older than `before`, in two statements.

    Staff see their notes and not the patient's private ones; the patient sees their own and never the notes.
    A withdrawn message is gone for both.
    """
    theirs = Message.objects.filter(patient=patient_id, withdrawn=False)
    ours = StaffMessage.objects.filter(patient=patient_id)
    theirs, ours = (
        (theirs.filter(private=False), ours) if for_staff else (theirs, ours.filter(to_patient=True))
    )
    if before is not None:
        theirs, ours = theirs.filter(received_at__lt=before), ours.filter(written_at__lt=before)
    messages = [
        *(_from_patient(row) for row in theirs.order_by("-received_at")[:PAGE]),
        *(_from_staff(row) for row in ours.select_related("author").order_by("-written_at")[:PAGE]),
    ]
    return sorted(messages, key=lambda message: message["received_at"], reverse=True)[:PAGE]


def _from_patient(row: Message) -> dict[str, Any]:
    return {
        "id": str(row.client_uuid),
        "revision": row.revision,
        "from_patient": True,
        "author": None,
        "text": row.text,
        "private": row.private,
        "written_at": row.happened_at,
        "received_at": row.received_at,
        "read_at": row.read_at,
    }


def _from_staff(row: StaffMessage) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "revision": None,
        "from_patient": False,
        "author": row.author.name,
        "text": row.text,
        "private": not row.to_patient,
        "written_at": row.written_at,
        "received_at": row.written_at,
        "read_at": row.read_at,
    }
