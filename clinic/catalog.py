"""The clinic's own exercises and programs: the list, a form for each, and putting away what is no longer used."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from zlib import crc32

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.text import slugify

from clinic import lines as told
from clinic import words
from clinic.building import GROUP, by_group
from clinic.caring import CaringPage, open_episode
from clinic.editing import Edited, UnknownButton, edit
from exercises.api.serializers import (
    ExerciseChangeSerializer,
    ExerciseSerializer,
    ProgramChangeSerializer,
    ProgramSerializer,
)
from exercises.dosage import MOST, VARIABLES
from exercises.models import CatalogRow, Exercise, Program
from exercises.terms import Caution, Equipment, Position, Region, Sides
from recovery.actions import plan as planning
from recovery.actions.plan import Line
from recovery.models import Plan, PlanDraft
from recovery.models.people import Language

DOSE_LABEL = told.LABEL | {"days_per_week": "Days a week"}
SIDES = {Sides.MIDDLE: "Both at once", Sides.EACH_SIDE: "Each side", Sides.EACH_LEG: "Each leg"}


def _choices(kind: Any) -> list[tuple[str, str]]:
    return [(one.value, getattr(one, "meaning", one.value.replace("-", " ").capitalize())) for one in kind]


class CatalogPage(CaringPage):
    """What every staff member reads, and changes where it is the clinic's own."""

    model: ClassVar[type[CatalogRow]]

    def own(self, pk: int) -> Any:
        """A row of this clinic. A shared one is a 403: everybody's plans are made of it."""
        row = get_object_or_404(self.model.objects.visible_to(self.actor), pk=pk)
        if row.is_shared:
            raise PermissionDenied
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


# --- one exercise -------------------------------------------------------------------------------------


