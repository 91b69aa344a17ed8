"""The program builder: from a program or the current plan to the next version, by way of a draft that saves itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from clinic import lines as told
from clinic import words
from clinic.caring import CaringPage, open_episode
from clinic.editing import Edited, UnknownButton, edit
from exercises.models import Exercise, Program
from exercises.terms import Group
from recovery.actions import plan as planning
from recovery.actions.plan import Line, NotPublishable
from recovery.cautions import known_of
from recovery.models import Episode, Plan, PlanDraft
from wire.problems import Conflict, PreconditionFailed

COPIES = 30  # other patients' plans that are offered to copy
UNDO = "undo-draft"  # of the session: {"episode", "lines"}
GROUP = {
    Group.STRETCHING: "Stretching",
    Group.MOBILITY: "Mobility",
    Group.DIRECTIONAL: "Directional",
    Group.EARLY_LEG: "Early leg work",
    Group.STRENGTH_ABDOMEN: "Strength: abdomen",
    Group.STRENGTH_BACK: "Strength: back",
    Group.STRENGTH_SIDE: "Strength: side",
    Group.STRENGTH_HIP: "Strength: hip",
    Group.STRENGTH_LEG: "Strength: leg",
    Group.NERVE_GLIDING: "Nerve gliding",
    Group.AEROBIC: "Walking and aerobic",
    Group.BREAK: "Breaks",
    Group.LIFTING: "Lifting",
    Group.REST: "Rest",
}


class DraftForm(forms.Form):
    """What a draft says beside its lines."""

    starts_on = forms.DateField(label="Starts on", widget=forms.DateInput({"type": "date"}))
    note = forms.CharField(
        label="Note to the patient",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    by_itself = forms.BooleanField(
        label="Take small steps by itself",
        required=False,
        help_text="Small raises inside the range happen without you. Any other step stays a proposal.",
    )


class Builder(CaringPage):
    """The page of one patient's draft. Every button posts the whole form, so that nothing typed is lost by any."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        patient = self.patient_in_care(pk)
        episode = open_episode(patient)
        draft = PlanDraft.objects.filter(episode=episode).select_related("updated_by").first()
        if draft is None:
            return self.page("builder_start.html", self._start(episode))
        form = DraftForm(initial=self._beside(draft, episode))
        return self.show(episode, draft, told.Posted(lines=draft.lines), form)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        patient = self.patient_in_care(pk)
        episode = open_episode(patient)
        do = request.POST.get("do", "save")
        if do == "start":
            return self._begin(episode)
        draft = PlanDraft.objects.filter(episode=episode).select_related("updated_by").first()
        if do == "discard":
            return self._discard(episode, draft)
        posted, form = told.read(request.POST), DraftForm(request.POST)
        seen = request.POST.get("version", "")
        if draft is None and do == "keep":
            draft = self._draft_again(episode)
            seen = str(draft.version)
        if draft is None or str(draft.version) != seen:
            return self._conflict(episode, draft, posted)
        try:
            edited = self._edit(posted, do, episode)
        except UnknownButton:
            return redirect("clinic:builder", pk)
        if posted.wrong or not form.is_valid():
            return self.show(episode, draft, posted, form, status=422)
        try:
            planning.save_draft(
                draft=draft,
                seen_version=draft.version,
                lines=edited.lines,
                starts_on=form.cleaned_data["starts_on"],
                note=form.cleaned_data["note"],
                by_itself=form.cleaned_data["by_itself"],
                by=self.actor.user_id,
                now=self.now,
            )
        except PreconditionFailed:
            return self._conflict(episode, PlanDraft.objects.filter(episode=episode).first(), posted)
        except NotPublishable as not_kept:
            return self._not_publishable(episode, draft, edited.lines, form, not_kept)
        if do == "publish":
            return self._publish(episode, draft, form)
        self._remember(episode, edited.undo)
        if edited.said:
            messages.success(request, edited.said)
        shown = {"at": edited.focus, "q": request.POST.get("q", "") if do == "find" else ""}
        query = urlencode({name: value for name, value in shown.items() if value})
        return redirect(reverse("clinic:builder", args=[pk]) + (f"?{query}" if query else ""))

    # --- the steps of a post ---------------------------------------------------------------------------

    def _edit(self, posted: told.Posted, do: str, episode: Episode) -> Edited:
        """The buttons of the lines, and those that only a plan has."""
        verb, _, about = do.partition(".")
        if verb in ("publish", "keep", "find"):
            return Edited(posted.lines)
        if verb == "undo":
            kept = self.request.session.get(UNDO) or {}
            lines = kept.get("lines") if kept.get("episode") == episode.pk else None
            return Edited(lines or posted.lines, "Taken back." if lines else "")
        if verb == "take":
            return self._take(posted, self._program(about), episode)
        return edit(posted, do, self.exercises)

    def _take(self, posted: told.Posted, program: Program | None, episode: Episode) -> Edited:
        if program is None:
            raise UnknownButton
        lines = planning.lines_of_program(program, language=episode.patient.language)
        name = program.text_in("en")["name"]
        return Edited(lines, f"{name} replaced the lines that were here.", "undo", undo=posted.lines or None)

    def _begin(self, episode: Episode) -> HttpResponse:
        """A draft of a program, of another patient's plan, else of the current version."""
        name = self.request.POST.get("from", "")
        kind, _, about = name.partition(".")
        program = self._program(about) if kind == "program" else None
        version = self._version(about, episode) if kind == "plan" else None
        if kind in ("program", "plan") and program is None and version is None:
            messages.info(self.request, "That is not there any more: choose another.")
            return redirect("clinic:builder", episode.patient_id)
        try:
            planning.draft_plan(
                episode=episode,
                program=program,
                version=version,
                starts_on=self._today(episode),
                by=self.actor.user_id,
                now=self.now,
            )
        except Conflict as there_is_one:
            messages.info(self.request, str(there_is_one.detail))
        self._remember(episode, None)
        return redirect("clinic:builder", episode.patient_id)

    def _draft_again(self, episode: Episode) -> PlanDraft:
        """The draft went away under somebody who wants to keep theirs: another, which theirs then replaces."""
        last = Plan.objects.filter(episode=episode).order_by("-number").first()
        program = None if last else Program.objects.visible_to(self.actor).in_use().first()
        return planning.draft_plan(
            episode=episode,
            program=program,
            starts_on=self._today(episode),
            by=self.actor.user_id,
            now=self.now,
        )

    def _discard(self, episode: Episode, draft: PlanDraft | None) -> HttpResponse:
        if draft is not None:
            draft.delete()
            messages.success(self.request, "The draft is discarded. The plan stays as it is.")
        self._remember(episode, None)
        return redirect("clinic:patient", episode.patient_id)

    def _publish(self, episode: Episode, draft: PlanDraft, form: DraftForm) -> HttpResponse:
        try:
            plan = planning.publish_plan(
                episode=episode, seen_version=draft.version, by=self.actor.user_id, now=self.now
            )
        except NotPublishable as not_yet:
            return self._not_publishable(episode, draft, draft.lines, form, not_yet)
        self._remember(episode, None)
        patient = episode.patient
        day = "today" if plan.starts_on == self._today(episode) else words.day(plan.starts_on)
        messages.success(
            self.request, f"Version {plan.number} is sent. {patient.name} is asked for it from {day} on."
        )
        return redirect("clinic:patient", patient.pk)

    def _not_publishable(
        self, episode: Episode, draft: PlanDraft, lines: list[Line], form: DraftForm, why: NotPublishable
    ) -> HttpResponse:
        posted = told.Posted(lines=lines)
        where = why.pointer.strip("/").split("/")
        if where[0] == "starts_on":
            form.add_error("starts_on", why.reason)
        elif where[0] == "lines" and len(where) > 1:
            shown = told.rows(lines, self.exercises, None)
            name = next((row.name for row in shown if row.n == int(where[1])), "A line")
            label = told.LABEL.get(where[-1], "days a week" if where[-1] == "days_per_week" else where[-1])
            form.add_error(None, f"{name}, {label.lower()}: {_plain(why.reason)}")
        else:
            form.add_error(None, why.reason)
        return self.show(episode, draft, posted, form, status=422)

    def _conflict(self, episode: Episode, draft: PlanDraft | None, posted: told.Posted) -> HttpResponse:
        """Both versions side by side. Mine is still in the form, so that it can be kept with one button."""
        theirs: Sequence[Line] = draft.lines if draft else []
        last = self._last(episode)
        if draft is None and last is not None:
            theirs = planning.lines_of_plan(last, episode=episode)
        context = {
            "patient": episode.patient,
            "draft": draft,
            "plan": last,
            "mine": self._in_words(posted.lines),
            "theirs": self._in_words(theirs),
            "differences": told.differences(self._prescriptions(theirs), self._prescriptions(posted.lines)),
            "sent": [
                (name, value)
                for name, values in self.request.POST.lists()
                for value in values
                if name not in ("do", "version", "csrfmiddlewaretoken")
            ],
            "note": self.request.POST.get("note", ""),
            "saved": words.moment(draft.updated_at, episode.patient.zone, self.now) if draft else "",
            "at": "patients",
        }
        return self.page("builder_conflict.html", context, status=409)

    # --- what the page shows ---------------------------------------------------------------------------

    def show(
        self, episode: Episode, draft: PlanDraft, posted: told.Posted, form: DraftForm, status: int = 200
    ) -> HttpResponse:
        patient = episode.patient
        known = known_of(episode, today=self._today(episode))
        last = self._last(episode)
        shown = told.rows(posted.lines, self.exercises, known, wrong=posted.wrong)
        undo = self.request.session.get(UNDO) or {}
        wanted = self.request.GET.get("q", "").strip()
        context = {
            "patient": patient,
            "episode": episode,
            "draft": draft,
            "last": last,
            "next_number": last.number + 1 if last else 1,
            "place": words.place(episode),
            "form": form,
            "rows": shown,
            "wrong": [(row, reason) for row in shown for reason in row.wrong],
            "minutes": told.minutes(posted.lines, self.exercises),
            "differences": told.differences(
                list(last.prescriptions.all()) if last else [], self._prescriptions(posted.lines)
            ),
            "saved": words.moment(draft.updated_at, patient.zone, self.now),
            "can_undo": undo.get("episode") == episode.pk,
            "focus": self.request.GET.get("at", ""),
            "programs": self._programs(),
            "catalog": by_group([one for one in self.exercises.values() if one.retired_on is None], wanted),
            "wanted": wanted,
            "weekdays": list(enumerate(words.WEEKDAYS, start=1)),
            "at": "patients",
        }
        return self.page("builder.html", context, status=status)

    def _start(self, episode: Episode) -> dict[str, Any]:
        last = self._last(episode)
        return {
            "patient": episode.patient,
            "place": words.place(episode),
            "last": last,
            "lines": [(words.exercise(line), words.line(line)) for line in last.prescriptions.all()]
            if last
            else [],
            "programs": self._programs(),
            "others": self._others(episode)[:COPIES],
            "at": "patients",
        }

    def _programs(self) -> list[tuple[Program, str, str, int, int]]:
        """Each program with its name, for whom it is, how many lines and minutes a day."""
        programs = Program.objects.visible_to(self.actor).in_use().prefetch_related("lines__exercise")
        found = []
        for program in programs.order_by(F("clinic").asc(nulls_last=True), "pk"):
            text, count = program.text_in("en"), len(program.lines.all())
            found.append((program, text["name"], text.get("for_whom", ""), count, program.minutes_a_day))
        return found

    @cached_property
    def exercises(self) -> Mapping[int, Exercise]:
        """All that this clinic knows by id, retired ones too: an old plan may have them."""
        return Exercise.objects.visible_to(self.actor).in_bulk()

    def _prescriptions(self, lines: Sequence[Line]) -> list[Any]:
        return [
            told.prescription(line, self.exercises[line["exercise"]])
            for line in lines
            if line["exercise"] in self.exercises and told.is_a_dose(line)
        ]

    def _in_words(self, lines: Sequence[Line]) -> list[tuple[str, str, str]]:
        return [(words.exercise(one), words.line(one), one.note) for one in self._prescriptions(lines)]

    def _last(self, episode: Episode) -> Plan | None:
        return Plan.objects.filter(episode=episode).with_lines().order_by("-number").first()

    def _program(self, pk: str) -> Program | None:
        programs = Program.objects.visible_to(self.actor).in_use().prefetch_related("lines")
        return programs.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 10 else None

    def _version(self, pk: str, episode: Episode) -> Plan | None:
        return self._others(episode).filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None

    def _others(self, episode: Episode) -> Any:
        """The last plan of other patients whom this person sees, the newest first."""
        plans = Plan.objects.visible_to(self.actor).exclude(patient=episode.patient_id)
        newest = Window(RowNumber(), partition_by="episode", order_by=F("number").desc())
        return plans.annotate(nth=newest).filter(nth=1).select_related("patient", "program").order_by("-pk")

    def _beside(self, draft: PlanDraft, episode: Episode) -> dict[str, Any]:
        """A changed plan starts today or later: a draft from yesterday offers today."""
        today = self._today(episode)
        starts_on = draft.starts_on if episode.started_on is None else max(draft.starts_on, today)
        return {"starts_on": starts_on, "note": draft.note, "by_itself": draft.by_itself}

    def _remember(self, episode: Episode, undo: list[Line] | None) -> None:
        if undo is not None:
            self.request.session[UNDO] = {"episode": episode.pk, "lines": undo}
        elif UNDO in self.request.session:
            del self.request.session[UNDO]

    def _today(self, episode: Episode) -> date:
        return episode.patient.local_date(self.now)


def by_group(exercises: Iterable[Exercise], wanted: str = "") -> list[tuple[str, list[tuple[Exercise, str]]]]:
    """Exercises with their names by their main group, those whose name or group has `wanted` in it."""
    groups: dict[str, list[tuple[Exercise, str]]] = {label: [] for label in GROUP.values()}
    for exercise in exercises:
        name = exercise.text_in("en")["name"]
        label = GROUP[Group(exercise.groups[0])] if exercise.groups else "Others"
        if wanted.casefold() in f"{name} {label}".casefold():
            groups.setdefault(label, []).append((exercise, name))
    return [(label, sorted(some, key=lambda one: one[1])) for label, some in groups.items() if some]


def _plain(reason: str) -> str:
    """The rules' sentence without the name of the variable, which stands before it already."""
    _, _, rest = reason.partition(" must be ")
    return f"use {rest}" if rest else reason
