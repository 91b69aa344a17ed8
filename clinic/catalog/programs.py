"""The form of one program of the clinic's own, with the lines of the builder."""

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from clinic import lines as told
from clinic import words
from clinic.building import by_group
from clinic.caring import open_episode
from clinic.catalog.page import CatalogPage, sentences
from clinic.editing import Edited, UnknownButton, edit
from exercises.api.serializers import ProgramChangeSerializer, ProgramSerializer
from exercises.models import Program
from recovery.actions import plan as planning
from recovery.actions.plan import Line
from recovery.models import Plan, PlanDraft
from recovery.models.people import Language


class ProgramForm(forms.Form):
    language = forms.ChoiceField(label="These words are in", choices=Language.choices)
    name = forms.CharField(label="Name", max_length=80)
    for_whom = forms.CharField(label="For whom", max_length=300)
    why = forms.CharField(label="What it does", max_length=300)
    caution = forms.CharField(
        label="When to stop",
        max_length=300,
        widget=forms.Textarea({"rows": 4}),
        initial="Stop an exercise if the pain moves further down your leg, or if you feel new numbness or weakness.",
    )


class NewProgram(CatalogPage):
    """A program in the making lives in its form: the buttons of the lines draw it again, and one of them saves it."""

    model = Program

    def get(self, request: HttpRequest) -> HttpResponse:
        """`?from=` is a program to start from, `?draft=` a patient whose draft or plan becomes a template."""
        lines, initial = self._lines_to_start_from()
        return self._show(told.Posted(lines=lines), ProgramForm(initial=initial), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._work(None)

    def _lines_to_start_from(self) -> tuple[list[Line], dict[str, Any]]:
        asked, patient = self.request.GET.get("from", ""), self.request.GET.get("draft", "")
        initial: dict[str, Any] = {"language": self.language}
        if asked.isdecimal() and len(asked) < 10:
            program = get_object_or_404(Program.objects.visible_to(self.actor), pk=asked)
            text = program.text_in(self.language)
            initial |= {name: text.get(name, "") for name in ("for_whom", "why", "caution")}
            return planning.lines_of_program(program, language=self.language), initial
        if patient.isdecimal() and len(patient) < 10:
            return [line | {"note": "", "side": ""} for line in self._lines_of_patient(int(patient))], initial
        return [], initial

    def _lines_of_patient(self, pk: int) -> list[Line]:
        episode = open_episode(self.seen_patient(pk))
        draft = PlanDraft.objects.filter(episode=episode).first()
        if draft is not None:
            return list(draft.lines)
        last = Plan.objects.filter(episode=episode).order_by("-number").first()
        return planning.lines_of_plan(last, episode=episode) if last else []

    def _work(self, program: Program | None) -> HttpResponse:
        posted, form = told.read(self.request.POST), ProgramForm(self.request.POST)
        do = self.request.POST.get("do", "save")
        if do == "create":
            return self._save(program, posted, form)
        try:
            edited = (
                self._undo() if do == "undo" else edit(posted, "save" if do == "find" else do, self.exercises)
            )
        except UnknownButton:
            edited = Edited(posted.lines)
        if posted.wrong:
            return self._show(posted, form, program, status=422, edited=edited)
        again = ProgramForm(initial={name: self.request.POST.get(name, "") for name in form.fields})
        return self._show(told.Posted(lines=edited.lines), again, program, edited=edited)

    def _undo(self) -> Edited:
        """The lines before, which the form itself keeps: they are checked like any other."""
        try:
            kept = json.loads(self.request.POST.get("undone", ""))
            lines = [line for line in kept if line["exercise"] in self.exercises and told.is_a_dose(line)]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnknownButton("undo") from error
        return Edited(lines, "Taken back.")

    def _save(self, program: Program | None, posted: told.Posted, form: ProgramForm) -> HttpResponse:
        if program is not None and self.request.POST.get("version") != _version(program):
            form.add_error(
                None,
                "Somebody else changed this program meanwhile. Open it in another tab, compare, and save again.",
            )
            return self._show(posted, form, program, status=409)
        if posted.wrong or not form.is_valid():
            return self._show(posted, form, program, status=422)
        said = form.cleaned_data
        words_of = {name: said[name] for name in ("language", "name", "for_whom", "why", "caution")}
        if program is not None and (habits := program.text.get(said["language"], {}).get("habits")):
            words_of["habits"] = habits
        data: dict[str, Any] = {
            "text": words_of,
            "lines": [
                {name: line[name] for name in ("exercise", "dosage", "weekdays", "note")}
                for line in posted.lines
            ],
        }
        if program is None:
            new = ProgramSerializer(data=data | {"slug": self.free_slug(said["name"])}, context=self.context)
        else:
            new = ProgramChangeSerializer(program, data=data, partial=True, context=self.context)
        if not new.is_valid():
            self._tell(form, posted, new.errors)
            return self._show(posted, form, program, status=422)
        new.save(clinic_id=self.actor.clinic_id)
        messages.success(self.request, f"{said['name']} is saved as a program of your clinic.")
        return redirect("clinic:catalog")

    def _tell(self, form: ProgramForm, posted: told.Posted, errors: Mapping[str, Any]) -> None:
        for name, found in errors.items():
            if name == "lines" and any(isinstance(one, dict) for one in found):
                for n, one in enumerate(found):
                    if one and not any(
                        row.wrong for row in told.rows(posted.lines[n : n + 1], self.exercises, None)
                    ):
                        form.add_error(None, f"Line {n + 1}: {' '.join(sentences(one))}")
                continue
            for inner, reasons in (found if isinstance(found, dict) else {name: found}).items():
                form.add_error(inner if inner in form.fields else None, sentences(reasons))
        if not form.errors:
            form.add_error(None, "A dose is outside of its exercise’s range.")

    def _show(
        self,
        posted: told.Posted,
        form: ProgramForm,
        program: Program | None,
        *,
        status: int = 200,
        edited: Edited | None = None,
    ) -> HttpResponse:
        shown = told.rows(posted.lines, self.exercises, None, wrong=posted.wrong)
        if edited and edited.said:
            messages.success(self.request, edited.said)
        wanted = (
            self.request.POST.get("q", "").strip().casefold() if self.request.POST.get("do") == "find" else ""
        )
        usable = [one for one in self.exercises.values() if one.retired_on is None]
        context = {
            "program": program,
            "version": _version(program) if program else "",
            "form": form,
            "rows": shown,
            "wrong": [(row, reason) for row in shown for reason in row.wrong],
            "minutes": told.minutes(posted.lines, self.exercises),
            "undone": json.dumps(edited.undo) if edited and edited.undo is not None else "",
            "can_undo": bool(edited and edited.undo is not None),
            "focus": edited.focus if edited else "",
            "catalog": by_group(usable, wanted),
            "wanted": wanted,
            "weekdays": list(enumerate(words.WEEKDAYS, start=1)),
            "at": "catalog",
        }
        return self.page("program_form.html", context, status=status)


class EditProgram(NewProgram):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        program = self.own(pk)
        text = program.text.get(self.language) or program.text_in(self.language)
        initial = {name: text.get(name, "") for name in ("name", "for_whom", "why", "caution")}
        lines = planning.lines_of_program(program, language=self.language)
        return self._show(
            told.Posted(lines=lines), ProgramForm(initial=initial | {"language": self.language}), program
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        return self._work(self.own(pk))


def _version(program: Program) -> str:
    """Changes with whatever a form shows of the program: of two writers, one is told."""
    lines = list(program.lines.values_list("exercise_id", "dosage", "weekdays", "note"))
    return str(crc32(json.dumps([program.text, lines], sort_keys=True).encode()))
