"""Adding a patient and inviting their phone: the form, the card with its code, and who has joined or is waited for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import DateTimeField, Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.access import Role
from accounts.actions import VALID_FOR
from accounts.models import Clinic, Device, Invitation
from clinic import words
from clinic.caring import CaringPage
from clinic.qr import qr
from clinic.sheet_words import SHEET, day_in
from recovery.access import refuse_opened
from recovery.actions import people
from recovery.api.serializers import LONGEST_EPISODE
from recovery.models import Episode, Patient
from recovery.models.episode import Exclusion, Side
from recovery.models.people import Language
from recovery.rules.diary import Region

WHERE = {
    "left": ("Left leg", Side.LEFT, Region.LEG),
    "right": ("Right leg", Side.RIGHT, Region.LEG),
    "both": ("Both legs", Side.BOTH, Region.LEG),
    "back": ("Back only", Side.BOTH, Region.BACK),
}
YOUNGEST, OLDEST = 0, 120  # years; a birth year beyond them was mistyped
PAGE_SIZE = 100


class PatientForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput({"autocomplete": "off"}))
    birth_year = forms.IntegerField(
        label="Year of birth",
        help_text="With it the patient opens the code.",
        widget=forms.NumberInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    where = forms.ChoiceField(
        label="Where it hurts",
        choices=[(key, label) for key, (label, _, _) in WHERE.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Say where it hurts."},
    )
    weeks = forms.IntegerField(
        label="Weeks since this bout began",
        min_value=0,
        max_value=LONGEST_EPISODE.days // 7,
        help_text="About how many: it chooses the expected course beside the patient’s own.",
        widget=forms.NumberInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label="Language of the app", choices=Language.choices, initial=Language.ENGLISH
    )
    email = forms.EmailField(
        label="Email, if they want reminders there",
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    exclusions_cleared = forms.MultipleChoiceField(
        label="Cleared by a doctor",
        choices=Exclusion.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A home program is not for these unless a doctor cleared it. Tick what holds and is cleared.",
    )

    def __init__(self, *args: Any, this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.this_year = this_year

    def clean_birth_year(self) -> int:
        year: int = self.cleaned_data["birth_year"]
        if not self.this_year - OLDEST <= year <= self.this_year - YOUNGEST:
            raise forms.ValidationError(f"Use a year from {self.this_year - OLDEST} to {self.this_year}.")
        return year


class AddPatient(CaringPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_is_caring()
        return self._show(PatientForm(this_year=self.actor.today.year))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enrol a person and open their episode. The card is a page of its own, which may be loaded again."""
        self.check_is_caring()
        form = PatientForm(request.POST, this_year=self.actor.today.year)
        if not form.is_valid():
            return self._show(form, status=422)
        said = form.cleaned_data
        _, side, region = WHERE[said["where"]]
        patient = people.add_patient(
            clinic_id=self.actor.clinic_id,
            name=said["name"],
            birth_year=said["birth_year"],
            time_zone=Clinic.objects.values_list("time_zone", flat=True).get(pk=self.actor.clinic_id),
            email=said["email"],
            language=said["language"],
            by=self.actor.user_id,
            today=self.actor.today,
            now=self.now,
        )
        people.open_episode(
            patient=patient,
            by=self.actor.user_id,
            now=self.now,
            onset_on=patient.local_date(self.now) - timedelta(weeks=said["weeks"]),
            side=side,
            region=region,
            exclusions_cleared=said["exclusions_cleared"],
        )
        messages.success(request, f"{patient.name} is added, in your care.")
        return redirect("clinic:invitation", patient.pk)

    def _show(self, form: PatientForm, status: int = 200) -> HttpResponse:
        return self.page("add_patient.html", {"form": form, "at": "patients"}, status=status)


