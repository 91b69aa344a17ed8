"""Exercises and programs as JSON. `text` is read in the best language, written in the one it names."""

from enum import StrEnum
from typing import Any, TypeVar

from django.db import IntegrityError
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from exercises.catalog.table import LANGUAGE, SLUG
from exercises.dosage import MOST, VARIABLES, Dosage, DosageRange
from exercises.models import CatalogRow, Exercise, Program, ProgramLine, choices
from exercises.terms import Caution, Equipment, Group, Mark, Position, Region, Sides
from exercises.variants import find_loop
from wire.serializers import StrictCharField, StrictIntegerField, StrictModelSerializer, StrictSerializer

NO_EXERCISE = "There is no such exercise."
SLUG_TAKEN = "This slug is taken: choose another."

Row = TypeVar("Row", bound=CatalogRow)


def _codes(kind: type[StrEnum], *, at_least: int = 0) -> serializers.ListField:
    """A list of codes; it may be left out where none is needed."""
    code = serializers.ChoiceField(choices=choices(kind))
    if at_least:
        return serializers.ListField(child=code, min_length=at_least, max_length=len(kind))
    return serializers.ListField(child=code, max_length=len(kind), default=list)


class BoundsSerializer(StrictSerializer):
    """The least and the most that is allowed, both included."""

    least = StrictIntegerField(min_value=1)
    most = StrictIntegerField(min_value=1)


