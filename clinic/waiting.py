"""What waits for a person about one patient: proposals to decide, reviews that are due, tasks."""

from typing import Any

from clinic.acting import Page
from clinic.work import open_proposal
from recovery.models import Patient, Proposal, Review, Task


def waiting(patient: Patient, *, page: Page) -> dict[str, Any]:
    """In three statements, the oldest of each first."""
    proposals = Proposal.objects.visible_to(page.actor).open().filter(patient=patient)
    reviews = Review.objects.visible_to(page.actor).open().filter(patient=patient)
    tasks = Task.objects.visible_to(page.actor).open().filter(patient=patient)
    found: dict[str, list[Any]] = {
        "proposals": [
            open_proposal(one)
            for one in proposals.select_related("patient", "exercise", "to_exercise").order_by("id")
        ],
        "reviews": [(one, (page.actor.today - one.due_on).days) for one in reviews.order_by("due_on", "id")],
        "tasks": list(tasks.order_by("id")),
    }
    return found | {"waiting": sum(len(rows) for rows in found.values())}
