from datetime import timedelta
from fractions import Fraction

import pytest

from recovery.rules import terms
from recovery.rules.page import MARKS, PAGE, Threshold, in_words, modules, page, thresholds
from recovery.rules.status import REVIEW_CLAUSES

ALL = [(module.__name__, one) for module in modules() for one in thresholds(module)]


@pytest.mark.parametrize(("module", "one"), ALL, ids=lambda part: getattr(part, "name", None))
def test_every_threshold_says_on_its_line_how_well_it_is_known(module: str, one: Threshold):
    assert one.source, f"{one.name} in {module} has no mark ({', '.join(MARKS)}) in the comment on its line."


def test_the_page_is_that_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page(), "Run `make docs` and commit docs/clinical-rules.md."


def test_thresholds_are_found_not_listed():
    found = {one.name: one for one in thresholds(terms)}
    assert set(found) == {name for name in vars(terms) if name.isupper()}
    assert found["RELIEF_DROP"] == Threshold(
        "RELIEF_DROP",
        Fraction(1, 2),
        "or a drop of this share of the baseline",
        "P, after IMMPACT (V2: substantial)",
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Fraction(20, 100), "20 %"),
        (Fraction(3, 2), "1.5"),
        (timedelta(days=14), "14 days"),
        ((2, 4, 6, 12), "2, 4, 6, 12"),
        (frozenset({"b", "a"}), "a, b"),
        (REVIEW_CLAUSES[0], "rule: review.week_4, from week: 4, least drop: 20 %"),
        ({"A": 1, "B": Fraction(1, 4)}, "A: 1<br>B: 25 %"),
    ],
)
def test_a_value_is_shown_as_a_person_reads_it(value: object, words: str):
    assert in_words(value) == words
