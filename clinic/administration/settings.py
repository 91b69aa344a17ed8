"""The clinic: its name and clock, what its patients are told, and when a red flag goes on to others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework.serializers import Serializer

from accounts.access import Role
from accounts.actions import change_clinic
from accounts.models import Clinic, Membership
from clinic.administration.page import AdministrationPage
from clinic.catalog.page import sentences
from notifications.api.delivery import MessageSettingsSerializer
from notifications.models import Listener, MessageSettings
from notifications.settings import set_message_settings
from recovery.actions.settings import change_care_settings
from recovery.api.settings_serializers import CareSettingsSerializer
from recovery.models import CareSettings
from recovery.models.keeping import LEAST_YEARS, MOST_YEARS
from recovery.models.people import Language
from recovery.rules.course import REFERENCE_CURVES
from recovery.rules.red_flags import check_file, default_contacts
from wire.json import dumps
from wire.problems import PreconditionFailed

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SPAN = re.compile(r"([0-2]?\d):([0-5]\d) ?(?:-|–|to) ?([0-2]?\d):([0-5]\d)")
TEXTS = {
    "emergency_text": ("emergency", "In an emergency"),
    "crisis_text": ("crisis_line", "With thoughts of self-harm"),
    "out_of_hours_text": ("out_of_hours", "When the clinic is closed"),
}
STEPS = ("list_after_minutes", "administrators_after_minutes", "everyone_after_minutes")
CHANGED_MEANWHILE = "A colleague saved other settings while you had this page open. Yours are not saved yet."


def languages() -> dict[str, str]:
    names = dict(Language.choices)
    return {code: str(names.get(code, code)) for code in check_file()["languages"]}


def hours_from(text: str, weekday: int) -> list[dict[str, Any]]:
    """The spans of one day, such as "08:00-12:30, 14:00-18:00". Raises ValueError for anything else."""
    spans: list[dict[str, Any]] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        found = SPAN.fullmatch(part)
        if found is None or int(found[1]) > 23 or int(found[3]) > 23:
            raise ValueError("Write it like 08:00-12:30, 14:00-18:00.")
        opens, closes = f"{int(found[1]):02}:{found[2]}", f"{int(found[3]):02}:{found[4]}"
        if closes <= opens or (spans and opens <= spans[-1]["closes"]):
            raise ValueError("Write the times of a day in their order, each end later than its start.")
        spans.append({"weekday": weekday, "opens": opens, "closes": closes})
    return spans


class ClinicForm(forms.Form):
    """All that an administrator chooses, in fields of a page. What may stand in them the API's serializers say."""

    name = forms.CharField(label="Name of the clinic", max_length=120)
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="The clinic’s clock. A new patient starts with it, too."
    )
    second_factor_from = forms.DateField(
        label="Staff must use a second factor from",
        required=False,
        help_text="Empty: they may. Who has none adds one before anything else, from that day on.",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
    )
    emergency_number = forms.CharField(label="Emergency number", max_length=32, required=False)
    crisis_number = forms.CharField(label="Number of a crisis line", max_length=32, required=False)
    review_weeks = forms.CharField(
        label="Weeks of a review",
        max_length=120,
        help_text="A review falls due at the end of each of these weeks of the program, such as 2, 4, 8.",
    )
    reference_curve = forms.ChoiceField(
        label="Expected course",
        help_text="A patient’s course is held against it from their next day on.",
    )
    keep_years = forms.IntegerField(
        label="Keep a record so many years after the last bout ended",
        required=False,
        help_text=f"From {LEAST_YEARS} to {MOST_YEARS}. Empty: records stay until somebody erases them by hand.",
    )
    list_after_minutes = forms.IntegerField(label="The clinic’s list, after minutes")
    administrators_after_minutes = forms.IntegerField(label="All administrators, after minutes")
    everyone_after_minutes = forms.IntegerField(
        label="Everybody again, after minutes", help_text="And again after each such time."
    )
    people = forms.MultipleChoiceField(
        label="Colleagues on the list", required=False, widget=forms.CheckboxSelectMultiple
    )
    mailboxes = forms.CharField(
        label="Mailboxes on the list",
        required=False,
        max_length=4000,
        help_text="One a line; only those that somebody reads.",
        widget=forms.Textarea({"rows": 3}),
    )
    withheld_percent = forms.IntegerField(
        label="Reminders left out, of 100",
        help_text="From 0 to 20. It shows what reminders do. Only for patients who agreed.",
    )

    def __init__(self, *args: Any, colleagues: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("time_zone", [(zone, zone) for zone in sorted(available_timezones())])
        self._choices(
            "reference_curve",
            [(version, version.replace("-", " ").capitalize()) for version in REFERENCE_CURVES],
        )
        self._choices("people", [(str(pk), name) for pk, name in colleagues.items()])
        for n, day in enumerate(WEEKDAYS, 1):
            self.fields[f"hours_{n}"] = forms.CharField(label=day, max_length=80, required=False)
        for name, (place, label) in TEXTS.items():
            for code, language in languages().items():
                self.fields[f"{name}_{code}"] = forms.CharField(
                    label=f"{label}, {language}",
                    max_length=600,
                    required=False,
                    help_text=f"Empty: “{default_contacts()[place].get(code) or default_contacts()[place]['en']}”",
                    widget=forms.Textarea({"rows": 3, "lang": code}),
                )

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the types)
        field.choices = choices

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"hours_{n}"] for n in range(1, 8)]

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self[f"{name}_{code}"] for name in TEXTS for code in languages()]

    @property
    def steps(self) -> list[forms.BoundField]:
        return [self[name] for name in STEPS]

    def clean(self) -> dict[str, Any]:
        """Ask both serializers, and put what they find where it stands on the page."""
        said: dict[str, Any] = super().clean() or {}
        hours: list[dict[str, Any]] = []
        for n in range(1, 8):
            try:
                hours += hours_from(said.get(f"hours_{n}") or "", n)
            except ValueError as wrong:
                self.add_error(f"hours_{n}", str(wrong))
        try:
            weeks = [int(week) for week in re.split(r"[,;\s]+", said.get("review_weeks", "").strip())]
        except ValueError:
            weeks = []
            if "review_weeks" in said:
                self.add_error(
                    "review_weeks", "Write whole weeks with a comma between them, such as 2, 4, 8."
                )
        said["care"] = self._asked(
            CareSettingsSerializer(
                data={
                    **{name: self._text_of(name, said) for name in TEXTS},
                    "emergency_number": said.get("emergency_number", ""),
                    "crisis_number": said.get("crisis_number", ""),
                    "hours": hours,
                    "review_weeks": weeks,
                    "reference_curve": said.get("reference_curve", ""),
                    "keep_years": said.get("keep_years"),
                }
            )
        )
        boxes = [line.strip() for line in said.get("mailboxes", "").splitlines() if line.strip()]
        said["speaking"] = self._asked(
            MessageSettingsSerializer(
                data={
                    **{name: said.get(name) for name in (*STEPS, "withheld_percent")},
                    "listeners": [{"user": int(pk)} for pk in said.get("people", [])]
                    + [{"address": box} for box in boxes],
                }
            )
        )
        return said

    def _text_of(self, name: str, said: Mapping[str, Any]) -> dict[str, str]:
        return {code: said[f"{name}_{code}"] for code in languages() if said.get(f"{name}_{code}")}

    def _asked(self, serializer: Serializer[Any]) -> dict[str, Any]:
        if not serializer.is_valid():
            for name, reasons in serializer.errors.items():
                place = "mailboxes" if name == "listeners" else name
                if place in self.fields and not self.has_error(place):
                    self.add_error(place, sorted(set(sentences(reasons))))
        return dict(serializer.validated_data) if serializer.is_valid() else {}


