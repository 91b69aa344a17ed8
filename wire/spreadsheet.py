"""CSV that a spreadsheet opens and does not run: text is made harmless, numbers stay numbers. PURE."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date

Cell = int | float | str | bool | date | None
Row = tuple[Cell, ...]

# A cell whose text begins so is a formula to some spreadsheet, also after spaces and quotes, and in the wide forms of
# Chinese and Japanese keyboards. One that splits at semicolons or tabs makes a cell of what follows them.
SKIPPED = r"""(?:[^\S\t\r\n]|["'\u200b-\u200f\u2060\ufeff])*"""
FORMULA = re.compile(rf"(^|[;\t\r\n])({SKIPPED})(?=[=+\-@\u2212\uff1d\uff0b\uff0d\uff20])")
OPENS_A_CELL = re.compile(rf"^{SKIPPED}[\t\r\n]")


def sheet(head: Iterable[str], rows: Iterable[Row]) -> bytes:
    """UTF-8 with a BOM, which Excel asks for; text is quoted, numbers are not, None is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(list(head))
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """The text with an apostrophe before everything that a spreadsheet could run."""
    safe = FORMULA.sub(r"\1'\2", text)
    return f"'{safe}" if OPENS_A_CELL.match(text) else safe


def cell(value: Cell) -> int | float | str:
    """What is written for a value: text made harmless, yes and no, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int | float) else harmless(str(value))
