"""The form that opens the record of somebody else's patient in an emergency."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework.exceptions import Throttled

from clinic.acting import Page
from clinic.door import too_many_tries
from recovery.actions.emergency import open_record
from wire.problems import Conflict


class OpenRecordForm(forms.Form):
    called = forms.CharField(
        label="Full name",
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Say who it is."},
    )
    birth_year = forms.IntegerField(
        label="Year of birth",
        min_value=1900,
        max_value=2100,
        widget=forms.NumberInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Give the year of birth."},
    )
    because = forms.CharField(
        label="Why you need it now",
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Say why you need it now."},
        help_text="The care team and the administrators read this, and the patient in their export.",
    )


class OpenRecord(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(OpenRecordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open it for four hours, and say so to those who answer for it."""
        form = OpenRecordForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=422)
        try:
            patient = open_record(**form.cleaned_data, by=self.actor, now=self.now)
        except Conflict as conflict:
            form.add_error("called", str(conflict.detail))
            return self._show(form, status=422)
        except Throttled as full:
            form.add_error(
                None, f"{too_many_tries(full)} Somebody of the care team, or an administrator, can help now."
            )
            return self._show(form, status=429)
        messages.success(request, "Open for four hours. The care team and the administrators are told.")
        return redirect("clinic:patient", pk=patient)

    def _show(self, form: OpenRecordForm, status: int = 200) -> HttpResponse:
        return self.page("open_record.html", {"form": form, "at": "patients"}, status=status)
