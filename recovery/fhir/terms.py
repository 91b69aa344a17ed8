"""Codes, references and dates, as FHIR writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from recovery.models.diary import PhoneRecord

Resource = dict[str, Any]

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

PAIN_SCORE = ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")  # V: LOINC
EXERCISE_DURATION = ("55411-3", "Exercise duration")  # V: HL7 US Physical Activity 1.0.0

# FHIR knows no zone further from UTC.
FURTHEST_OFFSET = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class File:
    """The record that a resource belongs to. `home` is the address of this Amble: no other one gives the same ids."""

    home: str
    patient_id: int
    language: str
    named: set[int] = field(default_factory=set)  # those of the staff, for whom the bundle needs a resource
    ids: dict[str, str] = field(default_factory=dict)  # a hash each; most are asked for again and again

    def id(self, kind: str, key: object) -> str:
        """The same for ever, so that who reads two exports sees what is new."""
        name = f"{self.home}/{kind}/{key}"
        if name not in self.ids:
            self.ids[name] = str(uuid5(NAMESPACE_URL, name))
        return self.ids[name]

    def to(self, kind: str, key: object) -> dict[str, str] | None:
        """A reference to a resource of this bundle; None where there is no key."""
        return None if key is None else {"reference": f"urn:uuid:{self.id(kind, key)}"}

    def staff(self, user_id: int | None) -> dict[str, str] | None:
        if user_id is not None:
            self.named.add(user_id)
        return self.to("Practitioner", user_id)

    @property
    def subject(self) -> dict[str, str] | None:
        return self.to("Patient", self.patient_id)

    def resource(self, kind: str, key: object, **elements: Any) -> Resource:
        return {"resourceType": kind, "id": self.id(kind, key), **full(elements)}


def full(elements: Mapping[str, Any]) -> dict[str, Any]:
    """Without what has no value, for which FHIR has no empty text or list. Zero and false are values."""
    return {
        name.rstrip("_"): value
        for name, value in elements.items()
        if (value.strip() if isinstance(value, str) else value or value == 0)
    }


def code(system: str, value: str, display: str = "") -> dict[str, Any]:
    return full({"system": system, "code": value, "display": display})


def ours(system: str, value: str) -> dict[str, Any]:
    """A code of Amble's own."""
    return code(f"urn:amble:{system}", value)


def concept(*codings: Mapping[str, Any], text: str = "") -> dict[str, Any]:
    return full({"coding": list(codings), "text": text})


def loinc(known: tuple[str, str], *more: Mapping[str, Any]) -> dict[str, Any]:
    return concept(code(LOINC, *known), *more)


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def score(value: float) -> dict[str, Any]:
    return quantity(value, "{score}")


def category(value: str) -> list[dict[str, Any]]:
    return [concept(code(OBSERVATION_CATEGORY, value))]


def notes(text: str | None) -> list[dict[str, str]]:
    return [{"text": text}] if text and text.strip() else []


def moment(at: datetime | None, offset_minutes: int = 0) -> str | None:
    """On the clock of whoever noted it."""
    if at is None:
        return None
    offset = timedelta(minutes=offset_minutes)
    return at.astimezone(timezone(offset) if abs(offset) <= FURTHEST_OFFSET else UTC).isoformat()


def noted_at(row: PhoneRecord) -> str | None:
    return moment(row.happened_at, row.utc_offset_minutes)


def status(row: PhoneRecord) -> str:
    """Of an observation: as it was first noted, corrected, or undone by the patient."""
    if row.withdrawn:
        return "entered-in-error"
    return "amended" if row.revision > 1 else "final"


def remarks(row: PhoneRecord, *more: str) -> dict[str, Any]:
    """The revision, and what to know of a record before it is counted."""
    said = [name for name in ("conflicted", "clock_suspect") if getattr(row, name)]
    return full(
        {
            "versionId": str(row.revision),
            "tag": [ours("remark", name) for name in (*said, *filter(None, more))],
        }
    )
