from datetime import date
from fractions import Fraction

from exercises.terms import Caution
from recovery.rules.cautions import Known, met

ALL = list(Caution)


def test_nothing_known_warns_of_nothing():
    assert met(ALL, Known()) == {}


def test_only_the_cautions_of_the_exercise_are_met():
    known = Known(tingling_on=date(2026, 3, 2), leg=Fraction(7), weak_foot=True)
    assert met(["TG"], known) == {"TG": "Tingling was reported on 2 March."}
    assert met(["IR"], known) == {"IR": "The leg is irritable: 7.0 in its last week with a value."}
    assert set(met(ALL, known)) == {"TG", "IR", "FD"}
    assert met(["IR"], Known(leg=Fraction(699, 100))) == {}


def test_symptoms_that_move_down_are_met_and_those_that_move_up_are_not():
    assert "DN" in met(ALL, Known(reaches=("thigh", "buttock", "calf")))
    assert met(ALL, Known(reaches=("calf", "thigh"))) == {}
    assert met(ALL, Known(reaches=("calf",))) == {}


def test_what_was_cleared_at_the_start_still_asks_for_care():
    found = met(ALL, Known(cleared=frozenset({"fracture", "pregnancy"})))
    assert found["PR"] == "Cleared at the start: pregnancy."
    assert set(found) == {"PR", "FX", "LD"}
