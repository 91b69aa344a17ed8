from recovery.rules.diary import Region
from recovery.rules.sentences import BY_RULE
from recovery.rules.status import REVIEW_CLAUSES, Status
from tests.recovery.rules.examples import decision


def test_each_rule_belongs_to_a_status_and_each_status_has_a_rule():
    assert {rule.partition(".")[0] for rule in BY_RULE} == set(Status)
    assert {rule for rule, _, _ in REVIEW_CLAUSES} <= set(BY_RULE)


def test_a_course_decided_on_the_back_speaks_of_the_back():
    assert "back average 5.0" in decision(6, 5, region=Region.BACK).for_staff
