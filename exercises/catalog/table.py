"""One table of a catalog file: hands out its fields by name, and notes faults instead of stopping. PURE.

A wrong field gives an inert value ("", 1, the first of a set), so that one pass finds every fault. The values
mean something only when the list of problems stayed empty.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")

Kind = TypeVar("Kind", bound=StrEnum)


class Problem(NamedTuple):
    file: str
    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.what}"


def tables(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, "Table"]]:
    """Slug and content of each TOML file. One that cannot be read is a problem, and so is none at all."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        problems.append(Problem(folder.name, "-", "has no .toml file."))
    for path in paths:
        file = f"{folder.name}/{path.name}"
        if not SLUG.fullmatch(path.stem):
            problems.append(Problem(file, "-", "is no slug: name it with a to z, 0 to 9 and single dashes."))
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(Problem(file, "-", f"is not TOML: {error}."))
        else:
            yield path.stem, Table(values, file=file, problems=problems)


class Table:
    def __init__(self, values: dict[str, Any], *, file: str, problems: list[Problem], path: str = "") -> None:
        self.values = values
        self._file, self._problems, self._path = file, problems, path
        self._taken: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self.values

    @property
    def is_wrong(self) -> bool:
        """Whether a fault was found in this table or below it."""
        return any(file == self._file and field.startswith(self._path) for file, field, _ in self._problems)

    def wrong(self, name: str, what: str) -> None:
        self._problems.append(Problem(self._file, self._path + name, what))

    def close(self, also: Collection[str] = ()) -> None:
        """Every field has been asked for, but for those that may `also` be there: any other is a problem."""
        allowed = self._taken | set(also)
        for name in sorted(self.values.keys() - allowed):
            self.wrong(name, f"is not a field here; allowed are {', '.join(sorted(allowed))}.")

    def text(self, name: str, *, pattern: re.Pattern[str] | None = None, optional: bool = False) -> str:
        value = self._take(name)
        if value is None and optional:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(name, "must be a text." if name in self.values else "is missing; it must be a text.")
            return ""
        if pattern and not pattern.fullmatch(value):
            self.wrong(name, "must be a slug: a to z, 0 to 9 and single dashes.")
        return value

    def texts(self, name: str, *, optional: bool = False) -> tuple[str, ...]:
        value = self._take(name)
        if value is None and optional:
            return ()
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(one, str) and one.strip() for one in value)
        ):
            self.wrong(name, "must be a list of texts, with at least one.")
            return ()
        return tuple(value)

    def whole(self, name: str) -> int:
        value = self._take(name)
        if type(value) is not int or value < 1:
            self.wrong(name, "must be a whole number from 1.")
            return 1
        return value

    def one_of(self, name: str, kind: type[Kind]) -> Kind:
        value = self._take(name)
        if not isinstance(value, str) or value not in tuple(kind):
            self.wrong(name, f"must be one of {', '.join(kind)}.")
            return next(iter(kind))
        return kind(value)

    def some_of(self, name: str, kind: type[Kind], *, may_be_empty: bool = False) -> tuple[Kind, ...]:
        value = self._take(name)
        if (
            not isinstance(value, list)
            or not (value or may_be_empty)
            or not all(one in tuple(kind) for one in value)
        ):
            self.wrong(name, f"must be a list of {', '.join(kind)}.")
            return ()
        if len(set(value)) < len(value):
            self.wrong(name, "has an entry twice.")
        return tuple(kind(one) for one in value)

    def table(self, name: str, *, optional: bool = False) -> "Table":
        value = self._take(name)
        if not isinstance(value, dict):
            if value is not None or not optional:
                self.wrong(name, "must be a table.")
            value = {}
        return self._below(name, value)

    def tables(self, name: str) -> Iterator["Table"]:
        """The tables of a list, of which there must be at least one; their path counts from 1."""
        value = self._take(name)
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            self.wrong(name, "must be a list of tables, with at least one.")
            return
        for n, one in enumerate(value, start=1):
            yield self._below(f"{name} {n}", one)

    def by_language(self, name: str, *, first: str) -> Iterator[tuple[str, "Table"]]:
        below = self.table(name)
        if not below.values:
            below.wrong(first, "is missing: every text has this language.")
        for language in below.languages(first=first):
            yield language, below.table(language)

    def languages(self, *, first: str) -> list[str]:
        """The languages of a table that is keyed by them, checked; empty for an empty table."""
        if self.values and first not in self.values:
            self.wrong(first, "is missing: every text has this language.")
        for name in self.values:
            if not LANGUAGE.fullmatch(name):
                self.wrong(name, "must be a language: two letters, such as en, or en-GB.")
        return list(self.values)

    def _below(self, name: str, values: dict[str, Any]) -> "Table":
        return Table(values, file=self._file, problems=self._problems, path=f"{self._path}{name}.")

    def _take(self, name: str) -> Any:
        self._taken.add(name)
        return self.values.get(name)
