"""One's own notifications: the browsers that show a red flag while no page of Amble is open."""

from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views import View

from clinic import words
from clinic.acting import Page
from clinic.places import clinic_of
from notifications.models import PushSubscription
from notifications.transports.webpush import keys

WORKER = Path(__file__).with_name("worker.js")


class Notified(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        """One's browsers, the newest first. Switching this one on, and the test, are calls of the API by a script."""
        clinic = clinic_of(self.actor)
        zone = ZoneInfo(clinic.time_zone)
        own = PushSubscription.objects.filter(user=self.actor.user_id, device=None).order_by("-created_at")
        context = {
            "browsers": [
                {
                    "pk": one.pk,
                    "digest": sha256(one.endpoint.encode()).hexdigest(),  # by which a browser knows itself
                    "since": words.moment(one.created_at, zone, self.now),
                    "reached": words.moment(one.last_ok_at, zone, self.now) if one.last_ok_at else "",
                    "failing": one.failures > 0,
                }
                for one in own
            ],
            "key": keys.public_key(),
            "clinic": clinic,
            "at": "notified",
        }
        return self.page("notified.html", context)


class ForgetBrowser(Page):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell this browser of nothing any more."""
        get_object_or_404(PushSubscription, pk=pk, user=self.actor.user_id, device=None).delete()
        messages.success(request, "Removed. That browser shows no more notifications.")
        return self.back("clinic:notified")


class Worker(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        """The service worker of the desk. It stands for no page, so it is the same for a stranger."""
        return HttpResponse(
            WORKER.read_bytes(),
            content_type="text/javascript; charset=utf-8",
            headers={"Cache-Control": "no-cache"},
        )