class DosageSerializer(StrictSerializer):
    """What is not counted is left out. Minutes stand alone; else repetitions, hold_seconds or both."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: StrictIntegerField(min_value=1, max_value=MOST[name], required=False) for name in VARIABLES
        }

    def validate(self, attrs: dict[str, int]) -> dict[str, int]:
        try:
            Dosage.from_json(attrs)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return attrs

    def to_representation(self, instance: dict[str, int]) -> dict[str, int]:
        return instance


class DosageRangeSerializer(StrictSerializer):
    """What a dosage may be. Once a day and any number of days a week, where nothing is said."""

    def get_fields(self) -> dict[str, Any]:
        return {name: BoundsSerializer(required=False) for name in VARIABLES}

    def validate(self, attrs: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        try:
            return DosageRange.from_json(attrs).as_json()
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def to_representation(self, instance: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        return instance


class TextSerializer(StrictSerializer):
    """The words of one language. They are written as a whole, also by a PATCH."""

    language = StrictCharField(max_length=5)

    def validate_language(self, language: str) -> str:
        if not LANGUAGE.fullmatch(language):
            raise ValidationError("Use two letters, such as en, or en-GB.")
        return language

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return instance


class ExerciseTextSerializer(TextSerializer):
    name = StrictCharField(max_length=80)
    purpose = StrictCharField(max_length=300)
    position = StrictCharField(max_length=120, help_text="How to lie, sit or stand, in plain words.")
    steps = serializers.ListField(child=StrictCharField(max_length=200), min_length=1, max_length=12)
    when = StrictCharField(max_length=200, required=False)
    caution = StrictCharField(max_length=300, required=False)
    easier = StrictCharField(
        max_length=200, required=False, help_text="An easier way that is no exercise of its own."
    )
    harder = StrictCharField(max_length=200, required=False)


class ProgramTextSerializer(TextSerializer):
    name = StrictCharField(max_length=80)
    for_whom = StrictCharField(max_length=300)
    why = StrictCharField(max_length=300)
    caution = StrictCharField(max_length=300)
    habits = serializers.ListField(
        child=StrictCharField(max_length=200),
        max_length=12,
        required=False,
        help_text="Lines that are no exercise.",
    )


class CatalogRowSerializer(StrictModelSerializer):
    """What both kinds share. The context names the `language` to read and, to write, the `actor`."""

    slug = StrictCharField(max_length=60, help_text="a to z, 0 to 9 and single dashes. It stays for ever.")
    is_shared = serializers.BooleanField(
        read_only=True, help_text="From Amble's catalog; a clinic cannot change it."
    )
    mark = serializers.ChoiceField(
        choices=choices(Mark), default=Mark.P, help_text="V, V2, M or P: how sure it is."
    )

    def to_representation(self, instance: CatalogRow) -> dict[str, Any]:
        found: dict[str, Any] = super().to_representation(instance)
        return {**found, "text": instance.text_in(self.context["language"])}

    def validate_slug(self, slug: str) -> str:
        if not SLUG.fullmatch(slug):
            raise ValidationError("Use a to z, 0 to 9 and single dashes.")
        return slug

    def validate_text(self, words: dict[str, Any]) -> dict[str, Any]:
        """All languages, with this one replaced."""
        language = words.pop("language")
        return {**(self.instance.text if self.instance else {}), language: words}


class ExerciseSerializer(CatalogRowSerializer):
    """An exercise with its default dosage, what is allowed, who takes care, and the words of one language."""

    groups = _codes(Group, at_least=1)
    regions = _codes(Region, at_least=1)
    position = serializers.ChoiceField(choices=choices(Position))
    sides = serializers.ChoiceField(choices=choices(Sides))
    equipment = _codes(Equipment)
    cautions = _codes(Caution)
    easier = StrictIntegerField(source="easier_id", min_value=1, allow_null=True, default=None)
    harder = StrictIntegerField(source="harder_id", min_value=1, allow_null=True, default=None)
    dosage = DosageSerializer(help_text="The default.")
    dosage_range = DosageRangeSerializer()
    in_words = serializers.SerializerMethodField(help_text="The default dosage in plain English.")
    marks = serializers.DictField(child=serializers.ChoiceField(choices=choices(Mark)), read_only=True)
    text = ExerciseTextSerializer()

    class Meta:
        model = Exercise
        fields = [
            *("id", "slug", "is_shared", "groups", "regions", "position", "sides", "equipment", "cautions"),
            *(
                "easier",
                "harder",
                "dosage",
                "dosage_range",
                "in_words",
                "source",
                "mark",
                "marks",
                "retired_on",
                "text",
            ),
        ]
        read_only_fields = ["retired_on"]

    def get_in_words(self, exercise: Exercise) -> str:
        return exercise.in_words(exercise.default)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        dosage = Dosage.from_json(self._after(attrs, "dosage"))
        allowed = DosageRange.from_json(self._after(attrs, "dosage_range"))
        if wrong := _outside(dosage, allowed):
            raise ValidationError({"dosage": wrong})
        self._check_among_others(attrs)
        return {**attrs, "dosage": dosage.as_json()}

    def _check_among_others(self, attrs: dict[str, Any]) -> None:
        """The slug is free, and the variants are other exercises whose chain does not come back here."""
        rows = Exercise.objects.visible_to(self.context["actor"]).values_list(
            "pk", "slug", "easier_id", "harder_id"
        )
        this = self.instance.pk if self.instance else -1  # no row has it
        others = [row for row in rows if row[0] != this]
        if attrs.get("slug") in {slug for _, slug, _, _ in others}:
            raise ValidationError({"slug": [SLUG_TAKEN]}, code="unique")
        easier, harder = self._after(attrs, "easier_id"), self._after(attrs, "harder_id")
        known = {None, *(pk for pk, _, _, _ in others)}
        if wrong := {
            name: [NO_EXERCISE] for name, pk in (("easier", easier), ("harder", harder)) if pk not in known
        }:
            raise ValidationError(wrong, code="does_not_exist")
        if find_loop([(this, easier, harder), *((pk, easy, hard) for pk, _, easy, hard in others)]):
            raise ValidationError(
                {"harder": ["From easier to harder, these go round in a loop."]}, code="loop"
            )

    def _after(self, attrs: dict[str, Any], name: str) -> Any:
        """A value as it will be after this write."""
        return attrs[name] if name in attrs else getattr(self.instance, name)

    def create(self, validated_data: dict[str, Any]) -> Exercise:
        return _create(Exercise, validated_data)

    def update(self, instance: Exercise, validated_data: dict[str, Any]) -> Exercise:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        return instance


class ExerciseChangeSerializer(ExerciseSerializer):
    """What a clinic may change of its own exercise. Not the slug: a phone that is offline knows only that."""

    class Meta(ExerciseSerializer.Meta):
        read_only_fields: list[str] = []

    slug = StrictCharField(read_only=True)


class ProgramLineSerializer(StrictSerializer):
    """One exercise of a program. Its dosage stays inside the exercise's range."""

    exercise = StrictIntegerField(source="exercise_id", min_value=1)
    slug = serializers.CharField(source="exercise.slug", read_only=True)
    dosage = DosageSerializer()
    in_words = serializers.CharField(source="dosage_in_words", read_only=True)
    weekdays = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=7),
        max_length=7,
        default=list,
        help_text="1 is Monday; none: every day. The dosage's days per week are their number, or left out.",
    )
    note = StrictCharField(max_length=300, allow_blank=True, default="")

    def to_representation(self, instance: ProgramLine) -> dict[str, Any]:
        found: dict[str, Any] = super().to_representation(instance)
        return {**found, "note": instance.note_in(self.context["language"])}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        line: dict[str, Any] = super().to_internal_value(data)
        weekdays = sorted(set(line["weekdays"]))
        dosage = Dosage.from_json(line["dosage"]).on(weekdays)
        if line["dosage"].get("days_per_week", dosage.days_per_week) != dosage.days_per_week:
            raise ValidationError({"dosage": {"days_per_week": ["This is not the number of the weekdays."]}})
        return {**line, "weekdays": weekdays, "dosage": dosage}


