"""All of the clinic's data in one file, for an administrator who says their password once more."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from clinic.administration.page import AdministrationPage
from clinic.everything import everything
from clinic.own_password import OwnPasswordForm


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class Export(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_may()
        return self._show(OwnPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """The ZIP. A desk that was left alone gives it to nobody, hence the password."""
        self.check_may()
        form = OwnPasswordForm(request.POST)
        if refused := form.refusal(self):
            return self._show(form, status=refused)
        name = f"amble-clinic-{self.actor.today}.zip"
        return StreamingHttpResponse(
            everything(self.actor, route=request.resolver_match),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _show(self, form: OwnPasswordForm, status: int = 200) -> HttpResponse:
        return self.page("administration/export.html", {"form": form, "at": "administration"}, status=status)
