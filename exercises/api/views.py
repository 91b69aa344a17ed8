from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsSignedIn, IsStaff
from exercises.api.serializers import (
    ExerciseChangeSerializer,
    ExerciseSerializer,
    ProgramChangeSerializer,
    ProgramSerializer,
)
from exercises.catalog.reader import FIRST_LANGUAGE
from exercises.catalog.table import LANGUAGE
from exercises.models import Exercise, Program, choices
from exercises.terms import Group, Region


class LanguageQuery(serializers.Serializer[Any]):
    language = serializers.CharField(default=FIRST_LANGUAGE, help_text="Two letters, such as en, or en-GB.")

    def validate_language(self, language: str) -> str:
        if not LANGUAGE.fullmatch(language):
            raise ValidationError("Use two letters, such as en, or en-GB.")
        return language


class ExercisesQuery(LanguageQuery):
    group = serializers.ChoiceField(choices=choices(Group), required=False)
    region = serializers.ChoiceField(choices=choices(Region), required=False)
    q = serializers.CharField(max_length=80, required=False, help_text="Part of a name, in any language.")


class Catalog(Acting):
    """Everybody reads the catalog of their clinic; its staff add to it."""

    query = LanguageQuery

    def get_permissions(self) -> list[BasePermission]:
        return [IsSignedIn() if self.request.method in SAFE_METHODS else IsStaff()]

    def get_serializer_context(self) -> dict[str, Any]:
        return {
            "request": self.request,
            "view": self,
            "actor": self.actor,
            "language": self.asked["language"],
        }


class Exercises(Catalog, generics.ListCreateAPIView[Exercise]):
    serializer_class = ExerciseSerializer
    query = ExercisesQuery
    ordering = "id"

    def get_queryset(self) -> QuerySet[Exercise]:
        exercises = Exercise.objects.visible_to(self.actor).in_use()
        if "group" in self.asked:
            exercises = exercises.filter(groups__contains=[self.asked["group"]])
        if "region" in self.asked:
            exercises = exercises.filter(regions__contains=[self.asked["region"]])
        if "q" in self.asked:
            exercises = exercises.named(self.asked["q"])
        return exercises

    @extend_schema(operation_id="exercises", parameters=[ExercisesQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The shared exercises and those of one's clinic, without retired ones."""
        return self.list(request)

    @extend_schema(operation_id="add_exercise", parameters=[LanguageQuery])
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add an exercise of one's own clinic."""
        return self.create(request)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(clinic_id=self.actor.clinic_id)


class OneExercise(Catalog, generics.RetrieveAPIView[Exercise]):
    serializer_class = ExerciseSerializer

    def get_queryset(self) -> QuerySet[Exercise]:
        return Exercise.objects.visible_to(self.actor)

    @extend_schema(operation_id="exercise", parameters=[LanguageQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One exercise, also when it is retired: an old plan may name it."""
        return self.retrieve(request)

    @extend_schema(
        operation_id="change_exercise",
        parameters=[LanguageQuery],
        request=ExerciseChangeSerializer,
        responses=ExerciseSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change an exercise of one's own clinic, or retire it. Plans that have it keep their dosage."""
        exercise = get_object_or_404(self.get_queryset().select_for_update(), pk=pk)
        if exercise.is_shared:
            raise PermissionDenied("This exercise is shared by all clinics. Add one of your own instead.")
        serializer = ExerciseChangeSerializer(
            exercise, data=request.data, partial=True, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class Programs(Catalog, generics.ListCreateAPIView[Program]):
    serializer_class = ProgramSerializer
    ordering = "id"

    def get_queryset(self) -> QuerySet[Program]:
        return Program.objects.visible_to(self.actor).in_use().prefetch_related("lines__exercise")

    @extend_schema(operation_id="programs", parameters=[LanguageQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The shared programs and those of one's clinic, without retired ones."""
        return self.list(request)

    @extend_schema(operation_id="add_program", parameters=[LanguageQuery])
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a program of one's own clinic. Each dosage stays inside its exercise's range."""
        return self.create(request)

    def perform_create(self, serializer: Any) -> None:
        program = serializer.save(clinic_id=self.actor.clinic_id)
        serializer.instance = Program.objects.prefetch_related("lines__exercise").get(pk=program.pk)


class OneProgram(Catalog, generics.RetrieveAPIView[Program]):
    serializer_class = ProgramSerializer

    def get_queryset(self) -> QuerySet[Program]:
        return Program.objects.visible_to(self.actor).prefetch_related("lines__exercise")

    @extend_schema(operation_id="program", parameters=[LanguageQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One program with its lines, also when it is retired."""
        return self.retrieve(request)

    @extend_schema(
        operation_id="change_program",
        parameters=[LanguageQuery],
        request=ProgramChangeSerializer,
        responses=ProgramSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change a program of one's own clinic, or retire it. Plans that were made of it stay as they are."""
        program = get_object_or_404(Program.objects.visible_to(self.actor).select_for_update(), pk=pk)
        if program.is_shared:
            raise PermissionDenied("This program is shared by all clinics. Add one of your own instead.")
        serializer = ProgramChangeSerializer(
            program, data=request.data, partial=True, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        serializer.save()
        changed = self.get_queryset().get(pk=pk)
        return Response(ProgramSerializer(changed, context=self.get_serializer_context()).data)
