"""One's own password: another one, with which everybody else is out who is signed in as this person."""

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import sessions
from accounts.actions import change_password
from accounts.models import User
from clinic.account import OwnPage


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label="New password",
        max_length=256,
        strip=False,
        help_text="At least 12 characters. Three or four words are easy to remember.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class NewPassword(OwnPage):
    """The old one is asked for first, unless it was given a moment ago."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.password_first() or self.show("new_password.html", {"form": NewPasswordForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        if ask := self.password_first():
            return ask
        form = NewPasswordForm(request.POST)
        if not form.is_valid():
            return self.show("new_password.html", {"form": form}, status=422)
        change_password(user_id=self.actor.user_id, password=form.cleaned_data["password"], now=self.now)
        update_session_auth_hash(request, User.objects.get(pk=self.actor.user_id))
        request.session[sessions.SINCE] = int(self.now.timestamp())  # this browser alone goes on
        messages.success(
            request, "Your password is changed. Other browsers and devices have to sign in again."
        )
        return redirect("clinic:account")
