"""What the pages of the administrators share."""

from rest_framework.exceptions import PermissionDenied

from accounts.access import Role
from accounts.permissions import IsAdministrator
from clinic.acting import Page

ROLE = {
    Role.THERAPIST: "Therapist",
    Role.CLINICIAN: "Clinician",
    Role.ADMINISTRATOR: "Administrator",
}
WHAT_A_ROLE_DOES = {
    Role.THERAPIST: "Therapist: treats the patients in their care",
    Role.CLINICIAN: "Clinician: reads all patients, acts on red flags and reviews",
    Role.ADMINISTRATOR: "Administrator: changes staff and settings, finds patients by name only",
}


class AdministrationPage(Page):
    def check_may(self) -> None:
        """A colleague who is no administrator gets a 403 that says so."""
        if not self.actor.is_administrator:
            raise PermissionDenied(IsAdministrator.message)
