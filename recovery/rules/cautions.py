"""Which cautions of an exercise meet what is known of one patient: a hint for who writes the plan, never a lock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from exercises.terms import Caution
from recovery.rules.diary import one_decimal
from recovery.rules.ladder import IRRITABLE

RECENT = timedelta(days=14)  # what the diary said longer ago no longer warns; P
REACHES = ("none", "buttock", "thigh", "knee", "calf", "foot")  # from the back down

# What was cleared at the start still asks for care in these exercises; P
CLEARED = {
    Caution.PR: ("pregnancy",),
    Caution.EX: ("unstable_spondylolisthesis",),
    Caution.FX: ("fracture",),
    Caution.LD: ("recent_spine_surgery", "fracture"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the record says of one patient now. `reaches` are the recent answers about how far down, oldest first."""

    leg: Fraction | None = None
    tingling_on: date | None = None
    reaches: tuple[str, ...] = ()
    cleared: frozenset[str] = frozenset()
    weak_foot: bool = False


def met(cautions: Iterable[str], known: Known) -> Mapping[str, str]:
    """The cautions that meet this patient, each with its reason as a short sentence for staff."""
    reasons = _reasons(known)
    return {code: reasons[code] for code in cautions if code in reasons}


def _reasons(known: Known) -> dict[str, str]:
    found: dict[str, str] = {}
    if known.tingling_on is not None:
        found[Caution.TG] = f"Tingling was reported on {known.tingling_on.day} {known.tingling_on:%B}."
    if known.leg is not None and known.leg >= IRRITABLE:
        found[Caution.IR] = f"The leg is irritable: {one_decimal(known.leg)} in its last week with a value."
    places = [REACHES.index(reach) for reach in known.reaches if reach in REACHES]
    if len(places) > 1 and places[-1] > min(places[:-1]):
        found[Caution.DN] = f"The symptoms reach further down than before: to the {REACHES[places[-1]]}."
    if known.weak_foot:
        found[Caution.FD] = "A red flag about a weak foot or leg is open."
    for code, exclusions in CLEARED.items():
        named = [one.replace("_", " ") for one in exclusions if one in known.cleared]
        if named:
            found[code] = f"Cleared at the start: {', '.join(named)}."
    return found
