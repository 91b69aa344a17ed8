"""The staff: who works here in which roles, inviting colleagues, and who has left."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts import actions
from accounts.access import CARING_ROLES
from accounts.models import Invitation, Membership, SecondFactor, User
from clinic.administration.page import ROLE, WHAT_A_ROLE_DOES, AdministrationPage
from recovery.actions.handover import change_roles
from recovery.models import CareTeamMember, Patient
from wire.problems import Conflict

MAIL_SUBJECT = "Your invitation to Amble"
MAIL_BODY = (
    "Hello {name},\n\n{clinic} invites you to Amble. Open this link, and choose a password:\n\n{link}\n\n"
    "The link works for seven days."
)


class InviteForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput({"autocomplete": "off"}))
    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="With it they sign in. Take care: with the code it opens the door.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label="Role",
        choices=[(role.value, words) for role, words in WHAT_A_ROLE_DOES.items()],
        widget=forms.RadioSelect,
        help_text="You can give more than one when they have joined.",
        error_messages={"required": "Choose what they do."},
    )


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=[(role.value, words) for role, words in WHAT_A_ROLE_DOES.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one. Who has none has left: say so below."},
    )


@dataclass(slots=True)
class Colleague:
    """One person of the staff, of now or of before."""

    user: User
    roles: list[tuple[str, datetime]] = field(default_factory=list)
    left_at: datetime | None = None
    patients: int = 0
    second_factor: bool = False

    @property
    def is_here(self) -> bool:
        return bool(self.roles)


class Staff(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_may()
        everybody = colleagues(self)
        patients = Patient.objects.on_roster_of(self.actor).with_enrolment()
        context = {
            "here": [one for one in everybody if one.is_here],
            "left": [one for one in everybody if not one.is_here],
            "waiting": [
                (one, ROLE[one.role])  # type: ignore[index]
                for one in Invitation.objects.of_staff(self.actor)
                .open(at=self.now)
                .filter(uses_left__gt=0)
                .select_related("user")
                .order_by("-invited_at")
            ],
            "alone": patients.left_alone(on=self.actor.today).count(),
            "at": "administration",
        }
        return self.page("administration/staff.html", context)


def colleagues(page: AdministrationPage, user: int | None = None) -> list[Colleague]:
    """The staff by name, or one of them; those who are here with how many patients they care for."""
    rows = Membership.objects.visible_to(page.actor).select_related("user")
    if user is not None:
        rows = rows.filter(user=user)
    found: dict[int, Colleague] = {}
    for row in rows.order_by("user__name", "user", "role", "-id"):
        one = found.setdefault(row.user_id, Colleague(row.user))
        if row.ended_at is None and row.user.is_active:
            one.roles.append((ROLE[row.role], row.started_at))  # type: ignore[index]
        elif row.ended_at:
            one.left_at = max(filter(None, (one.left_at, row.ended_at)))
    teams = CareTeamMember.objects.current(on=page.actor.today).filter(
        clinic=page.actor.clinic_id, user__in=found
    )
    for pk, count in teams.values_list("user").annotate(Count("patient", distinct=True)):
        found[pk].patients = count
    for pk in SecondFactor.objects.filter(user__in=found).values_list("user", flat=True):
        found[pk].second_factor = True
    return list(found.values())


def one_colleague(page: AdministrationPage, pk: int) -> Colleague:
    """One person who is or was of the staff, else a 404."""
    found = colleagues(page, pk)
    if not found:
        raise Http404
    return found[0]


class InviteColleague(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        self.check_may()
        return self._show(InviteForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a code. It is shown on this answer and never again."""
        self.check_may()
        form = InviteForm(request.POST)
        if form.is_valid():
            here = Membership.objects.visible_to(self.actor).current()
            if here.filter(user__email=form.cleaned_data["email"].lower()).exists():
                form.add_error("email", "They are on your staff already: change their roles instead.")
        if not form.is_valid():
            return self._show(form, status=422)
        said = form.cleaned_data
        issued = actions.invite_staff(
            clinic_id=self.actor.clinic_id, by=self.actor.user_id, now=self.now, **said
        )
        return self._show(form, issued=issued)

    def _show(
        self, form: InviteForm, *, issued: actions.Issued | None = None, status: int = 200
    ) -> HttpResponse:
        context: dict[str, Any] = {"form": form, "at": "administration"}
        if issued:
            said = form.cleaned_data
            body = MAIL_BODY.format(name=said["name"], clinic=issued.invitation.clinic.name, link=issued.link)
            context |= {
                "issued": issued,
                "said": said,
                "role": ROLE[said["role"]],
                "mail": f"mailto:{quote(said['email'])}?subject={quote(MAIL_SUBJECT)}&body={quote(body)}",
            }
        return self.page("administration/invite.html", context, status=status)


