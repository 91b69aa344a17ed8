"""Who cares for one patient, and the end of an episode: add a colleague, hand over, discharge, open a new bout."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from rest_framework.exceptions import PermissionDenied

from accounts.access import CARING_ROLES
from accounts.models import Membership
from clinic.administration.handover import DaysForm, ToForm, who_treats
from clinic.caring import CaringPage
from clinic.inviting import WHERE, PatientForm
from recovery import access
from recovery.actions import handover, people
from recovery.models import CareTeamMember, Episode, Patient, RedFlag
from recovery.models.episode import Ending

ENDINGS = {
    Ending.DISCHARGE: "Discharged: the treatment is over",
    Ending.TRANSFER: "Goes on with another clinic",
    Ending.SURGERY: "Has surgery",
}


class AddForm(DaysForm):
    whom = "Colleague"
    until_on = forms.DateField(
        label="Until",
        required=False,
        help_text="For a colleague who only covers.",
        widget=forms.DateInput({"type": "date"}),
    )


class DischargeForm(forms.Form):
    because = forms.ChoiceField(
        label="Why it ends",
        choices=[(one.value, words) for one, words in ENDINGS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Say why it ends."},
    )
    on = forms.DateField(label="On", widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, first: date, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.today = first, today

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not self.first <= on <= self.today:
            raise forms.ValidationError("Use a day from the onset to today.")
        return on


class BoutForm(forms.Form):
    where = PatientForm.base_fields["where"]
    weeks = PatientForm.base_fields["weeks"]
    exclusions_cleared = PatientForm.base_fields["exclusions_cleared"]


class CarePage(CaringPage):
    """An administrator finds here the name, whether there is an open episode, and the team: nothing of the record."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.patient(pk))

    def patient(self, pk: int) -> Patient:
        """Whom one may see, by the record or by the roster; to change anything it must not be one's own."""
        rows = Patient.objects.visible_to(self.actor) | Patient.objects.on_roster_of(self.actor)
        patient: Patient = get_object_or_404(rows, pk=pk)
        if self.request.method == "POST":
            access.refuse_own(patient.pk, by=self.actor)
        return patient

    def is_mine(self, patient: Patient) -> bool:
        """Whether who asks is on the care team."""
        return patient.pk != self.actor.user_id and access.is_on_care_team(patient.pk, by=self.actor)

    def show(self, patient: Patient, *, status: int = 200, **refused: forms.Form) -> HttpResponse:
        mine = self.is_mine(patient)
        record = Patient.objects.visible_to(self.actor).filter(pk=patient.pk).exists()
        episodes = list(
            Episode.objects.visible_to(self.actor)
            .filter(patient=patient)
            .select_related("ended_by")
            .order_by("-id")
        )
        episode = next((one for one in episodes if one.ended_on is None), None)
        treating = Membership.objects.current().filter(role__in=CARING_ROLES)
        team = (
            CareTeamMember.objects.filter(clinic=self.actor.clinic_id, patient=patient)
            .not_over(on=self.actor.today)
            .select_related("user")
            .annotate(
                here=Exists(treating.filter(clinic=OuterRef("clinic"), user=OuterRef("user"))),
            )
            .order_by("from_on", "id")
        )
        named = Patient.objects.filter(pk=patient.pk).with_enrolment()
        context = {
            "patient": patient,
            "mine": mine,
            "record": record,
            "may_add": mine or (self.actor.is_administrator and patient.pk != self.actor.user_id),
            "team": team,
            "today": self.actor.today,
            "episode": episode,
            "ended": [(one, ENDINGS[Ending(one.ended_because)]) for one in episodes if one.ended_on],
            "enrolled": named.enrolled().exists(),
            "alone": named.left_alone(on=self.actor.today).exists(),
            "red_flags": mine and RedFlag.objects.open().filter(patient=patient).exists(),
            "at": "patients" if record else "administration",
            "failed": bool(refused),
            "add_form": AddForm(
                initial={"from_on": self.actor.today},
                colleagues=who_treats(self.actor, patient.pk),
                today=self.actor.today,
            ),
        }
        if mine:
            context |= self._forms_of_the_care_team(patient, episode)
        return self.page("care.html", context | refused, status=status)

    def _forms_of_the_care_team(self, patient: Patient, episode: Episode | None) -> dict[str, forms.Form]:
        others = who_treats(self.actor, patient.pk, self.actor.user_id)
        found: dict[str, forms.Form] = {"hand_form": ToForm(colleagues=others, prefix="hand")}
        if episode is None:
            return found | {"bout_form": BoutForm(prefix="bout")}
        today = patient.local_date(self.now)
        ending = DischargeForm(initial={"on": today}, first=episode.onset_on, today=today, prefix="end")
        return found | {"discharge_form": ending}


