"""Every threshold of these rules on one page, for the people who have to agree with them.

    python -m recovery.rules.page    writes docs/clinical-rules.md; `make docs` does the same

The rows are found in the code, not listed: whatever a module names in capitals and gives a number or a source
mark. The comment on its line says what it means, then, after a semicolon, how well it is known.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import recovery.rules as rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clinical-rules.md"
MARKS = {
    "V": "read in the primary source",
    "V2": "read on a second page only",
    "P": "our own proposal",
    "M": "from memory, not confirmed in a text",
    "S": "found by simulation, see [evidence.md](evidence.md)",
}
_MARK = re.compile(rf"(?:^|; )(?=(?:{'|'.join(MARKS)})(?:$|[,:; ]))")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One named constant. `meaning` continues its value; `source` begins with a mark, or is empty: nobody said."""

    name: str
    value: object
    meaning: str
    source: str


def modules() -> list[ModuleType]:
    """All modules of the rules, in the order in which the package's docstring names them, the others after these."""
    names = [info.name for info in walk_packages(rules.__path__, f"{rules.__name__}.")]
    found = [import_module(name) for name in names if name != f"{rules.__name__}.page"]
    read = re.findall(r"\w+", rules.__doc__ or "")

    def place(module: ModuleType) -> tuple[int, str]:
        room = module.__name__.removeprefix(f"{rules.__name__}.").partition(".")[0]
        return read.index(room) if room in read else len(read), module.__name__

    return sorted(found, key=place)


def thresholds(module: ModuleType) -> list[Threshold]:
    """The constants of one module that hold a number or carry a mark, in their order."""
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for statement in ast.parse(source).body:
        name = _constant(statement)
        if name is None:
            continue
        lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        meaning, source_mark = _read([comments[line] for line in lines if line in comments])
        if source_mark or _holds_a_number(statement):
            found.append(Threshold(name, getattr(module, name), meaning, source_mark))
    return found


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _constant(statement: ast.stmt) -> str | None:
    """The name that a statement gives a value, if it is one in capitals."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name if name.isupper() else None
    return None


def _holds_a_number(statement: ast.stmt) -> bool:
    literals = (node.value for node in ast.walk(statement) if isinstance(node, ast.Constant))
    return any(type(literal) in (int, float) for literal in literals)


def _read(comments: list[str]) -> tuple[str, str]:
    """The meaning and the source that the comments of a constant's lines give, each said once."""
    parts = [_MARK.split(comment, maxsplit=1) for comment in comments]
    meanings = dict.fromkeys(part[0] for part in parts if part[0])
    sources = dict.fromkeys(part[1] for part in parts if len(part) > 1)
    return "; ".join(meanings), "; ".join(sources)


def _lines() -> Iterator[str]:
    yield f"""# The thresholds of the rules

Rule set {rules.RULE_VERSION}. Made from `recovery/rules` by `make docs`; do not edit. A clinic's own clinician confirms
these before they are relied on; [evidence.md](evidence.md) shows what they do to patients whose course is known.

Dates are the patient's local dates, pain is 0 to 10, and exactly a threshold counts as reached. The letter before a
source says how well it is known:
"""
    yield "| Mark | |\n|---|---|"
    yield from (f"| {mark} | {meaning} |" for mark, meaning in MARKS.items())
    for module in modules():
        if rows := thresholds(module):
            title = module.__name__.removeprefix(f"{rules.__name__}.").replace("_", " ").replace(".", ": ")
            yield f"\n## {title.capitalize()}\n\n{_first_sentences(module)}\n"
            yield "| | Value | Meaning | Source |\n|---|---|---|---|"
            yield from (
                f"| `{row.name}` | {_cell(in_words(row.value))} | {_cell(row.meaning)} | {_cell(row.source)} |"
                for row in rows
            )


def _first_sentences(module: ModuleType) -> str:
    return (module.__doc__ or "").split("\n\n")[0].strip()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def in_words(value: object) -> str:
    """A value as a person reads it: a share in percent, a span in days, parts by their names."""
    match value:
        case Enum():
            return in_words(value.value)
        case Fraction():
            return f"{float(100 * value):g} %" if 0 < value <= 1 else f"{float(value):g}"
        case timedelta():
            return "1 day" if value == timedelta(days=1) else f"{value / timedelta(days=1):g} days"
        case Mapping():
            return "<br>".join(f"{in_words(key)}: {in_words(one)}" for key, one in value.items())
        case tuple() if hasattr(value, "_fields"):
            return _by_name(zip(value._fields, value, strict=True))
        case tuple() | list():
            parts = [in_words(one) for one in value]
            return ("<br>" if any(", " in part for part in parts) else ", ").join(parts)
        case set() | frozenset():
            return ", ".join(sorted(in_words(one) for one in value))
    if is_dataclass(value):
        return _by_name((field.name, getattr(value, field.name)) for field in fields(value))
    return str(value)


def _by_name(parts: Iterable[tuple[str, object]]) -> str:
    words = [f"{name.replace('_', ' ')}: {in_words(part)}" for name, part in parts]
    return ("<br>" if any("<br>" in word for word in words) else ", ").join(words)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
