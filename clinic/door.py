"""In and out: sign in, sign out, and join with the code of an invitation."""

from typing import ClassVar

from django.contrib import messages
from django.contrib.auth import login, logout
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import actions
from accounts.api.views import WRONG_CODE, WRONG_PASSWORD
from accounts.authentication import session_actor
from accounts.limits import JOINING, SIGNING_IN, FailureLimit, sign_in_limits
from accounts.models import User
from clinic.forms import JoinForm, SignInForm


@method_decorator([never_cache, sensitive_post_parameters("password", "code")], name="dispatch")
class Door(View):
    """A page for somebody who is not signed in. No transaction around it: a failure must stay counted."""

    template: ClassVar[str]

    def address(self) -> str:
        return str(BaseThrottle().get_ident(Request(self.request)))

    def show(self, form: Form, status: int = 200) -> HttpResponse:
        return render(self.request, self.template, {"form": form}, status=status)

    def wait(self, form: Form, limit: FailureLimit) -> HttpResponse:
        minutes = limit.seconds // 60
        form.add_error(None, f"There were too many wrong tries. Wait {minutes} minutes, then try again.")
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
        limits = sign_in_limits(address=self.address(), email=form.cleaned_data["email"])
        try:
            for limit, key in limits:
                limit.check(key, now=timezone.now())
        except Throttled:
            return self.wait(form, SIGNING_IN)
        user = self._staff(**form.cleaned_data)
        if user is None:
            for limit, key in limits:
                limit.count(key, now=timezone.now())
            form.add_error("password", WRONG_PASSWORD)
            return self.show(form, status=422)
        login(request, user)
        return redirect(self._next() or "clinic:worklist")

    def _staff(self, *, email: str, password: str) -> User | None:
        user = actions.check_credentials(email=email, password=password)
        actor = session_actor(user.pk, None, now=timezone.now()) if user else None
        return user if actor is not None and actor.is_staff else None

    def _next(self) -> str:
        """Where they wanted to go, if that is a page of ours."""
        url = self.request.GET.get("next", "")
        ours = url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return url if ours else ""


class SignOut(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        messages.success(request, "You are signed out.")
        return redirect("clinic:sign-in")


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
            JOINING.check(self.address(), now=timezone.now())
        except Throttled:
            return self.wait(form, JOINING)
        if actions.accept(**form.cleaned_data, now=timezone.now()) is None:
            JOINING.count(self.address(), now=timezone.now())
            form.add_error("code", WRONG_CODE)
            return self.show(form, status=422)
        messages.success(request, "You have joined. Sign in with your email and your password.")
        return redirect("clinic:sign-in")
