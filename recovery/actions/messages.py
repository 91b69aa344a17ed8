from datetime import datetime

from django.db.models import F

from recovery.actions.need import note_need
from recovery.models import Message, Patient, StaffMessage


def write_to_patient(
    *, patient: Patient, text: str, to_patient: bool, by: int, now: datetime, nudge: bool = False
) -> StaffMessage:
    """Write into the patient's thread, or keep a note that the patient never sees."""
    if to_patient:
        Patient.objects.filter(pk=patient.pk).update(
            version=F("version") + 1
        )  # the phone has something to fetch
    return StaffMessage.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        author_id=by,
        text=text,
        to_patient=to_patient,
        nudge=nudge,
        written_at=now,
    )


def read_by_staff(*, patient: Patient, until: datetime, by: int, now: datetime) -> int:
    """The patient's messages received up to `until` were read; the first reader is the one recorded. How many."""
    unread = Message.objects.filter(patient=patient, private=False, read_at=None, received_at__lte=until)
    read = unread.update(read_at=now, read_by=by)
    if read:
        note_need([patient.pk], now=now)
    return read


def read_by_patient(*, patient_id: int, until: datetime, now: datetime) -> int:
    """What staff wrote up to `until` was shown on the patient's phone. How many messages that were news."""
    unread = StaffMessage.objects.filter(
        patient=patient_id, to_patient=True, read_at=None, written_at__lte=until
    )
    read = unread.update(read_at=now)
    if read:
        Patient.objects.filter(pk=patient_id).update(version=F("version") + 1)
    return read
