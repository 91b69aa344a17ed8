"""What the rules promise of every diary, on thousands of made-up ones."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from recovery.rules.course import Stratum
from recovery.rules.diary import LEAST_PAIN, WORST_PAIN, Region
from recovery.rules.patient_words import PATIENT_WORDS
from recovery.rules.sentences import BY_RULE
from recovery.rules.status import Facts, OpenFlag, Status, history, judge
from tests.recovery.rules.examples import START

DAYS = 7 * 16
DATES = st.integers(-3, DAYS + 7).map(lambda n: START + timedelta(days=n))
PAIN = st.builds(
    lambda total, count: Fraction(min(total, 10 * count), count), st.integers(0, 30), st.integers(1, 3)
)
PAIN_NUMBERS = {"level", "level_before", "best_before", "baseline", "expected_high", "relief_level"}


@st.composite
def courses(draw: st.DrawFn) -> dict[date, Fraction]:
    """Weeks that lie around a level each, some without an entry, so that every status is met, and stray days."""
    levels = draw(st.lists(st.none() | st.integers(0, 10), max_size=16))
    days = {
        START + timedelta(days=7 * week + day): Fraction(level)
        for week, level in enumerate(levels)
        if level is not None
        for day in range(draw(st.integers(3, 7)))
    }
    return days | draw(st.dictionaries(DATES, PAIN, max_size=12))


@st.composite
def flags(draw: st.DrawFn) -> OpenFlag:
    raised = draw(DATES)
    return OpenFlag(
        raised, draw(st.none() | st.integers(0, 30).map(lambda days: raised + timedelta(days=days)))
    )


FACTS = st.builds(
    Facts,
    start=st.just(START),
    stratum=st.sampled_from(Stratum),
    region=st.sampled_from(Region),
    day_values=courses(),
    adherence=st.dictionaries(
        st.integers(1, 16), st.none() | st.fractions(0, 1, max_denominator=28), max_size=16
    ),
    red_flags=st.lists(flags(), max_size=2).map(tuple),
    last_entry_on=st.none() | DATES,
)


@given(FACTS, DATES)
def test_every_status_has_its_rule_numbers_within_bounds_and_its_sentences(facts: Facts, today: date):
    for decision in judge(facts, through=today - timedelta(days=1), today=today):
        assert decision.rule in BY_RULE
        assert decision.status == Status(decision.rule.partition(".")[0])
        own = [
            words.of_decision(decision.rule, decision.numbers, decision.region)
            for words in PATIENT_WORDS.values()
        ]
        for said in (decision.for_staff, *own):
            assert len(said.split()) > 3
            assert "{" not in said
            assert "None" not in said
        for name, number in decision.numbers.items():
            if name in PAIN_NUMBERS:
                assert LEAST_PAIN <= float(number) <= WORST_PAIN, name
            if name == "adherence_percent":
                assert 0 <= float(number) <= 100
            if name == "drop_percent":
                assert float(number) <= 100


@given(FACTS, DATES, PAIN)
def test_an_entry_for_a_day_changes_no_status_of_an_earlier_day(facts: Facts, day: date, pain: Fraction):
    through = START + timedelta(days=DAYS)
    entered = Facts(
        start=facts.start,
        stratum=facts.stratum,
        region=facts.region,
        day_values={**facts.day_values, day: pain},
        adherence=facts.adherence,
        red_flags=facts.red_flags,
        last_entry_on=facts.last_entry_on,
    )
    before = [one for one in history(facts, through) if one.for_day < day]
    after = [one for one in history(entered, through) if one.for_day < day]
    assert before == after


@given(FACTS, DATES)
def test_one_look_says_the_history_and_after_it_what_stands(facts: Facts, today: date):
    yesterday = today - timedelta(days=1)
    *weeks, standing = judge(facts, through=yesterday, today=today)
    assert tuple(weeks) == history(facts, yesterday)
    assert (standing.status is Status.ALERT) == any(flag.is_open_on(today) for flag in facts.red_flags)
