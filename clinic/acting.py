"""Who is at the desk: from a session to an Actor, and one transaction around all that a page does."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from rest_framework.exceptions import PermissionDenied

from accounts import sessions
from accounts.access import Actor, acting
from accounts.audit import note_reading
from accounts.authentication import session_actor
from clinic.door import ask_again
from clinic.held import HELD, seal
from clinic.places import MOST, clinic_of
from recovery import access
from recovery.models.people import RowsOfPatients
from wire.problems import Conflict

POLL = "poll"  # the id of what asks again by itself: no sign of a person


def staff_actor(request: HttpRequest, *, now: datetime) -> Actor | None:
    """The staff member of this session. None for a stranger, and for somebody who has left since."""
    if request.user.pk is None:
        return None
    actor = session_actor(request.user.pk, request.session, now=now)
    return actor if actor is not None and actor.is_staff else None


class Page(View):
    """A page for signed-in staff. PostgreSQL sees its work, template included, as the person who asks.

    A stranger is sent to the sign-in page, and so is who did nothing for 15 minutes; who has to add a second factor
    first, to the page for that. What is not theirs to see is a 404, what they may see but not do a 403.
    No copy stays in the browser.
    """

    for_adding_a_second_factor: ClassVar[bool] = False
    actor: Actor
    now: datetime
    plan_once = False  # see accounts.access.enter

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        actor = staff_actor(request, now=self.now)
        if actor is None:
            if request.user.pk is not None:  # else somebody may owe the second factor here
                logout(request)
            if request.method != "GET":
                return redirect("clinic:sign-in")
            return redirect_to_login(request.get_full_path())
        if not sessions.is_open(request.session, now=self.now):
            return ask_again(request)
        if request.headers.get("HX-Trigger") != POLL:
            sessions.note(request.session, now=self.now)
        if actor.lacks_second_factor and not self.for_adding_a_second_factor:
            return self._second_factor_first(request)
        self.actor = actor
        try:
            with acting(actor, plan_once=self.plan_once):
                response = super().dispatch(request, *args, **kwargs)
                note_reading(actor, face="desk", route=request.resolver_match)
        except Http404:
            response = render(request, "clinic/not_found.html", status=404)
        except PermissionDenied as why:
            response = render(request, "clinic/not_allowed.html", {"why": why}, status=403)
        add_never_cache_headers(response)
        return response

    def _second_factor_first(self, request: HttpRequest) -> HttpResponse:
        """What was just sent is held, and offered on the account's page when they have one."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        if request.method == "POST":
            request.session[HELD] = seal(request)
        return redirect("clinic:account")

    def page(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """Render a page inside the frame that all of them share; a page that counts more brings its `clinic`."""
        clinic = context.get("clinic") or clinic_of(self.actor)
        clock = self.now.astimezone(ZoneInfo(clinic.time_zone))
        frame = {
            "clinic": clinic,
            "most": MOST,
            "actor": self.actor,
            "as_of": f"{clock.hour}:{clock:%M}",
            "here": self.request.get_full_path(),
            "idle": sessions.IDLE,
            "idle_warning": sessions.WARNING,
        }
        return render(self.request, f"clinic/{template}", frame | context, status=status)

    def seen(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        """One of the rows this person sees; nobody decides about their own record."""
        return access.seen(rows, pk, by=self.actor, changing=self.request.method == "POST")

    def in_care(self, rows: RowsOfPatients[Any], pk: int) -> Any:
        """One of the rows of the patients in this person's care; nobody is in their own."""
        return access.in_care(rows, pk, by=self.actor, changing=True)

    def do(self, deed: Callable[[], object], said: str) -> None:
        """Do it, and say so on the next page. A colleague who was first is told of there, and is no error."""
        try:
            with transaction.atomic():
                deed()
        except Conflict as conflict:
            messages.info(self.request, str(conflict.detail))
        else:
            messages.success(self.request, said)

    def back(self, otherwise: str, **ids: int) -> HttpResponse:
        """To the page of ours that the form came from, else to the named one."""
        came_from = self.request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(came_from, allowed_hosts=None):
            return redirect(came_from)
        return redirect(reverse(otherwise, kwargs=ids))


class Stay(Page):
    for_adding_a_second_factor = True

    def post(self, request: HttpRequest) -> HttpResponse:
        """The person is there, though this page needed nothing: they read or write."""
        return HttpResponse(status=204)
