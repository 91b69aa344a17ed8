"""Whom an unanswered red flag reaches, and when: the team at once, the list, the administrators, everybody. PURE.

Steps are numbered: 0 the care team, 1 the clinic's list, 2 the administrators, 3 all of them again, and so
on after each further stretch, until a person acknowledges. A step that would reach nobody passes on to the
next at once.
"""

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

TEAM, LIST, ADMINISTRATORS, EVERYONE = range(4)

Who = TypeVar("Who", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Minutes:
    """After how many minutes without an acknowledgement each step is taken. Each at least the one before."""

    list: int = 15
    administrators: int = 30
    everyone: int = 60

    def step_at(self, age: timedelta, *, last: int = -1, since: timedelta = timedelta(0)) -> int:
        """The latest step that is due when a flag is this old; `last` was taken, so long ago as `since` says.

        A repetition follows the one before by the minutes of now, so that nobody silences a flag by other minutes.
        """
        if last >= EVERYONE:
            return last + (since >= timedelta(minutes=self.everyone))
        return sum(age >= timedelta(minutes=due) for due in (self.list, self.administrators, self.everyone))

    def timetable(self, raised_at: datetime) -> tuple[datetime, ...]:
        """When each step is taken while nobody acknowledges: TEAM, LIST, ADMINISTRATORS, EVERYONE."""
        later = (self.list, self.administrators, self.everyone)
        return (raised_at, *(raised_at + timedelta(minutes=minutes) for minutes in later))


def due_steps(latest: int, people: Mapping[int, Set[Who]]) -> dict[int, frozenset[Who]]:
    """Whom each due step tells; steps that tell nobody are left out.

    `people` holds those of TEAM, LIST and ADMINISTRATORS.
    """
    due: dict[int, frozenset[Who]] = {}
    for step in (TEAM, LIST, ADMINISTRATORS):
        if people[step]:
            due[step] = frozenset(people[step])
            if step >= latest:
                break
    if latest >= EVERYONE and due:
        due[latest] = frozenset().union(*people.values())
    return due
