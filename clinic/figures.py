"""Every figure in every mode, for a therapist to approve; what is drawn anew is asked again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from rest_framework.exceptions import PermissionDenied

from accounts.access import Actor
from clinic.acting import Page
from exercises.figures.reader import drawn
from exercises.models import Exercise, FigureApproval


@dataclass(frozen=True, slots=True)
class Figure:
    """The figure of an exercise; `approval` is of the version that is drawn now."""

    exercise: Exercise
    name: str
    version: str
    text: Mapping[str, str]
    approval: FigureApproval | None


def figures(actor: Actor, exercises: Iterable[Exercise]) -> list[Figure]:
    """The figures of those exercises that have one, by name, in one statement."""
    with_one = {one: drawn()[one.figure] for one in exercises if one.figure}
    approvals = FigureApproval.objects.filter(clinic=actor.clinic_id).select_related("approved_by")
    approved = {(row.exercise_id, row.version): row for row in approvals}
    found = [
        Figure(
            exercise,
            exercise.text_in("en")["name"],
            drawing.version,
            drawing.text["en"],
            approved.get((exercise.pk, drawing.version)),
        )
        for exercise, drawing in with_one.items()
    ]
    return sorted(found, key=lambda figure: figure.name)


class Figures(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        shown = figures(self.actor, Exercise.objects.shared().in_use())
        context = {
            "figures": shown,
            "open": sum(one.approval is None for one in shown),
            "at": "catalog",
        }
        return self.page("figures.html", context)


class ApproveFigure(Page):
    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The version that the page showed, which is in the form: a newer one has to be looked at first."""
        if not self.actor.is_caring:
            raise PermissionDenied("Therapists and clinicians approve figures.")
        exercise = Exercise.objects.shared().filter(slug=slug).first()
        if exercise is None or not exercise.figure:
            raise Http404
        name = exercise.text_in("en")["name"]
        if request.POST.get("version") != drawn()[exercise.figure].version:
            messages.info(request, f"{name} is drawn anew: look at it again.")
        elif self._approve(exercise):
            messages.success(request, f"{name} is approved.")
        else:
            messages.info(request, f"A colleague has already approved {name}.")
        return redirect(f"{reverse('clinic:figures')}#{slug}")

    def _approve(self, exercise: Exercise) -> bool:
        """Whether this person is the first."""
        try:
            with transaction.atomic():
                FigureApproval.objects.create(
                    clinic_id=self.actor.clinic_id,
                    exercise=exercise,
                    version=drawn()[exercise.figure].version,
                    approved_by_id=self.actor.user_id,
                    approved_at=self.now,
                )
        except IntegrityError:
            return False
        return True
