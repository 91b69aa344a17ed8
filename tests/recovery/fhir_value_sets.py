"""The required value sets of FHIR R4B (hl7.org/fhir/R4B): `fhir.resources` takes any word for a code."""

from collections.abc import Iterator
from typing import Any


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVENT = words("preparation in-progress not-done on-hold stopped completed entered-in-error unknown")
OBSERVATION = words("registered preliminary final amended corrected cancelled entered-in-error unknown")
REQUEST = words("draft active on-hold revoked completed entered-in-error unknown")
TASK = words(
    "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed "
    "entered-in-error"
)
PLAN_INTENT = words("proposal plan order option")
REQUEST_INTENT = words(
    "proposal plan directive order original-order reflex-order filler-order instance-order option"
)
EPISODE = words("planned waitlist active onhold finished cancelled entered-in-error")
DAYS = words("mon tue wed thu fri sat sun")
UNITS_OF_TIME = words("s min h d wk mo a")

# By resource and path; where two systems may stand, the code belongs to the one named beside it.
REQUIRED = {
    ("Bundle", "type"): words(
        "document message transaction transaction-response batch batch-response history searchset collection"
    ),
    ("CarePlan", "status"): REQUEST,
    ("CarePlan", "intent"): PLAN_INTENT,
    ("ClinicalImpression", "status"): frozenset({"in-progress", "completed", "entered-in-error"}),
    ("Communication", "status"): EVENT,
    ("Consent", "status"): words("draft proposed active rejected inactive entered-in-error"),
    ("EpisodeOfCare", "status"): EPISODE,
    ("Flag", "status"): frozenset({"active", "inactive", "entered-in-error"}),
    ("Observation", "status"): OBSERVATION,
    ("Patient", "telecom.system"): words("phone fax email pager url sms other"),
    ("Procedure", "status"): EVENT,
    ("QuestionnaireResponse", "status"): words("in-progress completed amended entered-in-error stopped"),
    ("ServiceRequest", "status"): REQUEST,
    ("ServiceRequest", "intent"): REQUEST_INTENT,
    ("ServiceRequest", "occurrenceTiming.repeat.periodUnit"): UNITS_OF_TIME,
    ("ServiceRequest", "occurrenceTiming.repeat.durationUnit"): UNITS_OF_TIME,
    ("ServiceRequest", "occurrenceTiming.repeat.dayOfWeek"): DAYS,
    ("Task", "status"): TASK,
    ("Task", "intent"): REQUEST_INTENT | {"unknown"},
}
SYSTEMS = {
    "http://terminology.hl7.org/CodeSystem/condition-clinical": words(
        "active recurrence relapse inactive remission resolved"
    ),
    "http://terminology.hl7.org/CodeSystem/consentscope": words("adr research patient-privacy treatment"),
    "http://terminology.hl7.org/CodeSystem/flag-category": words(
        "diet drug lab admin contact clinical behavioral research advance-directive safety"
    ),
    "http://terminology.hl7.org/CodeSystem/observation-category": words(
        "social-history vital-signs imaging laboratory procedure survey exam therapy activity"
    ),
    "http://loinc.org": frozenset({"72514-3", "55411-3"}),  # V in docs/evidence: pain 0-10, exercise minutes
    "http://unitsofmeasure.org": frozenset({"{score}", "{set}", "{repetition}", "s", "min"}),
    "urn:ietf:bcp:47": frozenset({"en", "es"}),
}
# Words that FHIR binds and that are not listed above are a gap of this file.
BOUND = frozenset({"status", "intent", "periodUnit", "durationUnit", "dayOfWeek", "type"})


def outside(resource: dict[str, Any]) -> list[str]:
    """Every coded word of a resource that is in no value set."""
    return [
        f"{resource['resourceType']}.{path}: {value}"
        for path, system, value in _coded(resource, "")
        if not _known(resource["resourceType"], path, system, value)
    ]


def _known(kind: str, path: str, system: str | None, value: str) -> bool:
    if system is None:
        return value in REQUIRED.get((kind, path), ())
    return system.startswith("urn:amble:") or value in SYSTEMS.get(system, ())


def _coded(value: Any, path: str) -> Iterator[tuple[str, str | None, str]]:
    if isinstance(value, list):
        for one in value:
            yield from _coded(one, path)
    elif isinstance(value, dict):
        if isinstance(value.get("code"), str):
            yield path, value.get("system"), value["code"]
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            found = inner if isinstance(inner, list) else [inner]
            if (name in BOUND or here == "telecom.system") and all(isinstance(one, str) for one in found):
                for word in found:
                    yield here, None, word
            elif name not in ("code", "resource") or isinstance(inner, dict):
                yield from _coded(inner, here)
