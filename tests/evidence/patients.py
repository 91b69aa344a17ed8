"""Made-up patients with a known course: three kinds of them, mixed as the stratum has it. For evidence, not for care.

The shares of stratum B are those of ATLAS (Ogollah 2018); those of A and C, and all else here, are assumptions.
Truncated normals are cut (a value outside its limits becomes the limit), and day 0 is the start.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from recovery.rules.course import Stratum

START = date(2026, 1, 5)
WEEKS = 26
DAYS = [START + timedelta(days=n) for n in range(7 * WEEKS)]
MISSING = 0.25  # of the days, each by itself
SPREAD = 1.3  # standard deviation of a day around its course
CARRIED = 0.3  # of a day's deviation into the next day's: AR(1)
TAU_MEDIAN = 5  # weeks
TAU_SIGMA = 0.5

SCORES = [Fraction(score) for score in range(11)]


class Kind(IntEnum):
    IMPROVING = 0
    MODERATE = 1
    SEVERE = 2


SHARES = {
    Stratum.A: (0.70, 0.20, 0.10),
    Stratum.B: (0.61, 0.26, 0.13),
    Stratum.C: (0.27, 0.44, 0.29),
}


@dataclass(frozen=True)
class Cut:
    """A normal distribution, cut to least and most."""

    mean: float
    deviation: float
    least: float
    most: float

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        return rng.normal(self.mean, self.deviation, count).clip(self.least, self.most)


LEVEL = (Cut(5.9, 1.7, 3, 10), Cut(5.9, 1.7, 3, 10), Cut(7.2, 1.2, 4, 10))  # at the start, by kind
STAYS = (
    Cut(0.12, 0.12, 0, 0.5),
    Cut(0.75, 0.15, 0.45, 1.1),
    Cut(1.0, 0.1, 0.8, 1.3),
)  # share of it in the end


@dataclass(frozen=True)
class Patient:
    kind: Kind
    day_values: dict[date, Fraction]


def patients(
    stratum: Stratum, count: int, rng: np.random.Generator, *, missing: float = MISSING
) -> list[Patient]:
    """26 weeks of each, one whole number from 0 to 10 a day; a missing day has no value."""
    kinds = rng.choice(len(Kind), count, p=SHARES[stratum])
    level = np.choose(kinds, [cut.draw(count, rng) for cut in LEVEL])[:, None]
    stays = np.choose(kinds, [cut.draw(count, rng) for cut in STAYS])[:, None]
    tau = TAU_MEDIAN * np.exp(rng.normal(0, TAU_SIGMA, count))[:, None]
    weeks = np.arange(len(DAYS)) / 7
    course = level * (stays + (1 - stays) * np.exp(-weeks / tau))
    scores = np.rint(course + _deviations(count, rng)).clip(0, 10).astype(int)
    logged = rng.random(scores.shape) >= missing
    return [
        Patient(
            Kind(kind), {day: SCORES[score] for day, score, has in zip(DAYS, row, there, strict=True) if has}
        )
        for kind, row, there in zip(kinds.tolist(), scores.tolist(), logged.tolist(), strict=True)
    ]


def _deviations(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Each day's is 1.3 wide and carries 0.3 of the day before."""
    deviations = rng.normal(0, SPREAD, (count, len(DAYS)))
    for day in range(1, len(DAYS)):
        fresh = deviations[:, day] * np.sqrt(1 - CARRIED**2)
        deviations[:, day] = CARRIED * deviations[:, day - 1] + fresh
    return deviations
