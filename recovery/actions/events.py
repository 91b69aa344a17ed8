"""What staff note on a patient's timeline. What a patient notes comes from the phone (actions.diary)."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from recovery.models import Episode, Patient, TimelineEvent


@transaction.atomic
def add_event(
    *, episode: Episode, what: str, about_on: date, note: str, by: int, now: datetime
) -> TimelineEvent:
    """Note something that may explain a change in the trend. The episode comes with its patient, who reads it too."""
    patient = episode.patient
    at = now.astimezone(patient.zone)
    Patient.objects.filter(pk=patient.pk).update(version=F("version") + 1)
    return TimelineEvent.objects.create(
        clinic_id=episode.clinic_id,
        patient=patient,
        # Told to no phone, so that no phone corrects what staff said.
        client_uuid=uuid4(),
        revision=1,
        withdrawn=False,
        conflicted=False,
        happened_at=now,
        utc_offset_minutes=(at.utcoffset() or timedelta()) // timedelta(minutes=1),
        zone=patient.time_zone,
        on=at.date(),
        clock_suspect=False,
        body={"at": at.isoformat(), "what": what, "about_on": about_on.isoformat(), "note": note},
        received_at=now,
        what=what,
        about_on=about_on,
        added_by_id=by,
    )


@transaction.atomic
def withdraw_event(*, event: TimelineEvent) -> None:
    """Take back what staff noted by mistake: it counts for nothing and is kept."""
    Patient.objects.filter(pk=event.patient_id).update(version=F("version") + 1)
    TimelineEvent.objects.filter(pk=event.pk).update(withdrawn=True)