class VoidInvitation(AdministrationPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.check_may()
        invitation = get_object_or_404(Invitation.objects.of_staff(self.actor), pk=pk)
        actions.revoke_invitation(invitation=invitation, now=self.now)
        messages.success(request, "The code is void.")
        return redirect("clinic:staff")


class ColleaguePage(AdministrationPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.check_may()
        one = one_colleague(self, pk)
        return self._show(one, RolesForm(initial={"roles": self._roles(pk)}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """They have these roles from their next request on."""
        self.check_may()
        one = one_colleague(self, pk)
        if not one.is_here:
            raise Http404
        form = RolesForm(request.POST)
        if not form.is_valid():
            return self._show(one, form, status=422)
        return self._change(one, form, form.cleaned_data["roles"])

    def _change(self, one: Colleague, form: RolesForm, roles: list[str]) -> HttpResponse:
        try:
            change_roles(
                clinic_id=self.actor.clinic_id,
                user_id=one.user.pk,
                roles=roles,
                today=self.actor.today,
                now=self.now,
            )
        except Conflict as last_one:
            form.add_error("roles", str(last_one.detail))
            return self._show(one_colleague(self, one.user.pk), form, status=409)
        name = one.user.name
        messages.success(
            self.request,
            f"The roles of {name} are changed."
            if roles
            else f"{name} has left. They are signed out everywhere at this clinic.",
        )
        if left_alone_by(self, one.user.pk):
            return redirect("clinic:hand-over", one.user.pk)
        return redirect("clinic:staff")

    def _roles(self, pk: int) -> list[str]:
        held = Membership.objects.visible_to(self.actor).current().filter(user=pk)
        return list(held.values_list("role", flat=True))

    def _show(self, one: Colleague, form: RolesForm, status: int = 200) -> HttpResponse:
        treats = bool(CARING_ROLES & set(self._roles(one.user.pk)))
        context = {
            "one": one,
            "form": form,
            "treats": treats,
            "alone": len(left_alone_by(self, one.user.pk)),
            "oneself": one.user.pk == self.actor.user_id,
            "only_theirs": self._only_theirs(one.user.pk) if treats else 0,
            "at": "administration",
        }
        return self.page("administration/colleague.html", context, status=status)

    def _only_theirs(self, pk: int) -> int:
        """How many patients nobody would care for without them."""
        teams = CareTeamMember.objects.able(on=self.actor.today).filter(clinic=self.actor.clinic_id)
        alone = teams.values("patient").annotate(others=Count("pk", filter=~Q(user=pk))).filter(others=0)
        patients = Patient.objects.on_roster_of(self.actor).with_enrolment().enrolled()
        return patients.filter(pk__in=alone.values("patient")).count()


class HasLeft(ColleaguePage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """They are out at their next request, and on no care team. Whom they leave alone is shown next."""
        self.check_may()
        one = one_colleague(self, pk)
        if not one.is_here:
            raise Http404
        form = RolesForm({"roles": self._roles(pk)})
        form.full_clean()
        return self._change(one, form, [])


def left_alone_by(page: AdministrationPage, user: int) -> list[int]:
    """The patients of this colleague for whom nobody cares now."""
    theirs = CareTeamMember.objects.filter(clinic=page.actor.clinic_id, user=user)
    patients = Patient.objects.on_roster_of(page.actor).with_enrolment().left_alone(on=page.actor.today)
    return list(patients.filter(pk__in=theirs.values("patient")).values_list("pk", flat=True))
