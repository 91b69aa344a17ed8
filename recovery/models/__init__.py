from recovery.models.consent import Consent
from recovery.models.diary import DailyPain, ExerciseResult, ExerciseSession, PainEntry, RecordRevision, Walk
from recovery.models.episode import Episode, NewStart, Progress, StatusChange
from recovery.models.erasure import Erasure
from recovery.models.events import TimelineEvent
from recovery.models.keeping import Expiry
from recovery.models.ladder import Proposal, Suspension
from recovery.models.measures import OutcomeMeasure
from recovery.models.messages import Message, StaffMessage
from recovery.models.pauses import PlanPause
from recovery.models.people import CareTeamMember, Patient
from recovery.models.plan import Plan, PlanDraft, Prescription
from recovery.models.reviews import Reexamination, Review
from recovery.models.safety import FlagAction, RedFlag, SymptomCheck
from recovery.models.settings import CareSettings
from recovery.models.tasks import Task

__all__ = [
    "CareSettings",
    "CareTeamMember",
    "Consent",
    "DailyPain",
    "Episode",
    "Erasure",
    "ExerciseResult",
    "ExerciseSession",
    "Expiry",
    "FlagAction",
    "Message",
    "NewStart",
    "OutcomeMeasure",
    "PainEntry",
    "Patient",
    "Plan",
    "PlanDraft",
    "PlanPause",
    "Prescription",
    "Progress",
    "Proposal",
    "RecordRevision",
    "RedFlag",
    "StaffMessage",
    "Reexamination",
    "Review",
    "StatusChange",
    "Suspension",
    "SymptomCheck",
    "Task",
    "TimelineEvent",
    "Walk",
]
