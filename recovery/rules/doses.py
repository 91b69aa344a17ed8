"""How much of each asked exercise was done, line by line, for the dose adherence."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta

from recovery.rules.adherence import DoseLine, amount
from recovery.rules.asked import AskedVersion, version_on

COUNTED = ("sets", "repetitions", "hold_seconds", "minutes")  # what one go of a dose counts


@dataclass(frozen=True, slots=True)
class Done:
    """One exercise of one session. `session` tells sessions apart; a count that is None was not counted."""

    on: date
    slot: int
    session: int
    exercise: int
    outcome: str
    counts: Mapping[str, int | None] = field(default_factory=dict)


def dose_lines(
    versions: Sequence[AskedVersion],
    results: Iterable[Done],
    first: date,
    last: date,
    *,
    not_asked_on: Set[date] = frozenset(),
) -> list[DoseLine]:
    """Each exercise line of each asked slot from first to last, with how much of it was done.

    Nothing recorded is none of it. What was done and not counted was done as asked. What was done in part and not
    counted could be anything: its line is left out, for missing is never zero.
    """
    # By slot and exercise, the results of each session in their order.
    answers: dict[tuple[date, int, int], dict[int, list[Done]]] = defaultdict(lambda: defaultdict(list))
    for one in results:
        answers[one.on, one.slot, one.exercise][one.session].append(one)
    lines: list[DoseLine | None] = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        version = version_on(day, versions)
        if version is None or day in not_asked_on:
            continue
        for slot in range(1, version.slots_on(day) + 1):
            # A plan may have an exercise twice, for example once a side: a session's n-th answers the n-th line.
            places: Counter[int] = Counter()
            for line in version.lines_on(day):
                if line.times_per_day >= slot:
                    sessions = answers.get((day, slot, line.exercise), {}).values()
                    place = places[line.exercise]
                    lines.append(_line(day, line.dose, [s[place] for s in sessions if place < len(s)]))
                    places[line.exercise] += 1
    return [line for line in lines if line is not None]


def _line(day: date, dose: Mapping[str, int], answers: Sequence[Done]) -> DoseLine | None:
    amounts = [_amount(answer, dose) for answer in answers]
    known = [one for one in amounts if one is not None]
    return DoseLine(day, _prescribed(dose), sum(known)) if known or not amounts else None


def _prescribed(dose: Mapping[str, int]) -> int:
    return amount(*(dose.get(name) for name in COUNTED))


def _amount(done: Done, dose: Mapping[str, int]) -> int | None:
    """How much was done, None when nobody can say. What the patient did not count was as prescribed."""
    counted = {name: done.counts.get(name) for name in COUNTED if name in dose}
    if all(count is None for count in counted.values()):
        return {"done": _prescribed(dose), "part": None}.get(done.outcome, 0)
    return amount(*(dose[name] if count is None else count for name, count in counted.items()))
