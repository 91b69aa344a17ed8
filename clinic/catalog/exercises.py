"""The form of one exercise of the clinic's own."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic import lines as told
from clinic.building import GROUP
from clinic.catalog.page import CatalogPage, sentences
from exercises.api.serializers import ExerciseChangeSerializer, ExerciseSerializer
from exercises.dosage import MOST, VARIABLES
from exercises.models import Exercise
from exercises.terms import Caution, Equipment, Position, Region, Sides
from recovery.models.people import Language

DOSE_LABEL = told.LABEL | {"days_per_week": "Days a week"}
SIDES = {Sides.MIDDLE: "Both at once", Sides.EACH_SIDE: "Each side", Sides.EACH_LEG: "Each leg"}


def _choices(kind: Any) -> list[tuple[str, str]]:
    return [(one.value, getattr(one, "meaning", one.value.replace("-", " ").capitalize())) for one in kind]


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
                    self.add_error(self._place(name, inner), sentences(reasons))
            else:
                self.add_error(self._place(name, ""), sentences(found))

    def _place(self, name: str, inner: str) -> str | None:
        candidates = (
            f"{inner}_usual" if name == "dosage" else f"{inner}_least",
            {"position": "how"}.get(inner, inner),
            name,
        )
        return next((one for one in candidates if one in self.fields), None)


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
        model = self.exercises.get(int(pk)) if pk.isdecimal() and len(pk) < 10 else None
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