class InvitationPage(CaringPage):
    """The way of one patient's phone into the app. A code is made by a button and shown once, on a card to print."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._show(self.patient_in_care(pk), {})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a code; older ones stop working. Loading this page again makes another."""
        patient = self.patient_in_care(pk)
        refuse_opened(patient.pk, by=self.actor)
        issued = people.invite_patient(patient=patient, by=self.actor.user_id, now=self.now)
        say = SHEET.get(patient.language, SHEET["en"])
        subject, body = say["mail_subject"], say["mail_body"].format(link=issued.link)
        context = {
            "code": issued.secret,
            "link": issued.link,
            "qr": qr(issued.link),
            "say": say,
            "or_open": say["card_or"].format(address=f"{settings.PUBLIC_URL}/app/join"),
            "clinic_name": Clinic.objects.values_list("name", flat=True).get(pk=self.actor.clinic_id),
            "until": say["until"].format(
                day=day_in(patient.local_date(self.now + VALID_FOR), patient.language)
            ),
            "mail": f"mailto:{quote(patient.email)}?subject={quote(subject)}&body={quote(body)}"
            if patient.email
            else "",
        }
        return self._show(patient, context)

    def _show(self, patient: Patient, context: dict[str, Any]) -> HttpResponse:
        row = _with_state(Patient.objects.filter(pk=patient.pk), self.now).get()
        has_plan = Episode.objects.open().filter(patient=patient, plans__isnull=False).exists()
        return self.page(
            "invitation.html",
            {"patient": patient, "row": _row(row, self.now), "has_plan": has_plan, "at": "patients"}
            | context,
        )


class RevokeInvitation(CaringPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The code that is out lets nobody in any more."""
        patient = self.patient_in_care(pk)
        revoked = people.revoke_invitations(patient=patient, now=self.now)
        said = "The code is void. Make a new one when it is needed." if revoked else "There was no open code."
        messages.success(request, said)
        return redirect("clinic:invitations")


@dataclass(frozen=True, slots=True)
class Row:
    """Where one patient's invitation stands, in words."""

    patient: Any
    state: str
    tone: str
    when: str
    waiting: bool


class Invitations(CaringPage):
    """The patients in one's care with an open episode: joined, waited for, or without a code that works."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_is_caring()
        open_ones = Episode.objects.open().filter(patient=OuterRef("pk"))
        patients = Patient.objects.cared_for_by(self.actor).exclude(pk=self.actor.user_id)
        rows = _with_state(patients.filter(Exists(open_ones)), self.now).order_by(
            "joined", "-added_at", "-pk"
        )
        found = [_row(one, self.now) for one in rows[: PAGE_SIZE + 1]]
        context = {
            "rows": found[:PAGE_SIZE],
            "more": len(found) > PAGE_SIZE,
            "most": PAGE_SIZE,
            "at": "invitations",
        }
        return self.page("invitations.html", context)


def _with_state(patients: Any, now: Any) -> Any:
    """Each with whether a phone of theirs is signed in, and the latest code."""
    codes = Invitation.objects.filter(
        user=OuterRef("pk"), clinic=OuterRef("clinic"), role=Role.PATIENT, revoked_at=None
    ).order_by("-invited_at")
    phones = Device.objects.current().filter(user=OuterRef("pk"), clinic=OuterRef("clinic"))
    return patients.annotate(
        joined=Exists(phones),
        expires=Subquery(codes.values("expires_at")[:1], output_field=DateTimeField()),
        uses_left=Subquery(codes.values("uses_left")[:1]),
    )


def _row(patient: Any, now: Any) -> Row:
    open_code = bool(patient.expires and patient.expires > now and patient.uses_left)
    if patient.joined:
        return Row(patient, "Joined", "good", "", open_code)
    if open_code:
        until = patient.local_date(patient.expires)
        return Row(patient, "Waiting", "neutral", f"the code works until {words.day(until)}", True)
    if patient.expires:
        return Row(patient, "Code ran out", "warn", words.moment(patient.expires, patient.zone, now), False)
    return Row(patient, "No code yet", "warn", "", False)
