"""In and out: sign in, sign out, and join with the code of an invitation."""

import math
from typing import ClassVar

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import actions, sessions
from accounts.api.views import WRONG_CODE, WRONG_PASSWORD
from accounts.authentication import with_password
from accounts.limits import JOINING, check_all, count_all, sign_in_limits
from accounts.models import User
from clinic.forms import JoinForm, SignInForm
from clinic.held import seal, unseal


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, for the limits."""
    return str(BaseThrottle().get_ident(Request(request)))


def too_many_tries(full: Throttled) -> str:
    minutes = math.ceil((full.wait or 0) / 60)  # type: ignore[attr-defined] # unknown to the stubs
    wait = f"{minutes} minutes" if minutes <= 90 else f"{math.ceil(minutes / 60)} hours"
    return f"There were too many wrong tries. Wait {wait}, then try again."


@method_decorator([never_cache, sensitive_post_parameters("password", "code")], name="dispatch")
class Door(View):
    """A page for somebody who is not signed in. No transaction around it: a failure must stay counted."""

    template: ClassVar[str]

    def show(self, form: Form, status: int = 200, **more: object) -> HttpResponse:
        context = {"form": form, "held": self.request.POST.get("held", ""), **more}
        return render(self.request, self.template, context, status=status)

    def wait(self, form: Form, full: Throttled) -> HttpResponse:
        form.add_error(None, too_many_tries(full))
        return self.show(form, status=429)


class SignIn(Door):
    template = "clinic/sign_in.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """An unknown email, a wrong password and somebody who left are one answer."""
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        limits = sign_in_limits(address=address_of(self.request), email=form.cleaned_data["email"])
        try:
            check_all(limits, now=timezone.now())
        except Throttled as full:
            return self.wait(form, full)
        user = actions.check_credentials(**form.cleaned_data)
        found = with_password(user.pk, now=timezone.now()) if user else None
        if user is None or found is None or not found.actor.is_staff:
            count_all(limits, now=timezone.now())
            form.add_error("password", WRONG_PASSWORD)
            return self.show(form, status=422)
        held = request.POST.get("held", "")
        if found.has_second_factor:
            sessions.begin_half(
                request.session, user_id=user.pk, go_to=self._next(), held=held, now=timezone.now()
            )
            return redirect("clinic:second-step")
        login(request, user)
        return go_on(request, user, to=self._next(), held=held)

    def _next(self) -> str:
        """Where they wanted to go, if that is a page of ours."""
        url = self.request.GET.get("next", "")
        ours = url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return url if ours else ""


def go_on(request: HttpRequest, user: User, *, to: str, held: str) -> HttpResponse:
    """Where somebody goes who has just signed in: what they wrote before is offered first."""
    if form := unseal(held, by=user.pk):
        return render(request, "clinic/send_again.html", {"held": form})
    return redirect(to or "clinic:worklist")


IDLE_FOR = f"You were signed out, because nothing was done here for {sessions.IDLE.seconds // 60} minutes."


class SignOut(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        """`idle` names the page that was left alone: after signing in again one is back there."""
        logout(request)
        left_alone = request.POST.get("idle", "")
        if not left_alone:
            messages.success(request, "You are signed out.")
            return redirect("clinic:sign-in")
        messages.info(request, IDLE_FOR)
        return redirect_to_login(left_alone)


def ask_again(request: HttpRequest) -> HttpResponse:
    """Sign somebody out who did nothing for too long. The form they may just have sent is held for them."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    held = seal(request) if request.method == "POST" else ""
    logout(request)
    if not held:
        messages.info(request, IDLE_FOR)
        return redirect_to_login(request.get_full_path())
    messages.info(request, f"{IDLE_FOR} What you wrote is kept: sign in, and send it.")
    response = render(request, "clinic/sign_in.html", {"form": SignInForm(), "held": held}, status=401)
    add_never_cache_headers(response)
    return response


class Join(Door):
    template = "clinic/join.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(JoinForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """A wrong code, an old one and another person's email are one answer."""
        form = JoinForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            JOINING.check(address_of(self.request), now=timezone.now())
        except Throttled as full:
            return self.wait(form, full)
        if actions.accept(**form.cleaned_data, now=timezone.now()) is None:
            JOINING.count(address_of(self.request), now=timezone.now())
            form.add_error("code", WRONG_CODE)
            return self.show(form, status=422)
        messages.success(request, "You have joined. Sign in with your email and your password.")
        return redirect("clinic:sign-in")
