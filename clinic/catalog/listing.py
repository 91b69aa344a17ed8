"""The list of exercises and programs, and putting away what no new plan should take."""

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic.building import by_group
from clinic.catalog.page import CatalogPage
from clinic.figures import figures
from exercises.models import Exercise, Program


class Catalog(CatalogPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        named = request.GET.get("q", "").replace("\x00", "").strip()
        exercises = Exercise.objects.visible_to(self.actor)
        programs = Program.objects.visible_to(self.actor).prefetch_related("lines__exercise")
        if named:
            exercises, programs = exercises.named(named), programs.named(named)
        own_first = F("clinic").asc(nulls_last=True)
        found = list(exercises.order_by(own_first, "pk"))
        context = {
            "named": named,
            "programs": [
                (
                    row,
                    row.text_in("en"),
                    [(line.exercise.text_in("en")["name"], line.dosage_in_words) for line in row.lines.all()],
                )
                for row in programs.order_by(own_first, "pk")
                if row.retired_on is None
            ],
            "own": [_shown(row) for row in found if not row.is_shared and row.retired_on is None],
            "groups": by_group([row for row in found if row.is_shared and row.retired_on is None]),
            "put_away": [
                (row, row.text_in("en")["name"], kind)
                for kind, rows in (("exercise", found), ("program", programs))
                for row in rows
                if row.retired_on is not None and not row.is_shared
            ],
            "unapproved": {one.exercise.pk for one in figures(self.actor, found) if one.approval is None},
            "at": "catalog",
        }
        return self.page("catalog.html", context)


def _shown(exercise: Exercise) -> tuple[Exercise, str, str]:
    return exercise, exercise.text_in("en")["name"], exercise.in_words(exercise.default)


class PutAway(CatalogPage):
    """No new plan takes it from now on, or it may be taken again. Plans that have it keep it."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.own(pk)
        back = row.retired_on is not None
        row.retired_on = None if back else self.actor.today
        row.save(update_fields=["retired_on"])
        name = row.text_in("en")["name"]
        messages.success(
            request, f"{name} is {'back in use' if back else 'put away. Plans that have it keep it'}."
        )
        return redirect("clinic:catalog")


class PutAwayExercise(PutAway):
    model = Exercise


class PutAwayProgram(PutAway):
    model = Program
