"""How a dose is said in each language that patients read. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Unit(NamedTuple):
    one: str
    many: str


@dataclass(frozen=True, slots=True)
class DoseWords:
    once: str
    twice: str
    two_times: str  # a count of repetitions, not how often a day
    times: str
    units: Mapping[str, Unit]
    a_day: str
    a_week: str
    sets_of: str
    each: str
    sides: Mapping[str, str]

    def count(self, number: int, unit: str) -> str:
        one, many = self.units[unit]
        return f"{number} {one if number == 1 else many}"

    def how_often(self, number: int) -> str:
        return {1: self.once, 2: self.twice}.get(number, f"{number} {self.times}")

    def how_many(self, number: int) -> str:
        return {1: self.once, 2: self.two_times}.get(number, f"{number} {self.times}")


DOSE_WORDS = {
    "en": DoseWords(
        once="once",
        twice="twice",
        two_times="2 times",
        times="times",
        units={
            "second": Unit("second", "seconds"),
            "minute": Unit("minute", "minutes"),
            "day": Unit("day", "days"),
        },
        a_day="a day",
        a_week="a week",
        sets_of="{} sets of {}",
        each="each",
        sides={
            "each-side": "each side",
            "each-leg": "each leg",
            "left": "left leg",
            "right": "right leg",
            "both": "each leg",
        },
    ),
    "es": DoseWords(
        once="1 vez",
        twice="2 veces",
        two_times="2 veces",
        times="veces",
        units={
            "second": Unit("segundo", "segundos"),
            "minute": Unit("minuto", "minutos"),
            "day": Unit("día", "días"),
        },
        a_day="al día",
        a_week="por semana",
        sets_of="{} series de {}",
        each="cada una",
        sides={
            "each-side": "cada lado",
            "each-leg": "cada pierna",
            "left": "pierna izquierda",
            "right": "pierna derecha",
            "both": "cada pierna",
        },
    ),
}
