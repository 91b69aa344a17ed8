"""The password once more, from who is signed in already: a desk that was left alone knows nobody's."""

from django import forms
from django.contrib.auth.hashers import check_password
from rest_framework.exceptions import Throttled

from accounts.limits import check_all, count_all, sign_in_limits
from accounts.models import User
from clinic.acting import Page
from clinic.door import address_of, too_many_tries


class OwnPasswordForm(forms.Form):
    password = forms.CharField(
        label="Your password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )

    def refusal(self, page: Page) -> int | None:
        """None for the password of who asks; else the HTTP status, and the form says why.

        Wrong ones count as at the door.
        """
        if not self.is_valid():
            return 422
        user = User.objects.get(pk=page.actor.user_id)
        limits = sign_in_limits(address=address_of(page.request), email=user.email or "")
        try:
            check_all(limits, now=page.now)
        except Throttled as full:
            self.add_error("password", too_many_tries(full))
            return 429
        if not check_password(self.cleaned_data["password"], user.password):
            count_all(limits, now=page.now)
            self.add_error("password", "This is not your password.")
            return 422
        return None
