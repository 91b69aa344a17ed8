"""Reads the catalog's files and checks every field. PURE.

One TOML file holds one exercise or one program; its name is the slug. A catalog with any fault is not taken:
`CatalogError` lists every fault as "file: field: what is wrong and what is allowed".
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from exercises.catalog.table import SLUG, Problem, Table, tables
from exercises.dosage import VARIABLES, Bounds, Dosage, DosageRange
from exercises.terms import WEEKDAYS, Caution, Equipment, Group, Mark, Position, Region, Sides
from exercises.variants import find_loop

FOLDER = Path(__file__).parent
FIRST_LANGUAGE = "en"  # every text has it; other languages may be missing
FACTS = ("equipment", "cautions", "variants", "text")

Text: TypeAlias = dict[str, dict[str, Any]]
"""Words by language: {"en": {"name": ..., "steps": [...]}}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogExercise:
    """`mark` says how sure the `source` is; `marks` says it of each other fact, default dose and range."""

    slug: str
    number: int
    groups: tuple[Group, ...]
    regions: tuple[Region, ...]
    position: Position
    sides: Sides
    equipment: tuple[Equipment, ...]
    cautions: tuple[Caution, ...]
    easier: str  # a slug, or empty where the variant is words only, or there is none
    harder: str
    source: str
    mark: Mark
    marks: dict[str, str]
    dosage: Dosage
    dosage_range: DosageRange
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLine:
    """`weekdays` are 1 (Monday) to 7; none means every day. `note` is by language."""

    exercise: str
    dosage: Dosage
    weekdays: tuple[int, ...]
    note: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogProgram:
    slug: str
    number: int
    source: str
    mark: Mark
    text: Text
    lines: tuple[CatalogLine, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Both in the order of their numbers."""

    exercises: tuple[CatalogExercise, ...]
    programs: tuple[CatalogProgram, ...]


class CatalogError(Exception):
    """The files cannot be taken as they are; `problems` has every fault of every file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def read(folder: Path = FOLDER) -> Catalog:
    """Read `files/*.toml` and `programs/*.toml` of a folder. Raises CatalogError."""
    problems: list[Problem] = []
    exercises = [_exercise(table, slug) for slug, table in tables(folder / "files", problems)]
    programs = [_program(table, slug) for slug, table in tables(folder / "programs", problems)]
    if not problems:  # what follows compares files, and needs each to be sound
        problems += [*_doubled(exercises, "files"), *_doubled(programs, "programs")]
        problems += [*_wrong_variants(exercises), *_wrong_lines(programs, exercises)]
    if problems:
        raise CatalogError(problems)
    return Catalog(
        tuple(sorted(exercises, key=lambda exercise: exercise.number)),
        tuple(sorted(programs, key=lambda program: program.number)),
    )


def _exercise(table: Table, slug: str) -> CatalogExercise:
    cautions = table.some_of("cautions", Caution, may_be_empty=True)
    easier, harder = (
        table.text("easier", pattern=SLUG, optional=True),
        table.text("harder", pattern=SLUG, optional=True),
    )
    dosage, allowed, dose_marks = _dosage_and_range(table)
    marks = table.table("marks")
    exercise = CatalogExercise(
        slug=slug,
        number=table.whole("number"),
        groups=table.some_of("groups", Group),
        regions=table.some_of("regions", Region),
        position=table.one_of("position", Position),
        sides=table.one_of("sides", Sides),
        equipment=table.some_of("equipment", Equipment, may_be_empty=True),
        cautions=cautions,
        easier=easier,
        harder=harder,
        source=table.text("source"),
        mark=table.one_of("mark", Mark),
        marks={fact: marks.one_of(fact, Mark).value for fact in FACTS} | dose_marks,
        dosage=dosage,
        dosage_range=allowed,
        text={
            language: _exercise_text(
                words, needs_caution=bool(cautions), by_slug={"easier": easier, "harder": harder}
            )
            for language, words in table.by_language("text", first=FIRST_LANGUAGE)
        },
    )
    marks.close()
    table.close()
    return exercise


def _exercise_text(words: Table, *, needs_caution: bool, by_slug: dict[str, str]) -> dict[str, Any]:
    text: dict[str, Any] = {name: words.text(name) for name in ("name", "purpose", "position")}
    text["steps"] = list(words.texts("steps"))
    text["when"] = words.text("when", optional=True)
    text["caution"] = words.text("caution", optional=not needs_caution)
    for variant, slug in by_slug.items():
        text[variant] = words.text(variant, optional=True)
        if slug and text[variant]:
            words.wrong(variant, f"is '{slug}' already: leave the words out, or the slug.")
    words.close()
    return {name: value for name, value in text.items() if value}


def _dosage_and_range(table: Table) -> tuple[Dosage, DosageRange, dict[str, str]]:
    """The default, what is allowed, and the mark of each. For a wrong dose, noted, a stand-in."""
    dose = table.table("dosage")
    default: dict[str, int] = {}
    allowed: dict[str, Bounds] = {}
    marks: dict[str, str] = {}
    for variable in VARIABLES:
        if variable == "times_per_day" or variable in dose:
            numbers = dose.table(variable)
            default[variable] = numbers.whole("default")
            allowed[variable] = Bounds(numbers.whole("least"), numbers.whole("most"))
            marks[f"dosage.{variable}"] = numbers.one_of("mark", Mark).value
            marks[f"dosage_range.{variable}"] = numbers.one_of("range_mark", Mark).value
            numbers.close()
    dose.close(also=VARIABLES)
    stand_in = Dosage(repetitions=1), DosageRange(), marks
    if dose.is_wrong:
        return stand_in
    try:
        dosage, dosage_range = Dosage(**default), DosageRange(**allowed)
    except ValueError as error:
        table.wrong("dosage", str(error))
        return stand_in
    for found in dosage.outside(dosage_range):
        dose.wrong(found.variable, f"the default is out of its own range. {found}")
    return dosage, dosage_range, marks


def _program(table: Table, slug: str) -> CatalogProgram:
    program = CatalogProgram(
        slug=slug,
        number=table.whole("number"),
        source=table.text("source"),
        mark=table.one_of("mark", Mark),
        text={
            language: _program_text(words)
            for language, words in table.by_language("text", first=FIRST_LANGUAGE)
        },
        lines=tuple(_line(line) for line in table.tables("lines")),
    )
    table.close()
    return program


def _program_text(words: Table) -> dict[str, Any]:
    text: dict[str, Any] = {name: words.text(name) for name in ("name", "for_whom", "why", "caution")}
    text["habits"] = list(words.texts("habits", optional=True))
    words.close()
    return {name: value for name, value in text.items() if value}


def _line(line: Table) -> CatalogLine:
    named = line.texts("weekdays", optional=True)
    if unknown := [day for day in named if day not in WEEKDAYS]:
        line.wrong("weekdays", f"'{unknown[0]}' is no weekday; allowed are {', '.join(WEEKDAYS)}.")
    if len(set(named)) < len(named):
        line.wrong("weekdays", "names a day twice.")
    weekdays = tuple(sorted({WEEKDAYS.index(day) + 1 for day in named if day in WEEKDAYS}))
    counts = line.table("dosage")
    dosage = Dosage(repetitions=1)
    try:
        dosage = Dosage.from_json(counts.values).on(weekdays)
    except ValueError as error:
        line.wrong("dosage", str(error))
    if "days_per_week" in counts:
        counts.wrong("days_per_week", "follows from the weekdays: leave it out.")
    note = line.table("note", optional=True)
    result = CatalogLine(
        exercise=line.text("exercise", pattern=SLUG),
        dosage=dosage,
        weekdays=weekdays,
        note={language: note.text(language) for language in note.languages(first=FIRST_LANGUAGE)},
    )
    line.close()
    return result


def _doubled(entries: Sequence[CatalogExercise] | Sequence[CatalogProgram], folder: str) -> Iterator[Problem]:
    times = Counter(entry.number for entry in entries)
    for entry in entries:
        if times[entry.number] > 1:
            yield Problem(
                f"{folder}/{entry.slug}.toml", "number", f"{entry.number} is taken by another file."
            )


def _wrong_variants(exercises: Sequence[CatalogExercise]) -> Iterator[Problem]:
    slugs = {exercise.slug for exercise in exercises}
    for exercise in exercises:
        for field in ("easier", "harder"):
            if (slug := getattr(exercise, field)) and slug not in slugs:
                yield Problem(
                    f"files/{exercise.slug}.toml", field, f"'{slug}' is no exercise of the catalog."
                )
    if loop := find_loop((exercise.slug, exercise.easier, exercise.harder) for exercise in exercises):
        yield Problem(f"files/{loop[0]}.toml", "easier, harder", f"go round in a loop: {' - '.join(loop)}.")


def _wrong_lines(
    programs: Sequence[CatalogProgram], exercises: Sequence[CatalogExercise]
) -> Iterator[Problem]:
    allowed = {exercise.slug: exercise.dosage_range for exercise in exercises}
    for program in programs:
        file = f"programs/{program.slug}.toml"
        for n, line in enumerate(program.lines, start=1):
            if line.exercise not in allowed:
                yield Problem(
                    file, f"lines {n}.exercise", f"'{line.exercise}' is no exercise of the catalog."
                )
                continue
            for found in line.dosage.outside(allowed[line.exercise]):
                yield Problem(file, f"lines {n}.dosage.{found.variable}", str(found))
