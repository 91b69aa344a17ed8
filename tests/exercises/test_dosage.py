from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.dosage import MOST, VARIABLES, Bounds, Dosage, DosageRange


def counts(variable):
    return st.integers(1, MOST[variable])


often = {variable: counts(variable) for variable in ("times_per_day", "days_per_week")}
dosages = st.one_of(
    st.builds(Dosage, sets=st.none() | counts("sets"), minutes=counts("minutes"), **often),
    st.builds(
        Dosage, repetitions=counts("repetitions"), hold_seconds=st.none() | counts("hold_seconds"), **often
    ),
)


@pytest.mark.parametrize(
    ("dosage", "side", "words"),
    [
        (
            Dosage(hold_seconds=30, repetitions=3, times_per_day=2),
            "each-leg",
            "3 times 30 seconds, each leg, twice a day",
        ),
        (Dosage(repetitions=10, sets=2), "each-side", "2 sets of 10, each side, once a day"),
        (Dosage(repetitions=4, sets=2, hold_seconds=15), "", "2 sets of 4, 15 seconds each, once a day"),
        (Dosage(hold_seconds=20, sets=3), "", "3 times 20 seconds, once a day"),
        (Dosage(hold_seconds=1), "", "1 second, once a day"),
        (Dosage(repetitions=1), "", "once, once a day"),
        (Dosage(repetitions=2, sets=1, times_per_day=3), "", "2 times, 3 times a day"),
        (Dosage(minutes=1, days_per_week=1), "", "1 minute, once a day, 1 day a week"),
        (Dosage(minutes=30, days_per_week=5), "", "30 minutes, once a day, 5 days a week"),
    ],
)
def test_a_dosage_reads_like_speech(dosage, side, words):
    assert dosage.in_words(side) == words


@pytest.mark.parametrize(
    ("dosage", "side", "words"),
    [
        (
            Dosage(hold_seconds=30, repetitions=3, times_per_day=2),
            "right",
            "3 veces 30 segundos, pierna derecha, 2 veces al día",
        ),
        (Dosage(repetitions=10, sets=2), "each-side", "2 series de 10, cada lado, 1 vez al día"),
        (
            Dosage(repetitions=4, sets=2, hold_seconds=1),
            "",
            "2 series de 4, 1 segundo cada una, 1 vez al día",
        ),
        (Dosage(minutes=30, days_per_week=5), "middle", "30 minutos, 1 vez al día, 5 días por semana"),
    ],
)
def test_a_dosage_is_said_in_spanish_too(dosage, side, words):
    assert dosage.in_words(side, "es") == words


def test_a_language_that_nobody_wrote_is_said_in_english():
    assert Dosage(minutes=1).in_words("left", "tlh") == "1 minute, left leg, once a day"


def test_the_amount_is_the_product_of_what_one_go_counts():
    assert Dosage(repetitions=10).amount == 10
    assert Dosage(sets=2, repetitions=4, hold_seconds=15, times_per_day=3, days_per_week=5).amount == 120
    assert Dosage(minutes=20).amount == 20


def test_every_variable_out_of_range_is_named_with_what_is_allowed():
    allowed = DosageRange(repetitions=Bounds(3, 5), hold_seconds=Bounds(20, 30), times_per_day=Bounds(1, 2))
    outside = Dosage(sets=2, repetitions=5, hold_seconds=31, times_per_day=3).outside(allowed)
    assert [str(one) for one in outside] == [
        "sets is not counted for this exercise: leave it out.",
        "hold_seconds must be 20 to 30.",
        "times_per_day must be 1 to 2.",
    ]


def test_a_variable_that_the_range_counts_may_not_be_left_out():
    allowed = DosageRange(repetitions=Bounds(3, 5), hold_seconds=Bounds(20, 30))
    assert [one.variable for one in Dosage(repetitions=4).outside(allowed)] == ["hold_seconds"]


def test_a_narrower_range_names_what_leaves_the_wider_one():
    wider = DosageRange(repetitions=Bounds(3, 8), hold_seconds=Bounds(20, 30))
    assert DosageRange(repetitions=Bounds(4, 8), hold_seconds=Bounds(20, 20)).outside(wider) == []
    found = DosageRange(repetitions=Bounds(2, 8), sets=Bounds(1, 2)).outside(wider)
    assert [str(one) for one in found] == [
        "sets is not counted for this exercise: leave it out.",
        "repetitions must be 3 to 8.",
        "hold_seconds must be 20 to 30.",
    ]


@given(dosages)
def test_a_dosage_is_within_the_range_of_itself_and_survives_json(dosage):
    exactly = DosageRange.from_json({name: {"least": n, "most": n} for name, n in dosage.as_json().items()})
    assert dosage.outside(exactly) == []
    assert Dosage.from_json(dosage.as_json()) == dosage
    assert DosageRange.from_json(exactly.as_json()) == exactly


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"repetitions": 0}, "repetitions must be a whole number from 1 to 100"),
        ({"repetitions": True}, "repetitions must be a whole number"),
        ({"repetitions": 3.0}, "repetitions must be a whole number"),
        ({"repetitions": "3"}, "repetitions must be a whole number"),
        ({"repetitions": 101}, "repetitions must be a whole number from 1 to 100"),
        ({"repetitions": 3, "times_per_day": None}, "times_per_day must be a whole number"),
        ({"repetitions": 3, "days_per_week": 8}, "days_per_week must be a whole number from 1 to 7"),
        ({"repetitions": 3, "minutes": 3}, "either minutes, or repetitions"),
        ({"sets": 3}, "either minutes, or repetitions"),
        ({"reps": 3}, "reps is not counted in a dosage: use sets, repetitions"),
    ],
)
def test_a_dosage_that_makes_no_sense_is_refused(value, complaint):
    with pytest.raises(ValueError, match=complaint):
        Dosage.from_json(value)


@pytest.mark.parametrize(
    "bounds",
    [{"least": 5, "most": 3}, {"least": 0, "most": 3}, {"least": 1, "most": 101}, {"least": 1}, [1, 3], 3],
)
def test_a_range_that_makes_no_sense_is_refused(bounds):
    with pytest.raises(ValueError, match="repetitions must"):
        DosageRange.from_json({"repetitions": bounds})


def test_a_dosage_and_a_range_speak_of_the_same_variables():
    for kind in (Dosage, DosageRange):
        assert tuple(field.name for field in fields(kind)) == VARIABLES
