"""One's own account: the second factors, each added and removed by its owner, and the codes on paper."""

import json
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from accounts import second_factor, sessions
from accounts.encryption import decrypt, encrypt
from accounts.models import Clinic, RecoveryCode, SecondFactor, User
from accounts.passkeys import LONGEST_ANSWER
from accounts.second_factor import Added
from clinic.acting import Page
from clinic.door import go_on
from clinic.held import HELD
from clinic.own_password import OwnPasswordForm
from clinic.qr import qr
from clinic.second_step import QUESTION, keep, site_of
from wire.problems import Conflict

NEW_KEY = "new_app"  # in the session, encrypted: the key that the page shows, until an app has taken it
WRONG_CODE = "The app shows another code. Wait for its next one. Is the clock of the phone right?"
NOT_MADE = "The passkey was not made. Try again."


class NameForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="For you to tell them apart, such as the name of the phone.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class AppForm(NameForm):
    code = forms.CharField(
        label="Code that the app shows now",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyForm(NameForm):
    passkey = forms.CharField(
        max_length=LONGEST_ANSWER,
        widget=forms.HiddenInput,
        error_messages={"required": NOT_MADE},
    )


class OwnPage(Page):
    """A page about oneself. It has no clinic around it for who must add a second factor before anything else."""

    for_adding_a_second_factor = True

    def show(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        user = User.objects.get(pk=self.actor.user_id)
        context = {"me": user, "at": "account", **context}
        if not self.actor.lacks_second_factor:
            return self.page(f"account/{template}", {"frame": "clinic/account/frame.html", **context}, status)
        alone = {
            "frame": "clinic/account/alone.html",
            "actor": self.actor,
            "idle": sessions.IDLE,
            "idle_warning": sessions.WARNING,
        }
        return render(self.request, f"clinic/account/{template}", alone | context, status=status)

    def password_first(self, back: str = "") -> HttpResponse | None:
        """To the page that asks for the password, when it was not given here a moment ago."""
        if sessions.knows_password(self.request.session, now=self.now):
            return None
        return redirect_to_login(back or self.request.path, reverse("clinic:confirm-password"))

    def added(self, added: Added) -> HttpResponse:
        """This session has shown what it was asked for; the codes on paper are shown on this answer only."""
        self.request.session[sessions.SECOND_FACTOR] = True
        messages.success(self.request, f"{added.factor.name} is added. It is asked for when you sign in.")
        if not added.recovery_codes:
            return redirect("clinic:account")
        self.actor = replace(self.actor, lacks_second_factor=False)
        return self.show("recovery_codes.html", {"codes": added.recovery_codes})


class Account(OwnPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        """What a person wrote when a second factor was asked of them comes first, once they have one."""
        if not self.actor.lacks_second_factor and HELD in request.session:
            return go_on(
                request,
                User.objects.get(pk=self.actor.user_id),
                to=reverse("clinic:account"),
                held=request.session.pop(HELD),
            )
        codes = RecoveryCode.objects.filter(user=self.actor.user_id)
        context = {
            "factors": SecondFactor.objects.filter(user=self.actor.user_id).order_by("added_at", "pk"),
            "codes_left": codes.filter(used_at=None).count(),
            "needed_from": Clinic.objects.values_list("second_factor_from", flat=True).get(
                pk=self.actor.clinic_id
            ),
        }
        return self.show("account.html", context)


@method_decorator(sensitive_post_parameters("code"), name="dispatch")
class AddApp(OwnPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        if ask := self.password_first():
            return ask
        return self._show(AppForm(initial={"name": "Authenticator app"}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """The app is added when it shows a code of the key: then the key has arrived."""
        if ask := self.password_first():
            return ask
        form = AppForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            added = second_factor.add_app(
                user_id=self.actor.user_id,
                name=form.cleaned_data["name"],
                key=self._key(),
                code="".join(form.cleaned_data["code"].split()),
                now=self.now,
            )
        except Conflict as full:
            form.add_error(None, str(full.detail))
            return self._show(form, status=409)
        if added is None:
            form.add_error("code", WRONG_CODE)
            return self._show(form, status=422)
        del request.session[NEW_KEY]
        return self.added(added)

    def _key(self) -> bytes:
        """The same for each look at the page: it may already be in the app."""
        kept = decrypt(self.request.session.get(NEW_KEY, "").encode())
        if kept is None:
            kept = second_factor.new_app_key()
            self.request.session[NEW_KEY] = encrypt(kept).decode()
        return kept

    def _show(self, form: AppForm, status: int = 200) -> HttpResponse:
        key = self._key()
        email = User.objects.values_list("email", flat=True).get(pk=self.actor.user_id) or "Amble"
        link = second_factor.as_link(key, email=email)
        context = {"form": form, "qr": qr(link), "key": second_factor.as_text(key)}
        return self.show("add_app.html", context, status=status)


class AddPasskey(OwnPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        if ask := self.password_first():
            return ask
        return self._show(PasskeyForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        if ask := self.password_first():
            return ask
        form = PasskeyForm(request.POST)
        asked = request.session.pop(QUESTION, None)
        if not form.is_valid() or asked is None:
            return self._show(form, status=422)
        try:
            added = second_factor.add_passkey(
                user_id=self.actor.user_id,
                name=form.cleaned_data["name"],
                site=site_of(request),
                state=asked,
                answer=form.cleaned_data["passkey"],
                now=self.now,
            )
        except Conflict as full:
            form.add_error(None, str(full.detail))
            return self._show(form, status=409)
        if added is None:
            form.add_error(None, NOT_MADE)
            return self._show(form, status=422)
        return self.added(added)

    def _show(self, form: PasskeyForm, status: int = 200) -> HttpResponse:
        user = User.objects.get(pk=self.actor.user_id)
        asked = keep(self.request, second_factor.ask_for_new_passkey(user=user, site=site_of(self.request)))
        return self.show(
            "add_passkey.html", {"form": form, "options": json.dumps(asked.options)}, status=status
        )


class NewRecoveryCodes(OwnPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Make ten new ones. They are shown on this answer and never again."""
        if ask := self.password_first(reverse("clinic:account")):
            return ask
        if not SecondFactor.objects.filter(user=self.actor.user_id).exists():
            return redirect("clinic:account")
        codes = second_factor.new_recovery_codes(user_id=self.actor.user_id)
        return self.show("recovery_codes.html", {"codes": codes})


class RemoveFactor(OwnPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if ask := self.password_first(reverse("clinic:account")):
            return ask
        factor = get_object_or_404(SecondFactor, pk=pk, user=self.actor.user_id)
        self.do(
            lambda: second_factor.remove(factor=factor, today=self.actor.today, now=self.now),
            f"{factor.name} is removed. Other browsers and devices have to sign in again.",
        )
        request.session[sessions.SINCE] = int(self.now.timestamp())  # this one knew the password a moment ago
        return redirect("clinic:account")


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class ConfirmPassword(OwnPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("password.html", {"form": OwnPasswordForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = OwnPasswordForm(request.POST)
        if refused := form.refusal(self):
            return self.show("password.html", {"form": form}, status=refused)
        sessions.note_password(request.session, now=self.now)
        back = request.GET.get("next", "")
        ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return redirect(back if ours else "clinic:account")
