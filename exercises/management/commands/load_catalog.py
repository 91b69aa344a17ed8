from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from exercises.catalog.reader import FOLDER, Catalog, CatalogError, CatalogExercise, CatalogProgram, read
from exercises.models import CatalogRow, Exercise, Program, ProgramLine

Columns = dict[str, Any]


class Command(BaseCommand):
    help = "Brings the shared exercises and programs in line with the catalog's files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Where files/ and programs/ are.")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            catalog = read(folder)
        except CatalogError as error:
            raise CommandError(
                f"Nothing was loaded. Correct these fields and run it again:\n{error}"
            ) from None
        exercises, programs = load(catalog, today=timezone.now().date())
        self.stdout.write(f"Exercises: {exercises}\nPrograms: {programs}")


@dataclass
class Loaded:
    """What became of the rows of one kind, by slug."""

    added: set[str]
    changed: set[str]
    unchanged: set[str]
    retired: int

    def also_changed(self, slugs: set[str]) -> None:
        self.changed |= slugs - self.added
        self.unchanged -= slugs

    def __str__(self) -> str:
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {self.retired} retired, "
            f"{len(self.unchanged)} unchanged."
        )


@transaction.atomic
def load(catalog: Catalog, *, today: date) -> tuple[Loaded, Loaded]:
    """Store a catalog, in a number of statements that does not grow with it."""
    with connection.cursor() as cursor:
        # Two loads at once would both find the same rows missing.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('exercises.load_catalog'))")
    exercises = _store(
        Exercise, {exercise.slug: _exercise(exercise) for exercise in catalog.exercises}, today
    )
    exercises.also_changed(_link_variants(catalog))
    programs = _store(Program, {program.slug: _program(program) for program in catalog.programs}, today)
    programs.also_changed(_replace_lines(catalog))
    return exercises, programs


def _store(model: type[CatalogRow], wanted: dict[str, Columns], today: date) -> Loaded:
    """Insert what is new, update what differs, retire what is gone, and bring back what was retired."""
    known = {row.slug: row for row in model.objects.shared()}
    added = wanted.keys() - known.keys()
    changed = {
        slug
        for slug in wanted.keys() & known.keys()
        if any(getattr(known[slug], name) != value for name, value in wanted[slug].items())
    }
    model.objects.bulk_create(
        [model(slug=slug, **columns) for slug, columns in wanted.items() if slug in added | changed],
        update_conflicts=True,
        unique_fields=["clinic", "slug"],
        update_fields=list(next(iter(wanted.values()))),
    )
    retired = model.objects.shared().in_use().exclude(slug__in=wanted).update(retired_on=today)
    return Loaded(added, changed, wanted.keys() - added - changed, retired)


def _exercise(exercise: CatalogExercise) -> Columns:
    return {
        "groups": list(exercise.groups),
        "regions": list(exercise.regions),
        "position": exercise.position,
        "sides": exercise.sides,
        "equipment": list(exercise.equipment),
        "cautions": list(exercise.cautions),
        "dosage": exercise.dosage.as_json(),
        "dosage_range": exercise.dosage_range.as_json(),
        "source": exercise.source,
        "mark": exercise.mark,
        "marks": exercise.marks,
        "text": exercise.text,
        "retired_on": None,
    }


def _program(program: CatalogProgram) -> Columns:
    return {"source": program.source, "mark": program.mark, "text": program.text, "retired_on": None}


def _link_variants(catalog: Catalog) -> set[str]:
    """Point each exercise to its easier and harder variant, once all have a row; the slugs that changed."""
    rows = {row.slug: row for row in Exercise.objects.shared()}
    ids: dict[str, int | None] = {"": None} | {slug: row.pk for slug, row in rows.items()}
    changed = []
    for exercise in catalog.exercises:
        row, variants = rows[exercise.slug], (ids[exercise.easier], ids[exercise.harder])
        if (row.easier_id, row.harder_id) != variants:
            row.easier_id, row.harder_id = variants
            changed.append(row)
    Exercise.objects.bulk_update(changed, ["easier", "harder"])
    return {row.slug for row in changed}


def _replace_lines(catalog: Catalog) -> set[str]:
    """Write the lines of each program whose lines differ from its file's; the slugs of those programs."""
    ids = dict(Exercise.objects.shared().values_list("slug", "pk"))
    rows = {row.slug: row for row in Program.objects.shared().prefetch_related("lines")}
    outdated: dict[str, list[ProgramLine]] = {}
    for program in catalog.programs:
        row = rows[program.slug]
        wanted = [
            (n, ids[line.exercise], line.dosage.as_json(), list(line.weekdays), line.note)
            for n, line in enumerate(program.lines, start=1)
        ]
        names = ("position", "exercise_id", "dosage", "weekdays", "note")
        if wanted != [tuple(getattr(line, name) for name in names) for line in row.lines.all()]:
            outdated[program.slug] = [
                ProgramLine(program=row, **dict(zip(names, line, strict=True))) for line in wanted
            ]
    ProgramLine.objects.filter(program__in=[rows[slug] for slug in outdated]).delete()
    ProgramLine.objects.bulk_create([line for lines in outdated.values() for line in lines])
    return set(outdated)
