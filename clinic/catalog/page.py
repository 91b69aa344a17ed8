"""What the pages of the catalog share."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.text import slugify
from rest_framework.exceptions import PermissionDenied

from clinic.caring import CaringPage
from exercises.models import CatalogRow, Exercise
from recovery.models.people import Language


class CatalogPage(CaringPage):
    """What every staff member reads, and changes where it is the clinic's own."""

    model: ClassVar[type[CatalogRow]]

    def own(self, pk: int) -> Any:
        """A row of this clinic. A shared one is a 403: everybody's plans are made of it."""
        row = get_object_or_404(self.model.objects.visible_to(self.actor), pk=pk)
        if row.is_shared:
            raise PermissionDenied(
                "Every clinic’s plans are made of this one: copy it, and change your copy."
            )
        return row

    @property
    def language(self) -> str:
        asked = self.request.POST.get("language") or self.request.GET.get("language", "")
        return asked if asked in Language.values else Language.ENGLISH

    @property
    def context(self) -> dict[str, Any]:
        """What the API's serializers ask for."""
        return {"actor": self.actor, "language": self.language}

    @cached_property
    def exercises(self) -> Mapping[int, Exercise]:
        return Exercise.objects.visible_to(self.actor).in_bulk()

    def free_slug(self, name: str) -> str:
        """A slug of this name that no row here has."""
        base = slugify(name)[:50].strip("-") or "own"
        taken = set(self.model.objects.visible_to(self.actor).values_list("slug", flat=True))
        return next(
            slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken
        )


def sentences(reasons: Any) -> list[str]:
    """What a serializer found wrong, without the places it found it at."""
    if isinstance(reasons, dict):
        return [sentence for inner in reasons.values() for sentence in sentences(inner)]
    return [str(reason) for reason in (reasons if isinstance(reasons, list) else [reasons])]
