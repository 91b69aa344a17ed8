"""Beside one patient's plan: events that explain a change, pauses, a new start, and what follows relief."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from clinic import words
from clinic.caring import CaringPage, open_episode
from clinic.happened import EVENT
from recovery.actions import events, pauses, staying_well
from recovery.actions.plan import NotPublishable
from recovery.actions.starts import NotAStart, start_anew
from recovery.models import Episode, Patient, Plan, PlanPause, Progress, TimelineEvent
from recovery.models.events import EventKind
from recovery.models.pauses import PauseReason
from recovery.rules.asked import LONGEST_PAUSE, PAUSE_AHEAD, PAUSE_BACK
from recovery.rules.status import NEW_START, Status
from recovery.rules.staying_well import PROGRAM


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


def _note() -> forms.CharField:
    return forms.CharField(
        label="Note",
        max_length=500,
        required=False,
        help_text="The patient reads it too.",
        widget=forms.Textarea({"rows": 2}),
    )


class DatedForm(forms.Form):
    """A form about days from `first` to `last`, by the patient's clock."""

    def __init__(self, *args: Any, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.last = first, last

    def inside(self, name: str) -> date:
        on: date = self.cleaned_data[name]
        if not self.first <= on <= self.last:
            raise forms.ValidationError(f"Use a day from {words.day(self.first)} to {words.day(self.last)}.")
        return on


class EventForm(DatedForm):
    what = forms.ChoiceField(
        label="What happened", choices=[(kind.value, said) for kind, said in EVENT.items()]
    )
    about_on = _day("When")
    note = _note()

    def clean_about_on(self) -> date:
        return self.inside("about_on")


class PauseForm(DatedForm):
    from_on = _day("First day")
    until_on = _day("Last day")
    reason = forms.ChoiceField(
        label="Why",
        choices=PauseReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say why."},
    )
    note = _note()

    def clean_from_on(self) -> date:
        return self.inside("from_on")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("from_on"), said.get("until_on")
        if first and last and not timedelta() <= last - first <= LONGEST_PAUSE:
            self.add_error(
                "until_on", f"Use a day from the first one on, at most {LONGEST_PAUSE.days} days later."
            )
        return said


class NewStartForm(forms.Form):
    on = _day("Count the weeks from")


def stays_well(plan: Plan) -> bool:
    return plan.program is not None and plan.program.slug == PROGRAM


def next_step(progress: Progress, plans: Sequence[Plan]) -> tuple[str, str] | None:
    """What of this page a status calls for: its place there, and its words. The plans come with their programs."""
    if progress.rule == NEW_START:
        return "new-start", "Set a new start"
    if not plans:
        return None
    newest, *before = sorted(plans, key=lambda plan: -plan.number)
    if progress.status == Status.RELIEVED and not stays_well(newest):
        return "staying-well", "Start staying well"
    if progress.status != Status.RELIEVED and stays_well(newest) and not all(map(stays_well, before)):
        return "reopen-plan", "Open the old plan again"
    return None


class Timeline(CaringPage):
    """Who may read the record reads it here; the care team finds the forms."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(open_episode(self.seen_patient(pk)))

    def show(self, episode: Episode, *, status: int = 200, **refused: forms.Form) -> HttpResponse:
        patient = episode.patient
        today = patient.local_date(self.now)
        plans = list(Plan.objects.filter(episode=episode).select_related("program"))
        step = next_step(Progress.objects.get(pk=episode.pk), plans)
        may_change = Patient.objects.cared_for_by(self.actor).filter(pk=patient.pk).exists()
        context = {
            "patient": patient,
            "episode": episode,
            "today": today,
            "events": _events(episode),
            "pauses": PlanPause.objects.filter(episode=episode)
            .select_related("paused_by")
            .order_by("-from_on", "-id"),
            "may_change": may_change and patient.pk != self.actor.user_id,
            "plans": plans,
            "step": step[0] if step else "",
            "event_form": _event_form(episode, today),
            "pause_form": _pause_form(today),
            "start_form": NewStartForm(initial={"on": today}, prefix="start"),
            "at": "patients",
        }
        return self.page("timeline.html", context | refused, status=status)


def _events(episode: Episode) -> list[tuple[TimelineEvent, str]]:
    """Since the onset, the newest first, each with what it is called."""
    rows = TimelineEvent.objects.filter(
        patient=episode.patient_id, withdrawn=False, about_on__gte=episode.onset_on
    )
    return [
        (row, EVENT[EventKind(row.what)])
        for row in rows.select_related("added_by").order_by("-about_on", "-happened_at", "-id")
    ]


def _event_form(episode: Episode, today: date, *sent: Any) -> EventForm:
    return EventForm(*sent, initial={"about_on": today}, first=episode.onset_on, last=today, prefix="event")


def _pause_form(today: date, *sent: Any) -> PauseForm:
    first, last = today - PAUSE_BACK, today + PAUSE_AHEAD
    return PauseForm(*sent, initial={"from_on": today}, first=first, last=last, prefix="pause")


class AddEvent(Timeline):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        episode = open_episode(self.patient_in_care(pk))
        form = _event_form(episode, episode.patient.local_date(self.now), request.POST)
        if not form.is_valid():
            return self.show(episode, event_form=form, status=422)
        said = form.cleaned_data
        self.do(
            lambda: events.add_event(episode=episode, by=self.actor.user_id, now=self.now, **said),
            "Noted. It stands in the chart by its number.",
        )
        return redirect("clinic:timeline", pk)


class TakeBackEvent(CaringPage):
    def post(self, request: HttpRequest, pk: int, event: int) -> HttpResponse:
        """What staff noted by mistake. What the patient noted is the patient's to take back."""
        patient = self.patient_in_care(pk)
        noted = TimelineEvent.objects.filter(patient=patient, added_by__isnull=False, withdrawn=False)
        row = get_object_or_404(noted, pk=event)
        self.do(lambda: events.withdraw_event(event=row), "Taken back.")
        return redirect("clinic:timeline", pk)


class PausePlan(Timeline):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask nothing for some days. What was paused is not missed."""
        episode = open_episode(self.patient_in_care(pk))
        form = _pause_form(episode.patient.local_date(self.now), request.POST)
        if not form.is_valid():
            return self.show(episode, pause_form=form, status=422)
        said = form.cleaned_data
        self.do(
            lambda: pauses.pause_plan(episode=episode, by=self.actor.user_id, now=self.now, **said),
            "Paused. Nothing is asked on these days, and nothing is missed.",
        )
        return redirect("clinic:timeline", pk)


class ResumePlan(CaringPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        pause: PlanPause = self.in_care(PlanPause.objects.select_related("episode__patient"), pk)
        today = pause.episode.patient.local_date(self.now)
        self.do(
            lambda: pauses.resume_plan(pause=pause, today=today, by=self.actor.user_id),
            "The plan is asked again." if pause.from_on <= today else "The pause is taken back.",
        )
        return redirect("clinic:timeline", pause.patient_id)


class SetNewStart(Timeline):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Count the weeks from another day, where the first ones hold no baseline. It does the task that asked."""
        episode = open_episode(self.patient_in_care(pk))
        form = NewStartForm(request.POST, prefix="start")
        if form.is_valid():
            on = form.cleaned_data["on"]
            try:
                self.do(
                    lambda: start_anew(episode=episode, on=on, by=self.actor.user_id, now=self.now),
                    f"The weeks count from {words.day(on)}. Within a minute every day is judged again.",
                )
            except NotAStart as why:
                form.add_error("on", str(why))
        if form.errors:
            return self.show(episode, start_form=form, status=422)
        return redirect("clinic:timeline", pk)


class NextPlan(CaringPage):
    """Publish another plan with one press; where the catalog has changed since, the builder is the way."""

    publish: ClassVar[Callable[..., Plan]]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        episode = open_episode(self.patient_in_care(pk))
        try:
            self.do(
                lambda: type(self).publish(episode=episode, by=self.actor.user_id, now=self.now),
                f"It is sent. {episode.patient.name} is asked for it from now on.",
            )
        except NotPublishable as why:
            messages.info(request, f"It cannot be sent as it is. Adjust the program instead. {why.reason}")
            return redirect("clinic:timeline", pk)
        return redirect("clinic:patient", pk)


class StartStayingWell(NextPlan):
    publish = staticmethod(staying_well.start_staying_well)


class ReopenPlan(NextPlan):
    publish = staticmethod(staying_well.reopen_plan)
