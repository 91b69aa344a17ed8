"""Work that a rule handed to a person: tasks to do, exercises to ask again, steps to accept or decline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from clinic import words
from clinic.acting import Page
from clinic.forms import FinishTaskForm
from recovery.actions import ladder
from recovery.actions.tasks import finish_task
from recovery.models import Proposal, Suspension, Task
from recovery.models.tasks import TaskKind

SHOWN = 100

# The name of a form that could not be taken, and the form with its error.
Refused = tuple[str, FinishTaskForm]


@dataclass(frozen=True, slots=True)
class OpenTask:
    row: Task
    opened: str
    suspension: Suspension | None  # lifting it is the work
    form: FinishTaskForm


@dataclass(frozen=True, slots=True)
class OpenProposal:
    row: Proposal
    exercise: str
    before: str
    after: str


class Work(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show()

    def show(self, refused: Refused | None = None, status: int = 200) -> HttpResponse:
        """The oldest first; `refused` is shown again with its error."""
        tasks = list(self._rows(Task).select_related("patient"))
        patients = [task.patient_id for task in tasks]
        suspended = {
            (one.patient_id, str(one.exercise_id)): one
            for one in Suspension.objects.visible_to(self.actor).open().filter(patient__in=patients)
        }
        proposals = list(self._rows(Proposal).select_related("patient", "exercise", "to_exercise"))
        context = {
            "tasks": [self._task(task, suspended, refused) for task in tasks[:SHOWN]],
            "proposals": [open_proposal(one) for one in proposals[:SHOWN]],
            "more": max(len(tasks), len(proposals)) > SHOWN,
            "shown": SHOWN,
            "at": "tasks",
        }
        return self.page("work.html", context, status=status)

    def _rows(self, model: type[Task] | type[Proposal]) -> QuerySet[Any]:
        return model.objects.visible_to(self.actor).open().order_by("id")[: SHOWN + 1]

    def _task(
        self, task: Task, suspended: Mapping[tuple[int, str], Suspension], refused: Refused | None
    ) -> OpenTask:
        is_suspended = task.kind == TaskKind.SUSPENDED_EXERCISE
        suspension = suspended.get((task.patient_id, task.cause)) if is_suspended else None
        name = f"lift-{suspension.pk}" if suspension else f"task-{task.pk}"
        form = refused[1] if refused and refused[0] == name else FinishTaskForm(auto_id=f"{name}-%s")
        return OpenTask(task, words.moment(task.opened_at, task.patient.zone, self.now), suspension, form)


def open_proposal(row: Proposal) -> OpenProposal:
    """In words: the exercise, its dose now, and the step that is proposed."""
    after = row.to_exercise.in_words(row.to_dose) if row.to_dose else "not asked any more"
    if row.to_exercise_id != row.exercise_id:
        after = f"{row.to_exercise.text_in('en')['name']}, {after}"
    name = str(row.exercise.text_in("en")["name"])
    return OpenProposal(row, name, row.exercise.in_words(row.from_dose), after)


class FinishTask(Work):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        task = self.seen(Task.objects.all(), pk)
        form = FinishTaskForm(request.POST, auto_id=f"task-{pk}-%s")
        if not form.is_valid():
            return self.show((f"task-{pk}", form), status=422)
        how = form.cleaned_data["how"]
        self.do(lambda: finish_task(task=task, how=how, by=self.actor.user_id, now=self.now), "Done.")
        return self.back("clinic:tasks")


class LiftSuspension(Work):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the exercise again, with the reason; that is its task."""
        suspension = self.in_care(Suspension.objects.select_related("patient"), pk)
        form = FinishTaskForm(request.POST, auto_id=f"lift-{pk}-%s")
        if not form.is_valid():
            return self.show((f"lift-{pk}", form), status=422)
        why = form.cleaned_data["how"]
        self.do(
            lambda: ladder.lift(suspension=suspension, because=why, by=self.actor.user_id, now=self.now),
            "The exercise is asked again from today.",
        )
        return self.back("clinic:tasks")


class Decide(Page):
    """A click on a proposal. Who was overtaken, by a colleague or by what is known by now, is told so."""

    def proposal(self, pk: int) -> Proposal:
        found: Proposal = self.in_care(Proposal.objects.select_related("exercise", "to_exercise"), pk)
        return found


class AcceptProposal(Decide):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what the rules propose: the step is the next version of the plan, from today."""
        proposal = self.proposal(pk)
        self.do(
            lambda: ladder.accept(proposal=proposal, by=self.actor.user_id, now=self.now),
            "Accepted. The patient sees it from today.",
        )
        return self.back("clinic:tasks")


class DeclineProposal(Decide):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave the plan as it is; the rules propose again on new sessions."""
        proposal = self.proposal(pk)
        self.do(
            lambda: ladder.decline(proposal=proposal, why="", by=self.actor.user_id, now=self.now),
            "Declined. The plan stays as it is.",
        )
        return self.back("clinic:tasks")