class AddToCareTeam(CarePage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The care team and the administrators add a colleague: for good, or for some days."""
        patient = self.patient(pk)
        if not (self.actor.is_administrator or self.is_mine(patient)):
            raise PermissionDenied("Only the care team and the administrators may add to it.")
        form = AddForm(request.POST, colleagues=who_treats(self.actor, patient.pk), today=self.actor.today)
        if not form.is_valid():
            return self.show(patient, add_form=form, status=422)
        said = form.cleaned_data
        name = dict(who_treats(self.actor))[said["to"]]
        try:
            with transaction.atomic():
                people.add_to_care_team(
                    patient=patient,
                    user_id=said["to"],
                    from_on=said["from_on"],
                    until_on=said["until_on"],
                    by=self.actor.user_id,
                    now=self.now,
                )
        except IntegrityError:
            form.add_error("to", f"{name} is on this care team already.")
            return self.show(patient, add_form=form, status=409)
        messages.success(request, f"{name} is on the care team of {patient.name}.")
        return redirect("clinic:care", pk)


class OfTheCareTeam(CarePage):
    """What only the care team does."""

    http_method_names = ["post"]

    def patient(self, pk: int) -> Patient:
        patient = super().patient(pk)
        if not self.is_mine(patient):
            raise PermissionDenied("Only the care team of this patient may do this.")
        return patient

    def _on(self, pk: int) -> HttpResponse:
        """To the page again, as long as one may see it."""
        if Patient.objects.visible_to(self.actor).filter(pk=pk).exists() or self.actor.is_administrator:
            return redirect("clinic:care", pk)
        return redirect("clinic:worklist")


class LeaveCareTeam(OfTheCareTeam):
    def post(self, request: HttpRequest, pk: int, member: int) -> HttpResponse:
        """Somebody stops caring for this patient, today. The last one stays: hand over instead."""
        patient = self.patient(pk)
        coming = CareTeamMember.objects.filter(patient=patient, from_on__gt=self.actor.today)
        self.do(
            lambda: (
                coming.filter(pk=member).delete()[0]
                or people.leave_care_team(patient=patient, member_id=member, today=self.actor.today)
            ),
            "They are not on this care team any more.",
        )
        return self._on(pk)


class HandOverOne(OfTheCareTeam):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A colleague takes one's own place on the care team."""
        patient = self.patient(pk)
        form = ToForm(
            request.POST, colleagues=who_treats(self.actor, patient.pk, self.actor.user_id), prefix="hand"
        )
        if not form.is_valid():
            return self.show(patient, hand_form=form, status=422)
        to = form.cleaned_data["to"]
        handover.hand_over(
            clinic_id=self.actor.clinic_id,
            patients=[patient.pk],
            of=self.actor.user_id,
            to=to,
            by=self.actor.user_id,
            today=self.actor.today,
            now=self.now,
        )
        messages.success(request, f"{dict(who_treats(self.actor))[to]} cares for {patient.name} from today.")
        return self._on(pk)


class Discharge(OfTheCareTeam):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End an episode. What the patient still sends is kept."""
        episode = get_object_or_404(Episode.objects.visible_to(self.actor).select_related("patient"), pk=pk)
        patient = self.patient(episode.patient_id)
        today = patient.local_date(self.now)
        form = DischargeForm(request.POST, first=episode.onset_on, today=today, prefix="end")
        if not form.is_valid():
            return self.show(patient, discharge_form=form, status=422)
        said = form.cleaned_data
        self.do(
            lambda: people.end_episode(episode=episode, by=self.actor.user_id, now=self.now, **said),
            f"The episode of {patient.name} has ended.",
        )
        return redirect("clinic:care", patient.pk)


class NewBout(OfTheCareTeam):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new bout of a patient who was discharged: an episode of its own, with its own plan."""
        patient = self.patient(pk)
        form = BoutForm(request.POST, prefix="bout")
        if not form.is_valid():
            return self.show(patient, bout_form=form, status=422)
        said = form.cleaned_data
        _, side, region = WHERE[said["where"]]
        self.do(
            lambda: people.open_new_bout(
                patient=patient,
                by=self.actor.user_id,
                now=self.now,
                onset_on=patient.local_date(self.now) - timedelta(weeks=said["weeks"]),
                side=side,
                region=region,
                exclusions_cleared=said["exclusions_cleared"],
            ),
            f"A new episode of {patient.name} is open. Choose a program next.",
        )
        return redirect("clinic:patient", pk)
