"""Who: the patient, the clinic, those who care, and what the patient agreed to."""

from collections.abc import Iterable

from accounts.models import Clinic, User
from recovery.fhir.terms import File, Resource, concept, full, moment, ours
from recovery.models import CareTeamMember, Consent, Patient


def patient(file: File, row: Patient) -> Resource:
    return file.resource(
        "Patient",
        row.pk,
        name=[{"text": row.name}],
        telecom=[{"system": "email", "value": row.email}] if row.email else [],
        birthDate=f"{row.birth_year:04}",
        communication=[{"language": concept({"system": "urn:ietf:bcp:47", "code": row.language})}],
        managingOrganization=file.to("Organization", row.clinic_id),
    )


def organization(file: File, row: Clinic) -> Resource:
    return file.resource("Organization", row.pk, name=row.name)


def practitioner(file: File, row: User) -> Resource:
    return file.resource("Practitioner", row.pk, name=[{"text": row.name}])


def care_team(file: File, rows: Iterable[CareTeamMember]) -> Resource:
    return file.resource(
        "CareTeam",
        file.patient_id,
        subject=file.subject,
        participant=[
            {
                "member": file.staff(row.user_id),
                "period": full(
                    {
                        "start": row.from_on.isoformat(),
                        "end": row.until_on.isoformat() if row.until_on else None,
                    }
                ),
            }
            for row in rows
        ],
    )


def consent(file: File, row: Consent, *, stands: bool) -> Resource:
    """A yes or no to one version of the words. Only the last one stands."""
    given = "active" if stands else "inactive"
    return file.resource(
        "Consent",
        row.pk,
        status=given if row.given else "rejected",
        scope=concept(
            {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
        ),
        category=[concept(ours("consent", "record"), text="What Amble keeps, and who sees it")],
        patient=file.subject,
        dateTime=moment(row.answered_at),
        performer=[file.subject],
        policyRule=concept(ours("consent-version", row.version), text=f"Version {row.version} of the words"),
    )
