"""Patients by name, for administrators: who is enrolled, and whom nobody cares for. Nothing of the record."""

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse

from clinic.administration.page import AdministrationPage
from recovery.models import CareTeamMember, Patient

SHOWN = 100


class Roster(AdministrationPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        """`?q=` is a part of the name, `?alone=1` those for whom nobody cares."""
        self.check_may()
        q = request.GET.get("q", "").replace("\x00", "")[:80]
        alone = request.GET.get("alone") == "1"
        today = self.actor.today
        everybody = Patient.objects.on_roster_of(self.actor).with_enrolment()
        left_alone = everybody.left_alone(on=today)
        caring = CareTeamMember.objects.able(on=today).filter(patient=OuterRef("pk"))
        rows = (left_alone if alone else everybody).filter(name__icontains=q)
        found = list(rows.annotate(cared_for=Exists(caring)).order_by("name", "pk")[: SHOWN + 1])
        context = {
            "rows": found[:SHOWN],
            "more": len(found) > SHOWN,
            "shown": SHOWN,
            "q": q,
            "alone": alone,
            "count_alone": left_alone.count(),
            "at": "administration",
        }
        return self.page("administration/roster.html", context)
