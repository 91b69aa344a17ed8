"""A colleague has lost phone and codes, or the password: an administrator makes void what is lost, and tells them."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from rest_framework.exceptions import PermissionDenied

from accounts import actions, second_factor, sessions
from accounts.access import Role
from accounts.models import Clinic, Membership, User
from clinic.administration.page import AdministrationPage
from clinic.administration.staff import one_colleague
from notifications.messages import password_was_reset, second_factor_was_reset
from notifications.transports import Message, TransportError, email
from wire.problems import Conflict

log = logging.getLogger(__name__)

ONLY_THE_OPERATOR = "Only whoever runs this Amble can reset it for this colleague."


class Resetting(AdministrationPage, ABC):
    """One's own password and second factor are on one's own page."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.check_may()
        one = one_colleague(self, pk)
        if not one.is_here or pk == self.actor.user_id:
            raise Http404
        if not sessions.knows_password(request.session, now=self.now):
            back = reverse("clinic:colleague", args=[pk])
            return redirect_to_login(back, reverse("clinic:confirm-password"))
        if self._works_elsewhere(pk):
            raise PermissionDenied(ONLY_THE_OPERATOR)
        return self.reset(one.user)

    @abstractmethod
    def reset(self, colleague: User) -> HttpResponse:
        """Make void what is lost, and say so."""

    def _works_elsewhere(self, pk: int) -> bool:
        """Another clinic's door is not this one's to weaken."""
        others = Membership.objects.current().filter(user=pk).exclude(clinic=self.actor.clinic_id)
        return others.exclude(role=Role.PATIENT).exists()

    def tell(self, colleague: User, about: Callable[..., Message]) -> str:
        """Send a mail when it is done, and say so."""
        if not (colleague.email and settings.EMAIL_IS_SET):
            return "No email can reach them: tell them yourself."
        by = User.objects.values_list("name", flat=True).get(pk=self.actor.user_id)
        clinic = Clinic.objects.values_list("name", flat=True).get(pk=self.actor.clinic_id)
        transaction.on_commit(partial(_send, about(by=by, clinic=clinic), to=colleague.email))
        return "They get an email about it."


class ResetSecondFactor(Resetting):
    def reset(self, colleague: User) -> HttpResponse:
        """Their password alone signs them in from now on, until they add something new."""
        if second_factor.reset(user_id=colleague.pk, now=self.now):
            said = self.tell(colleague, second_factor_was_reset)
            messages.success(self.request, f"The second factor of {colleague.name} is reset. {said}")
        return redirect("clinic:colleague", colleague.pk)


class ResetPassword(Resetting):
    def reset(self, colleague: User) -> HttpResponse:
        """They are signed out everywhere, and choose another with a code that is shown on this answer only."""
        try:
            issued = actions.reset_password(
                user=colleague, by=self.actor.user_id, clinic_id=self.actor.clinic_id, now=self.now
            )
        except Conflict as nobody:
            messages.info(self.request, str(nobody.detail))
            return redirect("clinic:colleague", colleague.pk)
        context = {
            "one": colleague,
            "issued": issued,
            "told": self.tell(colleague, password_was_reset),
            "at": "administration",
        }
        return self.page("administration/password_reset.html", context)


def _send(message: Message, *, to: str) -> None:
    """It is done, whether or not this arrives."""
    try:
        email.send(message, to)
    except TransportError as error:
        log.warning("no mail about a reset password or second factor: %s", error.reason)
