"""Records whose time is over, before they are erased: an administrator keeps one, with a reason, or lets it go."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from clinic.administration.page import AdministrationPage
from recovery.access import refuse_own
from recovery.actions.keeping import keep, let_go
from recovery.models import CareSettings, Expiry

SHOWN = 200


class KeepForm(forms.Form):
    because = forms.CharField(
        label="Why it is kept",
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Say why it is kept."},
    )


class Keeping(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_may()
        return self.show()

    def show(self, wrong: KeepForm | None = None, pk: int = 0) -> HttpResponse:
        """The list; `wrong` is what was typed for the row `pk`."""
        rows = Expiry.objects.visible_to(self.actor).select_related("patient", "kept_by")
        waiting = list(rows.to_be_erased().order_by("erase_on", "pk")[: SHOWN + 1])
        settings = CareSettings.objects.filter(clinic=self.actor.clinic_id).first()
        context = {
            "waiting": [
                (row, wrong if wrong and row.pk == pk else KeepForm(auto_id=f"id_{row.pk}_%s"))
                for row in waiting[:SHOWN]
            ],
            "more": len(waiting) > SHOWN,
            "shown": SHOWN,
            "kept": rows.kept().order_by("patient__name", "pk"),
            "years": settings.keep_years if settings else None,
            "at": "administration",
        }
        return self.page("administration/keeping.html", context, status=422 if wrong else 200)

    def row(self, pk: int) -> Expiry:
        self.check_may()
        row = get_object_or_404(Expiry.objects.visible_to(self.actor), pk=pk)
        refuse_own(row.patient_id, by=self.actor)
        return row


class KeepRecord(Keeping):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk)
        form = KeepForm(request.POST, auto_id=f"id_{pk}_%s")
        if not form.is_valid():
            return self.show(form, pk)
        said: dict[str, Any] = form.cleaned_data
        self.do(lambda: keep(expiry=row, by=self.actor.user_id, now=self.now, **said), "The record is kept.")
        return redirect("clinic:keeping")


class LetGo(Keeping):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk)
        self.do(lambda: let_go(expiry=row, now=self.now), "The record is erased in 30 days.")
        return redirect("clinic:keeping")
