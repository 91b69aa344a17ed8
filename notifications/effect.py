"""What reminders do, by experiment: some are left out by lot, and who acted is counted with and without. PURE.

The lot is keyed and belongs to one slot of one patient's date: it falls the same whoever draws it and however
often. The difference of the two shares is given with Newcombe's interval, built of two Wilson intervals
(Newcombe 1998, Stat Med 17:873, method 10), which stays inside -1 and 1 and holds for small counts. The lot falls
within each patient, so what is peculiar to one is in both arms alike, and the interval is right, if anything wide, for
the patients who were counted. It does not say how others would differ; that is why few patients never suffice. A
verdict is given for a kind and not for each of its hours: of twenty hours one would differ by chance.
"""

import hmac
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from math import sqrt

# Kinds that ask for one thing that is logged. A weekly check or a review is never left out.
MEASURED_KINDS = frozenset({"exercise", "diary", "movement_break", "walk"})
Z = 1.959964  # M: 95 %
FEWEST_MESSAGES = 30  # P: of each arm
FEWEST_PATIENTS = 5  # P: reliability T-12; below it a share tells of persons


def withheld(*, key: bytes, percent: int, patient_id: int, kind: str, local_date: date, slot: str) -> bool:
    """Whether the lot leaves this reminder out; `percent` of all slots are, 0 none."""
    name = f"{patient_id} {kind} {local_date.isoformat()} {slot}".encode()
    lot = int.from_bytes(hmac.digest(key, name, sha256)[:8], "big")
    return lot * 100 < percent * 2**64


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages that were sent and withheld, those of them after which the patient acted, and how many patients."""

    patients: int
    sent: int
    sent_acted: int
    withheld: int
    withheld_acted: int

    def __add__(self, other: "Counts") -> "Counts":
        """Both together. The same patients may be in both, so the larger number of them is taken."""
        return Counts(
            max(self.patients, other.patients),
            self.sent + other.sent,
            self.sent_acted + other.sent_acted,
            self.withheld + other.withheld,
            self.withheld_acted + other.withheld_acted,
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """Shares 0 to 1 and their difference with its 95 % interval. All None when there are too few to tell."""

    counts: Counts
    with_reminder: float | None
    without: float | None
    difference: float | None
    low: float | None
    high: float | None

    @property
    def says(self) -> str:
        """`too_few`, or what the interval allows to say: `more`, `fewer`, `no_difference_seen`."""
        if self.low is None or self.high is None:
            return "too_few"
        if self.low > 0:
            return "more"
        return "fewer" if self.high < 0 else "no_difference_seen"


def effect(counts: Counts) -> Effect:
    """What these counts tell."""
    if min(counts.sent, counts.withheld) < FEWEST_MESSAGES or counts.patients < FEWEST_PATIENTS:
        return Effect(counts, None, None, None, None, None)
    one, other = counts.sent_acted / counts.sent, counts.withheld_acted / counts.withheld
    low_one, high_one = wilson(counts.sent_acted, counts.sent)
    low_other, high_other = wilson(counts.withheld_acted, counts.withheld)
    difference = one - other
    low = difference - sqrt((one - low_one) ** 2 + (high_other - other) ** 2)
    high = difference + sqrt((high_one - one) ** 2 + (other - low_other) ** 2)
    return Effect(counts, one, other, difference, max(low, -1.0), min(high, 1.0))


def wilson(acted: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; `of` is at least 1."""
    share = acted / of
    middle = share + Z**2 / (2 * of)
    half = Z * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    scale = 1 + Z**2 / of
    # Rounding must not push the share itself out of its interval.
    return min(share, max(0.0, (middle - half) / scale)), max(share, min(1.0, (middle + half) / scale))
