"""Pages about one patient: who may read them, and who may change what they show."""

from django.http import Http404
from rest_framework.exceptions import PermissionDenied

from clinic.acting import Page
from recovery.models import Episode, Patient


class CaringPage(Page):
    """What one may see but not change is a 403 that says so; what one may not see is a 404."""

    def seen_patient(self, pk: int) -> Patient:
        patient: Patient = self.seen(Patient.objects.all(), pk)
        return patient

    def patient_in_care(self, pk: int) -> Patient:
        """A patient whom this person may act on."""
        patient: Patient = self.in_care(Patient.objects.all(), pk)
        return patient

    def check_is_caring(self) -> None:
        """Whether they may add patients at all: therapists and clinicians may."""
        if not self.actor.is_caring:
            raise PermissionDenied("Therapists and clinicians add patients and invite them.")


def open_episode(patient: Patient) -> Episode:
    """Their open episode, with its patient. Without one there is nothing to plan: a 404."""
    episode = Episode.objects.open().filter(patient=patient).first()
    if episode is None:
        raise Http404
    episode.patient = patient
    return episode
