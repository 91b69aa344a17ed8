"""The published figures, with fewer patients than `make evidence` has, so within 3 points and four standard errors."""

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
        assert figure.off(share) <= TOLERANCE + 4 * share.error, (figure, share)


def test_the_same_seed_gives_the_same_page_and_another_gives_another():
    def text(seed: int) -> str:
        with ThreadPoolExecutor() as threads:
            found = simulate(20, seed=seed, through=threads)
        return page(found, found, patients=20, seed=0)

    assert text(2) == text(2) != text(3)


def test_the_page_is_of_these_rules():
    made = f"rule set {RULE_VERSION}, seed {SEED}; do not edit. Nobody here is real: {PATIENTS:,} patients"
    assert made in " ".join(Path(PAGE).read_text(encoding="utf-8").split())


def test_every_published_figure_on_the_page_is_reached_where_the_days_are_missing_as_they_were():
    kept = Path(PAGE).read_text(encoding="utf-8")
    assert kept.count("published figures are reached within 3 points") == 3
