"""One friendly message in fixed words to a patient who has gone silent: few a day, and once for each silence."""

from datetime import datetime, timedelta

from accounts.models import User
from recovery.actions.messages import write_to_patient
from recovery.models import Patient, Progress, StaffMessage
from recovery.models.people import Language
from recovery.rules.status import SILENT
from wire.problems import Conflict

NUDGES_A_DAY = 10  # of one person of the staff: more of them are a mailing, and no longer a hand held out; P
NOT_AGAIN_WITHIN = timedelta(days=7)  # to the same patient, whoever wrote the last one; P
NUDGE = {
    Language.ENGLISH: "Hello! We have not heard from you for a few days, and that is fine. How are you? "
    "One tap for today's pain is enough, or write to us here.",
    Language.SPANISH: "¡Hola! Hace unos días que no sabemos de ti, y no pasa nada. ¿Cómo estás? "
    "Basta con un toque para el dolor de hoy, o escríbenos aquí.",
}


def nudge(*, patient: Patient, by: int, now: datetime) -> StaffMessage:
    """Ask a silent patient how they are. Raises Conflict when they are not silent, were asked this week already, or
    this person has sent a day's share. Two clicks at once send one: the person and the patient are locked.
    """
    User.objects.select_for_update(no_key=True).get(pk=by)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if not Progress.objects.going_on().filter(patient=patient, rule=SILENT).exists():
        raise Conflict("This patient is not silent: write to them yourself.")
    asked = StaffMessage.objects.filter(patient=patient, nudge=True, written_at__gt=now - NOT_AGAIN_WITHIN)
    if asked.exists():
        raise Conflict("This patient was asked within the last seven days: call them instead.")
    if StaffMessage.objects.nudges_of(by, now=now).count() >= NUDGES_A_DAY:
        raise Conflict(f"You have sent {NUDGES_A_DAY} of these in a day, which is all: call them instead.")
    words = NUDGE[Language(patient.language)]
    return write_to_patient(patient=patient, text=words, to_patient=True, nudge=True, by=by, now=now)
