"""Messages: who waits for an answer, and one patient's thread with the notes of colleagues."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime

from clinic import words
from clinic.acting import Page
from clinic.forms import WriteForm
from recovery.actions.messages import read_by_staff, write_to_patient
from recovery.models import Message, Patient
from recovery.thread import thread

SHOWN = 200


def thread_of(patient: Patient, *, page: Page, form: WriteForm | None = None) -> dict[str, Any]:
    """What `clinic/_thread.html` needs, in three statements: for any page that shows the thread of a patient.

    The newest message is the last. `unread_until` is when the newest unread one came, empty when all are read.
    """
    messages = thread(patient.pk, for_staff=True)
    for message in messages:
        message["moment"] = words.moment(message["received_at"], patient.zone, page.now)
        message["read"] = message["read_at"] and words.moment(message["read_at"], patient.zone, page.now)
    unread = [one["received_at"] for one in messages if one["from_patient"] and one["read_at"] is None]
    return {
        "thread": messages[::-1],
        "unread": len(unread),
        "unread_until": max(unread).isoformat() if unread else "",
        "write": form or WriteForm(auto_id="write-%s"),
        "may_write": Patient.objects.cared_for_by(page.actor).filter(pk=patient.pk).exists(),
    }


class Messages(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        """The threads with something unread, who has waited longest first."""
        unread = Message.objects.visible_to(self.actor).unread().exclude(patient=self.actor.user_id)
        rows = unread.select_related("patient").order_by("patient", "received_at")[:SHOWN]
        waiting = [list(group) for _, group in groupby(rows, key=lambda row: row.patient_id)]
        context = {
            "waiting": [
                {
                    "patient": messages[0].patient,
                    "text": messages[-1].text,
                    "count": len(messages),
                    "since": words.moment(messages[0].received_at, messages[0].patient.zone, self.now),
                }
                for messages in sorted(waiting, key=lambda group: group[0].received_at)
            ],
            "at": "messages",
        }
        return self.page("messages.html", context)


class Thread(Page):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(get_object_or_404(Patient.objects.visible_to(self.actor), pk=pk))

    def show(self, patient: Patient, form: WriteForm | None = None, status: int = 200) -> HttpResponse:
        context = thread_of(patient, page=self, form=form) | {"patient": patient, "at": "messages"}
        return self.page("thread.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write to the patient, or keep a note. Who answers has read what was on the page."""
        patient = self.in_care(Patient.objects.all(), pk)
        form = WriteForm(request.POST, auto_id="write-%s")
        if not form.is_valid():
            return self.show(patient, form, status=422)
        said = form.cleaned_data
        self.do(
            lambda: write_to_patient(patient=patient, by=self.actor.user_id, now=self.now, **said),
            "Sent." if said["to_patient"] else "Noted. The patient never sees it.",
        )
        if said["to_patient"]:
            self.read(patient)
        return self.back("clinic:thread", pk=pk)

    def read(self, patient: Patient) -> None:
        """Say that what was on the page has been read."""
        try:
            until = parse_datetime(self.request.POST.get("until", ""))
        except ValueError:
            return
        if until is not None and until.tzinfo is not None:
            read_by_staff(patient=patient, until=until, by=self.actor.user_id, now=self.now)


class ThreadRead(Thread):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was on the page has been read, and needs no answer."""
        self.read(self.in_care(Patient.objects.all(), pk))
        return self.back("clinic:messages")
