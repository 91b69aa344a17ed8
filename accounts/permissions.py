"""Who may call a view at all. Which rows they then see is `visible_to` of each queryset."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.access import Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module, by its settings


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.auth, Actor) and self.allows(request.auth)

    def allows(self, actor: Actor) -> bool:
        return True


class IsPatient(IsSignedIn):
    message = "This is for patients."

    def allows(self, actor: Actor) -> bool:
        return actor.is_patient


class IsStaff(IsSignedIn):
    message = "This is for the clinic's staff."

    def allows(self, actor: Actor) -> bool:
        return actor.is_staff


class IsCaring(IsSignedIn):
    message = "This is for therapists and clinicians."

    def allows(self, actor: Actor) -> bool:
        return actor.is_caring


class IsAdministrator(IsSignedIn):
    message = "This is for the clinic's administrators."

    def allows(self, actor: Actor) -> bool:
        return actor.is_administrator
