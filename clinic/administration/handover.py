"""Patients go from one colleague to another: for good, or while somebody is away."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.access import CARING_ROLES, Actor
from accounts.models import Membership
from clinic.administration.page import AdministrationPage
from clinic.administration.staff import left_alone_by, one_colleague
from clinic.caring import CaringPage
from recovery.actions import handover
from recovery.models import CareTeamMember, Patient

SHOWN = 200  # far below the number of fields that a form may send


def who_treats(actor: Actor, *but: int) -> list[tuple[int, str]]:
    """The therapists and clinicians of the clinic by name, without some."""
    staff = Membership.objects.visible_to(actor).current().filter(role__in=CARING_ROLES)
    named = staff.exclude(user__in=but).order_by("user__name", "user").values_list("user", "user__name")
    return list(dict(named).items())


class ToForm(forms.Form):
    whom = "To whom"
    to = forms.TypedChoiceField(coerce=int, error_messages={"required": "Choose a colleague."})

    def __init__(self, *args: Any, colleagues: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        assert isinstance(to, forms.TypedChoiceField)  # noqa: S101 (for the types)
        to.label = self.whom
        to.choices = [("", "Choose"), *((str(pk), name) for pk, name in colleagues)]


class HandOverForm(ToForm):
    patients = forms.MultipleChoiceField(
        label="Patients",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one patient."},
    )

    def __init__(self, *args: Any, patients: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["patients"]
        assert isinstance(choices, forms.MultipleChoiceField)  # noqa: S101 (for the types)
        choices.choices = [(str(pk), name) for pk, name in patients]


class HandOver(AdministrationPage):
    """The patients of a colleague who is here, and those whom one who has left leaves alone."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.check_may()
        patients = self._patients(pk)
        everybody = [str(one) for one, _ in patients[:SHOWN]]
        return self._show(pk, patients, self._form(pk, patients, initial={"patients": everybody}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.check_may()
        patients = self._patients(pk)
        form = self._form(pk, patients, request.POST)
        if not form.is_valid():
            return self._show(pk, patients, form, status=422)
        to = form.cleaned_data["to"]
        count = handover.hand_over(
            clinic_id=self.actor.clinic_id,
            patients=[int(one) for one in form.cleaned_data["patients"]],
            of=pk,
            to=to,
            by=self.actor.user_id,
            today=self.actor.today,
            now=self.now,
        )
        name = dict(who_treats(self.actor))[to]
        messages.success(request, f"{name} cares for {_patients(count)} from today.")
        if len(patients) > count:
            return redirect("clinic:hand-over", pk)
        return redirect("clinic:staff")

    def _patients(self, pk: int) -> list[tuple[int, str]]:
        one_colleague(self, pk)  # else a 404
        now = CareTeamMember.objects.able(on=self.actor.today).filter(user=pk, clinic=self.actor.clinic_id)
        roster = Patient.objects.on_roster_of(self.actor)
        wanted = set(now.values_list("patient", flat=True)) | set(left_alone_by(self, pk))
        return list(roster.filter(pk__in=wanted).order_by("name", "pk").values_list("pk", "name"))

    def _form(self, pk: int, patients: list[tuple[int, str]], *args: Any, **kwargs: Any) -> HandOverForm:
        colleagues = who_treats(self.actor, pk)
        return HandOverForm(*args, colleagues=colleagues, patients=patients[:SHOWN], **kwargs)

    def _show(
        self, pk: int, patients: list[tuple[int, str]], form: HandOverForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "one": one_colleague(self, pk),
            "form": form,
            "how_many": len(patients),
            "alone": len(left_alone_by(self, pk)),
            "shown": SHOWN,
            "at": "administration",
        }
        return self.page("administration/hand_over.html", context, status=status)


def _patients(count: int) -> str:
    return "one patient" if count == 1 else f"{count} patients"


class DaysForm(ToForm):
    """From a day that has not passed, to one that is not before it."""

    from_on = forms.DateField(label="From", widget=forms.DateInput({"type": "date"}))
    until_on = forms.DateField(label="Until", widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("from_on"), said.get("until_on")
        if first and first < self.today:
            self.add_error("from_on", "Use today or a later day.")
        if first and last and last < first:
            self.add_error("until_on", "Use the first day or a later one.")
        return said


class CoverForm(DaysForm):
    whom = "Who covers"


class OwnCover(CaringPage):
    """Before a holiday: one colleague covers for all the patients in one's care."""

    template = "administration/cover.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_is_caring()
        return self._show(self.actor.user_id, self._form(self.actor.user_id))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check_is_caring()
        return self._cover(self.actor.user_id)

    def _form(self, of: int, *args: Any) -> CoverForm:
        return CoverForm(*args, colleagues=who_treats(self.actor, of), today=self.actor.today)

    def _cover(self, of: int) -> HttpResponse:
        form = self._form(of, self.request.POST)
        if not form.is_valid():
            return self._show(of, form, status=422)
        said = form.cleaned_data
        count = handover.cover(
            clinic_id=self.actor.clinic_id,
            of=of,
            colleague=said["to"],
            from_on=said["from_on"],
            until_on=said["until_on"],
            by=self.actor.user_id,
            now=self.now,
        )
        name = dict(who_treats(self.actor))[said["to"]]
        if count:
            messages.success(self.request, f"{name} covers for {_patients(count)} on those days.")
        else:
            messages.info(self.request, f"{name} is on those care teams already, or there is no patient.")
        return redirect(self.request.path)

    def _show(self, of: int, form: CoverForm, status: int = 200) -> HttpResponse:
        teams = CareTeamMember.objects.filter(clinic=self.actor.clinic_id)
        theirs = teams.able(on=self.actor.today).filter(user=of).values("patient")
        covers = (
            teams.not_over(on=self.actor.today)
            .filter(patient__in=theirs, until_on__isnull=False)
            .exclude(user=of)
            .order_by("from_on", "until_on", "user__name")
            .values_list("user__name", "from_on", "until_on")
            .distinct()
        )
        context = {
            "form": form,
            "of": of,
            "how_many": theirs.distinct().count(),
            "covers": list(covers),
            "at": "administration" if of != self.actor.user_id else "cover",
        }
        return self.page(self.template, context | self._about(of), status=status)

    def _about(self, of: int) -> dict[str, Any]:
        return {}


class CoverFor(OwnCover, AdministrationPage):
    """The same for a colleague, by an administrator: who falls ill fills in no form."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.check_may()
        return self._show(pk, self._form(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.check_may()
        one_colleague(self, pk)  # else a 404
        return self._cover(pk)

    def _about(self, of: int) -> dict[str, Any]:
        return {"one": one_colleague(self, of)}
