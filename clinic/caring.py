"""Pages about one patient: who may read them, and who may change what they show."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from clinic.acting import Page
from recovery.models import Episode, Patient


class CaringPage(Page):
    """What one may see but not change is a 403 that says so; what one may not see is a 404."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except PermissionDenied:
            return render(request, "clinic/not_allowed.html", status=403)

    def seen(self, pk: int) -> Patient:
        return get_object_or_404(Patient.objects.visible_to(self.actor), pk=pk)

    def in_care(self, pk: int) -> Patient:
        """A patient whom this person may act on: nobody decides about their own record."""
        patient = self.seen(pk)
        if pk == self.actor.user_id or not Patient.objects.cared_for_by(self.actor).filter(pk=pk).exists():
            raise PermissionDenied
        return patient

    def check_is_caring(self) -> None:
        """Whether they may add patients at all: therapists and clinicians may."""
        if not self.actor.is_caring:
            raise PermissionDenied


def open_episode(patient: Patient) -> Episode:
    """Their open episode, with its patient. Without one there is nothing to plan: a 404."""
    episode = Episode.objects.open().filter(patient=patient).first()
    if episode is None:
        raise Http404
    episode.patient = patient
    return episode
