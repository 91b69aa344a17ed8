"""No more mail with one click (RFC 8058): no sign-in, a keyed token, and never by GET, for scanners open links."""

from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import Actor, Role, acting
from accounts.models import Clinic
from notifications.facts import zone_of
from notifications.models import DeliveryChoices
from notifications.words import words_in
from recovery.models import Patient

# It never expires: who finds an old mail may still be done with them.
_signer = Signer(salt="notifications.unsubscribe")


def unsubscribe_url(clinic_id: int, patient_id: int) -> str:
    return f"{settings.PUBLIC_URL}/unsubscribe/{_signer.sign(f'{clinic_id}-{patient_id}')}"


@csrf_exempt  # a mailbox posts for its reader; the token says for whom, and all it can do is be silent
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST does it, however often. 404 for a token that we did not sign."""
    try:
        clinic_id, patient_id = map(int, _signer.unsign(token).split("-"))
    except (BadSignature, ValueError):
        raise Http404 from None
    done = request.method == "POST"
    language = _asked_by(clinic_id, patient_id, now=timezone.now(), stop_mail=done)
    shown = {"done": done, "language": language, "words": words_in(language)}
    response = render(request, "notifications/unsubscribe.html", shown)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _asked_by(clinic_id: int, patient_id: int, *, now: datetime, stop_mail: bool) -> str:
    """The language of the patient who asks; with `stop_mail` they get no more. 404 for who is gone."""
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        raise Http404
    today = now.astimezone(zone_of(clinic.time_zone)).date()
    with acting(Actor(patient_id, clinic_id, frozenset({Role.PATIENT}), today)):
        patient = Patient.objects.filter(pk=patient_id).first()
        if patient is None:
            raise Http404
        if stop_mail:
            DeliveryChoices.objects.update_or_create(
                patient_id=patient_id, defaults={"clinic_id": clinic_id, "no_email": True}
            )
        return patient.language
