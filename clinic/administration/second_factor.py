"""A colleague has lost phone and codes: an administrator takes their second factors away, and they are told."""

import logging
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from rest_framework.exceptions import PermissionDenied

from accounts import second_factor, sessions
from accounts.access import Role
from accounts.models import Clinic, Membership, User
from clinic.administration.page import AdministrationPage
from clinic.administration.staff import one_colleague
from notifications.messages import second_factor_was_reset
from notifications.transports import Message, TransportError, email

log = logging.getLogger(__name__)

ONLY_THE_OPERATOR = "Only whoever runs this Amble can reset it for this colleague."


class ResetSecondFactor(AdministrationPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Their password alone signs them in from now on, until they add something new. One's own is on one's page."""
        self.check_may()
        one = one_colleague(self, pk)
        if not one.is_here or pk == self.actor.user_id:
            raise Http404
        back = reverse("clinic:colleague", args=[pk])
        if not sessions.knows_password(request.session, now=self.now):
            return redirect_to_login(back, reverse("clinic:confirm-password"))
        if self._works_elsewhere(pk):
            raise PermissionDenied(ONLY_THE_OPERATOR)
        if second_factor.reset(user_id=pk, now=self.now):
            messages.success(
                request, f"The second factor of {one.user.name} is reset. {self._tell(one.user)}"
            )
        return redirect(back)

    def _works_elsewhere(self, pk: int) -> bool:
        """Another clinic's door is not this one's to weaken."""
        others = Membership.objects.current().filter(user=pk).exclude(clinic=self.actor.clinic_id)
        return others.exclude(role=Role.PATIENT).exists()

    def _tell(self, colleague: User) -> str:
        """Send a mail when it is done, and say so."""
        if not (colleague.email and settings.EMAIL_IS_SET):
            return "No email can reach them: tell them yourself."
        by = User.objects.values_list("name", flat=True).get(pk=self.actor.user_id)
        clinic = Clinic.objects.values_list("name", flat=True).get(pk=self.actor.clinic_id)
        transaction.on_commit(
            partial(_send, second_factor_was_reset(by=by, clinic=clinic), to=colleague.email)
        )
        return "They get an email about it."


def _send(message: Message, *, to: str) -> None:
    """It is done, whether or not this arrives."""
    try:
        email.send(message, to)
    except TransportError as error:
        log.warning("no mail about a reset second factor: %s", error.reason)