class ProgramSerializer(CatalogRowSerializer):
    """A reusable template of exercises with dosages, in the order they are done."""

    text = ProgramTextSerializer()
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ProgramLineSerializer(), min_length=1, max_length=40
    )
    minutes_a_day = serializers.IntegerField(
        read_only=True, help_text="About how long its fullest day takes."
    )

    class Meta:
        model = Program
        fields = ["id", "slug", "is_shared", "source", "mark", "retired_on", "text", "minutes_a_day", "lines"]
        read_only_fields = ["retired_on"]

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        usable = Exercise.objects.visible_to(self.context["actor"]).in_use()
        exercises = usable.in_bulk([line["exercise_id"] for line in lines])
        wrong: list[dict[str, Any]] = []
        for line in lines:
            if exercise := exercises.get(line["exercise_id"]):
                outside = _outside(line["dosage"], exercise.allowed)
                wrong.append({"dosage": outside} if outside else {})
            else:
                wrong.append({"exercise": [NO_EXERCISE]})
        if any(wrong):
            raise ValidationError(wrong)
        return lines

    def create(self, validated_data: dict[str, Any]) -> Program:
        lines = validated_data.pop("lines")
        (language,) = validated_data["text"]
        program = _create(Program, validated_data)
        _write_lines(program, lines, language, {})
        return program


class ProgramChangeSerializer(ProgramSerializer):
    """What a clinic may change of its own program. Lines are written as a whole; plans that were made of it stay."""

    class Meta(ProgramSerializer.Meta):
        read_only_fields: list[str] = []

    slug = StrictCharField(read_only=True)

    def update(self, instance: Program, validated_data: dict[str, Any]) -> Program:
        """A line that was there keeps its notes in the other languages."""
        lines = validated_data.pop("lines", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        if lines is not None:
            notes = dict(instance.lines.values_list("exercise_id", "note"))
            instance.lines.all().delete()
            _write_lines(instance, lines, self.context["language"], notes)
        return instance


def _write_lines(
    program: Program, lines: list[dict[str, Any]], language: str, notes: dict[int, dict[str, str]]
) -> None:
    ProgramLine.objects.bulk_create(
        ProgramLine(
            program=program,
            position=n,
            exercise_id=line["exercise_id"],
            dosage=line["dosage"].as_json(),
            weekdays=line["weekdays"],
            note={
                **{
                    name: note
                    for name, note in notes.get(line["exercise_id"], {}).items()
                    if name != language
                },
                **({language: line["note"]} if line["note"] else {}),
            },
        )
        for n, line in enumerate(lines, start=1)
    )


def _outside(dosage: Dosage, allowed: DosageRange) -> dict[str, list[str]]:
    return {found.variable: [str(found)] for found in dosage.outside(allowed)}


def _create(model: type[Row], columns: dict[str, Any]) -> Row:
    try:
        return model.objects.create(**columns)
    except IntegrityError:  # somebody took the slug between our look and our insert
        raise ValidationError({"slug": [SLUG_TAKEN]}, code="unique") from None
