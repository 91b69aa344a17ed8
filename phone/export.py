"""The whole record of one patient, as they may take it with them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models

from notifications.models import DeliveryChoices, MessagePreferences, Notification, Reminder
from recovery.models import (
    CareTeamMember,
    Consent,
    DailyPain,
    Episode,
    ExerciseResult,
    ExerciseSession,
    FlagAction,
    Message,
    NewStart,
    OutcomeMeasure,
    PainEntry,
    Patient,
    Plan,
    PlanPause,
    Prescription,
    Progress,
    Proposal,
    RecordRevision,
    RedFlag,
    Reexamination,
    Review,
    StaffMessage,
    StatusChange,
    Suspension,
    SymptomCheck,
    TimelineEvent,
    Walk,
)

# What of a row is not about the patient, or guards a message on its way.
LEFT_OUT = frozenset({"clinic_id", "patient_id", "token"})


def export(patient: Patient, *, now: datetime) -> dict[str, Any]:
    """Everything that is kept of this patient, as rows of plain values; staff's own notes are theirs."""
    return {
        "format": "amble-export-1",
        "made_at": now,
        "patient": {
            name: getattr(patient, name)
            for name in ("name", "birth_year", "email", "time_zone", "language", "added_at")
        },
        **{name: list(_values(rows)) for name, rows in _record(patient).items()},
    }


def _record(patient: Patient) -> dict[str, models.QuerySet[Any]]:
    """Table by table, in the order in which a person would tell it."""
    tables: dict[str, type[models.Model]] = {
        "care_team": CareTeamMember,
        "consents": Consent,
        "episodes": Episode,
        "new_starts": NewStart,
        "plans": Plan,
        "plan_lines": Prescription,
        "plan_pauses": PlanPause,
        "proposed_steps": Proposal,
        "suspended_exercises": Suspension,
        "pain": PainEntry,
        "daily_pain": DailyPain,
        "sessions": ExerciseSession,
        "session_results": ExerciseResult,
        "walks": Walk,
        "events": TimelineEvent,
        "measures": OutcomeMeasure,
        "symptom_checks": SymptomCheck,
        "red_flags": RedFlag,
        "red_flag_actions": FlagAction,
        "reviews": Review,
        "reexaminations": Reexamination,
        "messages": Message,
        "replaced_records": RecordRevision,
        "progress": Progress,
        "status_changes": StatusChange,
        "reminders": Reminder,
        "delivery_choices": DeliveryChoices,
        "message_preferences": MessagePreferences,
    }
    return {name: model._default_manager.filter(patient=patient) for name, model in tables.items()} | {
        "messages_from_staff": StaffMessage.objects.filter(patient=patient, to_patient=True),
        "notifications": Notification.objects.filter(recipient=patient.pk),
    }


def _values(rows: models.QuerySet[Any]) -> Iterable[dict[str, Any]]:
    columns = [field.attname for field in rows.model._meta.concrete_fields]
    return rows.order_by("pk").values(*(column for column in columns if column not in LEFT_OUT))
