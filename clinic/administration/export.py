"""All of the clinic's data in one file, for an administrator who says their password once more."""

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import Throttled

from accounts.actions import check_credentials
from accounts.api.views import WRONG_PASSWORD
from accounts.limits import check_all, count_all, sign_in_limits
from accounts.models import User
from clinic.administration.page import AdministrationPage
from clinic.door import address_of, too_many_tries
from clinic.everything import everything


class ExportForm(forms.Form):
    password = forms.CharField(
        label="Your password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class Export(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_may()
        return self._show(ExportForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """The ZIP. A desk that was left alone gives it to nobody, hence the password."""
        self.check_may()
        form = ExportForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        email = User.objects.values_list("email", flat=True).get(pk=self.actor.user_id) or ""
        limits = sign_in_limits(address=address_of(request), email=email)
        try:
            check_all(limits, now=self.now)
        except Throttled as full:
            form.add_error("password", too_many_tries(full))
            return self._show(form, status=429)
        if check_credentials(email=email, password=form.cleaned_data["password"]) is None:
            count_all(limits, now=self.now)
            form.add_error("password", WRONG_PASSWORD)
            return self._show(form, status=422)
        name = f"amble-clinic-{self.now:%Y-%m-%d}.zip"
        return StreamingHttpResponse(
            everything(self.actor, route=request.resolver_match),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _show(self, form: ExportForm, status: int = 200) -> HttpResponse:
        return self.page("administration/export.html", {"form": form, "at": "administration"}, status=status)
