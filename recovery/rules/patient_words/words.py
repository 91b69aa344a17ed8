from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from recovery.rules.adherence import Adherence, band
from recovery.rules.diary import one_decimal

Numbers = Mapping[str, int | float | str]  # as they are stored: dates in ISO form


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientWords:
    """All that is said in one language. A rule of a version that is gone says nothing."""

    decisions: Mapping[str, str]  # by the rule of a status
    # What a review adds, by the session adherence of the last 28 ended days.
    nothing_asked: str
    not_enough_done: str
    done: str
    steps: Mapping[str, str]  # by the rule of the ladder
    needs_review: str  # where the plan is shown
    regions: Mapping[str, str]
    variables: Mapping[str, str]  # of a dose
    decimal_point: str
    day: Callable[[date], str]

    def of_decision(self, rule: str, numbers: Numbers, region: str) -> str:
        """The sentences of a status, decided on this region."""
        words = self.decisions.get(rule, "")
        if rule.startswith("review."):
            words = f"{words} {self._by_adherence(numbers)}"
        shown = {name: self._shown(name, value) for name, value in numbers.items()}
        return words.format_map(shown | {"region": self.regions[region]})

    def of_step(self, rule: str, numbers: Numbers) -> str:
        """The sentences of a step of the ladder, or of a suspension."""
        variable = self.variables.get(str(numbers.get("variable")), "")
        return self.steps.get(rule, "").format_map({**numbers, "variable": variable})

    def _by_adherence(self, numbers: Numbers) -> str:
        if "adherence_percent" not in numbers:
            return self.nothing_asked
        done = band(_exact(numbers["adherence_percent"]) / 100)
        return self.not_enough_done if done is Adherence.LOW else self.done

    def _shown(self, name: str, value: int | float | str) -> str:
        if name in ("level", "baseline"):
            return one_decimal(_exact(value)).replace(".", self.decimal_point)
        return self.day(date.fromisoformat(str(value))) if name == "relieved_on" else str(value)


def _exact(value: int | float | str) -> Fraction:
    """The number that is written, not the nearest that a float can hold: 2.05 reads 2.1."""
    return Fraction(str(value))
