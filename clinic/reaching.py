"""How a patient is reached: their phones, and the reminders of the last 30 days with what became of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import Device
from clinic import words
from clinic.caring import CaringPage
from notifications import outcomes
from notifications.models import Kind, Notification
from recovery.actions.people import sign_out_device
from recovery.models import Patient

NEWEST = 10
# The outcomes in the order of the columns, each with its words.
BECAME = {
    "done": "Done",
    "shown": "Shown",
    "snoozed": "Put off",
    "sent": "Sent",
    "waiting": "On its way",
    "skipped": "Not needed",
    "missed": "Too late",
    "failed": "Failed",
    "withheld": "Left out by lot",
}


@dataclass(frozen=True, slots=True)
class ByKind:
    kind: str
    due: int
    counts: Sequence[int]  # by the columns that are shown


def reached(patient: Patient, *, page: CaringPage) -> dict[str, Any]:
    """In two statements: the phones, those in use first, and the reminders that were due, newest first."""
    phones = Device.objects.filter(user=patient.pk, clinic=patient.clinic_id).order_by("-id")
    since = page.now - outcomes.SHOWN_FOR
    due = Notification.objects.to_patient(patient).filter(due_at__gt=since).select_related("receipt")
    rows = list(due.order_by("-due_at", "-id"))
    became = Counter((row.kind, outcomes.outcome(row)) for row in rows)
    shown = [one for one in BECAME if any(outcome == one for _, outcome in became)]
    kinds = Counter(row.kind for row in rows)
    return {
        "phones": sorted(phones, key=lambda phone: phone.revoked_at is not None),
        "reminders_days": outcomes.SHOWN_FOR.days,
        "reminders_due": len(rows),
        "became": [BECAME[one] for one in shown],
        "by_kind": [
            ByKind(Kind(kind).label.capitalize(), count, [became[kind, one] for one in shown])
            for kind, count in kinds.most_common()
        ],
        "newest_reminders": [
            (
                Kind(row.kind).label.capitalize(),
                words.moment(row.due_at, patient.zone, page.now),
                outcomes.in_words(row),
            )
            for row in rows[:NEWEST]
        ],
    }


class SignOutPhone(CaringPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, device: int) -> HttpResponse:
        """A phone was lost: its token is refused from the next request on."""
        patient = self.patient_in_care(pk)
        phones = Device.objects.filter(user=patient.pk, clinic=self.actor.clinic_id)
        phone = get_object_or_404(phones, pk=device)
        self.do(
            lambda: sign_out_device(device=phone, now=self.now),
            "Signed out. What that phone had not sent yet stays on it.",
        )
        return self.back("clinic:patient", pk=pk)
