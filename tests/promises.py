"""At the end of a run: one line for each promise of docs/promises.md that it measured, with what it measured.

A test says what it found with the fixture `measured`; one that fails breaks each promise whose row names it, and one
that only passes counts. Loaded by `-p tests.promises`; it works through xdist, since what is measured goes with the
reports.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

TABLE = Path(__file__).resolve().parent.parent / "docs" / "promises.md"
Measured = Callable[[str, str], None]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """`measured("P-1", "0 of 10,412 missing")`"""
    return record_property


def promises() -> dict[str, tuple[str, frozenset[str]]]:
    """The figure of each promise, and the tests that show it."""
    rows = re.findall(r"^\| (P-\d+) \|[^|]*\|([^|]*)\|(.*)\|$", TABLE.read_text(), re.MULTILINE)
    return {
        name: (figure.strip(), frozenset(re.findall(r"`(test_\w+)`", tests))) for name, figure, tests in rows
    }


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    ended = [
        (report, outcome)
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.getreports(outcome)
    ]
    if not any(name in promises() for report, _ in ended for name, _ in report.user_properties):
        return
    terminalreporter.section("promises (docs/promises.md)")
    all_of_them = "promise" in terminalreporter.config.option.markexpr
    for promise, (figure, tests) in promises().items():
        own = [(report, outcome) for report, outcome in ended if name_of(report.nodeid) in tests]
        if not own and not all_of_them:
            continue
        said = [str(text) for report, _ in own for name, text in report.user_properties if name == promise]
        passed = sum(outcome == "passed" for _, outcome in own)
        state = "held" if own and passed == len(own) else "BROKEN" if own else "not run"
        said.append(f"{passed} of {len(own)} tests passed")
        terminalreporter.write_line(
            f"{promise:5} {state:8} {'; '.join(said)} [promised: {figure}]",
            red=state == "BROKEN",
            green=state == "held",
        )


def name_of(nodeid: str) -> str:
    """Of the test, without its parameters and without what xdist adds, the name of its group."""
    return re.split(r"[\[@]", nodeid)[0].rpartition("::")[2]
