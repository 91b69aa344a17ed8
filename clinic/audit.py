"""The administrator's page of who read and who changed what of whom."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import PermissionDenied

from accounts.audit import COMMAND
from accounts.models import AuditEntry, Clinic, Invitation, Membership, User
from clinic.acting import Page
from recovery.models import CareTeamMember, Patient

PAGE_SIZE = 50
NAMED = 3  # patients of one entry; more are a number
OPENED_SHOWN = timedelta(days=30)
FOUND = 200  # patients that have the part of a name
# Moment (microseconds) and id of the last entry of the page before.
AFTER = re.compile(r"([0-9]{1,17})\.([0-9]{1,18})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DID = {"read": "Read", "insert": "Added", "update": "Changed", "delete": "Deleted"}
TABLE = {
    "accounts_clinic": "the clinic",
    "accounts_user": "an account",
    "accounts_membership": "a role at the clinic",
    "accounts_invitation": "an invitation",
    "accounts_device": "a signed-in device",
    "accounts_secondfactor": "a second factor",
    "accounts_recoverycode": "a recovery code",
    "exercises_exercise": "an exercise",
    "exercises_program": "a program",
    "exercises_programline": "a line of a program",
    "exercises_figureapproval": "the approval of a figure",
    "notifications_messagesettings": "the clinic’s message settings",
    "notifications_listener": "who hears of red flags",
    "recovery_patient": "the patient’s details",
    "recovery_careteammember": "a member of the care team",
    "recovery_episode": "an episode",
    "recovery_newstart": "the start of a plan",
    "recovery_plan": "a plan",
    "recovery_prescription": "a line of a plan",
    "recovery_plandraft": "the draft of a plan",
    "recovery_planpause": "a pause",
    "recovery_redflag": "a red flag",
    "recovery_flagaction": "a deed on a red flag",
    "recovery_reexamination": "a re-examination",
    "recovery_review": "a review",
    "recovery_task": "a task",
    "recovery_proposal": "a proposed step",
    "recovery_suspension": "a suspended exercise",
    "recovery_staffmessage": "a message or note of staff",
    "recovery_message": "a message of the patient",
    "recovery_timelineevent": "an event on the timeline",
    "recovery_caresettings": "the clinic’s care settings",
    "recovery_expiry": "when a record is erased",
}


class AuditForm(forms.Form):
    """What the page is narrowed to. A value that cannot be meant finds nothing and says so."""

    patient = forms.CharField(label="Patient", max_length=120, required=False)
    person = forms.ModelChoiceField(
        User.objects.none(), label="Person", required=False, empty_label="Everybody"
    )
    on = forms.DateField(
        label="Day",
        required=False,
        widget=forms.DateInput({"type": "date"}),
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
    )

    def __init__(self, *args: Any, staff: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(pk__in=staff).order_by("name", "pk")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["patient"].widget.attrs |= {"type": "search", "autocomplete": "off"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words."""

    at: datetime
    who: str
    did: str
    what: str
    columns: str
    patients: str
    through: str


