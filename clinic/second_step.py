"""After the password: a code of the app, a code on paper, or a passkey. Until it is right nobody is signed in."""

import json
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from rest_framework.exceptions import Throttled

from accounts import second_factor, sessions
from accounts.access import Actor, acting
from accounts.api.views import WRONG_SECOND
from accounts.authentication import with_password
from accounts.limits import check_all, count_all, second_factor_limits
from accounts.models import FactorKind, SecondFactor, User
from accounts.passkeys import LONGEST_ANSWER, Question, Site
from clinic.door import Door, go_on

QUESTION = "passkey_asked"  # in the session: what a passkey was asked, for one answer
WRONG_PASSKEY = "This passkey did not work. Try again, or use a code."
TOO_LATE = "That took too long. Sign in again."


class SecondStepForm(forms.Form):
    """A code, or the answer of a passkey, which the page fills in by itself."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        required=False,
        widget=forms.TextInput({"autocomplete": "one-time-code", "spellcheck": "false", "autofocus": True}),
    )
    passkey = forms.CharField(max_length=LONGEST_ANSWER, required=False, widget=forms.HiddenInput)

    def clean(self) -> None:
        if not self.errors and not (self.cleaned_data["code"] or self.cleaned_data["passkey"]):
            self.add_error("code", "Type the code.")


def site_of(request: HttpRequest) -> Site:
    """A passkey belongs to the address in the browser; ALLOWED_HOSTS says which ones there are."""
    return Site(f"{request.scheme}://{request.get_host()}")


def keep(request: HttpRequest, question: Question) -> Question:
    request.session[QUESTION] = question.state
    return question


class SecondStep(Door):
    template = "clinic/second_step.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        owing = self._owing(now=timezone.now())
        return self._ask(SecondStepForm(), owing[1]) if owing else redirect("clinic:sign-in")

    def post(self, request: HttpRequest) -> HttpResponse:
        """A wrong code, one that was used before, and a passkey of somebody else are one answer each."""
        now = timezone.now()
        owing = self._owing(now=now)
        if owing is None:
            messages.info(request, TOO_LATE)
            return redirect("clinic:sign-in")
        half, actor = owing
        form = SecondStepForm(request.POST)
        asked = request.session.pop(QUESTION, None)
        if not form.is_valid():
            return self._ask(form, actor, status=422)
        passkey = form.cleaned_data["passkey"]
        limits = [] if passkey else second_factor_limits(user_id=actor.user_id)
        try:
            check_all(limits, now=now)
        except Throttled as full:
            return self.wait(form, full)
        with acting(actor):
            if passkey:
                right = asked is not None and second_factor.use_passkey(
                    user_id=actor.user_id, site=site_of(request), state=asked, answer=passkey, now=now
                )
            else:
                right = second_factor.use_code(user_id=actor.user_id, code=form.cleaned_data["code"], now=now)
        if not right:
            count_all(limits, now=now)
            form.add_error("code", WRONG_PASSKEY if passkey else WRONG_SECOND)
            return self._ask(form, actor, status=422)
        user = User.objects.get(pk=actor.user_id)
        login(request, user)
        sessions.end_half(request.session, half)
        return go_on(request, user, to=half.go_to, held=half.held)

    def _owing(self, *, now: datetime) -> tuple[sessions.Half, Actor] | None:
        """Who has given the password here a moment ago, and still works at a clinic."""
        half = sessions.half(self.request.session, now=now)
        found = with_password(half.user_id, now=now, session=self.request.session) if half else None
        if half is None or found is None or not found.has_second_factor or not found.actor.is_staff:
            return None
        if found.sessions_since and half.at < int(found.sessions_since.timestamp()):
            return None  # by a password that is another one now
        return half, found.actor

    def _ask(self, form: SecondStepForm, actor: Actor, status: int = 200) -> HttpResponse:
        question = second_factor.ask_for_passkey(user_id=actor.user_id, site=site_of(self.request))
        if question:
            keep(self.request, question)
        has_app = SecondFactor.objects.filter(user=actor.user_id, kind=FactorKind.APP).exists()
        options = json.dumps(question.options) if question else ""
        return self.show(form, status, options=options, has_app=has_app)
