"""Who is at the desk: from a session to an Actor, and one transaction around all that a page does."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views import View

from accounts.access import Actor, acting
from accounts.authentication import CLINIC_IN_SESSION, session_actor
from clinic.places import MOST, clinic_of
from recovery.models import Progress


def staff_actor(request: HttpRequest, *, now: datetime) -> Actor | None:
    """The staff member of this session. None for a stranger, and for somebody who has left since."""
    if request.user.pk is None:
        return None
    actor = session_actor(request.user.pk, request.session.get(CLINIC_IN_SESSION), now=now)
    return actor if actor is not None and actor.is_staff else None


class Page(View):
    """A page for signed-in staff. PostgreSQL sees its work, template included, as the person who asks.

    A stranger is sent to the sign-in page; what is not theirs to see is a 404. No copy stays in the browser.
    """

    actor: Actor
    now: datetime

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        actor = staff_actor(request, now=self.now)
        if actor is None:
            logout(request)
            if request.method != "GET":
                return redirect("clinic:sign-in")
            return redirect_to_login(request.get_full_path())
        self.actor = actor
        try:
            with acting(actor):
                response = super().dispatch(request, *args, **kwargs)
        except Http404:
            response = render(request, "clinic/not_found.html", status=404)
        add_never_cache_headers(response)
        return response

    def page(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """Render a page inside the frame that all of them share."""
        frame = {"clinic": clinic_of(self.actor), "most": MOST, "actor": self.actor}
        return render(self.request, f"clinic/{template}", frame | context, status=status)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many open episodes this person sees in each status."""
        rows = Progress.objects.visible_to(self.actor).filter(episode__ended_on=None)
        return dict(rows.order_by().values_list("status").annotate(Count("pk")))