@dataclass(frozen=True, slots=True)
class Other:
    """A field in which what a colleague saved differs from what was typed."""

    label: str
    theirs: str


class ClinicPage(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_may()
        now = self._now()
        return self._show(ClinicForm(initial=now, colleagues=self._colleagues()), now)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save all of it, or nothing. Who loaded the page before somebody else saved is shown what differs first."""
        self.check_may()
        Clinic.objects.select_for_update(no_key=True).get(pk=self.actor.clinic_id)
        now = self._now()
        form = ClinicForm(request.POST, colleagues=self._colleagues())
        if not form.is_valid():
            return self._show(form, now, seen=request.POST.get("seen", ""), status=422)
        if request.POST.get("seen") != _seen(now):
            return self._show(form, now, conflict=True, status=409)
        try:
            with transaction.atomic():
                self._save(form.cleaned_data)
        except PreconditionFailed:  # by the API, between our look and our lock
            return self._show(form, self._now(), conflict=True, status=409)
        messages.success(request, "Saved. It holds from now on.")
        return redirect("clinic:administration")

    def _save(self, said: Mapping[str, Any]) -> None:
        clinic = self.actor.clinic_id
        settings = CareSettings.objects.filter(clinic=clinic).first()
        change_clinic(
            clinic_id=clinic,
            name=said["name"],
            time_zone=said["time_zone"],
            second_factor_from=said["second_factor_from"],
        )
        change_care_settings(
            clinic_id=clinic,
            seen_version=settings.version if settings else 0,
            chosen=said["care"],
            by=self.actor.user_id,
            now=self.now,
        )
        speaking = dict(said["speaking"])
        listeners = [
            Listener(clinic_id=clinic, user_id=one.get("user"), address=one.get("address", ""))
            for one in speaking.pop("listeners")
        ]
        set_message_settings(clinic_id=clinic, chosen=speaking, listeners=listeners)

    def _colleagues(self) -> dict[int, str]:
        staff = Membership.objects.visible_to(self.actor).current().exclude(role=Role.PATIENT)
        return dict(staff.order_by("user__name", "user").values_list("user", "user__name"))

    def _now(self) -> dict[str, Any]:
        """What holds, as the form shows it."""
        clinic = Clinic.objects.select_related("care_settings").get(pk=self.actor.clinic_id)
        care = CareSettings.of(clinic)
        speaking = MessageSettings.objects.filter(clinic=clinic).first() or MessageSettings()
        listeners = list(Listener.objects.filter(clinic=clinic).current().order_by("pk"))
        days: dict[int, list[str]] = {}
        for span in sorted(care.hours, key=lambda one: str(one["opens"])):
            days.setdefault(span["weekday"], []).append(f"{span['opens']}-{span['closes']}")
        return {
            "name": clinic.name,
            "time_zone": clinic.time_zone,
            "second_factor_from": clinic.second_factor_from,
            "emergency_number": care.emergency_number,
            "crisis_number": care.crisis_number,
            "review_weeks": ", ".join(map(str, care.review_weeks)),
            "reference_curve": care.reference_curve,
            "keep_years": "" if care.keep_years is None else care.keep_years,
            **{name: getattr(speaking, name) for name in (*STEPS, "withheld_percent")},
            "people": [str(one.user_id) for one in listeners if one.user_id],
            "mailboxes": "\n".join(one.address for one in listeners if one.address),
            **{f"hours_{n}": ", ".join(days.get(n, [])) for n in range(1, 8)},
            **{f"{name}_{code}": getattr(care, name).get(code, "") for name in TEXTS for code in languages()},
        }

    def _show(
        self,
        form: ClinicForm,
        now: Mapping[str, Any],
        *,
        seen: str = "",
        conflict: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "form": form,
            "seen": seen or _seen(now),
            "others": _others(form, now) if conflict else [],
            "conflict": CHANGED_MEANWHILE if conflict else "",
            "at": "administration",
        }
        return self.page("administration/clinic.html", context, status=status)


def _seen(now: Mapping[str, Any]) -> str:
    """What somebody had before them, as a mark that differs whenever any of it does."""
    return sha256(dumps(now)).hexdigest()[:32]


def _others(form: ClinicForm, now: Mapping[str, Any]) -> list[Other]:
    names = dict(form.fields["people"].choices)  # type: ignore[attr-defined]
    found = []
    for name, theirs in now.items():
        field = form[name]
        typed = field.value() or ""
        if isinstance(theirs, list):
            same = sorted(typed) == sorted(theirs)
            shown = ", ".join(str(names.get(pk, pk)) for pk in theirs)
        else:
            shown = "" if theirs is None else str(theirs)
            same = str(typed).split() == shown.split()
        if not same:
            found.append(Other(str(field.label), shown or "nothing"))
    return found
