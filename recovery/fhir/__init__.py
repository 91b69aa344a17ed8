"""A patient's record in the words of FHIR R4B, for other systems. FHIR is spoken here and nowhere else.

`bundle` reads the rows, in a fixed number of statements; the other modules are pure, from a row to a resource.

    Patient, clinic, staff, care team          Patient, Organization, Practitioner, CareTeam
    Consent                                    Consent
    Episode                                    EpisodeOfCare, Condition
    Plan, Prescription                         CarePlan, ServiceRequest
    PainEntry, Walk, TimelineEvent             Observation
    ExerciseSession, ExerciseResult            Procedure, with an Observation of what was counted and answered
    OutcomeMeasure                             QuestionnaireResponse, and an Observation of its score
    SymptomCheck                               QuestionnaireResponse
    RedFlag, FlagAction                        Flag, and a Provenance of each thing that somebody did about it
    Review, Reexamination                      Task, ClinicalImpression
    Message, StaffMessage                      Communication

What was not asked, not answered or not counted is not there: it is never a zero. What FHIR has no resource for, and
what only follows from the rows (statuses, daily values, reminders and their ledger), is in the JSON export.

LOINC codes are those of V in docs/evidence.md; other systems would need a licence (SNOMED CT) or say more than the
clinic did (ICD), so the rest is coded in our own words, below `urn:amble:`.
"""