class ExerciseForm(forms.Form):
    """An exercise in fields of a page. What may stand in them the API's serializer says."""

    language = forms.ChoiceField(label="These words are in", choices=Language.choices)
    name = forms.CharField(label="Name", max_length=80)
    purpose = forms.CharField(
        label="What it is for", max_length=300, help_text="Plain words: the patient reads it."
    )
    how = forms.CharField(label="How to lie, sit or stand", max_length=120)
    steps = forms.CharField(
        label="Steps",
        widget=forms.Textarea({"rows": 6}),
        help_text="One a line, at most 12. Short sentences.",
    )
    caution = forms.CharField(label="Take care", max_length=300, required=False)
    groups = forms.MultipleChoiceField(
        label="Kind",
        choices=[(g.value, label) for g, label in GROUP.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    regions = forms.MultipleChoiceField(
        label="For which part", choices=_choices(Region), widget=forms.CheckboxSelectMultiple
    )
    position = forms.ChoiceField(label="Position", choices=_choices(Position))
    sides = forms.ChoiceField(label="Sides", choices=[(s.value, label) for s, label in SIDES.items()])
    equipment = forms.MultipleChoiceField(
        label="What is needed",
        choices=_choices(Equipment),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    cautions = forms.MultipleChoiceField(
        label="Take care with",
        choices=_choices(Caution),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The builder shows it where it meets what a patient reported.",
    )
    easier = forms.TypedChoiceField(label="Easier exercise", coerce=int, required=False, empty_value=None)
    harder = forms.TypedChoiceField(label="Harder exercise", coerce=int, required=False, empty_value=None)
    source = forms.CharField(label="Where it is from", max_length=300, required=False)

    def __init__(self, *args: Any, exercises: Sequence[Exercise], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in VARIABLES:
            for part in ("usual", "least", "most"):
                self.fields[f"{name}_{part}"] = forms.IntegerField(
                    label=f"{DOSE_LABEL[name]}, {part}",
                    min_value=1,
                    max_value=MOST[name],
                    required=False,
                    widget=forms.NumberInput({"inputmode": "numeric"}),
                )
        named = sorted((one.text_in("en")["name"], one.pk) for one in exercises)
        for variant in ("easier", "harder"):
            field = self.fields[variant]
            assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 (for the types)
            field.choices = [("", "None"), *((pk, name) for name, pk in named)]

    @property
    def doses(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (DOSE_LABEL[name], [self[f"{name}_{part}"] for part in ("usual", "least", "most")])
            for name in VARIABLES
        ]

    def data_for_api(self) -> dict[str, Any]:
        said = self.cleaned_data
        text = {
            "language": said["language"],
            "name": said["name"],
            "purpose": said["purpose"],
            "position": said["how"],
            "steps": [line.strip() for line in said["steps"].splitlines() if line.strip()],
        }
        if said["caution"]:
            text["caution"] = said["caution"]
        return {
            "text": text,
            "dosage": {name: said[f"{name}_usual"] for name in VARIABLES if said[f"{name}_usual"]},
            "dosage_range": {
                name: {
                    "least": said[f"{name}_least"] or said[f"{name}_usual"],
                    "most": said[f"{name}_most"] or said[f"{name}_usual"],
                }
                for name in VARIABLES
                if said[f"{name}_usual"]
            },
            **{
                name: said[name]
                for name in ("groups", "regions", "position", "sides", "equipment", "cautions")
            },
            **{name: said[name] for name in ("easier", "harder", "source")},
        }

    def take_errors(self, errors: Mapping[str, Any]) -> None:
        """Put what the serializer says where its field stands on the page."""
        for name, found in errors.items():
            if isinstance(found, dict):
                for inner, reasons in found.items():
                    self.add_error(self._place(name, inner), _sentences(reasons))
            else:
                self.add_error(self._place(name, ""), _sentences(found))

    def _place(self, name: str, inner: str) -> str | None:
        candidates = (
            f"{inner}_usual" if name == "dosage" else f"{inner}_least",
            {"position": "how"}.get(inner, inner),
            name,
        )
        return next((one for one in candidates if one in self.fields), None)


def _sentences(reasons: Any) -> list[str]:
    if isinstance(reasons, dict):
        return [sentence for inner in reasons.values() for sentence in _sentences(inner)]
    return [str(reason) for reason in (reasons if isinstance(reasons, list) else [reasons])]


def _initial(exercise: Exercise, language: str) -> dict[str, Any]:
    text = exercise.text.get(language) or exercise.text_in(language)
    ranges = exercise.dosage_range
    return {
        "language": language,
        "name": text["name"],
        "purpose": text.get("purpose", ""),
        "how": text.get("position", ""),
        "steps": "\n".join(text.get("steps", ())),
        "caution": text.get("caution", ""),
        "easier": exercise.easier_id,
        "harder": exercise.harder_id,
        **{name: getattr(exercise, name) for name in ("groups", "regions", "position", "sides", "equipment")},
        **{name: getattr(exercise, name) for name in ("cautions", "source")},
        **{f"{name}_usual": exercise.dosage.get(name) for name in VARIABLES},
        **{f"{name}_least": ranges.get(name, {}).get("least") for name in VARIABLES},
        **{f"{name}_most": ranges.get(name, {}).get("most") for name in VARIABLES},
    }


class NewExercise(CatalogPage):
    model = Exercise

    def get(self, request: HttpRequest) -> HttpResponse:
        """`?from=` is an exercise to start from."""
        pk = request.GET.get("from", "")
        model = self.exercises.get(int(pk)) if pk.isdigit() and len(pk) < 10 else None
        initial = _initial(model, self.language) | {"name": ""} if model else {"language": self.language}
        return self._show(self._form(initial=initial), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if form.is_valid():
            data = form.data_for_api() | {"slug": self.free_slug(form.cleaned_data["name"])}
            serializer = ExerciseSerializer(data=data, context=self.context)
            if serializer.is_valid():
                serializer.save(clinic_id=self.actor.clinic_id)
                return self._saved(form)
            form.take_errors(serializer.errors)
        return self._show(form, None, status=422)

    def _form(self, *args: Any, but: int | None = None, **kwargs: Any) -> ExerciseForm:
        usable = [one for one in self.exercises.values() if one.retired_on is None and one.pk != but]
        return ExerciseForm(*args, exercises=usable, **kwargs)

    def _saved(self, form: ExerciseForm) -> HttpResponse:
        messages.success(self.request, f"{form.cleaned_data['name']} is saved.")
        return redirect("clinic:catalog")

    def _show(self, form: ExerciseForm, exercise: Exercise | None, status: int = 200) -> HttpResponse:
        return self.page(
            "exercise_form.html", {"form": form, "exercise": exercise, "at": "catalog"}, status=status
        )


class EditExercise(NewExercise):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        exercise = self.own(pk)
        return self._show(self._form(initial=_initial(exercise, self.language), but=pk), exercise)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        exercise = self.own(pk)
        form = self._form(request.POST, but=pk)
        if form.is_valid():
            serializer = ExerciseChangeSerializer(
                exercise, data=form.data_for_api(), partial=True, context=self.context
            )
            if serializer.is_valid():
                serializer.save()
                return self._saved(form)
            form.take_errors(serializer.errors)
        return self._show(form, exercise, status=422)


# --- one program --------------------------------------------------------------------------------------


class ProgramForm(forms.Form):
    language = forms.ChoiceField(label="These words are in", choices=Language.choices)
    name = forms.CharField(label="Name", max_length=80)
    for_whom = forms.CharField(label="For whom", max_length=300)
    why = forms.CharField(label="What it does", max_length=300)
    caution = forms.CharField(
        label="When to stop",
        max_length=300,
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
        if asked.isdigit() and len(asked) < 10:
            program = get_object_or_404(Program.objects.visible_to(self.actor), pk=asked)
            text = program.text_in(self.language)
            initial |= {name: text.get(name, "") for name in ("for_whom", "why", "caution")}
            return planning.lines_of_program(program, language=self.language), initial
        if patient.isdigit() and len(patient) < 10:
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
                        form.add_error(None, f"Line {n + 1}: {' '.join(_sentences(one))}")
                continue
            for inner, reasons in (found if isinstance(found, dict) else {name: found}).items():
                form.add_error(inner if inner in form.fields else None, _sentences(reasons))
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