class Audit(Page):
    """The newest entries of the clinic, those of one patient, person or day, by keyset pages."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.actor.is_administrator:
            raise PermissionDenied("The audit is for administrators.")
        staff = Membership.objects.visible_to(self.actor).values_list("user", flat=True)
        form = AuditForm(request.GET or None, staff=staff)
        zone = ZoneInfo(Clinic.objects.values_list("time_zone", flat=True).get(pk=self.actor.clinic_id))
        found: list[AuditEntry] = []
        if not form.is_bound or form.is_valid():
            found = list(self._entries(form, zone)[: PAGE_SIZE + 1])
        asked = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
        context = {
            "form": form,
            "lines": self._lines(found[:PAGE_SIZE], zone),
            "narrowed": bool(asked),
            "opened": self._opened(),
            "more": urlencode(asked | {"after": _after(found[PAGE_SIZE - 1])})
            if len(found) > PAGE_SIZE
            else "",
            "at": "audit",
        }
        return self.page("audit.html", context, status=200 if not form.errors else 422)

    def _entries(self, form: AuditForm, zone: ZoneInfo) -> Any:
        asked = form.cleaned_data if form.is_bound else {}
        rows = AuditEntry.objects.visible_to(self.actor)
        if named := asked.get("patient"):
            patients = Patient.objects.on_roster_of(self.actor).filter(name__icontains=named)
            rows = rows.filter(about__overlap=list(patients.values_list("pk", flat=True)[:FOUND]))
        if person := asked.get("person"):
            rows = rows.filter(user_id=person.pk)
        if on := asked.get("on"):
            rows = rows.filter(at__gte=_begins(on, zone), at__lt=_begins(on + timedelta(days=1), zone))
        if last := AFTER.fullmatch(self.request.GET.get("after", "")):
            place = (EPOCH + timedelta(microseconds=int(last[1])), int(last[2]))
            rows = rows.filter(TupleLessThan(Tuple("at", "id"), place))
        return rows.order_by("-at", "-id")

    def _opened(self) -> list[CareTeamMember]:
        """The records that somebody outside of the care team opened in the last days, the newest first."""
        rows = CareTeamMember.objects.filter(clinic=self.actor.clinic_id, until_at__gt=Now() - OPENED_SHOWN)
        return list(rows.select_related("user", "patient").order_by("-until_at"))

    def _named(self, users: set[int]) -> dict[int, str]:
        """Who is or was of this clinic by name; whom it has only invited by the email that it knows, for they may have
        a name at another clinic.
        """
        here = Membership.objects.filter(clinic=self.actor.clinic_id, user=OuterRef("pk"))
        invited = Invitation.objects.filter(clinic=self.actor.clinic_id, user=OuterRef("pk"))
        found = (
            User.objects.filter(pk__in=users)
            .annotate(here=Exists(here))
            .filter(Q(here=True) | Exists(invited))
        )
        return {
            pk: name if is_here else email or name
            for pk, name, email, is_here in found.values_list("pk", "name", "email", "here")
        }

    def _lines(self, entries: Sequence[AuditEntry], zone: ZoneInfo) -> list[Line]:
        shown = {user for entry in entries for user in entry.about[:NAMED]}
        names = self._named(shown | {entry.user_id for entry in entries if entry.user_id})
        of_patients = Patient.objects.on_roster_of(self.actor).filter(pk__in=shown)
        about = names | dict(of_patients.values_list("pk", "name"))
        return [
            Line(
                at=entry.at.astimezone(zone),
                who=_who(entry, names),
                did=DID[entry.deed],
                what=_what(entry),
                columns=", ".join(name.removesuffix("_id").replace("_", " ") for name in entry.columns),
                patients=_names(entry.about, about),
                through=entry.through,
            )
            for entry in entries
        ]


def _who(entry: AuditEntry, names: dict[int, str]) -> str:
    if entry.user_id is not None:
        return names.get(entry.user_id, f"number {entry.user_id}")
    return "Whoever runs Amble" if entry.through.startswith(COMMAND) else "Nobody signed in"


def _what(entry: AuditEntry) -> str:
    if entry.deed != "read":
        return TABLE.get(entry.what, entry.what)
    face, _, route = entry.what.partition(" ")
    return f"{route.replace('-', ' ')}, {'at the desk' if face == 'desk' else 'by the API'}"


def _names(about: Sequence[int], names: dict[int, str]) -> str:
    said = ", ".join(names.get(user, f"number {user}") for user in about[:NAMED])
    more = len(about) - NAMED
    return f"{said} and {more} more" if more > 0 else said


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def _after(entry: AuditEntry) -> str:
    return f"{(entry.at - EPOCH) // timedelta(microseconds=1)}.{entry.pk}"
