"""The published figures: within 3 points as `make evidence` found them, and with the few patients of a quick run within
3 points and two standard errors."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from recovery.rules import RULE_VERSION
from tests.evidence.__main__ import PAGE, PATIENTS, SEED, page
from tests.evidence.figures import (
    MILESTONE_TABLE,
    REVIEW_ALONE,
    TOLERANCE,
    WORSE_AND_RELIEF,
    Counts,
    Row,
    simulate,
)


@cache
def counts() -> Counts:
    return simulate(500, seed=SEED)


@pytest.mark.parametrize(
    "row", [*REVIEW_ALONE, *WORSE_AND_RELIEF, *MILESTONE_TABLE], ids=lambda row: row.name
)
def test_the_rules_reach_the_published_figure(row: Row):
    for figure in row.figures:
        share = counts().share(figure.question, figure.stratum, figure.kinds)
        assert figure.published
        assert figure.off(share.percent) <= TOLERANCE + 2 * share.error, (figure, share)


def test_the_same_seed_gives_the_same_page_and_another_gives_another():
    def text(seed: int) -> str:
        with ThreadPoolExecutor() as threads:
            found = simulate(20, seed=seed, through=threads)
        return page(found, found, patients=20, seed=0)

    assert text(2) == text(2) != text(3)


def test_the_page_is_of_these_rules():
    made = f"rule set {RULE_VERSION}, seed {SEED}; do not edit. Nobody here is real: {PATIENTS:,} patients"
    assert made in " ".join(Path(PAGE).read_text(encoding="utf-8").split())


TABLES = {
    "The clauses of REVIEW, each taken alone": REVIEW_ALONE,
    "Two weeks in a row against one": WORSE_AND_RELIEF,
    "Improvement and relief over time": MILESTONE_TABLE,
}


def kept(title: str) -> list[tuple[str, list[float]]]:
    """The rows of one table of the page: the name, and the percentages of strata A, B and C."""
    _, _, table = Path(PAGE).read_text(encoding="utf-8").partition(f"## {title}\n")
    lines = [line.strip("|").split("|") for line in table.partition("\n## ")[0].splitlines() if " ± " in line]
    return [
        (name.strip(), [float(cell.strip(" *").partition(" ± ")[0]) for cell in cells])
        for name, *cells in lines
    ]


@pytest.mark.parametrize("title", TABLES)
def test_every_published_figure_is_on_the_page_within_3_points(title: str):
    found = kept(title)
    assert [name for name, _ in found] == [row.name for row in TABLES[title]]
    for row, (_, percents) in zip(TABLES[title], found, strict=True):
        for figure, percent in zip(row.figures, percents, strict=True):
            assert figure.published
            assert figure.off(percent) <= TOLERANCE, (row.name, figure.stratum, percent)
